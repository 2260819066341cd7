"""Broken series and forecasts: each is answered by a sentence, or repaired and counted to the cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import ranvier as rv
from ranvier.errors import DataError, UserError
from ranvier.spec import Spec
from ranvier.workflow.prepared import Prepared, prepare

LABELS = ["a", "b"] * 20
LINE = "points missing or infinite: the straight line between their neighbours stands in"


def walks() -> list[Any]:
    draw = np.random.default_rng(0)
    return [draw.normal(size=12 + at % 3).cumsum().tolist() for at in range(40)]


def with_cell(cell: Any, row: int = 3) -> list[Any]:
    found = walks()
    found[row] = cell
    return found


def prepared(cells: Any, **settings: Any) -> Prepared:
    frame = pl.DataFrame({"s": cells, "y": LABELS}, strict=False)
    return prepare(Spec.from_settings({"target": "y", "columns.s": "series", **settings}), frame)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param([1.0], [], id="one point"),
        pytest.param([1e-320] * 4, [], id="next to nothing"),
        pytest.param([5.0] * 6, [], id="one that never moves"),
        pytest.param([], ["a list without a single point: taken as a series without points"], id="no point"),
        pytest.param(None, ["missing: taken as a series without points"], id="null"),
        pytest.param([1.0, float("nan"), 3.0], [LINE], id="a gap"),
        pytest.param([float("nan"), None, 3.0], [LINE], id="gaps at its beginning"),
        pytest.param([1.0, float("inf"), 3.0], [LINE], id="infinite"),
        pytest.param([1e308, -1e308, 1.0], [LINE], id="too large for any square"),
        pytest.param([float("nan")] * 5, ["every point missing or infinite: 0 stands in"], id="gaps alone"),
    ],
)
def test_a_strange_series_is_read_and_counted(cell: Any, expected: list[str]) -> None:
    made = prepared(with_cell(cell))
    assert [(entry.reason, entry.count, entry.rows) for entry in made.ledger.entries] == [
        (reason, 1, (4,)) for reason in expected
    ]
    blocks: list[Any] = [part.inputs["series"] for part in made.parts.values()]
    assert all(bool(block.values.isfinite().all()) for block in blocks)
    assert sum(len(block) for block in blocks) == 40


@pytest.mark.parametrize("text", ["[1, 2", "[1, two, 3]", "one, two", "{1: 2}"])
def test_a_text_that_is_no_list_is_counted(text: str) -> None:
    made = prepared([text if at == 3 else str(row) for at, row in enumerate(walks())])
    (entry,) = made.ledger.entries
    assert entry.reason == "not a list of numbers: taken as a series without points"
    assert (entry.count, entry.rows) == (1, (4,))


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([[row] for row in walks()], "Column 's' holds lists of lists. Expected one list of numbers"),
        ([f"word {at}" for at in range(40)], "Column 's' is read as series, but none of its .* values"),
        ([[str(at)] for at in range(40)], r"Column 's' holds values of type List\(String\)"),
        ([[]] * 40, "2 different rows cannot be divided into train, validation, test"),
        ([[True]] * 40, r"Column 's' holds values of type List\(Boolean\)|2 different rows cannot"),
    ],
)
def test_what_is_no_series_at_all_is_told(cells: Any, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        prepared(cells)


def test_series_of_one_point_and_of_none_are_learnt_from_and_answered(tmp_path: Any) -> None:
    cells = [row[:1] for row in walks()]
    cells[7] = []
    frame = pl.DataFrame({"s": pl.Series(cells, dtype=pl.List(pl.Float64)), "y": LABELS})
    settings = {
        "columns.s": "series",
        "training.epochs": 1,
        "network": {"name": "inception", "blocks": 1, "filters": 2},
        "evaluation.baselines": False,
        "evaluation.report": False,
    }
    run = rv.fit(frame, target="y", settings=settings, out=tmp_path / "run")
    said = run.predict(frame.with_columns(s=pl.Series([[], [1.0], *cells[2:]], dtype=pl.List(pl.Float64))))
    assert said.height == 40 and not said["y=a"].is_nan().any()


def wave(points: int) -> pl.DataFrame:
    return pl.DataFrame({"t": range(points), "v": np.sin(np.arange(points) / 3)})


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (wave(1), "The series has 1 points"),
        (wave(3), "The series has 3 points"),
        (wave(90).with_columns(v=1.0), "Target 'v' is the same at all times"),
        (wave(90).with_columns(v=None), "Target 'v' has no values"),
        (wave(90).with_columns(v=pl.lit("many")), "Target 'v' says 'many' in row 1, and 89 more rows"),
        (
            wave(90).with_columns(v=pl.when(pl.col("t") == 5).then(float("inf")).otherwise("v")),
            "Target 'v' says 'inf' in row 6",
        ),
        (wave(90).with_columns(t=pl.col("t") // 2), "The time 0 stands in the rows 1 and 2, and 44 more"),
        (
            wave(90).with_columns(t=pl.when(pl.col("t") == 5).then(None).otherwise("t")),
            "Column 't' has no time in 1 row, of which row 6 is the first",
        ),
        (
            wave(90).with_columns(t=pl.when(pl.col("t") < 80).then("t").otherwise(pl.col("t") * 9)),
            "points are missing, at a step of 1 in column 't'",
        ),
        (
            wave(90).with_columns(t=pl.concat_str(pl.lit("2024-02-"), pl.col("t") + 10)),
            "Column 't' .*2024-02-",
        ),
    ],
)
def test_what_cannot_be_forecast_is_told(frame: pl.DataFrame, sentence: str) -> None:
    spec = Spec.from_settings({"target": "v", "task": "forecast", "columns.t": "time"})
    with pytest.raises(UserError, match=sentence):
        prepare(spec, frame)
