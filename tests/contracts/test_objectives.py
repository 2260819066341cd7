"""The contract of an objective: parts that are all that learns, a loss with a gradient, a state that returns."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from ranvier.catalog import OBJECTIVES, load
from ranvier.data.batches import Batch
from ranvier.losses import CrossEntropy
from ranvier.training.objectives import Objective


class Network(nn.Module):
    """Three classes from four numbers; the first layer does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.layer = nn.Linear(4, 3)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        outputs: torch.Tensor = self.layer(self.frozen(inputs["number"]))
        return outputs


MAKERS: dict[str, Callable[[], Objective]] = {
    "supervised": lambda: load("objectives", "supervised")(CrossEntropy()),
    "next_token": lambda: load("objectives", "next_token")(),
    "forced": lambda: load("objectives", "forced")(CrossEntropy()),
}


@pytest.fixture(params=OBJECTIVES)
def objective(request: pytest.FixtureRequest) -> Objective:
    return MAKERS[request.param]()


def batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(9, 4, generator=generator)
    return Batch({"number": x}, torch.arange(9) % 3, torch.arange(9))


def test_every_objective_has_a_maker() -> None:
    assert set(MAKERS) == set(OBJECTIVES)


def test_parts_are_all_that_learns_and_nothing_twice(objective: Objective) -> None:
    network = Network()
    named = [name for parameters in objective.parts(network).values() for name, _ in parameters]
    assert sorted(named) == ["layer.bias", "layer.weight"]


def test_a_step_gives_a_loss_whose_gradient_reaches_its_part(objective: Objective) -> None:
    network = Network()
    for part, parameters in objective.parts(network).items():
        network.zero_grad()
        loss, outputs = objective.step(network, batch(), part, torch.Generator().manual_seed(1))
        assert loss.ndim == 0 and torch.isfinite(loss) and outputs.shape == (9, 3)
        loss.backward()  # type: ignore[no-untyped-call]
        assert all(
            parameter.grad is not None and parameter.grad.abs().sum() > 0 for _, parameter in parameters
        )
    objective.after_step(network)
    assert objective.evaluate(outputs, batch()).item() == pytest.approx(loss.item())


def test_the_state_survives_json(objective: Objective) -> None:
    state: dict[str, Any] = json.loads(json.dumps(objective.state_dict()))
    objective.load_state_dict(state)
    assert objective.state_dict() == state
