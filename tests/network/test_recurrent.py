"""Recurrent networks, against the equations by hand, ONNX's definition, and their own padding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ranvier.network.recurrent import GATES, Direction, Recurrent, gru, lstm, rnn
from ranvier.spec import Spec
from reference import recurrent_numpy as by_hand

CELLS = tuple(GATES)
BUILDS = [(rnn, {}), (lstm, {}), (gru, {}), (gru, {"reset": "after"})]
cells = pytest.mark.parametrize("cell", CELLS)
builds = pytest.mark.parametrize(("build", "options"), BUILDS)


def direction(cell: str, inputs: int, hidden: int) -> Direction:
    """A layer in which every weight is a random number, biases too."""
    layer = Direction(cell, inputs, hidden).double()
    generator = torch.Generator().manual_seed(3)
    for weight in layer.parameters():
        weight.data.uniform_(-0.8, 0.8, generator=generator)
    return layer


def masked(*lengths: int) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


@cells
def test_forward_and_gradient_are_those_of_the_equations(cell):
    layer = direction(cell, 4, 5)
    x = torch.randn(
        3, 7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True
    )
    given = torch.randn(3, 7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    outputs = layer(x)
    outputs.backward(given)
    V, U, b, *c = (weight.detach().numpy() for weight in layer.parameters())
    hands = [
        getattr(by_hand, cell)(row, V, U, b, by, *c) for row, by in zip(x.detach().numpy(), given.numpy())
    ]
    np.testing.assert_allclose(outputs.detach(), [h for h, _ in hands], atol=1e-10)
    np.testing.assert_allclose(x.grad, [slopes[0] for _, slopes in hands], atol=1e-10)
    for number, weight in enumerate(layer.parameters(), 1):
        np.testing.assert_allclose(weight.grad, sum(slopes[number] for _, slopes in hands), atol=1e-10)


@cells
def test_single_precision_agrees_to_1e_5(cell):
    """The kernels of float32 are others than those of float64."""
    layer = direction(cell, 6, 8).float()
    x = torch.randn(2, 20, 6, generator=torch.Generator().manual_seed(1), requires_grad=True)
    layer(x).sum().backward()
    V, U, b, *c = (weight.detach().double().numpy() for weight in layer.parameters())
    ones = np.ones((20, 8))
    hands = [getattr(by_hand, cell)(row, V, U, b, ones, *c) for row in x.detach().double().numpy()]
    np.testing.assert_allclose(layer(x).detach(), [h for h, _ in hands], atol=1e-5)
    np.testing.assert_allclose(x.grad, [slopes[0] for _, slopes in hands], atol=1e-5)
    for number, weight in enumerate(layer.parameters(), 1):
        expected = sum(slopes[number] for _, slopes in hands)
        np.testing.assert_allclose(weight.grad, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("reset", ["before", "after"])
def test_gru_is_onnx_s(reset):
    """ONNX defines both: linear_before_reset says that the product comes first. Its z is 1 - z here."""
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    layer = direction(f"gru_{reset}", 3, 4).float()
    sign = torch.ones(12)
    sign[:4] = -1
    V, U, b = (layer.input * sign[:, None], layer.hidden * sign[:, None], layer.bias * sign)
    c = torch.zeros(12)
    if reset == "after":
        c[8:] = layer.after.data
    x = torch.randn(6, 2, 3, generator=torch.Generator().manual_seed(1))  # (T, B, D)
    names = ["X", "W", "R", "B"]
    values = [x, V[None], U[None], torch.cat([b, c])[None]]
    node = onnx.helper.make_node(
        "GRU", names, ["Y"], hidden_size=4, linear_before_reset=int(reset == "after")
    )
    real = onnx.TensorProto.FLOAT
    inputs = [onnx.helper.make_tensor_value_info(n, real, tuple(v.shape)) for n, v in zip(names, values)]
    output = onnx.helper.make_tensor_value_info("Y", real, (6, 1, 2, 4))
    graph = onnx.helper.make_graph([node], "gru", inputs, [output])
    made = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 14)], ir_version=9
    ).SerializeToString()
    session = runtime.InferenceSession(made, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {n: v.detach().numpy() for n, v in zip(names, values)})
    ours = layer(x.transpose(0, 1)).detach().transpose(0, 1)
    np.testing.assert_allclose(found[:, 0], ours, atol=1e-5)


@builds
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_row_does_not_depend_on_its_padding(build, options, bidirectional):
    network = build(3, hidden=4, layers=2, bidirectional=bidirectional, **options)
    lengths = (5, 2, 7, 0)
    mask = masked(*lengths)
    x = torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(1))
    x[~mask] = torch.nan
    x.requires_grad_()
    y = network(x, mask)
    pooled = network.pool(y, mask)
    assert y.shape == (4, 7, network.outputs)
    assert pooled.shape == (4, network.pooled)
    assert not y[~mask].any()
    assert not pooled[3].any()
    for row, length in enumerate(lengths[:3]):
        alone = network(x[row : row + 1, :length], masked(length))
        torch.testing.assert_close(y[row, :length], alone[0])
        torch.testing.assert_close(pooled[row], network.pool(alone, masked(length))[0])
    pooled.sum().backward()
    assert not x.grad[~mask].any()
    assert x.grad[mask].isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in network.parameters())


def test_rows_without_a_position():
    network = lstm(3, hidden=4)
    mask = torch.zeros(2, 0, dtype=torch.bool)
    assert not network.pool(torch.zeros(2, 0, 8), mask).any()


@builds
def test_backwards_reads_from_the_last_position(build, options):
    """What the second half of the outputs is, is what forwards gives on the row turned round, with its weights."""
    network = build(3, hidden=4, **options)
    x, mask = torch.randn(1, 6, 3, generator=torch.Generator().manual_seed(1)), masked(6)
    y = network(x, mask)
    forwards, backwards = network.forwards[0], network.backwards[0]
    torch.testing.assert_close(y[:, :, :4], forwards(x))
    torch.testing.assert_close(y[:, :, 4:], backwards(x.flip(1)).flip(1))
    torch.testing.assert_close(network.pool(y, mask), torch.cat([y[:, -1, :4], y[:, 0, 4:]], 1))


@cells
def test_number_of_parameters(cell):
    gates = {"rnn": 1, "lstm": 4}.get(cell, 3)
    count = sum(weight.numel() for weight in Direction(cell, 10, 7).parameters())
    assert count == gates * 7 * (10 + 7 + 1) + 7 * (cell == "gru_after")


@builds
def test_reset_draws_from_its_generator_alone(build, options):
    network = build(3, hidden=4, layers=2, **options)
    before = torch.get_rng_state()
    network.reset(torch.Generator().manual_seed(1))
    first = {name: weight.clone() for name, weight in network.state_dict().items()}
    network.reset(torch.Generator().manual_seed(2))
    assert any(not torch.equal(weight, first[name]) for name, weight in network.state_dict().items())
    network.reset(torch.Generator().manual_seed(1))
    assert all(torch.equal(weight, first[name]) for name, weight in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_lies_between_the_layers_and_only_in_training():
    network = gru(3, hidden=4, layers=2, dropout=0.9)
    x, mask = torch.randn(2, 5, 3), masked(5, 5)
    assert not torch.equal(network(x, mask), network(x, mask))
    network.eval()
    assert torch.equal(network(x, mask), network(x, mask))
    one = gru(3, hidden=4, layers=1, dropout=0.9)
    assert torch.equal(one(x, mask), one(x, mask))


@builds
def test_how_they_are_marked(build, options):
    assert build.role == "sequence"
    assert build.reads == ("text", "series", "audio")
    Spec.from_settings(build.defaults)
    assert isinstance(build(2, **options), Recurrent)


@builds
def test_remembers_the_first_of_many(build, options):
    """The class of a row is the sign of its first number, eleven positions before the last."""
    generator = torch.Generator().manual_seed(0)
    network = build(1, hidden=8, bidirectional=False, **options)
    network.reset(generator)
    x = torch.randn(64, 12, 1, generator=generator)
    head = torch.nn.Linear(8, 1)
    head.weight.data.normal_(0, 0.3, generator=generator)
    target, mask = (x[:, 0] > 0).float(), masked(*[12] * 64)
    optimizer = torch.optim.Adam([*network.parameters(), *head.parameters()], lr=0.02)
    for _ in range(150):
        outputs = head(network.pool(network(x, mask), mask))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, target)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    assert ((outputs > 0) == target.bool()).float().mean() > 0.95
