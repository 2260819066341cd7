"""Ranvier's side of the benchmark of speed: its own loop, by a plan that it chose by trial."""

from __future__ import annotations

from itertools import count
from typing import Any

import torch
from torch import Tensor, nn

from ranvier.data.batches import Batch, Batches
from ranvier.execution.plan import Plan, candidates
from ranvier.execution.trial import choose
from ranvier.losses import BinaryCrossEntropy, CrossEntropy
from ranvier.network.assembled import Assembled, Own
from ranvier.network.counting import multiplications
from ranvier.network.encoders import Embeddings, Numbers
from ranvier.network.heads import Head
from ranvier.network.mlp import MLP
from ranvier.network.piecewise import Piecewise
from ranvier.network.tabm import TabM
from ranvier.training.limits import Limits
from ranvier.training.loop import train
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import adam
from ranvier.training.schedules import Constant
from ranvier.training.state import State
from ranvier.training.steps import steps_by
from ranvier.workflow.settle import SMALL_STEP

from .libraries import Epoch, Run, told_by
from .networks import Case

ADULT = [9, 17, 8, 15, 7, 6, 3, 43]
"""The categories of the columns of Adult, each with one for missing values."""


class Fed(nn.Module):
    """A plain module in the place of a network: it is fed the one block."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        outputs: Tensor = self.network(inputs["number"])
        return outputs


PICTURES = ("LeNet-5",)
"""The cases whose layers are all written out, and which read pictures."""


def network_of(case: Case, x: Tensor) -> nn.Module:
    """A case as Ranvier's own network, or the plain module."""
    torch.manual_seed(0)
    if case.name in PICTURES:
        channels, *size = x.shape[1:]
        made_of = {"mean": [0.0] * channels, "deviation": [1.0] * channels}
        return Own(case.build(), {"image": {"channels": channels, "size": size, **made_of}})
    if not case.hidden:
        return Fed(case.build())
    trunk = MLP(x.shape[1], hidden=list(case.hidden), dropout=0.0)
    return Assembled({"number": Numbers(width=x.shape[1])}, trunk, Head(trunk.outputs, case.classes))


def state_of(network: nn.Module, loss: Any) -> State:
    """A training at step 0, with Adam at 1e-3."""
    objective = Supervised(loss)
    return State(network, objective, {"network": adam(objective.parts(network)["network"], 1e-3)}, Constant())


def epoch_of(state: State, batches: Batches, plan: Plan) -> Epoch:
    """A function that trains one more epoch."""

    def epoch() -> None:
        torch.set_num_threads(plan.threads)
        state.finished = None
        train(state, batches, Limits(epochs=state.epoch + 1), lambda network: {}, plan=plan)

    return epoch


def batch_of(case: Case, x: Tensor, y: Tensor) -> Batch:
    """Rows as the case's network reads them."""
    return Batch({"image" if case.name in PICTURES else "number": x}, y, torch.arange(len(x)))


def plan_for(case: Case, x: Tensor, y: Tensor, exact: bool = False) -> tuple[Plan, str]:
    """The plan that the trials choose, on batches that are drawn as in a run, and the reason."""
    data = Batches(batch_of(case, x, y), case.batch, 0)
    first = Plan("explicit" if case.hidden or case.name in PICTURES else "autograd")
    cores, network = torch.get_num_threads(), network_of(case, x)
    large = not case.hidden or multiplications(network) * case.batch > SMALL_STEP  # as in a run
    plans = candidates(first, network, cores, heavy=large and not exact)

    def start(plan: Plan) -> Any:
        state = state_of(network_of(case, x).train(), CrossEntropy())
        steps = steps_by(plan, state, data, Limits(epochs=1))
        steps.__enter__()
        batches = (batch for epoch in count() for batch in data.epoch(epoch, into=steps.buffers))
        return lambda: steps.step(next(batches))

    verdict = choose(plans, start, lambda step: 1e9)
    torch.set_num_threads(cores)  # the last one tried had its own
    return verdict.plan, verdict.reason


def ranvier(case: Case, x: Tensor, y: Tensor, plan: Plan) -> Run:
    """Ranvier's loop by a plan."""
    data = batch_of(case, x, y)
    network = network_of(case, x)
    tell = told_by(network)
    epoch = epoch_of(state_of(network, CrossEntropy()), Batches(data, case.batch, 0), plan)
    return Run(epoch, lambda rows: tell(batch_of(case, rows, rows).inputs))  # type: ignore[arg-type]


def adult(rows: int) -> Batch:
    """Noise in the shape of Adult: 6 numbers and 8 categories."""
    categories = [torch.randint(0, n, (rows,)) for n in ADULT]
    inputs = {"number": torch.randn(rows, 6), "category": torch.stack(categories, 1)}
    return Batch(inputs, torch.randint(0, 2, (rows,)), torch.arange(rows))


def table_network() -> nn.Module:
    """The default network of tables for Adult."""
    edges = torch.linspace(-3.0, 3.0, 33).tolist()
    encoders = {"number": Piecewise(width=6, edges=[edges] * 6), "category": Embeddings(cardinalities=ADULT)}
    trunk = TabM(sum(int(encoder.outputs) for encoder in encoders.values()))
    return Assembled(encoders, trunk, trunk.head(1))


def small_network(dropout: float = 0.0) -> nn.Module:
    """A perceptron of 64-64 for Adult."""
    encoders = {"number": Numbers(width=6), "category": Embeddings(cardinalities=ADULT)}
    trunk = MLP(sum(int(e.outputs) for e in encoders.values()), hidden=[64, 64], dropout=dropout)
    return Assembled(encoders, trunk, Head(64, 1))


TWO_CLASSES = BinaryCrossEntropy()
