"""For each training check a training that is sick in its way, and its healthy twin, recorded by rv.watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

import ranvier as rv
from ranvier.insight.watching.recording import Recording
from sick_programs import Small, rows


def trained(
    network: nn.Module | None = None,
    rate: float = 0.1,
    *,
    steps: int = 40,
    decay: float = 0.0,
    clear: str = "first",
    backward: bool = True,
    step: bool = True,
) -> Recording:
    """What was recorded of some steps of gradient descent; ``clear`` says when: ``first``, ``last`` or ``never``."""
    network = network or Small()
    optimizer = torch.optim.SGD(network.parameters(), rate, weight_decay=decay)
    watch = rv.watch(network, optimizer, say=None)
    x, y = rows()
    for _ in range(steps):
        if clear == "first":
            optimizer.zero_grad()
        loss = F.cross_entropy(network(x), y)
        if backward:
            loss.backward()
        if clear == "last":
            optimizer.zero_grad(set_to_none=False)
        if step:
            optimizer.step()
    watch.close()
    return watch.recording


def deep(activation: Callable[[], nn.Module], layers: int = 12, scale: float = 1.0) -> nn.Module:
    """A chain of layers; the weights of the twin that does not vanish are scaled."""
    torch.manual_seed(0)
    chain = [part for _ in range(layers) for part in (nn.Linear(8, 8), activation())]
    network = nn.Sequential(nn.Linear(4, 8), activation(), *chain, nn.Linear(8, 3))
    with torch.no_grad():
        for layer in network[:-1]:
            if isinstance(layer, nn.Linear):
                layer.weight.mul_(scale)
    return network


def dead_units(sick: bool) -> Recording:
    network = Small()
    nn.init.constant_(network.first.bias, -50.0 if sick else 0.0)
    return trained(network)


def saturated(sick: bool) -> Recording:
    network = Small(norm=nn.Tanh())
    with torch.no_grad():
        network.first.weight.mul_(500 if sick else 1)
    return trained(network)


def not_a_number(sick: bool) -> Recording:
    return trained(Small(after=lambda net, z: net.head(torch.log(net.relu(z) + (0 if sick else 1)))))


def trained_in_evaluation(sick: bool) -> Recording:
    return trained(Small(norm=nn.Dropout(0.1)).train(not sick))


def told(
    network: nn.Module | None = None,
    *,
    rate: float = 0.1,
    steps: int = 240,
    every: int = 20,
    shuffled: bool = False,
    few: int = 48,
    ended: bool = False,
) -> Recording:
    """What was recorded of a training on some rows whose losses are told, measured on the others as validation."""
    network = network or Small()
    optimizer = torch.optim.Adam(network.parameters(), rate)
    watch = rv.watch(network, optimizer, say=None)
    x, y = rows(160)
    y = y if shuffled else x[:, :3].argmax(1)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(1))
    train, held_out = order[:few], order[few:]
    for step in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x[train]), y[train])
        loss.backward()
        optimizer.step()
        watch.loss(loss)
        if step % every == every - 1:
            with torch.no_grad():
                watch.validation(F.cross_entropy(network(x[held_out]), y[held_out]))
    watch.close()
    watch.recording.ended = ended
    return watch.recording


def oscillation(sick: bool) -> Recording:
    """Gradient descent on |w|: from 0.3 by 1 to -0.7 and back, or by 0.01 down to 0."""
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0.3)
    optimizer = torch.optim.SGD(network.parameters(), 1.0 if sick else 0.01)
    watch = rv.watch(network, optimizer, say=None, without=("RV241",))
    for _ in range(20):
        optimizer.zero_grad()
        loss = network(torch.ones(1, 1)).abs().sum()
        loss.backward()
        optimizer.step()
        watch.loss(loss)
        watch.validation(loss.detach())
    watch.close()
    return watch.recording


def batch_noise(sick: bool) -> Recording:
    x, y = rows()
    network = Small()
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    watch = rv.watch(network, optimizer, say=None)
    for step in range(70):
        kept = torch.arange(len(y)).repeat(4) if sick else torch.arange(step, step + 16) % len(y)
        optimizer.zero_grad()
        F.cross_entropy(network(x[kept]), y[kept]).backward()
        optimizer.step()
    watch.close()
    return watch.recording


def norm_statistics(sick: bool) -> Recording:
    network = Small(norm=nn.BatchNorm1d(8, momentum=1e-6 if sick else 0.1))
    nn.init.constant_(network.first.bias, 5.0)
    return trained(network, steps=320, rate=0.01)


def collapse(sick: bool) -> Recording:
    return trained(deep(nn.Sigmoid, 12 if sick else 1), rate=0.01)


def sorted_batches(sick: bool) -> Recording:
    """Batches of 16 rows: three classes far apart, class after class, or mixed."""
    x, y = rows(480)
    x = x + 3.0 * F.one_hot(y, 4)
    order = y.argsort() if sick else torch.randperm(len(y), generator=torch.Generator().manual_seed(3))
    network = Small()
    optimizer = torch.optim.SGD(network.parameters(), 0.05)
    watch = rv.watch(network, optimizer, say=None)
    for kept in order.split(16):
        optimizer.zero_grad()
        F.cross_entropy(network(x[kept]), y[kept]).backward()
        optimizer.step()
    for _ in range(2):  # to a sampled step, at which the checks are made
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
    watch.close()
    return watch.recording


def forgetting(sick: bool) -> Recording:
    """A class that is in the first batches only, or in all."""
    x, y = rows(120)
    x = x + 2.0 * F.one_hot(y, 4)
    network = Small()
    optimizer = torch.optim.Adam(network.parameters(), 0.02)
    watch = rv.watch(network, optimizer, say=None)
    for epoch in range(10):
        only = (y == 0) | (torch.arange(len(y)) % 20 == 0)
        kept = (only if epoch < 2 else y != 0) if sick else torch.ones(len(y), dtype=torch.bool)
        for _ in range(15):
            optimizer.zero_grad()
            loss = F.cross_entropy(network(x[kept]), y[kept])
            loss.backward()
            optimizer.step()
            watch.loss(loss)
        with torch.no_grad():
            each = F.cross_entropy(network(x), y, reduction="none")
        watch.validation(each.mean(), {f"class {c}": each[y == c].mean() for c in range(3)})
    watch.close()
    return watch.recording


class Attentive(nn.Module):
    """Attention of torch's module over four places, and their mean."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Linear(1, 8)
        self.place = nn.Parameter(torch.randn(4, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        with torch.no_grad():
            self.attention.in_proj_weight[:16] *= factor
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.embed(x[..., None]) + self.place
        hidden: torch.Tensor = self.head(self.attention(z, z, z)[0].mean(1))
        return hidden


def attention_collapse(sick: bool) -> Recording:
    """Queries and keys that are nearly 0 and hardly learn: all places get the same."""
    return trained(Attentive(1e-6 if sick else 1.0), rate=1e-4 if sick else 0.1, steps=220)


def one_side_won(sick: bool) -> Recording:
    """Two scales of a game: a rival that has won after 200 steps, or holds its own."""
    network = Small()
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    watch = rv.watch(network, optimizer, say=None)
    x, y = rows()
    for step in range(600):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
        won = sick and step >= 200
        watch.loss(4.0 if won else 0.7 - step / 6000, rival=0.001 if won else 0.7)
    watch.close()
    return watch.recording


SICK_TRAININGS: dict[str, tuple[Callable[[bool], Any], str, tuple[str, ...]]] = {
    "rate_high": (lambda sick: trained(rate=300.0 if sick else 0.1), "step", ("update_to_weight",)),
    "rate_low": (lambda sick: trained(rate=1e-8 if sick else 0.1), "step", ("update_to_weight",)),
    "never_cleared": (
        lambda sick: trained(rate=0.01, clear="never" if sick else "first"),
        "optimizer",
        ("added",),
    ),
    "no_step": (lambda sick: trained(steps=60, step=not sick), "optimizer", ("passes",)),
    "no_gradient": (lambda sick: trained(clear="last" if sick else "first"), "optimizer", ("steps",)),
    "dead_units": (dead_units, "'relu'", ("share", "step")),
    "saturated": (saturated, "'norm'", ("share", "step")),
    "vanishing": (
        lambda sick: trained(deep(nn.Sigmoid) if sick else deep(nn.Identity, scale=1.7)),
        "'0.weight'",
        ("first_to_last",),
    ),
    "exploding": (
        lambda sick: trained(deep(nn.Identity, scale=9.0 if sick else 1.7), 1e-12 if sick else 0.1),
        "weight'",
        ("gradient", "weights"),
    ),
    "not_a_number": (not_a_number, "between layers 'relu' and 'head'", ("layer", "inputs")),
    "shrinking": (lambda sick: trained(decay=5.0 if sick else 0.01), "step", ("sizes",)),
    "stuck": (lambda sick: told(rate=1e-9 if sick else 0.01), "step 240", ("loss", "trivial")),
    "overfitting": (
        lambda sick: told(shuffled=sick, rate=0.01, few=100, every=10),
        "epoch",
        ("onset", "validation", "train"),
    ),
    "unfinished": (
        lambda sick: told(rate=0.001 if sick else 0.03, steps=100, ended=True),
        "epoch 5",
        ("late", "gained"),
    ),
    "plateau": (
        lambda sick: told(nn.Linear(4, 3), rate=0.02, steps=900 if sick else 60, shuffled=True, few=100),
        "epoch",
        ("before", "after", "epochs"),
    ),
    "oscillation": (oscillation, "loss, step 20", ("swing", "turns")),
    "batch_noise": (batch_noise, "batch, step 64", ("agreement", "noise_scale")),
    "norm_statistics": (norm_statistics, "'norm'", ("shift",)),
    "collapse": (collapse, "'26'", ("first", "last")),
    "growing": (lambda sick: trained(nn.Linear(4, 3), 300.0 if sick else 0.1), "step", ("times",)),
    "sorted_batches": (sorted_batches, "inputs of the batches", ("times", "batches")),
    "forgetting": (forgetting, "group 'class 0'", ("group", "lowest", "last", "undone")),
    "attention_collapse": (attention_collapse, "'attention'", ("top", "uneven", "step")),
    "one_side_won": (one_side_won, "losses, step", ("winner", "its_loss", "other_loss")),
    "trained_in_evaluation": (trained_in_evaluation, "network", ("steps",)),
}
"""For each training check: its training, what the place names, and what the evidence holds."""
