"""A whole network, assembled or the user's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ranvier.errors import SpecError
from ranvier.network import MLP, Assembled, Embeddings, Head, Numbers, Own

BLOCKS = {"number": {"width": 2}, "category": {"cardinalities": [3, 4]}, "boolean": {"width": 1}}
INPUTS = {
    "number": torch.tensor([[0.5, -1.0], [2.0, 3.0]]),
    "category": torch.tensor([[1, 0], [2, 3]]),
    "boolean": torch.tensor([[1.0], [-1.0]]),
}
JOINED = torch.tensor([[0.5, -1, 1, 0, 0, 0, 0, 1], [2, 3, 0, 1, 0, 0, 1, -1]])


def test_blocks_are_joined_in_the_order_of_the_encoders():
    encoders = {
        "number": Numbers(width=2),
        "category": Embeddings(cardinalities=[3, 4]),
        "boolean": Numbers(width=1),
    }
    network = Assembled(encoders, nn.Identity(), nn.Identity())
    assert network.width == 8
    assert torch.equal(network(dict(reversed(INPUTS.items()))), JOINED)


def test_trunk_then_head():
    encoders = {"number": Numbers(width=2)}
    network = Assembled(encoders, MLP(2, hidden=[5], dropout=0.0), Head(5, 3))
    expected = network.head(network.trunk(INPUTS["number"]))
    assert torch.equal(network(INPUTS), expected)
    assert network.outputs == 3
    assert {name.split(".")[0] for name, _ in network.named_parameters()} == {"trunk", "head"}


def test_own_module_of_one_parameter_gets_all_blocks_joined():
    seen = []

    class Mine(nn.Module):
        def forward(self, x, scale=1.0):
            seen.append(x)
            return x[:, :1] * scale

    network = Own(Mine(), BLOCKS)
    assert (network.width, network.by_keyword) == (8, False)
    assert network(INPUTS).tolist() == [[0.5], [2.0]]
    assert torch.equal(seen[0], JOINED)


def test_own_module_of_ordinary_layers_keeps_weights_and_names():
    mine = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    before = {key: value.clone() for key, value in mine.state_dict().items()}
    network = Own(mine, BLOCKS)
    assert network.network is mine
    torch.testing.assert_close(network(INPUTS), mine(JOINED))
    assert list(network.network.state_dict()) == list(before)
    assert all(torch.equal(value, before[key]) for key, value in mine.state_dict().items())
    assert set(network.state_dict()) == {f"network.{key}" for key in before}


def test_own_module_of_several_parameters_gets_the_blocks_by_name():
    class Mine(nn.Module):
        def forward(self, category, number, *, boolean):
            return torch.cat([number, category, boolean], dim=1)

    network = Own(Mine(), BLOCKS)
    assert network.by_keyword
    expected = torch.cat([INPUTS["number"], INPUTS["category"], INPUTS["boolean"]], dim=1)
    assert torch.equal(network(INPUTS), expected)


def test_own_module_of_any_keywords_gets_the_blocks_by_name():
    class Mine(nn.Module):
        def forward(self, **blocks):
            return torch.stack([block.sum(dim=1) for block in blocks.values()], dim=1)

    assert Own(Mine(), BLOCKS)(INPUTS).tolist() == [[-0.5, 1, 1], [5, 5, -1]]


def test_own_module_that_gives_one_number_a_row_has_one_output():
    class Mine(nn.Module):
        def forward(self, x):
            return x[:, 0]

    assert Own(Mine(), BLOCKS)(INPUTS).tolist() == [[0.5], [2.0]]


def test_own_module_whose_parameters_are_not_the_blocks_is_refused_with_all_mistakes():
    class Mine(nn.Module):
        def forward(self, numbr, category, extra=None):
            return category

    with pytest.raises(SpecError) as caught:
        Own(Mine(), BLOCKS)
    first, second, third = str(caught.value).splitlines()
    assert first.startswith(
        "The forward of Mine requires 'numbr', which is no block of these data. Expected parameters"
    )
    assert first.endswith(
        "(number, category, boolean), or one parameter for all of them joined. Did you mean 'number'?"
    )
    assert second.startswith("The forward of Mine has no parameter for the block 'number'.")
    assert third.startswith("The forward of Mine has no parameter for the block 'boolean'.")
