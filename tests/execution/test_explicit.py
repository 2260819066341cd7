"""Backpropagation by hand equals autograd: loss, gradients, weights and what the optimizer remembers, step by step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from ranvier import catalog
from ranvier.data.batches import Batch
from ranvier.execution.explicit import Explicit, Unknown, chain
from ranvier.execution.explicit.chain import Chain
from ranvier.execution.explicit.linear import LinearInParts
from ranvier.execution.explicit.step import SIZES
from ranvier.losses import MAE, MSE, BinaryCrossEntropy, CrossEntropy, Focal, Huber, PerceptronCriterion
from ranvier.network.assembled import Assembled, Own
from ranvier.network.encoders import Embeddings, Numbers
from ranvier.network.heads import Head
from ranvier.network.linear import Linear
from ranvier.network.mlp import MLP
from ranvier.network.piecewise import Piecewise
from ranvier.network.tabm import TabM
from ranvier.training.objectives.supervised import Supervised
from ranvier.training.regularization import penalty

CATEGORIES = [3, 14, 5, 20]
EDGES = [[-1.0, 0.0, 1.0], [-1.0, 0.5, 1.0, 2.0], [], [0.0, 1.0], [-2.0, 2.0]]
ROWS = (16, 16, 9, 16, 9)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Numbers so fine that rounding explains no difference."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def mlp(outputs: int, **options: Any) -> nn.Module:
    encoders = {"number": Numbers(width=7), "category": Embeddings(cardinalities=CATEGORIES)}
    trunk = MLP(sum(int(e.outputs) for e in encoders.values()), **options)
    return Assembled(encoders, trunk, Head(trunk.outputs, outputs))


def tabm(outputs: int, **options: Any) -> nn.Module:
    encoders = {
        "number": Piecewise(width=7, edges=EDGES),
        "category": Embeddings(cardinalities=CATEGORIES),
    }
    trunk = TabM(sum(int(e.outputs) for e in encoders.values()), members=4, **options)
    return Assembled(encoders, trunk, trunk.head(outputs))


def built(build: Any, outputs: int, **options: Any) -> nn.Module:
    with torch.random.fork_rng():
        network: Any = build(outputs, **options)
        network.reset(torch.Generator().manual_seed(1))
    return network.train()


def batch(rows: int, loss: Any, outputs: int, weighted: bool = False) -> Batch:
    generator = torch.Generator().manual_seed(rows)
    categories = [torch.randint(0, n, (rows,), generator=generator) for n in CATEGORIES]
    inputs = {
        "number": torch.randn(rows, 7, generator=generator),
        "category": torch.stack(categories, 1),
    }
    if loss.outputs == ("values",):
        target = torch.randn(rows, outputs, generator=generator)
    elif isinstance(loss, BinaryCrossEntropy) and outputs > 1:  # several labels
        target = torch.randint(0, 2, (rows, outputs), generator=generator).to(torch.get_default_dtype())
    else:
        target = torch.randint(0, max(outputs, 2), (rows,), generator=generator)
    weight = torch.rand(rows, generator=generator) if weighted else None
    return Batch(inputs, target, torch.arange(rows), weight)


def optimizer_of(name: str, network: nn.Module, **options: Any) -> Any:
    return catalog.load("optimizers", name)(list(network.named_parameters()), 0.01, **options)


def agree(
    build: Any,
    loss: Any,
    outputs: int,
    optimizer: str = "adamw",
    weighted: bool = False,
    class_weights: Tensor | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    clip: float | None = None,
    sizes: tuple[int, ...] = ROWS,
    threads: int = 1,
    **options: Any,
) -> None:
    """Train two copies, by hand and by autograd, and compare them at each step."""
    by_hand, plain = built(build, outputs, **options), built(build, outputs, **options)
    ours, theirs = optimizer_of(optimizer, by_hand), optimizer_of(optimizer, plain)
    objective = Supervised(loss, class_weights)
    batches = [batch(rows, loss, outputs, weighted) for rows in sizes]
    penalties: dict[str, Any] = {"l1": l1, "l2": l2, "clip": clip}
    with Explicit(
        by_hand, loss, ours, batches[0], class_weights=class_weights, threads=threads, **penalties
    ) as explicit:
        for number, rows in enumerate(batches):
            torch.manual_seed(number)
            theirs.zero_grad()
            expected, _ = objective.step(plain, rows, "network", torch.default_generator)
            (expected + penalty(plain.named_parameters(), l1, l2)).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(plain.parameters(), clip)
            theirs.step()
            torch.manual_seed(number)
            assert explicit.step(rows) == pytest.approx(expected.item(), abs=1e-10)
            for (name, p), q in zip(plain.named_parameters(), by_hand.parameters()):
                assert p.grad is not None and q.grad is not None
                torch.testing.assert_close(q.grad, p.grad, rtol=1e-7, atol=1e-10, msg=name)
                torch.testing.assert_close(q, p, rtol=1e-7, atol=1e-9, msg=name)
        assert all(
            torch.allclose(p, q)
            for p, q in zip(plain.state_dict().values(), by_hand.state_dict().values())
            if p.is_floating_point()
        )
        same_memory(ours.state_dict(), theirs.state_dict())
        assert len(explicit.passes) <= SIZES


def same_memory(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """What two optimizers remember is the same."""
    assert ours["state"].keys() == theirs["state"].keys()
    for number, remembered in theirs["state"].items():
        assert {n for n, v in remembered.items() if v is not None} == set(ours["state"][number])
        for name, value in ours["state"][number].items():
            torch.testing.assert_close(value, remembered[name], rtol=1e-6, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_layers_of_an_mlp(norm: str, dropout: float, activation: str) -> None:
    agree(mlp, CrossEntropy(), 3, hidden=[11, 6], norm=norm, dropout=dropout, activation=activation, clip=0.7)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_wide_layers(optimizer: str) -> None:
    """Their matrices stand by columns, where the optimizer does not mind."""
    agree(mlp, CrossEntropy(label_smoothing=0.1), 3, optimizer, hidden=[70, 66], clip=0.7)


def numbers_alone(outputs: int, width: int, **options: Any) -> nn.Module:
    trunk = MLP(width, **options)
    return Assembled({"number": Numbers(width=width)}, trunk, Head(trunk.outputs, outputs))


@pytest.mark.parametrize(("width", "threads", "parts"), [(90, 2, 2), (90, 3, 3), (91, 2, 0), (90, 1, 0)])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_first_layer_in_parts(
    width: int, threads: int, parts: int, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread has inputs of its own, where they can be shared out and the matrix stands by columns."""
    made: list[int] = []

    class Noted(LinearInParts):
        def __init__(self, module: nn.Linear, x: Tensor, parts: int) -> None:
            super().__init__(module, x, parts)
            made.append(parts)

    def wide_rows(rows: int, *_: Any) -> Batch:
        generator = torch.Generator().manual_seed(rows)
        target = torch.randint(0, 3, (rows,), generator=generator)
        return Batch({"number": torch.randn(rows, width, generator=generator)}, target, torch.arange(rows))

    monkeypatch.setattr(chain, "LinearInParts", Noted)
    monkeypatch.setitem(globals(), "batch", wide_rows)
    options: dict[str, Any] = {"width": width, "hidden": [70], "threads": threads}
    agree(numbers_alone, CrossEntropy(), 3, optimizer, **options)
    assert set(made) == ({parts} if parts and optimizer == "adamw" else set())


