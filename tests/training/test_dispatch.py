"""Steps whose operations are compiled, or replayed as a graph: the same training."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ranvier.data.batches import Batch, Batches
from ranvier.data.ragged import Ragged
from ranvier.errors import SpecError
from ranvier.execution.plan import EXACT, Dispatch, Plan, compiler_missing
from ranvier.losses import CrossEntropy
from ranvier.training import dispatch as dispatching
from ranvier.training.limits import Limits
from ranvier.training.loop import noise_generators, train
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import momentum
from ranvier.training.schedules import Constant
from ranvier.training.state import State, copy_weights
from ranvier.training.steps import steps_by

COMPILED, GRAPHS = Plan(dispatch="compiled"), Plan(dispatch="cuda_graphs")
needs_compiler = pytest.mark.skipif(bool(compiler_missing()), reason=compiler_missing())


class Noisy(nn.Module):
    """A perceptron with dropout and batch normalisation, whose eager calls are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.second = nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Linear(16, 3)
        self.drop = nn.Dropout(0.3)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        outputs: Tensor = self.second(
            self.drop(torch.nn.functional.gelu(self.norm(self.first(inputs["number"]))))
        )
        return outputs


def state() -> State:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Noisy()
    objective = Supervised(CrossEntropy())
    learning = objective.parts(network)["network"]
    return State(network, objective, {"network": momentum(learning, 0.05)}, Constant())


def batches(rows: int = 45) -> Batches:
    numbers = torch.randn(rows, 6, generator=torch.Generator().manual_seed(0))
    return Batches(Batch({"number": numbers}, torch.arange(rows) % 3, torch.arange(rows)), 10, seed=0)


def trained(plan: Plan) -> dict[str, Tensor]:
    learning = state()
    train(learning, batches(), Limits(epochs=3, seed=3), lambda network: {}, plan=plan)
    return copy_weights(learning.network)


@pytest.mark.slow
@needs_compiler
def test_compiled_steps_learn_what_eager_ones_learn() -> None:
    """Dropout draws the same, and the last batch of an epoch, which is smaller, is learnt as well."""
    eager, compiled = trained(EXACT), trained(COMPILED)
    assert eager.keys() == compiled.keys()
    for name, value in eager.items():
        torch.testing.assert_close(compiled[name], value, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@needs_compiler
def test_compiled_steps_give_the_same_bytes_again() -> None:
    first, second = trained(COMPILED), trained(COMPILED)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_what_cannot_be_compiled_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiles(network: nn.Module, **options: Any) -> Any:
        def call(inputs: Any) -> Any:
            raise torch._dynamo.exc.Unsupported("a loop over what is not known\nand more")

        return call

    monkeypatch.setattr(torch, "compile", compiles)
    learning, rows = state(), batches()
    said = pytest.raises(SpecError, match="torch says: a loop over what is not known")
    with steps_by(COMPILED, learning, rows, Limits(epochs=1)) as steps, said:
        steps.step(next(rows.epoch(0)))


def test_a_graph_is_for_batches_of_one_shape_and_moves_nothing_before_the_first_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A capture runs the network some times; that is undone. It stands in for the card, which is not here."""
    replayed: list[int] = []

    def captures(module: nn.Module, samples: tuple[Any, ...], allow_unused_input: bool) -> Any:
        assert allow_unused_input and module.training
        for _ in range(3):
            module(*samples)

        def replay(inputs: dict[str, Tensor]) -> Any:
            replayed.append(len(inputs["number"]))
            return module(inputs)

        return replay

    modes: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    monkeypatch.setattr(torch.cuda, "make_graphed_callables", captures)
    eager, graphed = trained(EXACT), trained(GRAPHS)
    assert all(torch.equal(eager[name], graphed[name]) for name in eager)
    assert replayed == [10] * 4 * 3  # of 45 rows; the fifth batch has 5
    assert modes == ["error", 0]


def test_what_cannot_be_captured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(inputs: Any) -> Any:
        raise RuntimeError("called a synchronizing CUDA operation")

    modes: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    learning = state()
    learning.network.forward = waits  # type: ignore[method-assign]
    steps = steps_by(GRAPHS, learning, batches(), Limits(epochs=1))
    with pytest.raises(SpecError, match="'cuda_graphs', and torch says: called a synchronizing"):
        steps.__enter__()
    assert modes == ["error", 0]


@pytest.mark.parametrize("dispatch", ["compiled", "cuda_graphs"])
def test_sequences_are_refused(dispatch: Dispatch) -> None:
    text: Any = Ragged.of([torch.arange(1, 4), torch.arange(1, 6)])
    rows = Batches(Batch({"text": text}, torch.tensor([0, 1]), torch.arange(2)), 2, seed=0)
    with pytest.raises(SpecError, match="the batches are not of one shape"):
        steps_by(Plan(dispatch=dispatch), state(), rows, Limits(epochs=1))


def test_every_dispatch_has_a_way() -> None:
    assert {"eager", *dispatching.WAYS} == set(Dispatch.__args__)  # type: ignore[attr-defined]


def test_noise_of_a_graphics_card_is_seeded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    of_card = torch.Generator()
    monkeypatch.setattr(torch.cuda, "default_generators", (None, of_card))
    monkeypatch.setattr("ranvier.training.loop.device_of", lambda network: torch.device("cuda:1"))
    assert noise_generators(nn.Linear(1, 1)) == [torch.default_generator, of_card]
