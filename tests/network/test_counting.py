"""Multiplications of modules whose matrices are applied at many positions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ranvier.network.assembled import Own
from ranvier.network.counting import count, multiplications

PICTURE = {"channels": 1, "size": [8, 8], "mean": [0.0], "deviation": [1.0]}


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.lstm, self.head = (
            nn.Embedding(50, 4),
            nn.LSTM(4, 3, batch_first=True),
            nn.Linear(3, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(self.words(x))[0])[:, -1]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 5)], 36 * 18 + 72 * 5),
        ([nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten()], 16 * 18),
        ([nn.Flatten(), nn.Linear(64, 5)], 320),
        ([nn.Flatten(2), nn.Conv1d(1, 3, 5), nn.Flatten()], 60 * 15),
        ([nn.Flatten(1, 2), nn.LSTM(8, 3)], 8 * (4 * 3 * 8 + 4 * 3 * 3)),
    ],
)
def test_a_network_of_ones_own(layers: list[nn.Module], expected: int) -> None:
    network = Own(nn.Sequential(*layers), {"image": PICTURE}).train()
    rows = {"image": torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)}
    state = torch.random.get_rng_state()
    assert multiplications(network, rows) == count(network, rows) == expected
    assert all(module.training and not module._forward_hooks for module in network.modules())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_vectors_that_are_looked_up_are_not_multiplied() -> None:
    network = Own(Recurrent(), {"text": {"vocabulary": 50}})
    each = 4 * 3 * 4 + 4 * 3 * 3 + 3 * 2
    assert multiplications(network, {"text": torch.randint(1, 50, (4, 7))}) == 7 * each


def test_a_module_without_rows_counts_its_parameters() -> None:
    own = Own(nn.Linear(4, 3), {"number": {"width": 4}})
    assert multiplications(own) == 15
    assert multiplications(own, {"number": torch.zeros(2, 4)}) == 12
    assert multiplications(nn.Linear(4, 3), {"number": torch.zeros(2, 4)}) == 15  # only of one's own, by name
