"""The contract of a task: loss, outputs, metrics, baselines and decoding agree on one tiny real case."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.catalog import BASELINES, KINDS, LOSSES, METRICS, TARGET_KINDS, TASKS, load
from ranvier.data.ragged import padded
from ranvier.errors import SpecError
from ranvier.evaluation import measure
from ranvier.evaluation.answers import answers
from ranvier.evaluation.baselines import Columns
from ranvier.tasks import Task, outputs_for

VALUES: dict[str, list[Any]] = {
    "classify": ["no", "yes", "yes", "no", "maybe", "yes"],
    "regress": [1.0, 2.5, 4.0, 0.5, 3.0, 1.0],
    "count": [1, 0, 4, 2, 3, 2],
    "ordinal": [2, 10, 10, 2, 3, 10],
    "label": ["b;a", "b", "a;c", "b", "c;b;a", "b"],
    "transcribe": ["ab", "ba", "aa b", "ab", "", "ab"],
    "answer": ["no", "yes", "yes", "no", "maybe", "yes"],
    "tag": ["A B A C A A", "B B A A C A", "A A A A A B", "C A B A B A", "A B A A A A", "B A A A A C"],
    "translate": ["ab", "ba", "aa b", "ab", "", "ab"],
    "extract": ["ab", "ba", "aa b", "ab", "", "ab"],
}
ANSWERS: dict[str, list[Any]] = {**VALUES, "label": ["a;b", "b", "a;c", "b", "a;b;c", "b"]}
UNKNOWN = {
    "classify": "never",
    "regress": "much",
    "count": "1.5",
    "ordinal": "4",
    "label": "a;z",
    "transcribe": "az",
    "tag": "A Z",
    "answer": "never",
    "translate": None,
    "extract": None,
}
TRIVIAL = {"classify": 0.5, "regress": np.std(VALUES["regress"]), "ordinal": 0.0, "label": 2 * 5 / (10 + 6)}
"""What the trivial answer's metric is: half of the rows are of one class, one answer has no kappa, 'b' alone."""


OF_ROWS = [name for name in TASKS if name != "forecast"]
"""The tasks whose examples are rows; windows are in tests/workflow/test_forecast.py."""


@pytest.fixture(params=OF_ROWS)
def case(request: pytest.FixtureRequest) -> tuple[Task, pl.Series]:
    values = pl.Series("answer", VALUES[request.param])
    return load("tasks", request.param).fit(values, np.arange(5)), values


def same(found: pl.Series, expected: list[Any]) -> bool:
    if found.dtype.is_float():
        return bool(np.allclose(found.to_numpy(), expected, atol=0.01))
    return found.to_list() == expected


def test_has_a_case_and_a_kind() -> None:
    assert set(VALUES) == set(OF_ROWS)
    assert set(TASKS) == set(TARGET_KINDS)
    assert set(TARGET_KINDS.values()) <= set(KINDS)


