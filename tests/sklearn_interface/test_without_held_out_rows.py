"""Runs without validation or test rows: nothing is watched or measured that is not there, and all of it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.schema import Column, Schema
from ranvier.data.split import make_split
from ranvier.data.table import Table
from ranvier.errors import DataError, DivergedError, SpecError
from ranvier.spec import Spec, SplitSpec
from ranvier.workflow.alone import train_alone
from small_run import QUICK, mixed_frame, small_run

NO_ROWS: dict[str, Any] = {"split.validation": 0, "split.test": 0}


def table(rows: int, parts: list[str] | None = None) -> Table:
    frame = pl.DataFrame({"a": np.arange(rows), "y": np.arange(rows) % 2})
    return Table(
        frame, np.arange(rows), "rows", "", target="y", parts=None if parts is None else np.array(parts)
    )


SCHEMA = Schema((Column("a", "number", "input", ""), Column("y", "category", "target", "")))


@pytest.mark.parametrize(
    ("validation", "test", "counts"),
    [(0.0, 0.2, (16, 0, 4)), (0.2, 0.0, (16, 4, 0)), (0.0, 0.0, (20, 0, 0))],
)
def test_a_part_whose_share_is_0_has_no_rows(validation: float, test: float, counts: tuple[int, ...]) -> None:
    spec = SplitSpec(validation=validation, test=test)
    split = make_split(table(20), SCHEMA, spec, 0, np.arange(20) % 2)
    assert tuple(split.counts.values()) == counts
    assert split.method == ("whole" if sum(counts[1:]) == 0 else "stratified")


def test_parts_that_are_given_are_taken_and_no_others_drawn() -> None:
    spec = SplitSpec(validation=0, test=0)
    split = make_split(table(20, ["train"] * 15 + ["test"] * 5), SCHEMA, spec, 0)
    assert split.counts == {"train": 15, "validation": 0, "test": 5}
    assert split.reason == "the parts are given by the files that were named"


def test_few_rows_are_enough_where_none_are_held_out() -> None:
    assert make_split(table(1), SCHEMA, SplitSpec(validation=0, test=0), 0).counts["train"] == 1
    with pytest.raises(DataError, match="At least 10 rows are needed, 9 were left"):
        make_split(table(9), SCHEMA, SplitSpec(validation=0.1, test=0), 0)
    with pytest.raises(DataError, match="At least 10 rows are needed, 0 were left"):
        make_split(table(0), SCHEMA, SplitSpec(validation=0, test=0), 0)


def test_a_run_without_test_rows_is_not_measured(tmp_path: Path) -> None:
    run = small_run(tmp_path, **{"split.test": 0, "evaluation.baselines": True})
    assert run.metrics["test"] == {} == run.metrics["baselines"] and run.metrics["validation"]
    assert "There were no test rows to measure it on." in str(run)
    assert len(pl.read_csv(run.folder / "predictions.csv")) == 0
    assert len(run.predict(mixed_frame())) == 120


@pytest.mark.parametrize("more", [{}, {"regularization.average": "ema", "training.schedule": "plateau"}])
def test_a_run_without_validation_rows_goes_on_to_its_end(tmp_path: Path, more: dict[str, Any]) -> None:
    run = small_run(tmp_path / "a", **{"split.validation": 0, "training.epochs": 6, **more})
    assert [line["validation"] for line in run.history] == [{}] * 6
    assert "lowest validation loss" not in str(run) and "6 epochs" in str(run)
    assert run.metrics["validation"] == {} and run.metrics["test"]["accuracy"]["value"] is not None
    settings = json.loads(json.dumps(run.spec.settings()))
    again = rv.fit(mixed_frame(), settings=settings, out=tmp_path / "again")
    assert (again.folder / "model.rv").read_bytes() == (run.folder / "model.rv").read_bytes()


def test_the_last_weights_are_kept_where_nothing_is_watched(tmp_path: Path) -> None:
    settings = {**NO_ROWS, "training.learning_rate": 0.01, "training.schedule": "constant"}
    folders = [small_run(tmp_path / str(n), **settings, **{"training.epochs": n}).folder for n in (1, 30)]
    frame = mixed_frame()
    right = [(rv.load(f / "model.rv").predict(frame)["bought"] == frame["bought"]).mean() for f in folders]
    assert right[1] > right[0]  # the first epoch's would be kept, were nothing taken for a measure


def test_nothing_can_be_watched_without_validation_rows(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="patience is 5, and there are no validation rows to watch"):
        small_run(tmp_path, **{"split.validation": 0, "stopping.patience": 5})
    assert list(tmp_path.iterdir()) == []


def test_all_rows_cannot_be_held_out() -> None:
    with pytest.raises(SpecError, match="'split.validation' is -0.1. Expected a number from 0 to below 0.9"):
        Spec.from_settings({"split.validation": -0.1})


def test_training_alone_writes_nothing_and_takes_a_target_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"], "y": ["p", "q", "r"]})
    few = Table(frame, np.arange(3), "X and y", "", target="y")
    with pytest.raises(DataError, match="looks like an identifier"):
        infer_schema(few, {}, None, None, Ledger())
    spec = Spec.from_settings({**QUICK, **NO_ROWS, "task": "classify"})
    trained = train_alone(spec, few, "category", Ledger(read=3))
    assert trained.model.predict(frame).columns == ["y", "y=p", "y=q", "y=r"]
    assert len(trained.history) == 3 and list(tmp_path.iterdir()) == []
    wild = spec.replace({"training.optimizer": "gradient_descent", "training.learning_rate": 1e30})
    with pytest.raises(DivergedError, match="Training stopped: The loss was .* at step"):
        train_alone(wild, few, "category", Ledger(read=3))
