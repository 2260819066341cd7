"""TSMixer against its formulas, place by place."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ranvier.network.forecasting.tsmixer import TSMixer

LENGTH, CHANNELS, HORIZON, LEVELS = 5, 3, 2, 4


def drawn(**options: int) -> TSMixer:
    network = TSMixer(LENGTH, CHANNELS, HORIZON, LEVELS, hidden=6, **options)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(generator=generator)
    return network.eval()


def norm(x: Tensor, layer: torch.nn.LayerNorm) -> Tensor:
    every = x.flatten().tolist()
    mean = sum(every) / len(every)
    variance = sum((one - mean) ** 2 for one in every) / len(every)
    return (x - mean) / math.sqrt(variance + layer.eps) * layer.weight + layer.bias


@torch.no_grad()
def test_it_mixes_time_and_then_channels_and_reads_the_first() -> None:
    network = drawn(blocks=2)
    x = torch.randn(LENGTH, CHANNELS, generator=torch.Generator().manual_seed(1))
    expected = x
    for block in network.blocks:
        normed, mixed = norm(expected, block.of_time), torch.zeros(LENGTH, CHANNELS)
        for channel in range(CHANNELS):
            mixed[:, channel] = (block.time.weight @ normed[:, channel] + block.time.bias).clamp_min(0)
        expected = expected + mixed
        normed, mixed = norm(expected, block.of_channels), torch.zeros(LENGTH, CHANNELS)
        for time in range(LENGTH):
            hidden = (block.widen.weight @ normed[time] + block.widen.bias).clamp_min(0)
            mixed[time] = block.narrow.weight @ hidden + block.narrow.bias
        expected = expected + mixed
    said = (network.last.weight @ expected[:, 0] + network.last.bias).view(HORIZON, LEVELS)
    torch.testing.assert_close(network(x.unsqueeze(0))[0], said, atol=1e-4, rtol=1e-4)


def test_it_has_as_many_parameters_as_it_says() -> None:
    block = 4 * LENGTH * CHANNELS + LENGTH * (LENGTH + 1) + 2 * 6 * CHANNELS + 6 + CHANNELS
    found = sum(parameter.numel() for parameter in drawn(blocks=3).parameters())
    assert found == 3 * block + (LENGTH + 1) * HORIZON * LEVELS
