"""Attention against NumPy's arithmetic and against torch's own layer, forward and gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ranvier.errors import SpecError
from ranvier.network.attention import (
    KeysAndValues,
    MultiHeadAttention,
    attention,
    attention_maps,
    causal_mask,
    rotate,
    rotations,
    sinusoids,
)

B, T, S, E, H = 3, 5, 7, 16, 4


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_hand(q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The formula, a query at a time."""
    taken = np.zeros((len(q), v.shape[1]))
    for t in range(len(q)):
        allowed = np.flatnonzero(mask[t])
        if len(allowed):
            scores = np.array([q[t] @ k[s] for s in allowed]) / np.sqrt(q.shape[1])
            exponentials = np.exp(scores - scores.max())
            taken[t] = (exponentials / exponentials.sum()) @ v[allowed]
    return taken


@pytest.mark.parametrize("masked", ["all", "some", "causal", "none"])
def test_the_formula_is_numpys(masked: str) -> None:
    q, k, v = drawn(T, 4), drawn(S, 4, seed=1), drawn(S, 3, seed=2)
    mask = {
        "all": torch.ones(T, S, dtype=torch.bool),
        "some": drawn(T, S, seed=3) > 0,
        "causal": causal_mask(T, S),
        "none": torch.zeros(T, S, dtype=torch.bool),
    }[masked]
    taken, weights = attention(q, k, v, mask)
    assert np.allclose(taken.numpy(), by_hand(q.numpy(), k.numpy(), v.numpy(), mask.numpy()), atol=1e-12)
    assert torch.allclose(weights.sum(-1), mask.any(-1).double())
    assert (weights[~mask] == 0).all()
    if masked == "all":
        assert torch.equal(attention(q, k, v)[0], taken)


def test_the_gradient_of_the_formula_is_that_of_finite_differences() -> None:
    mask = causal_mask(T, T)
    inputs = [drawn(T, 4, seed=seed).requires_grad_() for seed in range(3)]
    assert torch.autograd.gradcheck(lambda q, k, v: attention(q, k, v, mask)[0], inputs)


def both(bias: bool = True) -> tuple[MultiHeadAttention, nn.MultiheadAttention]:
    """Ours, and torch's with the same weights."""
    ours = MultiHeadAttention(E, H, bias=bias).double()
    for seed, parameter in enumerate(ours.parameters()):
        parameter.data = drawn(*parameter.shape, seed=seed) * 0.3
    torchs = nn.MultiheadAttention(E, H, batch_first=True, bias=bias).double()
    torchs.in_proj_weight.data = torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]).detach()
    torchs.out_proj.load_state_dict(ours.joined.state_dict())
    if bias:
        torchs.in_proj_bias.data = torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]).detach()
    return ours, torchs


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("case", ["itself", "memory", "padded", "causal", "causal and padded", "no bias"])
def test_heads_are_those_of_torch_forward_and_backward(case: str, kept: bool) -> None:
    ours, torchs = both(bias=case != "no bias")
    x = drawn(B, T, E, seed=10).requires_grad_()
    memory = drawn(B, S, E, seed=11) if case == "memory" else None
    mask = torch.arange(T) < torch.tensor([[2], [5], [3]]) if "padded" in case else None
    causal = "causal" in case
    ours.kept = kept
    mine = ours(x, memory, mask, causal=causal)
    mine.square().sum().backward()
    gradient, x.grad = x.grad, None
    source = x if memory is None else memory
    theirs, weights = torchs(
        x,
        source,
        source,
        key_padding_mask=None if mask is None else ~mask,
        attn_mask=~causal_mask(T, T) if causal else None,
        average_attn_weights=False,
    )
    theirs.square().sum().backward()
    assert torch.allclose(mine, theirs, atol=1e-10)
    assert torch.allclose(gradient, x.grad, atol=1e-10)
    assert torch.allclose(ours.value.weight.grad, torchs.in_proj_weight.grad[2 * E :], atol=1e-10)
    assert torch.allclose(ours.query.weight.grad, torchs.in_proj_weight.grad[:E], atol=1e-10)
    if kept:
        assert torch.allclose(ours.maps, weights, atol=1e-10)