def test_encodes_and_shows_what_it_was_given(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    truth = task.truth(task.encode(values))
    assert len(truth) == len(values)
    assert same(task.shown(truth), ANSWERS[task.name])
    assert not list(task.mistakes(values))


def test_default_loss_learns_to_the_truth(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    loss = load("losses", task.default_loss())
    target = padded(task.encode(values))
    count = outputs_for(task, task.default_loss(), loss.outputs)
    if task.name == "translate":
        pytest.skip("its outputs are found by a search; tests/workflow/test_translate.py trains it")
    if task.name == "extract":
        pytest.skip("where an answer stands is told by its passage; tests/tasks/test_extract.py learns it")
    frames = (6,) if hasattr(task, "positions") else ()
    outputs = torch.zeros(len(values), *frames, count, requires_grad=True)
    optimizer = torch.optim.Adam([outputs], lr=0.3)
    for _ in range(300):
        optimizer.zero_grad()
        loss()(outputs, target).mean().backward()
        optimizer.step()
    decoded = task.decode(outputs)
    frame = task.frame(decoded)
    assert same(frame[task.target], ANSWERS[task.name])
    others = [f"{task.target}={name}" for name in task.classes]
    assert frame.columns[0] == task.target and (frame.columns[1:] == others or task.name == "answer")
    if task.forms[0] == "classes":
        np.testing.assert_allclose(decoded.sum(axis=1), 1.0)


def test_an_ensemble_says_what_its_members_say_on_average(case: tuple[Task, pl.Series]) -> None:
    task, _ = case
    for loss in LOSSES:
        if (
            task.name == "translate"
            or hasattr(task, "positions")
            or (count := task.outputs(load("losses", loss).outputs)) is None
        ):
            continue
        outputs = torch.randn(7, 5, count, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        mean = np.mean([task.decode(outputs[:, member]) for member in range(5)], axis=0)
        np.testing.assert_allclose(task.decode(outputs), mean)
        np.testing.assert_allclose(task.decode(task.joined(outputs)), mean)
        assert task.joined(outputs[:, 0]) is outputs[:, 0] or torch.equal(
            task.joined(outputs[:, 0]), outputs[:, 0]
        )


def test_metrics_and_baselines(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    metrics = [load("metrics", name) for name in METRICS]
    suitable = [metric for metric in metrics if metric.form in task.forms]
    assert task.metric in {metric.name for metric in suitable}
    truth = task.truth(task.encode(values))
    columns = Columns(np.zeros((6, 1)), np.zeros((6, 0), dtype=np.int64))
    for name in BASELINES:
        result = answers(load("baselines", name), task.forms[0], (columns, truth, columns), len(task.classes))
        found = measure(truth, result.prediction, suitable)
        expected = TRIVIAL.get(task.name, found[task.metric]["value"])
        if task.name == "count":
            np.testing.assert_allclose(result.prediction, 2.0)
        assert found[task.metric]["value"] == pytest.approx(expected, abs=1e-6), (
            "no column says anything: each answers as the trivial one"
        )
    assert isinstance(task.constant(truth), str)


def test_state_survives_json(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    again = type(task).from_state(json.loads(json.dumps(task.state())))
    assert torch.equal(padded(again.encode(values)), padded(task.encode(values)))
    assert again.target == "answer"
    assert again.classes == task.classes


def test_knows_what_it_can_encode(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    known = task.known(pl.Series("x", [str(values[0]), UNKNOWN[task.name], None]))
    assert known.tolist() == [True, False, False]


def test_a_loss_of_another_task_is_refused(case: tuple[Task, pl.Series]) -> None:
    task, _ = case
    other = "cross_entropy" if task.name == "regress" else "mse"
    with pytest.raises(SpecError, match=f"Loss '{other}' does not suit the task '{task.name}'"):
        outputs_for(task, other, load("losses", other).outputs)


def test_whole_number_labels_stay_whole_numbers() -> None:
    task = load("tasks", "classify").fit(pl.Series("digit", [3, 1, 3, -2]), np.arange(4))
    assert task.labels(np.array([0, 1, 2])).to_list() == [-2, 1, 3]
    text = load("tasks", "classify").fit(pl.Series("code", ["007", "12"]), np.arange(2))
    assert text.labels(np.array([0, 1])).to_list() == ["007", "12"]


def test_one_output_decides_between_two_classes() -> None:
    task = load("tasks", "classify").fit(pl.Series("y", ["a", "b"]), np.arange(2))
    decoded = task.decode(torch.tensor([[0.0], [2.0]]))
    np.testing.assert_allclose(decoded[:, 1], [0.5, 1 / (1 + np.exp(-2))])


class TestOrdinal:
    def test_the_order_is_that_of_the_numbers_or_the_users(self) -> None:
        ordinal = load("tasks", "ordinal")
        assert ordinal.fit(pl.Series("y", [10, 9, 2]), np.arange(3)).classes == ("2", "9", "10")
        words = pl.Series("y", ["mild", "grave", "fair"])
        assert ordinal.fit(words, np.arange(3), ("mild", "fair", "grave")).classes == (
            "mild",
            "fair",
            "grave",
        )

    @pytest.mark.parametrize(
        ("order", "match"),
        [
            (
                (),
                r"order of the classes of target 'y' is not known.*columns\.y\.order=\[\"fair\", \"grave\", \"mild\"\]",
            ),
            (("mild", "grave"), "order of target 'y' does not name 'fair'"),
            (("mild", "fair", "grave", "mild"), "names 'mild' twice"),
            (("mild", "fair", "grave", "worst"), "names 'worst', which no row has"),
        ],
    )
    def test_an_order_that_does_not_fit(self, order: tuple[str, ...], match: str) -> None:
        import re

        found = list(load("tasks", "ordinal").mistakes(pl.Series("y", ["mild", "grave", "fair"]), order))
        assert len(found) == 1 and re.search(match, str(found[0]))

    def test_the_chance_of_being_above_falls_with_the_class(self) -> None:
        task = load("tasks", "ordinal").fit(pl.Series("y", [1, 2, 3, 4]), np.arange(4))
        z = torch.tensor([[0.3, -1.0, 2.0]], dtype=torch.float64)
        p = 1 / (1 + np.exp(-z.numpy()[0]))
        above = np.cumprod(p)
        np.testing.assert_allclose(1 - task.decode(z)[0].cumsum()[:3], above)


def test_counts_say_what_is_no_count() -> None:
    found = [str(m) for m in load("tasks", "count").mistakes(pl.Series("n", [1.0, -2.0, 0.5, None]))]
    assert found[0].startswith(
        "Target 'n' is to be counted, but 1 of its values are below 0, such as -2. Expected whole"
    )
    assert "1 of its values are not whole, such as 0.5" in found[1] and "the task regress" in found[1]


def test_labels_are_written_with_what_is_in_none_of_them() -> None:
    task = load("tasks", "label").fit(pl.Series("t", [["a;b", "c"], ["c"], []]), np.arange(3))
    assert task.classes == ("a;b", "c")
    assert task.shown(np.array([[1, 1], [0, 0]])).to_list() == ["a;b|c", ""]
    assert task.constant(np.array([[0, 1], [0, 0], [1, 0]])) == "no label"
    assert task.constant(np.array([[0, 1], [0, 1], [1, 0]])) == "'c'"
