from types import SimpleNamespace

import torch
from torch import nn

from ranvier.insight.report.layers import network_of


class Scaled(nn.Module):
    """A module with a part, and with a parameter of several numbers of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 2)
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * self.inner(x)


def test_a_module_with_parts_and_with_numbers_of_its_own_is_a_layer_too():
    network = nn.Sequential(Scaled(), nn.ReLU())
    architecture = SimpleNamespace(network="own", blocks={}, outputs=2)
    model = SimpleNamespace(
        network=network, architecture=architecture, draw_once=lambda: network(torch.zeros(2, 3))
    )
    found = network_of(model)
    assert [(layer.name, layer.shape, layer.parameters) for layer in found.layers] == [
        ("0.inner", "(B, 2)", 8),
        ("0", "(B, 2)", 2),
        ("1", "(B, 2)", 0),
    ]
    assert found.parameters == 10