@pytest.mark.parametrize("kept", [False, True])
def test_a_row_of_padding_alone_gives_the_bias_and_finite_gradients(kept: bool) -> None:
    ours, _ = both()
    ours.kept = kept
    x = drawn(2, T, E).requires_grad_()
    given = ours(x, None, torch.tensor([[True] * T, [False] * T]))
    assert torch.allclose(given[1], ours.joined.bias.expand(T, E))
    given.sum().backward()
    assert torch.isfinite(x.grad).all()


def test_maps_are_read_out_by_the_name_of_their_layer_and_then_forgotten() -> None:
    network = nn.Sequential(nn.Identity(), MultiHeadAttention(E, H))
    with attention_maps(network) as layers:
        network(torch.ones(B, T, E))
        assert list(layers) == ["1"] and layers["1"].maps.shape == (B, H, T, T)
        assert torch.allclose(layers["1"].maps.sum(-1), torch.ones(B, H, T))
    assert layers["1"].maps is None and not layers["1"].kept


def test_what_is_remembered_gives_what_all_places_at_once_give() -> None:
    ours, _ = both()
    ours.float()
    x, turned = drawn(B, T, E).float(), rotations(T, E // H)
    whole = ours(x, causal=True, turned=turned)
    cache = KeysAndValues(B, H, T, E // H)
    parts = [
        ours(x[:, a:b], causal=True, turned=turned[:, a:b], cache=cache) for a, b in [(0, 2), (2, 3), (3, 5)]
    ]
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-6)
    assert cache.filled == T


def test_sines_are_those_of_the_paper() -> None:
    pattern = sinusoids(50, 8)
    for t, i in [(0, 0), (7, 1), (49, 3)]:
        angle = t / 10_000 ** (2 * i / 8)
        assert np.allclose(pattern[t, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)], atol=1e-5)
    assert sinusoids(3, 5).shape == (3, 5)


def test_turned_products_depend_on_the_distance_alone() -> None:
    q, k, turned = drawn(1, 6).float(), drawn(1, 6, seed=1).float(), rotations(30, 6)

    def product(a: int, b: int) -> float:
        return float((rotate(q, turned[:, a : a + 1]) * rotate(k, turned[:, b : b + 1])).sum())

    assert product(3, 1) == pytest.approx(product(22, 20), abs=1e-5)
    assert product(3, 1) != pytest.approx(product(4, 1), abs=1e-3)
    assert torch.allclose(rotate(q, turned[:, :1]), q)
    pair = torch.complex(q[0, 1], q[0, 4]) * torch.exp(1j * torch.tensor(5 / 10_000 ** (2 / 6)))
    assert torch.allclose(
        rotate(q, turned[:, 5:6])[0, [1, 4]], torch.stack([pair.real, pair.imag]), atol=1e-6
    )


def test_heads_must_share_the_width() -> None:
    with pytest.raises(SpecError, match=r"5 heads of attention cannot share 12 features.*network.width = 15"):
        MultiHeadAttention(12, 5)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_in_16_bits_is_that_of_the_formula(causal: bool) -> None:
    layer = MultiHeadAttention(E, H)
    for number, parameter in enumerate(layer.parameters()):
        nn.init.normal_(parameter, 0.0, 0.3, generator=torch.Generator().manual_seed(number))
    x = torch.randn(2, 5, E, generator=torch.Generator().manual_seed(9))
    exact = layer(x, causal=causal)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = layer(x, causal=causal)
    assert rounded.dtype == torch.bfloat16
    assert torch.allclose(rounded.float(), exact, atol=0.03)
    (ours,) = torch.autograd.grad(rounded.float().sum(), layer.query.weight)
    (theirs,) = torch.autograd.grad(exact.sum(), layer.query.weight)
    assert torch.allclose(ours, theirs, atol=0.05 * theirs.abs().max().item() + 0.01)