@pytest.mark.parametrize("bias", [True, False])
def test_wide_layers_in_16_bits(bias: bool) -> None:
    """Autocast forms the same products, and is as far from the gradient in 32 bits."""
    torch.set_default_dtype(torch.float32)
    networks = [built(mlp, 3, hidden=[200, 100, 80], dropout=0.0) for _ in range(3)]
    rows = batch(64, CrossEntropy(), 3)
    for network in networks:
        for layer in network.modules():
            if isinstance(layer, nn.Linear) and not bias:
                layer.bias = None
    by_hand, *plain = networks
    gradients = []
    for network, in_16_bits in zip(plain, (True, False)):
        with torch.autocast("cpu", torch.bfloat16, enabled=in_16_bits):
            loss, _ = Supervised(CrossEntropy()).step(network, rows, "network", torch.default_generator)
        loss.backward()
        gradients.append([p.grad for p in network.parameters()])
    with Explicit(by_hand, CrossEntropy(), optimizer_of("adam", by_hand), rows, in_16_bits=True) as explicit:
        assert explicit.step(rows) == pytest.approx(loss.item(), rel=0.01)
        for (name, p), autocast, exact in zip(by_hand.named_parameters(), *gradients):
            assert p.grad is not None and p.dtype == p.grad.dtype == torch.float32
            ours, theirs = (torch.linalg.vector_norm(g - exact) for g in (p.grad, autocast))
            assert ours < 1.5 * theirs + 1e-6, name


