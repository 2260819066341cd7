"""What a predictor gives is what the network gives, called in evaluation mode."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ranvier import catalog
from ranvier.execution.prediction import Predictor, first, predictor
from ranvier.network.assembled import Assembled, Own
from ranvier.network.encoders import Embeddings, Numbers, OneHot
from ranvier.network.heads import Head
from ranvier.network.linear import Linear
from ranvier.network.mlp import MLP
from ranvier.network.piecewise import Piecewise
from ranvier.network.tabm import TabM

CATEGORIES = [3, 14, 1, 20, 5]
EDGES = [[-1.0, 0.0, 1.0], [-1.0, 0.5, 1.0, 2.0], [], [0.0, 1.0], [-2.0, 2.0]]
ROWS = (1, 9, predictor.CHUNK, predictor.CHUNK + 3)


def inputs(rows: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(rows)
    categories = [torch.randint(0, n, (rows,), generator=generator) for n in CATEGORIES]
    return {
        "number": 2.0 * torch.randn(rows, 7, generator=generator),
        "category": torch.stack(categories, 1),
    }


ENCODERS: dict[str, Any] = {
    "numbers": lambda: {"number": Numbers(width=7)},
    "one-hot": lambda: {"category": OneHot(cardinalities=CATEGORIES)},
    "both": lambda: {"number": Numbers(width=7), "category": Embeddings(cardinalities=CATEGORIES)},
    "piecewise": lambda: {
        "category": Embeddings(cardinalities=CATEGORIES),
        "number": Piecewise(width=7, edges=EDGES),
    },
    "no bins": lambda: {"number": Piecewise(width=7, edges=[[]] * 5)},
}


def assembled(blocks: str, trunk: Any, **options: Any) -> Any:
    """A network whose numbers, running means among them, are all drawn."""
    torch.manual_seed(0)
    encoders = ENCODERS[blocks]()
    body = trunk(sum(int(e.outputs) for e in encoders.values()), **options)
    head = body.head(3) if trunk is TabM else Head(body.outputs, 3)
    return drawn(Assembled(encoders, body, head))


def drawn(network: nn.Module) -> nn.Module:
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                tensor.add_(0.3 * (torch.rand_like(tensor) if "var" in name else torch.randn_like(tensor)))
    return network.eval()


@torch.no_grad()
def agrees(network: nn.Module, predicted: Predictor | None = None) -> None:
    predicted = predicted or Predictor(network)
    for rows in ROWS:
        for _ in range(2):  # with new buffers, and with those of before
            outputs = predicted(inputs(rows))
            assert outputs is not None
            torch.testing.assert_close(outputs, network(inputs(rows)), rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("blocks", ENCODERS)
@pytest.mark.parametrize(
    ("trunk", "options"),
    [
        (Linear, {}),
        (MLP, {"hidden": [8, 5]}),
        (MLP, {"hidden": [8], "norm": "batch"}),
        (MLP, {"hidden": [8], "norm": "layer"}),
        (TabM, {"hidden": [8, 5], "members": 3, "dropout": 0.2}),
    ],
)
def test_every_network_of_tables(blocks: str, trunk: Any, options: dict[str, Any]) -> None:
    agrees(assembled(blocks, trunk, **options))


@pytest.mark.parametrize("activation", list(catalog.ACTIVATIONS))
def test_every_activation(activation: str) -> None:
    agrees(assembled("both", MLP, hidden=[8, 5], activation=activation))
    agrees(assembled("both", TabM, hidden=[8, 5], members=3, activation=activation))


def test_a_module_of_ones_own_that_is_a_sequence() -> None:
    made_of: dict[str, Any] = {"number": {"width": 7}, "category": {"cardinalities": CATEGORIES}}
    width = 7 + sum(CATEGORIES) - len(CATEGORIES)
    bare = nn.BatchNorm1d(6, affine=False)
    own = nn.Sequential(nn.Linear(width, 6, bias=False), bare, nn.Tanh(), nn.Linear(6, 2, bias=False))
    agrees(drawn(Own(own, made_of)))


def test_a_network_in_training_mode_is_called_as_in_evaluation() -> None:
    network = assembled("both", MLP, hidden=[8], dropout=0.5)
    expected = Predictor(network)(inputs(9))
    assert expected is not None
    torch.testing.assert_close(Predictor(network.train())(inputs(9)), expected, rtol=0.0, atol=0.0)


def test_outputs_are_not_overwritten_by_the_next_call() -> None:
    predicted = Predictor(assembled("both", MLP, hidden=[8]))
    before = predicted(inputs(9))
    assert before is not None
    kept = before.clone()
    predicted({name: block.flip(0) for name, block in inputs(9).items()})
    assert torch.equal(before, kept)


def test_changed_weights_are_noticed() -> None:
    network = assembled("piecewise", TabM, hidden=[8], members=3)
    predicted = Predictor(network)
    agrees(network, predicted)
    network.load_state_dict({name: 0.5 * tensor for name, tensor in network.state_dict().items()})
    agrees(network, predicted)


def test_several_threads_and_copies() -> None:
    network = assembled("both", MLP, hidden=[8])
    predicted = Predictor(network)
    agrees(network, predicted)
    agrees(network, copy.deepcopy(predicted))
    agrees(network, pickle.loads(pickle.dumps(predicted)))
    different = [{name: block.roll(shift, 0) for name, block in inputs(9).items()} for shift in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(predicted, different))
    with torch.no_grad():
        for outputs, rows in zip(found, different):
            torch.testing.assert_close(outputs, network(rows), rtol=1e-4, atol=2e-5)


def test_where_the_network_has_to_be_called_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    made_of: dict[str, Any] = {"number": {"width": 7}}
    instance = nn.Sequential(nn.Linear(7, 4), nn.InstanceNorm1d(4), nn.Linear(4, 1))
    unnormed = nn.Sequential(nn.Linear(7, 4), nn.BatchNorm1d(4, track_running_stats=False))
    hooked = assembled("both", MLP, hidden=[8])
    hooked.trunk.layers[0].register_forward_hook(lambda *_: None)
    others: list[nn.Module] = [
        hooked,
        nn.Linear(7, 1),
        assembled("both", MLP, hidden=[8]).double(),
        assembled("both", TabM, hidden=[], members=3),
        *(Own(own, made_of) for own in (instance, unnormed, nn.Sequential(nn.ReLU()), nn.Sequential())),
    ]
    for network in others:
        assert Predictor(network)(inputs(9)) is None
    network = assembled("both", MLP, hidden=[8])
    assert Predictor(network)(inputs(0)) is None
    monkeypatch.setattr(first, "LARGEST", 100)
    assert Predictor(network)(inputs(9)) is None
