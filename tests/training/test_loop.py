"""The loop: it learns, stops, restores the best weights, and resumes to the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from ranvier.data.batches import Batch, Batches
from ranvier.errors import SpecError
from ranvier.execution.explicit import Unknown
from ranvier.execution.plan import EXACT, Plan
from ranvier.losses import MSE, CrossEntropy
from ranvier.network.assembled import Own
from ranvier.training.averaging import Average
from ranvier.training.loop import Limits, train
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.optimizers import adam, gradient_descent
from ranvier.training.schedules import Constant, Cosine
from ranvier.training.state import State, copy_weights
from ranvier.training.steps import explicit


class Blocks(nn.Module):
    """A network of one block, with dropout so that the noise of a step matters."""

    def __init__(self, outputs: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, outputs))

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        outputs: torch.Tensor = self.layers(inputs["number"])
        return outputs


def rows(count: int = 150, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 4, generator=generator)
    target = (x[:, 0] > 0).long() + (x[:, 1] > 0.3).long()
    return Batch({"number": x}, target, torch.arange(count))


def fresh(average: bool = False, rate: float = 0.01) -> State:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = Blocks()
    objective = Supervised(CrossEntropy())
    parameters = objective.parts(network)["network"]
    return State(
        network=network,
        objective=objective,
        optimizers={"network": adam(parameters, rate)},
        schedule=Cosine(warmup=0.1),
        average=Average(network, decay=0.9) if average else None,
    )


def validation(state: State) -> Any:
    held_out = rows(60, seed=9)

    def validate(network: nn.Module) -> dict[str, float]:
        network.eval()
        with torch.no_grad():
            outputs = network(held_out.inputs)
            loss = state.objective.evaluate(outputs, held_out).item()
            accuracy = (outputs.argmax(1) == held_out.target).float().mean().item()
        network.train()
        return {"loss": loss, "accuracy": accuracy}

    return validate


def run(state: State, limits: Limits, **options: Any) -> None:
    train(state, Batches(rows(), 16, limits.seed), limits, validation(state), **options)


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_learns_and_records_history() -> None:
    state = fresh()
    run(state, Limits(epochs=12))
    assert state.finding is None
    assert [line["epoch"] for line in state.history] == list(range(1, 13))
    assert state.history[-1]["train"]["loss"] < 0.6 * state.history[0]["train"]["loss"]
    assert state.history[-1]["step"] == state.step == 12 * 10
    assert state.finished == "all 12 epochs were done"


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("stop_at", [1, 7, 10, 25, 59])
def test_resumes_to_the_same_bytes(tmp_path: Path, average: bool, stop_at: int) -> None:
    limits = Limits(epochs=6, clip=1.0, l2=1e-3, noise=0.2, seed=5)
    whole = fresh(average)
    run(whole, limits)
    first = fresh(average)
    path = tmp_path / "checkpoint"
    run(first, limits, keep=lambda s: s.save(path), interrupted=lambda: first.step >= stop_at)
    assert first.finished is None and first.step == stop_at
    second = fresh(average)
    second.load(path)
    run(second, limits)
    assert equal(copy_weights(second.network), copy_weights(whole.network))
    assert second.history == whole.history


@pytest.mark.parametrize("limits", [Limits(epochs=3), Limits(epochs=40), Limits(epochs=200, patience=6)])
def test_a_kill_repeats_at_most_five_percent(limits: Limits) -> None:
    state, kept, done = fresh(), [0], []

    class Look:
        def on_step(self, state: State, batch: Batch, loss: float) -> None:
            done.append(state.step - kept[-1])

        def on_epoch(self, state: State, line: Any) -> None:
            pass

    run(state, limits, keep=lambda s: kept.append(s.step), watchers=[Look()])
    assert max(done) <= max(1, 0.05 * state.step)
    assert len(kept) < 150


def test_early_stopping_restores_the_best_weights() -> None:
    state = fresh(rate=0.05)
    limits = Limits(epochs=500, patience=4, metric="accuracy", greater_is_better=True)
    run(state, limits)
    accuracies = [line["validation"]["accuracy"] for line in state.history]
    assert "had not improved for 4 epochs" in str(state.finished)
    assert state.best is not None and state.best.epoch == accuracies.index(max(accuracies)) + 1
    assert len(accuracies) == state.best.epoch + 4
    assert validation(state)(state.network)["accuracy"] == max(accuracies)


def test_stops_when_the_time_is_up() -> None:
    state = fresh()
    run(state, Limits(epochs=10**6, seconds=0.2))
    assert state.finished == "the time of 0.2 s was up"
    assert state.seconds < 5 and len(state.history) >= 1


def test_a_loss_that_is_not_finite_stops_at_that_step_and_names_layer_and_rows() -> None:
    state = fresh()
    data = rows()
    data.inputs["number"][77] = float("inf")
    limits = Limits(epochs=3)
    train(state, Batches(data, 16, 0), limits, validation(state))
    finding = state.finding
    assert finding is not None and finding.code == "RV201"
    assert finding.evidence["rows"] == [78] and finding.evidence["layer"] == "layers.0"
    assert finding.evidence["step"] == state.step + 1
    assert "rows 78" in finding.place
    assert all(torch.isfinite(p).all() for p in state.network.parameters())


def test_after_weights_have_exploded_the_last_good_ones_are_kept() -> None:
    state = fresh()
    state.optimizers = {"network": gradient_descent(list(state.network.named_parameters()), 1e30)}
    state.schedule = Constant()
    first = copy_weights(state.network)
    run(state, Limits(epochs=3))
    finding = state.finding
    assert finding is not None and finding.evidence["step"] == 2
    assert equal(copy_weights(state.network), first)
    assert "the loss was" in str(state.finished)


def test_the_gradient_is_clipped() -> None:
    state = fresh()
    before = copy_weights(state.network)
    state.optimizers = {"network": gradient_descent(list(state.network.named_parameters()), 1.0)}
    state.schedule = Constant()
    run(state, Limits(epochs=1, clip=1e-3), interrupted=lambda: state.step >= 1)
    moved = torch.cat([(p - before[n]).flatten() for n, p in state.network.named_parameters()]).norm()
    assert 0 < moved <= 1.01e-3


def test_noise_is_on_the_numbers_of_a_step() -> None:
    plain, noisy, again = fresh(), fresh(), fresh()
    run(plain, Limits(epochs=2))
    run(noisy, Limits(epochs=2, noise=0.5))
    run(again, Limits(epochs=2, noise=0.5))
    assert again.history == noisy.history
    assert noisy.history[0]["train"] != plain.history[0]["train"]


def test_leaves_the_callers_randomness_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    run(fresh(), Limits(epochs=2))
    assert torch.equal(torch.rand(3), expected)


def test_row_and_class_weights() -> None:
    outputs, target = torch.tensor([[1.0], [2.0], [4.0]]), torch.zeros(3, 1)
    weighted = Batch({}, target, torch.arange(3), weight=torch.tensor([1.0, 0.0, 3.0]))
    assert Supervised(MSE()).evaluate(outputs, weighted).item() == pytest.approx((1 + 3 * 16) / 4)
    logits, classes = torch.zeros(3, 2), torch.tensor([0, 0, 1])
    by_class = Supervised(CrossEntropy(), torch.tensor([0.0, 5.0]))
    assert by_class.evaluate(logits, Batch({}, classes, classes)).item() == pytest.approx(0.6931, abs=1e-4)


def test_outputs_that_are_not_finite_on_validation_rows_end_the_training() -> None:
    state = fresh()
    measured = iter([0.5, 0.4, float("nan")])
    train(state, Batches(rows(), 16, 0), Limits(epochs=9), lambda network: {"loss": next(measured)})
    assert state.finding is not None and state.finding.place == "validation rows, epoch 3, step 30"
    assert len(state.history) == 2 and state.best is not None and state.best.epoch == 2
    assert equal(copy_weights(state.network), state.best.weights)


def explicit_state(average: bool = False) -> State:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = Own(Blocks().layers, {"number": {"width": 4}})
    objective = Supervised(CrossEntropy())
    return State(
        network=network,
        objective=objective,
        optimizers={"network": adam(objective.parts(network)["network"], 0.01)},
        schedule=Cosine(warmup=0.1),
        average=Average(network, decay=0.9) if average else None,
    )


BY_HAND = Plan(backpropagation="explicit")


def test_by_hand_and_by_autograd_end_alike() -> None:
    limits = Limits(epochs=3, clip=1.0, l2=1e-3, noise=0.2, seed=5)
    states = [explicit_state(average=True) for _ in range(2)]
    run(states[0], limits, plan=BY_HAND)
    run(states[1], limits)
    for name, tensor in copy_weights(states[0].network).items():
        torch.testing.assert_close(tensor, copy_weights(states[1].network)[name], rtol=1e-3, atol=1e-5)
    for ours, theirs in zip(states[0].history, states[1].history):
        assert ours["train"]["loss"] == pytest.approx(theirs["train"]["loss"], rel=1e-4)


@pytest.mark.parametrize("stop_at", [1, 10, 25])
def test_by_hand_resumes_to_the_same_bytes(tmp_path: Path, stop_at: int) -> None:
    limits, path = Limits(epochs=6, clip=1.0, l2=1e-3, noise=0.2, seed=5), tmp_path / "checkpoint"
    whole, first, second = (explicit_state(average=True) for _ in range(3))
    run(whole, limits, plan=BY_HAND)
    stop = {"keep": lambda s: s.save(path), "interrupted": lambda: first.step >= stop_at}
    run(first, limits, plan=BY_HAND, **stop)
    second.load(path)
    run(second, limits, plan=BY_HAND)
    assert equal(copy_weights(second.network), copy_weights(whole.network))
    assert second.history == whole.history


def test_by_hand_watchers_see_the_batch_and_its_gradients() -> None:
    seen = []

    class Look:
        def on_step(self, state: State, batch: Batch, loss: float) -> None:
            outputs = state.network(batch.inputs)
            gradients = [p.grad for p in state.network.parameters()]
            seen.append((batch.rows.tolist(), len(outputs), all(g is not None for g in gradients)))

        def on_epoch(self, state: State, line: Any) -> None:
            pass

    run(explicit_state(), Limits(epochs=1), plan=BY_HAND, watchers=[Look()])
    assert sorted(row for drawn, _, _ in seen for row in drawn) == list(range(150))
    assert all(len(drawn) == outputs and has for drawn, outputs, has in seen)


def test_by_hand_the_whole_set_is_one_batch() -> None:
    states = [explicit_state(), explicit_state()]
    for state, plan in zip(states, (BY_HAND, EXACT)):
        train(state, Batches(rows(), 150, 0), Limits(epochs=4), validation(state), plan=plan)
    assert states[0].history[-1]["train"]["loss"] == pytest.approx(states[1].history[-1]["train"]["loss"])


def test_by_hand_there_is_one_part() -> None:
    state = explicit_state()
    state.optimizers["another"] = state.optimizers["network"]
    with pytest.raises(Unknown, match="the objective Supervised is not written out for several parts"):
        explicit(state, Limits(epochs=1), rows(), BY_HAND)


def test_by_hand_is_refused_where_it_is_not_known() -> None:
    with pytest.raises(SpecError, match="'explicit', and the derivatives of Blocks are not written out"):
        run(fresh(), Limits(epochs=1), plan=BY_HAND)
