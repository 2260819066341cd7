"""What is seen of attention: beside weights computed by hand, and with the network's outputs as they were."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ranvier as rv
from ranvier.insight.watching.attending import Attending
from ranvier.network.attention import MultiHeadAttention


class Mixed(nn.Module):
    """Torch's module and its function, one after the other."""

    def __init__(self, mask: Tensor | None, causal: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.mask, self.causal = mask, causal

    def forward(self, x: Tensor) -> Tensor:
        first = self.attention(x, x, x, attn_mask=self.mask, need_weights=False)[0]
        q = x.view(3, 6, 2, 4).transpose(1, 2)
        taken = F.scaled_dot_product_attention(q, q, q, is_causal=self.causal)
        return first + taken.transpose(1, 2).flatten(2)


def figures(weights: Tensor) -> tuple[float, float]:
    """By loops: the share of the key that gets most, and how uneven the weights are, of weights (B, H, T, S)."""
    rows, heads, asked, _ = weights.shape
    tops, uneven = [], []
    for h in range(heads):
        tops.append(sum(float(weights[b, h].mean(0).max()) for b in range(rows)) / rows)
        apart = 0.0
        for b in range(rows):
            for t in range(asked):
                seen = [float(w) for w in weights[b, h, t] if w > 0]
                apart += sum(w * math.log(w * len(seen)) for w in seen) / (rows * asked)
        uneven.append(apart)
    return min(tops), max(uneven)


@torch.no_grad()
@pytest.mark.parametrize("masked", [False, True])
def test_the_figures_are_those_of_the_weights(masked: bool) -> None:
    mask = torch.ones(6, 6, dtype=torch.bool).triu(1) if masked else None
    network = Mixed(mask, masked)
    x = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))
    plain = network(x)
    with Attending(network) as seen:
        assert torch.equal(network(x), plain)
    module = network.attention(x, x, x, attn_mask=mask, average_attn_weights=False)[1]
    q = x.view(3, 6, 2, 4).transpose(1, 2)
    scores = q @ q.transpose(-2, -1) / 2.0
    function = (scores.masked_fill(mask, -math.inf) if mask is not None else scores).softmax(-1)
    assert [sample.name for sample in seen.samples] == ["attention", "network"]
    for sample, weights in zip(seen.samples, (module, function), strict=True):
        assert (sample.top, sample.uneven) == pytest.approx(figures(weights), abs=1e-6)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


@torch.no_grad()
def test_padding_is_no_key() -> None:
    network = MultiHeadAttention(8, 2)
    x = torch.randn(2, 6, 8)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    with Attending(network) as seen:
        network(x, mask=mask)
    q, k = (part(x).view(2, 6, 2, 4).transpose(1, 2) for part in (network.query, network.key))
    scores = (q @ k.transpose(-2, -1) / 2.0).masked_fill(~mask[:, None, None], -math.inf)
    assert (seen.samples[0].top, seen.samples[0].uneven) == pytest.approx(
        figures(scores.softmax(-1)), abs=1e-6
    )


def test_a_pass_that_fails_leaves_nothing_behind() -> None:
    network = nn.Sequential(nn.Linear(4, 3))
    rv.watch(network, torch.optim.SGD(network.parameters(), 0.1), say=None)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        network(torch.zeros(2, 5))
    assert torch._C._len_torch_function_stack() == 0
    assert not network[0]._forward_hooks


def test_one_key_that_gets_everything_is_found() -> None:
    torch.manual_seed(0)

    class OneKey(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention, self.head = MultiHeadAttention(8, 2), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            pull = torch.zeros_like(x)
            pull[:, 2] = 50.0
            outputs: Tensor = self.head(self.attention(x + 5.0, pull + x).mean(1))
            return outputs

    network = OneKey()
    with torch.no_grad():
        for part in (network.attention.query, network.attention.key):
            part.weight.copy_(torch.eye(8))
    watch = rv.watch(network, optimizer := torch.optim.SGD(network.parameters(), 1e-6), say=None)
    x, y = torch.randn(12, 6, 8), torch.arange(12) % 3
    for _ in range(101):
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
    (found,) = [f for f in watch.findings if f.code == "RV264"]
    assert "one key gets 100.0%" in found.cause and "'attention'" in found.place