def test_16_bits_are_for_wide_layers() -> None:
    torch.set_default_dtype(torch.float32)
    rows = batch(64, CrossEntropy(), 3)
    gradients = []
    for in_16_bits in (False, True):
        network = built(mlp, 3, hidden=[70, 66], dropout=0.0)
        with Explicit(
            network, CrossEntropy(), optimizer_of("adam", network), rows, in_16_bits=in_16_bits
        ) as e:
            e.step(rows)
            gradients.append([p.grad.clone() for p in network.parameters() if p.grad is not None])
    assert not any(torch.equal(p, q) for p, q in zip(*gradients))  # the others by what they are given
    narrow = built(mlp, 3, hidden=[63])
    with pytest.raises(Unknown, match="no product of the network is written out in 16 bits"):
        Explicit(narrow, CrossEntropy(), optimizer_of("adam", narrow), rows, in_16_bits=True)


@pytest.mark.parametrize("activation", list(catalog.ACTIVATIONS))
def test_activations(activation: str) -> None:
    agree(mlp, MSE(), 2, "adam", hidden=[9, 8], activation=activation, dropout=0.2)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("activation", ["relu", "tanh", "silu"])
def test_the_default_network_of_tables(dropout: float, activation: str) -> None:
    agree(tabm, CrossEntropy(), 3, hidden=[12, 8], dropout=dropout, activation=activation)


@pytest.mark.parametrize("build", [mlp, tabm])
def test_batches_of_many_sizes(build: Any) -> None:
    agree(build, CrossEntropy(), 3, hidden=[12, 8], sizes=(16, 3, 16, 9, 5, 2, 16, 9, 3, 7, 16))


@pytest.mark.parametrize("build", [mlp, tabm])
def test_without_a_hidden_layer(build: Any) -> None:
    agree(build, CrossEntropy(), 3, hidden=[])


LOSSES = [
    (MSE(), 2),
    (MAE(), 2),
    (Huber(delta=0.5), 2),
    (CrossEntropy(), 4),
    (CrossEntropy(label_smoothing=0.1), 4),
    (BinaryCrossEntropy(), 1),
    (BinaryCrossEntropy(label_smoothing=0.1), 1),
    (BinaryCrossEntropy(label_smoothing=0.1), 3),
    (Focal(), 1),
    (Focal(gamma=0.5), 3),
    (Focal(gamma=0.0), 3),
]


@pytest.mark.parametrize("build", [mlp, tabm])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("loss", "outputs"), LOSSES)
def test_losses_and_weights(build: Any, weighted: bool, loss: Any, outputs: int) -> None:
    classes = max(outputs, 2)
    labels = isinstance(loss, BinaryCrossEntropy) and outputs > 1
    of_classes = loss.outputs != ("values",) and not labels
    by_class = torch.linspace(0.5, 2.0, classes) if weighted and of_classes else None
    agree(build, loss, outputs, weighted=weighted, class_weights=by_class, hidden=[9, 8])


@pytest.mark.parametrize("build", [mlp, tabm])
@pytest.mark.parametrize("steadied", [{}, {"l1": 0.01, "l2": 0.02, "clip": 0.5}])
@pytest.mark.parametrize("optimizer", [name for name in catalog.OPTIMIZERS if name != "muon"])
def test_optimizers_and_penalties(build: Any, steadied: dict[str, float], optimizer: str) -> None:
    agree(build, CrossEntropy(), 3, optimizer, hidden=[9, 8], **steadied)


