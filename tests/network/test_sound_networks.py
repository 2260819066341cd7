"""What is hidden and moved in training, and outputs at each position beside other columns."""

from __future__ import annotations

import torch

from ranvier.assemble import Architecture
from ranvier.network.sounds import SoundCNN, hidden, moved


def masked(*lengths: int) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def test_stretches_of_bands_and_frames_are_hidden_and_no_more():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x, mask = torch.ones(200, 50, 40), masked(*[50] * 200)
        y = hidden(x, mask, 0.3)
    bands, frames = (y == 0).all(dim=1), (y == 0).all(dim=2)  # (B, M) and (B, T)
    assert bands.sum(dim=1).max() in (12, 13)
    assert frames.sum(dim=1).max() in (15, 16)
    assert bands.any(dim=1).float().mean() > 0.8
    assert torch.equal(y == 0, bands[:, None, :] | frames[:, :, None])
    for row in bands.int().diff(dim=1).abs().sum(dim=1).tolist():
        assert row <= 2  # one stretch


def test_bands_are_moved_up_or_down_and_the_outermost_repeated():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.arange(40.0).expand(100, 3, 40)
        y = moved(x, 0.05)
    steps = (y[:, 0, 20] - 20).int()
    assert set(steps.tolist()) == {-2, -1, 0, 1, 2}
    for row, step in zip(y, steps.tolist()):
        assert torch.equal(row[0], (torch.arange(40.0) + step).clamp(0, 39))


def test_nothing_is_hidden_in_use():
    network = SoundCNN(8, channels=[4], hidden=8).eval()
    x, mask = torch.randn(2, 9, 8), masked(9, 4)
    before = torch.get_rng_state()
    assert torch.equal(network(x, mask), network(x, mask))
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(network.train()(x, mask), network(x, mask))


def test_outputs_at_each_position_see_the_other_columns():
    blocks = {"number": {"width": 2}, "audio": {"mean": [0.0] * 5, "deviation": [1.0] * 5, "length": 4.0}}
    network = Architecture({"name": "lstm", "hidden": 6}, blocks, 4, "audio").build(0).eval()
    frames = torch.where(masked(7, 3).unsqueeze(2), torch.randn(2, 7, 5), torch.nan)
    numbers = torch.randn(2, 2)
    outputs = network({"number": numbers, "audio": frames})
    assert outputs.shape == (2, 7, 4)
    assert torch.equal(outputs.isnan().all(dim=2), ~masked(7, 3))
    assert torch.equal(outputs.isnan().any(dim=2), ~masked(7, 3))
    changed = network({"number": numbers + 1, "audio": frames})
    assert (changed != outputs)[masked(7, 3)].all()
