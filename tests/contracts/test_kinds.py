"""What every kind keeps: one case a kind, written by hand, and the same tests for all."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from ranvier.catalog import KINDS, load
from ranvier.data import sounds
from ranvier.data.ledger import Ledger
from ranvier.data.pictures import written
from ranvier.data.source import read
from ranvier.errors import DataError, ModelFileError


@dataclass(frozen=True)
class Case:
    """A column of text as it is read from a file, the same natively, and what must come of it.

    ``later`` has a good value first, then each way for a cell to be wrong; ``repaired`` says how often each reason is
    noted and the row numbers of the examples; ``stand_in`` is the row that each of those cells must give, but for
    those whose place in ``later`` is in ``other``. ``empty`` is the width of a column without any value.
    """

    text: list[str | None]
    native: list[Any]
    prepared: list[Any]
    inverted: list[Any]
    later: list[Any]
    repaired: dict[str, list[int]]
    stand_in: list[Any]
    features: dict[str, Any]
    bad: list[list[Any]]
    other: dict[int, list[float]] = field(default_factory=dict)
    empty: int | tuple[int, ...] = 2
    strange: tuple[list[Any], ...] = ([[1], [2]], [b"a", b"b"])
    expected: str = "one number, text or boolean"


def turn(share: float) -> list[float]:
    """The sine and the cosine of a share of a full turn."""
    return [round(float(np.sin(2 * np.pi * share)), 6), round(float(np.cos(2 * np.pi * share)), 6)]


def hush(samples: int) -> str:
    """So many samples of silence, as text."""
    return sounds.written(np.zeros(samples, np.float32), 16000)


def PNG(text: str) -> bytes:
    """The bytes of a picture, or a sound, that is written as text."""
    return base64.b64decode(text.partition(",")[2])


DARK, LIGHT, GROUND = (written(np.array([[row]], np.uint8)) for row in ([0, 100], [150, 250], [125, 125]))
HUSH, HUSH_2 = (hush(n) for n in (1, 160))  # a frame and two of silence
PAD = [9.0] * 64
SILENT = [round(float(np.log(1e-6)), 6)] * 64
SMALL, CAPITAL, MIXED = ([1 + crc32(sign) % (2**14 - 1), *[0] * 7] for sign in (b"=x", b"=X", b"=Xx"))
MIXED[1], MIXED[4] = (1 + crc32(part.encode()) % (2**14 - 1) for part in ("c-", "-é"))
A, B, CE, NONE = [2, *SMALL], [3, *SMALL], [4, *MIXED], [0] * 9
SATURDAY, MONDAY = turn(5 / 7), turn(0)

PADDED = 9.0
"""What stands in these tests for the padding of real sequences, which is NaN."""

CASES: dict[str, Case] = {
    "number": Case(
        text=["1", " 3.0", "", "1e400", "1", "3"],
        native=[1.0, 3.0, None, float("inf"), 1.0, 3.0],
        prepared=[[-1, 0], [1, 0], [0, 1], [0, 1], [-1, 0], [1, 0]],
        inverted=[1.0, 3.0, 2.0, 2.0, 1.0, 3.0],
        later=["3", "NA", "abc", "-inf", "1e300", None],
        repaired={
            "missing: the mean of the training rows stands in": [2, 6],
            "not a number: the mean of the training rows stands in": [3],
            "infinite: the mean of the training rows stands in": [4, 5],
        },
        stand_in=[0, 1],
        features={"width": 2},
        bad=[["red", "green", "blue"], ["2020-01-31", "2020-02-01"], [None, "?"]],
    ),
    "category": Case(
        text=["10", "9.0", "?", "10", " 9 ", "9"],
        native=[10, 9, None, 10, 9, 9],
        prepared=[[2], [1], [0], [2], [1], [1]],
        inverted=["10", "9", None, "10", "9", "9"],
        later=["10.0", "n/a", "11", "red", None, ""],
        repaired={"missing: taken as unknown": [2, 5, 6], "not seen in training: taken as unknown": [3, 4]},
        stand_in=[0],
        empty=1,
        features={"cardinalities": [3]},
        bad=[[f"name {i}" for i in range(200)], [f"2020-01-{day:02d}" for day in range(1, 32)], [None, "?"]],
    ),
    "boolean": Case(
        text=["Yes", "no", "-", "no", "YES", "no "],
        native=[True, False, None, False, True, False],
        prepared=[[1, 0], [-1, 0], [0, 1], [-1, 0], [1, 0], [-1, 0]],
        inverted=[True, False, None, False, True, False],
        later=["yes", "null", "maybe", "2", None, "NaN"],
        repaired={
            "missing: taken as neither yes nor no": [2, 5, 6],
            "neither yes nor no: taken as missing": [3, 4],
        },
        stand_in=[0, 1],
        features={"width": 2},
        bad=[["red", "green"], ["1", "0", "2"], [None, "?"]],
    ),
    "quantity": Case(
        text=["1,000", "+3,000", "", "3 000", "1,000.0", "NA"],
        native=[1000.0, 3000.0, None, 3000.0, 1000.0, None],
        prepared=[[-1, 0], [1, 0], [0, 1], [1, 0], [-1, 0], [0, 1]],
        inverted=[1000.0, 3000.0, 2000.0, 3000.0, 1000.0, 2000.0],
        later=["3'000", "NA", "3 kg", "abc", None, "1,00"],
        repaired={
            "missing: the mean of the training rows stands in": [2, 5],
            "not a number: the mean of the training rows stands in": [3, 4, 6],
        },
        stand_in=[0, 1],
        features={"width": 2},
        bad=[
            ["red", "green", "blue"],
            ["1", "2.5", "1e3"],
            ["1 kg", "2 lb", "3 kg"],
            ["1st", "2nd", "3rd", "4th"],
            ["2020-01-31", "2020-02-01"],
            ["10:30", "11:00"],
            ["C123", "E46", "B96"],
            [None, "?"],
        ],
    ),
    "date": Case(
        text=["2021-01-02", "2021/01/04", "", "2021-1-2", "?", "2021-01-04T00:00"],
        native=[date(2021, 1, 2), date(2021, 1, 4), None, date(2021, 1, 2), None, date(2021, 1, 4)],
        prepared=[
            [-1, 0, *SATURDAY, *turn(1 / 31), *turn(1 / 31 / 12)],
            [1, 0, *MONDAY, *turn(3 / 31), *turn(3 / 31 / 12)],
            [0, 1, 0, 0, 0, 0, 0, 0],
            [-1, 0, *SATURDAY, *turn(1 / 31), *turn(1 / 31 / 12)],
            [0, 1, 0, 0, 0, 0, 0, 0],
            [1, 0, *MONDAY, *turn(3 / 31), *turn(3 / 31 / 12)],
        ],
        inverted=[datetime(2021, 1, day) for day in (2, 4, 3, 2, 3, 4)],
        later=["2021-01-04", "NA", "2021-02-30", "soon", "2021-13-01", None],
        repaired={
            "missing: the mean of the training rows stands in": [2, 6],
            "not a date: the mean of the training rows stands in": [3, 4, 5],
        },
        stand_in=[0, 1, 0, 0, 0, 0, 0, 0],
        features={"width": 8},
        bad=[
            ["red", "green", "blue"],
            ["1.5", "2.25", "2020.1"],
            ["01/02/2020", "03/04/2020"],
            ["13/02/2020", "02/13/2020"],
            ["10:30", "11:00"],
            [None, "?"],
        ],
    ),
    "labels": Case(
        text=["a;b", " b ", "", "b;a;b", "c", "?"],
        native=[["a", "b"], ["b"], None, ["b", "a", "b"], ["c"], None],
        prepared=[[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        inverted=[["a", "b"], ["b"], None, ["a", "b"], ["c"], None],
        later=["c;a", "NA", "d", "a;d;e", None, "A"],
        repaired={
            "missing: taken as no labels": [2, 5],
            "labels not seen in training: left out": [3, 4, 6],
        },
        stand_in=[0, 0, 0, 1],
        other={2: [0, 0, 0, 0], 3: [1, 0, 0, 0], 5: [0, 0, 0, 0]},
        features={"width": 4},
        bad=[
            ["red", "green", "blue"],
            ["Braund, Mr. Owen", "Heikkinen, Miss. Laina", "Moran, Mr. James, the third"],
            ["1;2", "3", "1;3"],
            ["1,5", "2,5", "3"] * 20,
            [None, "?"],
        ],
        empty=1,
        strange=([[[1]], [[2]]], [b"a", b"b"]),
        expected="lists of texts",
    ),
    "image": Case(
        text=[DARK, f" {LIGHT} ", "", DARK, LIGHT, "?"],
        native=[PNG(DARK), PNG(LIGHT), None, PNG(DARK), PNG(LIGHT), None],
        prepared=[[[[0, 100]]], [[[150, 250]]], [[[125, 125]]], [[[0, 100]]], [[[150, 250]]], [[[125, 125]]]],
        inverted=[DARK, LIGHT, GROUND, DARK, LIGHT, GROUND],
        later=[LIGHT, "NA", "no/such.png", "data:image/png;base64,bm8gcGljdHVyZSBhdCBhbGw=", "soon", None],
        repaired={
            "missing: the mean colour of the training pictures stands in": [2, 6],
            "there is no such file: the mean colour of the training pictures stands in": [3, 5],
            "not a picture, or of a format that is not read: the mean colour of the training pictures stands "
            "in": [4],
        },
        stand_in=[[[125, 125]]],
        features={"channels": 1, "size": [1, 2]},
        bad=[["red", "green"], ["1", "2"], ["a.txt", "b.csv", "c.png"], [None, "?"]],
        empty=(1, 8, 8),
        strange=([[1], [2]], [1.5, 2.5]),
        expected="pictures: paths, encoded bytes, or arrays",
    ),
    "vector": Case(
        text=["[1, 3]", "[3.0, 1]", "", "[1 1]", "(3;3)", "?"],
        native=[[1.0, 3.0], [3.0, 1.0], None, [1.0, 1.0], [3.0, 3.0], None],
        prepared=[[-1, 1, 0], [1, -1, 0], [0, 0, 1], [-1, -1, 0], [1, 1, 0], [0, 0, 1]],
        inverted=[[1.0, 3.0], [3.0, 1.0], [2.0, 2.0], [1.0, 1.0], [3.0, 3.0], [2.0, 2.0]],
        later=["[3, 3]", "NA", "abc", "[1e400, 3]", "[nan, 1e300]", None],
        repaired={
            "missing: the mean of the training rows stands in": [2, 6],
            "not a list of numbers: the mean of the training rows stands in": [3],
            "numbers missing or infinite in a vector: the mean of the training rows stands in for these": [
                4,
                5,
            ],
        },
        stand_in=[0, 0, 1],
        other={3: [0, 1, 0], 4: [0, 0, 0]},
        features={"width": 3},
        bad=[["red", "green"], ["1", "2"], ["[1, 2]", "[1, 2, 3]"], ["[a, b]", "[c, d]"], [None, "?"]],
        empty=1,
        strange=([["a"], ["b"]], [b"a", b"b"]),
        expected="lists of numbers",
    ),
    "text": Case(
        text=["a b", " C ", "", "b a b", "a", "?"],
        native=["a b", "C", None, "b a b", "a", None],
        prepared=[[2, 3, 0], [4, 0, 0], [0, 0, 0], [3, 2, 3], [2, 0, 0], [0, 0, 0]],
        inverted=["a b", "c", None, "b a b", "a", None],
        later=["a b", "NA", "d", "a d e", None, "B"],
        repaired={
            "missing: taken as an empty text": [2, 5],
            "words rare or not seen in training: taken as unknown": [3, 4],
        },
        stand_in=[0, 0, 0],
        other={2: [1, 0, 0], 3: [2, 1, 1], 5: [3, 0, 0]},
        features={"size": 5, "length": 1.2},
        bad=[
            ["red", "green", "blue"],
            ["Braund, Mr. Owen Harris", "Heikkinen, Miss. Laina", "Moran, Mr. James"],
            ["they all say the same here"] * 20,
            ["1 2 3 4 5 6", "2 3 4 5 6 7"],
            ["2020-01-31", "2020-02-01"],
            ["https://example.com/a?b=1", "https://example.com/c"],
            [None, "?"],
        ],
        empty=1,
    ),
    "series": Case(
        text=["[1, 3, 3]", "[3.0, 1]", "", "[1 1]", "(3;3,1)", "?"],
        native=[[1.0, 3.0, 3.0], [3.0, 1.0], None, [1.0, 1.0], [3.0, 3.0, 1.0], None],
        prepared=[
            [[-1], [1], [1]],
            [[1], [-1], [PADDED]],
            [[PADDED]] * 3,
            [[-1], [-1], [PADDED]],
            [[1], [1], [-1]],
            [[PADDED]] * 3,
        ],
        inverted=[[1.0, 3.0, 3.0], [3.0, 1.0], None, [1.0, 1.0], [3.0, 3.0, 1.0], None],
        later=["[3, 3, 3]", "NA", "abc", "[1e400, 3]", "[1, nan, 3]", None],
        repaired={
            "missing: taken as a series without points": [2, 6],
            "not a list of numbers: taken as a series without points": [3],
            "points missing or infinite: the straight line between their neighbours stands in": [4, 5],
        },
        stand_in=[[PADDED]] * 3,
        other={3: [[1], [1], [PADDED]], 4: [[-1], [0], [1]]},
        features={"channels": 1, "length": 3},
        bad=[["red", "green"], ["1", "2"], ["[1, 2]", "[2, 3]"], ["[a, b]", "[c, d]"], [None, "?"]],
        empty=(1, 1),
        strange=([["a"], ["b"]], [b"a", b"b"]),
        expected="lists of numbers",
    ),
    "audio": Case(
        text=[HUSH, f" {HUSH_2} ", "", HUSH, HUSH_2, "?"],
        native=[PNG(HUSH), PNG(HUSH_2), None, PNG(HUSH), PNG(HUSH_2), None],
        prepared=[[SILENT, PAD], [SILENT, SILENT], [PAD, PAD], [SILENT, PAD], [SILENT, SILENT], [PAD, PAD]],
        inverted=[None] * 6,
        later=[HUSH, "NA", "no/such.wav", "data:audio/wav;base64,bm8gc291bmQgYXQgYWxs", "soon", None],
        repaired={
            "missing: taken as no sound": [2, 6],
            "there is no such file: taken as no sound": [3, 5],
            "not a sound, or of a format that is not read: taken as no sound": [4],
        },
        stand_in=[PAD],
        features={"length": 1.0},
        bad=[["red", "green"], ["1", "2"], ["a.txt", "b.csv", "c.wav"], [None, "?"]],
        empty=(1, 64),
        strange=([[1], [2]], [1.5, 2.5]),
        expected="sounds: paths, or encoded bytes",
    ),
    "tokens": Case(
        text=["a b", " Cé ", "", "b a b", "a", "?"],
        native=[["a", "b"], ["Cé"], None, ["b", "a", "b"], ["a"], None],
        prepared=[
            [A, B, NONE],
            [CE, NONE, NONE],
            [NONE] * 3,
            [B, A, B],
            [A, NONE, NONE],
            [NONE] * 3,
        ],
        inverted=[["a", "b"], ["cé"], None, ["b", "a", "b"], ["a"], None],
        later=["a b", "NA", "d", "a d", None, "B"],
        repaired={
            "missing: taken as no tokens": [2, 5],
            "tokens rare or not seen in training: taken as unknown, with their spelling": [3, 4],
        },
        stand_in=[NONE, NONE],
        other={2: [[1, *A[1:]], NONE], 3: [A, [1, *A[1:]]], 5: [[B[0], *CAPITAL], NONE]},
        features={"sizes": [5], "length": 1.2},
        bad=[["red", "green"], ["they counted the ships", "it rained"], ["1", "2"], [None, "?"]],
        empty=(1, 9),
        expected="tokens: lists of text",
    ),
}


def plain(block: Any) -> torch.Tensor:
    """A block as a tensor: sequences are padded."""
    return block if isinstance(block, torch.Tensor) else block[:].nan_to_num(PADDED)


def rounded(prepared: Any) -> list[list[float]]:
    """The rows, to six decimals."""
    rows: list[list[float]] = (plain(prepared).double() * 1e6).round().div(1e6).add(0.0).tolist()
    return rows


def said(kind: Any) -> dict[str, Any]:
    """What was fitted, but for what only text says."""
    return {key: value for key, value in kind.state().items() if key not in ("separators", "written")}


SEQUENCES = ("text", "series", "audio", "tokens")
"""The kinds of which all columns are one sequence."""

every_kind = pytest.mark.parametrize("name", KINDS)


def fitted(name: str) -> Any:
    return load("kinds", name).fit(pl.DataFrame({"a": CASES[name].text}))


def test_there_is_a_case_for_each_kind() -> None:
    assert list(CASES) == list(KINDS)


@every_kind
def test_the_kind_calls_itself_by_its_catalogue_name(name: str) -> None:
    assert load("kinds", name).name == name


@every_kind
def test_bad_values_are_inferred_with_little_confidence(name: str) -> None:
    for values in CASES[name].bad:
        guess = load("kinds", name).infer(pl.Series(values, dtype=pl.String))
        assert 0.0 <= guess.confidence < 0.3, values
        assert guess.reason


@every_kind
def test_what_no_kind_of_its_sort_reads_is_refused(name: str) -> None:
    for values in CASES[name].strange:
        kind, series = load("kinds", name), pl.Series("a", values)
        assert kind.infer(series).confidence == 0.0
        assert "values of type" in kind.infer(series).reason
        with pytest.raises(DataError, match=rf"Column 'a' holds values of type .* {CASES[name].expected}"):
            kind.fit(series.to_frame())


@every_kind
def test_transform_gives_the_numbers_worked_by_hand(name: str) -> None:
    case = CASES[name]
    prepared = plain(fitted(name).transform(pl.DataFrame({"a": case.text})))
    assert rounded(prepared) == case.prepared
    whole = {"category": torch.int64, "image": torch.uint8, "text": torch.int64, "tokens": torch.int64}
    assert prepared.dtype == whole.get(name, torch.float32)
    assert prepared.is_contiguous()


@every_kind
def test_text_and_native_values_agree(name: str) -> None:
    case, kind = CASES[name], load("kinds", name)
    frames = [
        pl.DataFrame({"a": case.text}),
        pl.DataFrame({"a": case.native}),
        read({"a": pd.Series(case.native)}, Ledger()).frame,
    ]
    for frame in frames:
        assert said(kind.fit(frame)) == said(fitted(name))
        assert rounded(fitted(name).transform(frame)) == case.prepared


@every_kind
def test_whatever_is_wrong_with_a_cell_is_filled_and_counted(name: str) -> None:
    case, ledger = CASES[name], Ledger()
    later = pl.DataFrame({"a": pl.Series(case.later, dtype=pl.String)})
    prepared = plain(fitted(name).transform(later, ledger, np.arange(100, 100 + len(later))))
    expected = [case.other.get(place, case.stand_in) for place in range(1, len(later))]
    assert rounded(prepared[1:]) == expected
    assert prepared[0].tolist() not in expected
    noted = {entry.reason: [row - 100 for row in entry.rows] for entry in ledger.entries}
    assert noted == case.repaired
    assert {entry.reason: entry.count for entry in ledger.entries} == {
        reason: len(rows) for reason, rows in case.repaired.items()
    }
    assert {(entry.outcome, entry.column) for entry in ledger.entries} == {("repaired", "a")}


@every_kind
def test_the_ledger_shows_no_rows_where_their_numbers_are_not_known(name: str) -> None:
    ledger = Ledger()
    fitted(name).transform(pl.DataFrame({"a": pl.Series(CASES[name].later, dtype=pl.String)}), ledger)
    assert ledger.entries
    assert all(entry.rows == () for entry in ledger.entries)


@every_kind
def test_good_cells_are_not_in_the_ledger(name: str) -> None:
    ledger = Ledger()
    fitted(name).transform(pl.DataFrame({"a": CASES[name].text[:2]}), ledger)
    assert ledger.entries == []


@every_kind
def test_other_rows_do_not_change_what_was_fitted(name: str) -> None:
    case, kind = CASES[name], fitted(name)
    before = kind.state()
    kind.transform(pl.DataFrame({"a": pl.Series(case.later, dtype=pl.String)}))
    assert kind.state() == before
    assert rounded(kind.transform(pl.DataFrame({"a": case.text}))) == case.prepared


@every_kind
def test_the_state_survives_json_exactly(name: str) -> None:
    kind = fitted(name)
    again = load("kinds", name).from_state(json.loads(json.dumps(kind.state(), allow_nan=False)))
    assert again == kind
    assert hash(again) == hash(kind)


@every_kind
def test_a_state_that_contradicts_itself_is_refused(name: str) -> None:
    state = fitted(name).state()
    state["missing"] = []
    with pytest.raises(ModelFileError, match=rf"kind '{name}' has 0 values of 'missing' for 1 columns"):
        load("kinds", name).from_state(state)


@every_kind
def test_invert_gives_the_values_back(name: str) -> None:
    case, kind = CASES[name], fitted(name)
    block = kind.transform(pl.DataFrame({"a": case.text}))
    inverted = kind.invert(block if isinstance(block, torch.Tensor) else block[:])
    assert inverted.columns == ["a"]
    assert inverted["a"].to_list() == case.inverted


@every_kind
def test_features_describe_the_tensor(name: str) -> None:
    kind = fitted(name)
    assert {key: kind.features()[key] for key in CASES[name].features} == CASES[name].features
    if "width" in kind.features():
        assert kind.transform(pl.DataFrame({"a": CASES[name].text})).shape[1] == kind.features()["width"]


@every_kind
def test_what_is_drawn_is_accepted(name: str) -> None:
    kind, ledger = fitted(name), Ledger()
    drawn = kind.draw(200, np.random.default_rng(3))
    assert drawn.shape == (200, 1)
    assert pl.DataFrame(json.loads(json.dumps(drawn.to_dict(as_series=False)))).equals(drawn)
    assert 0 < drawn["a"].null_count() < 50  # training had missing cells
    prepared = plain(kind.transform(drawn, ledger))
    assert [entry.reason.partition(":")[0] for entry in ledger.entries] == ["missing"]
    assert torch.isfinite(prepared).all()
    assert len(prepared.unique(dim=0)) > 2
    assert drawn.equals(kind.draw(200, np.random.default_rng(3)))
    assert not drawn.equals(kind.draw(200, np.random.default_rng(4)))


@every_kind
def test_nothing_missing_is_drawn_where_nothing_was_missing(name: str) -> None:
    kind = load("kinds", name).fit(pl.DataFrame({"a": CASES[name].text[:2]}))
    assert kind.draw(100, np.random.default_rng(0)).null_count().item() == 0


@every_kind
def test_a_column_without_any_value_is_no_mistake(name: str) -> None:
    empty = pl.DataFrame({"a": pl.Series([None, "?"], dtype=pl.String)})
    kind, ledger = load("kinds", name).fit(empty), Ledger()
    kind.transform(empty, ledger)
    assert [entry.count for entry in ledger.entries] == [2]
    assert kind.draw(5, np.random.default_rng(0)).height == 5
    assert kind.transform(empty.head(0)).shape == (0, *np.atleast_1d(CASES[name].empty))


@pytest.mark.parametrize("name", [name for name in KINDS if name not in SEQUENCES])
def test_columns_of_a_block_stay_in_order_beside_others(name: str) -> None:
    case, kind = CASES[name], load("kinds", name)
    both = pl.DataFrame({"b": case.text[:2] * 3, "a": case.text})
    block = kind.fit(both)
    assert block.columns == ("b", "a")
    shuffled = both.select("a", pl.lit("x").alias("other"), "b")
    prepared = block.transform(shuffled).transpose(0, 1).tolist()  # feature by feature
    alone = [kind.fit(both.select(column)).transform(both).transpose(0, 1).tolist() for column in ("b", "a")]
    assert sorted(prepared) == sorted(alone[0] + alone[1])
    first = len(alone[0])  # nothing is missing in b, so that these are its features
    if len(CASES[name].prepared[0]) == 2:
        assert prepared == [alone[0][0], *alone[1]]
    else:
        places = [prepared.index(feature) for feature in alone[0] + alone[1]]
        assert places[:first] == sorted(places[:first])
        assert places[0] < places[first]
