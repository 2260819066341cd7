"""The contract of a task: loss, outputs, metrics, baselines and decoding agree on one tiny real case."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.catalog import BASELINES, KINDS, METRICS, TARGET_KINDS, TASKS, load
from ranvier.errors import SpecError
from ranvier.evaluation.baselines import Columns
from ranvier.tasks import Task, outputs_for

VALUES: dict[str, list[Any]] = {
    "classify": ["no", "yes", "yes", "no", "maybe", "yes"],
    "regress": [1.0, 2.5, 4.0, 0.5, 3.0, 1.0],
}
UNKNOWN = {"classify": "never", "regress": "much"}


@pytest.fixture(params=TASKS)
def case(request: pytest.FixtureRequest) -> tuple[Task, pl.Series]:
    values = pl.Series("answer", VALUES[request.param])
    return load("tasks", request.param).fit(values, np.arange(5)), values


def test_has_a_case_and_a_kind() -> None:
    assert set(VALUES) == set(TASKS) == set(TARGET_KINDS)
    assert set(TARGET_KINDS.values()) <= set(KINDS)


def test_encodes_and_reads_back(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    truth = task.truth(task.encode(values))
    assert len(truth) == len(values)
    if task.name == "classify":
        assert [sorted(set(VALUES["classify"]))[index] for index in truth] == values.to_list()
    else:
        np.testing.assert_allclose(truth, values.to_numpy(), rtol=1e-6)


def test_default_loss_learns_to_the_truth(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    loss = load("losses", task.default_loss())
    target = task.encode(values)
    outputs = torch.zeros(
        len(values), outputs_for(task, task.default_loss(), loss.outputs), requires_grad=True
    )
    optimizer = torch.optim.Adam([outputs], lr=0.3)
    for _ in range(300):
        optimizer.zero_grad()
        loss()(outputs, target).mean().backward()
        optimizer.step()
    decoded = task.decode(outputs)
    answer = task.frame(decoded)[task.target]
    if task.name == "classify":
        assert answer.to_list() == values.to_list()
        np.testing.assert_allclose(decoded.sum(axis=1), 1.0)
    else:
        np.testing.assert_allclose(answer.to_numpy(), values.to_numpy(), atol=0.01)


def test_metric_and_baselines(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    assert task.metric in METRICS and load("metrics", task.metric).form in task.forms
    truth = task.truth(task.encode(values))
    columns = Columns(np.zeros((6, 1)), np.zeros((6, 0), dtype=np.int64))
    classes = 3 if task.name == "classify" else None
    for name in BASELINES:
        prediction = load("baselines", name)(columns, truth, columns, classes).prediction
        value = load("metrics", task.metric)(truth, prediction)[0]
        expected = 0.5 if task.name == "classify" else np.std(values.to_numpy())
        assert value == pytest.approx(expected, abs=1e-6), (
            "no column says anything: each answers as the trivial one"
        )


def test_state_survives_json(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    again = type(task).from_state(json.loads(json.dumps(task.state())))
    assert torch.equal(again.encode(values), task.encode(values))
    assert again.target == "answer"


def test_knows_what_it_can_encode(case: tuple[Task, pl.Series]) -> None:
    task, values = case
    known = task.known(pl.Series("x", [str(values[0]), UNKNOWN[task.name], None]))
    assert known.tolist() == [True, False, False]


def test_a_loss_of_another_task_is_refused(case: tuple[Task, pl.Series]) -> None:
    task, _ = case
    other = "mse" if task.name == "classify" else "cross_entropy"
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
