"""Low-rank adapters: nothing changes at first, little learns, and afterwards the network is as it was built."""

from __future__ import annotations

import torch
from torch import nn

from ranvier.network.adapters import Adapted, adapt, merge
from ranvier.network.transformer import Transformer


def network() -> Transformer:
    made = Transformer(5, layers=2, width=8, heads=2, dropout=0.0)
    made.reset(torch.Generator().manual_seed(0))
    return made


X, MASK = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1)), torch.ones(2, 3, dtype=torch.bool)


def test_an_adapter_changes_nothing_before_it_has_learnt() -> None:
    ours = network()
    before = ours(X, MASK)
    assert adapt(ours, set(ours.state_dict()), 3, seed=0) == 2 * 6  # four of attention, two of the perceptron
    assert torch.equal(ours(X, MASK), before)
    shapes = {tuple(p.shape) for name, p in ours.named_parameters() if name.endswith((".up", ".down"))}
    assert shapes == {(3, 8), (8, 3), (32, 3), (3, 32)}


def test_only_weights_that_are_named_are_adapted() -> None:
    ours = network()
    assert adapt(ours, {"blocks.1.feed.0.weight"}, 2, seed=0) == 1
    assert isinstance(ours.blocks[1].feed[0], Adapted) and not isinstance(ours.blocks[0].feed[0], Adapted)
    assert not ours.blocks[1].feed[0].linear.weight.requires_grad
    assert adapt(nn.Sequential(nn.Linear(3, 3)), {"0.weight"}, 2, seed=0) == 0


def test_a_merged_network_gives_the_same_and_is_as_it_was_built() -> None:
    ours = network()
    names = list(ours.state_dict())
    adapt(ours, set(names), 3, seed=0)
    optimizer = torch.optim.SGD([p for n, p in ours.named_parameters() if n.endswith((".up", ".down"))], 0.5)
    for _ in range(2):
        optimizer.zero_grad()
        (ours(X, MASK)[..., 0] - 3.0).square().mean().backward()
        optimizer.step()
    adapted = ours(X, MASK)
    assert not torch.allclose(adapted, network()(X, MASK), atol=1e-3)
    merge(ours)
    assert torch.allclose(ours(X, MASK), adapted, atol=1e-5)
    assert list(ours.state_dict()) == names and all(p.requires_grad for p in ours.parameters())


def test_the_rank_of_the_change_is_that_of_the_adapter() -> None:
    layer = nn.Linear(6, 7)
    adapted = Adapted(layer, 2, torch.Generator().manual_seed(0))
    before = layer.weight.clone()
    nn.init.normal_(adapted.up, generator=torch.Generator().manual_seed(1))
    change = adapted.merged().weight - before
    assert torch.linalg.matrix_rank(change, atol=1e-4) == 2
