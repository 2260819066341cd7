"""The samples, against scikit-learn's own arrays."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from ranvier.catalog import KINDS, SAMPLES
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.data.source.picture_samples import HOMES
from ranvier.errors import SpecError


@pytest.mark.parametrize("name", [n for n in SAMPLES if n != "bicycles" and n not in HOMES])
def test_samples_are_what_the_catalogue_says(name):
    ledger = Ledger()
    table = read(f"sample:{name}", ledger)
    assert SAMPLES[name].startswith(f"{len(table):,} ")
    assert SAMPLES[name].endswith(f"target {table.target}")
    assert ledger.read == len(table)
    assert set(table.declared) == set(table.frame.columns) - {table.target}
    words = [column for column, kind in table.declared.items() if kind != "number"]
    assert words == (["sex"] if name == "diabetes" else [])
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**options)
    assert (table.frame.drop(table.target).to_numpy() == bunch.data).all()
    labels = table.frame[table.target].to_numpy()
    if name == "diabetes":
        assert (labels == bunch.target).all()
    else:
        assert len(set(zip(labels, bunch.target))) == len(np.unique(bunch.target))


def test_labels_are_words():
    def first(name, count):
        table = read(f"sample:{name}", Ledger())
        return table.frame[table.target][:count].to_list()

    assert first("iris", 1) == ["setosa"]
    assert first("breast_cancer", 1) == ["malignant"]
    assert first("digits", 3) == ["0", "1", "2"]
    assert first("wine", 1) == ["cultivar 1"]


def test_bicycles_has_columns_of_all_kinds_that_are_read_from_text():
    ledger = Ledger()
    table = read("sample:bicycles", ledger)
    assert SAMPLES["bicycles"].startswith(f"{ledger.read:,} ")
    assert SAMPLES["bicycles"].endswith(f"target {table.target}")
    schema = infer_schema(table, {}, None, None, ledger)
    short = {"number", "category", "boolean", "quantity", "date", "labels"}
    assert {column.kind for column in schema.columns} == short and short < set(KINDS)
    assert schema.named("ignored") == ()
    assert table.fingerprint == read("sample:bicycles", Ledger()).fingerprint
    assert table.fingerprint.startswith("2016df9e8bb8")  # the same on every machine


def test_an_unknown_sample():
    with pytest.raises(SpecError, match=r"no sample called 'digit'. Did you mean 'digits'"):
        read("sample:digit", Ledger())