def test_an_optimizer_without_a_rule_takes_its_own_step() -> None:
    torch.set_default_dtype(torch.float32)  # Muon's iterations are in bfloat16
    networks = [built(mlp, 3, hidden=[9, 8], dropout=0.0) for _ in range(2)]
    optimizers = [optimizer_of("muon", network) for network in networks]
    rows = batch(16, CrossEntropy(), 3)
    loss, _ = Supervised(CrossEntropy()).step(networks[1], rows, "network", torch.default_generator)
    loss.backward()
    before = torch.cat([p.detach().flatten().clone() for p in networks[1].parameters()])
    optimizers[1].step()
    with Explicit(networks[0], CrossEntropy(), optimizers[0], rows) as explicit:
        explicit.step(rows)
    after = [torch.cat([p.detach().flatten() for p in network.parameters()]) for network in networks]
    assert (after[1] - before).abs().max() > 1e-3
    torch.testing.assert_close(after[0], after[1], atol=1e-4, rtol=0.0)


def test_a_sequential_of_ones_own() -> None:
    def own(outputs: int) -> nn.Module:
        layers = nn.Sequential(nn.Linear(7, 8), nn.LayerNorm(8), nn.SiLU(), nn.Linear(8, outputs, bias=False))
        for p in layers.parameters():
            nn.init.normal_(p, generator=torch.Generator().manual_seed(p.numel()))
        network = Own(layers, {"number": {"width": 7}})
        network.reset = lambda generator: None  # type: ignore[assignment]
        return network

    agree(own, CrossEntropy(), 3)


def test_afterwards_the_network_and_the_optimizer_stand_alone() -> None:
    network = built(mlp, 3, hidden=[9, 8])
    optimizer = optimizer_of("adam", network)
    with Explicit(network, CrossEntropy(), optimizer, batch(16, CrossEntropy(), 3)) as explicit:
        explicit.step(batch(16, CrossEntropy(), 3))
        shared = {p.untyped_storage().data_ptr() for p in network.parameters()}
        assert len(shared) == 1
    assert len({p.untyped_storage().data_ptr() for p in network.parameters()}) == 6 + 2
    assert all(p.grad is None and p.is_contiguous() for p in network.parameters())
    steps = [remembered["step"] for remembered in optimizer.state.values()]
    assert len({step.data_ptr() for step in steps}) == len(steps) and {float(s) for s in steps} == {1.0}


def test_a_loss_that_is_not_finite_moves_nothing() -> None:
    network = built(mlp, 3, hidden=[4])
    rows = batch(16, CrossEntropy(), 3)
    rows.inputs["number"][3] = float("inf")
    before = [p.detach().clone() for p in network.parameters()]
    with Explicit(network, CrossEntropy(), optimizer_of("adam", network), rows) as explicit:
        assert not abs(explicit.step(rows)) < float("inf")
    assert all(torch.equal(p, q) for p, q in zip(before, network.parameters()))


class Subclass(nn.Linear):
    """Something of the user's own, which may do anything."""


def own(*layers: nn.Module) -> Own:
    return Own(nn.Sequential(*layers), {"number": {"width": 7}})


def hooked() -> nn.Module:
    network = built(mlp, 3)
    network.trunk.register_forward_hook(lambda *_: None)  # type: ignore[operator, union-attr]
    return network


def partly_in_evaluation() -> nn.Module:
    network = built(mlp, 3)
    network.head.eval()  # type: ignore[operator, union-attr]
    return network


def frozen() -> nn.Module:
    network = built(mlp, 3)
    next(network.parameters()).requires_grad_(False)
    return network


def shared() -> nn.Module:
    layer = nn.Linear(7, 7)
    return own(layer, nn.ReLU(), layer)


def with_two_types() -> nn.Module:
    return own(nn.Linear(7, 8), nn.Linear(8, 3).float())


@pytest.mark.parametrize(
    ("network", "loss", "said"),
    [
        (own(nn.Linear(7, 8), nn.PReLU(), nn.Linear(8, 3)), CrossEntropy(), "PReLU are not written out"),
        (own(Subclass(7, 3)), CrossEntropy(), "Subclass are not written out"),
        (nn.Linear(7, 3), CrossEntropy(), "Linear are not written out"),
        (own(nn.Linear(7, 1)), PerceptronCriterion(), "loss PerceptronCriterion is not written out"),
        (own(nn.Linear(7, 3), nn.LayerNorm(3, bias=False)), CrossEntropy(), "form of LayerNorm"),
        (own(nn.Linear(7, 3), nn.BatchNorm1d(3, affine=False)), CrossEntropy(), "form of BatchNorm1d"),
        (hooked, CrossEntropy(), "has hooks"),
        (partly_in_evaluation, CrossEntropy(), "not in training"),
        (frozen, CrossEntropy(), "some parameters do not learn"),
        (shared, CrossEntropy(), "share a parameter"),
        (with_two_types, CrossEntropy(), "of several types"),
    ],
)
def test_what_is_not_written_out_is_said_and_nothing_changes(network: Any, loss: Any, said: str) -> None:
    network = network if isinstance(network, nn.Module) else network()
    pointers = [p.data_ptr() for p in network.parameters()]
    learning = [p for p in network.parameters() if p.requires_grad]
    with pytest.raises(Unknown, match=said):
        Explicit(network, loss, torch.optim.SGD(learning, lr=0.1), batch(16, CrossEntropy(), 3))
    assert pointers == [p.data_ptr() for p in network.parameters()]


def test_a_chain_has_a_layer_that_learns() -> None:
    with pytest.raises(Unknown, match="no layer that learns"):
        Chain(own(nn.Identity()), {"number": torch.zeros(3, 7)})


def test_an_optimizer_of_some_of_the_parameters_is_refused() -> None:
    network = built(mlp, 3)
    optimizer = torch.optim.SGD(network.head.parameters(), lr=0.1)  # type: ignore[union-attr, operator]
    with pytest.raises(Unknown, match="does not move all parameters"):
        Explicit(network, CrossEntropy(), optimizer, batch(16, CrossEntropy(), 3))


def test_one_row_for_batch_normalisation_and_outputs_that_do_not_fit_are_refused() -> None:
    network = built(mlp, 3, norm="batch")
    with pytest.raises(Unknown, match="cannot learn from one row"):
        Explicit(network, CrossEntropy(), optimizer_of("adam", network), batch(1, CrossEntropy(), 3))
    with pytest.raises(Unknown, match="not of the target's shape"):
        Explicit(network, MSE(), optimizer_of("adam", network), batch(4, MSE(), 2))


def test_logistic_regression_has_the_linear_network() -> None:
    def build(outputs: int) -> nn.Module:
        encoders = {"number": Numbers(width=7), "category": Embeddings(cardinalities=CATEGORIES)}
        trunk = Linear(sum(int(e.outputs) for e in encoders.values()))
        return Assembled(encoders, trunk, Head(trunk.outputs, outputs))

    agree(build, BinaryCrossEntropy(), 1, "gradient_descent")


class Counted(TorchDispatchMode):
    """Counts what torch is asked to do, and how often it makes a tensor with memory of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.operations, self.made = 0, 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        self.operations += 1
        known = {
            t.untyped_storage().data_ptr() for t in [*args, *(kwargs or {}).values()] if isinstance(t, Tensor)
        }
        self.made += isinstance(result, Tensor) and result.untyped_storage().data_ptr() not in known
        return result


def test_a_step_does_not_ask_for_more_than_it_did() -> None:
    layers = nn.Sequential(nn.Linear(7, 8), nn.ReLU(), nn.Linear(8, 3))
    network = Own(layers.double(), {"number": {"width": 7}}).train()
    rows = batch(16, CrossEntropy(), 3)
    rows.inputs.pop("category")
    with Explicit(network, CrossEntropy(), optimizer_of("adam", network), rows) as explicit:
        buffers = explicit.buffers(16)
        explicit.step(buffers)
        calls = []
        sys.setprofile(lambda frame, event, argument: calls.append(event) if event.endswith("call") else None)
        explicit.step(buffers)
        sys.setprofile(None)
        with Counted() as counted:
            explicit.step(buffers)
    assert counted.operations <= 19 and counted.made <= 0, (counted.operations, counted.made)
    assert len(calls) <= 48, len(calls)
