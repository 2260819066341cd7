"""Programs that are as they should be, on which nothing may be said."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from faults import programs
from faults.programs import Program, binary, classifier, regression


def healthy() -> Iterator[tuple[str, Program]]:
    """Programs that are as they should be, of all architectures, losses, activations, norms and optimizers."""
    kinds = {"classes": classifier, "two": binary, "value": regression}
    activations = {
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
        "gelu": nn.GELU,
        "leaky": nn.LeakyReLU,
        "sigmoid": nn.Sigmoid,
    }
    extras = {
        "plain": nn.Identity,
        "dropout": nn.Dropout,
        "batchnorm": nn.BatchNorm1d,
        "layernorm": nn.LayerNorm,
    }
    for number, (architecture, kind, act, extra) in enumerate(
        itertools.product(programs.ARCHITECTURES, kinds, activations, extras)
    ):
        p = kinds[kind](architecture)
        torch.manual_seed(number)
        between = extras[extra](programs.WIDTH) if "norm" in extra else extras[extra]()
        p.network.activation = nn.Sequential(between, activations[act]())
        rate = 10 ** -(2 + number % 3 / 2)
        choices = [
            lambda q, r=rate: torch.optim.Adam(q, r),
            lambda q, r=rate: torch.optim.AdamW(q, r, weight_decay=0.1),
            lambda q, r=rate: torch.optim.SGD(q, 10 * r, momentum=0.5),
            lambda q, r=rate: torch.optim.RMSprop(q, r / 3),
        ]
        p.optimizer = choices[number % 4](p.network.parameters())
        p.batch = (16, 64, 128)[number % 3]
        if kind == "classes" and number % 2:
            p.network.head, p.loss = nn.Sequential(p.network.head, nn.LogSoftmax(-1)), F.nll_loss
        elif kind == "two" and number % 2:
            p.network.head, p.loss = nn.Sequential(p.network.head, nn.Sigmoid()), nn.BCELoss()
        elif kind == "value" and number % 2:
            p.loss = nn.L1Loss() if number % 4 == 1 else lambda o, t: (o - t).square().mean()
        yield f"{architecture} {kind} {act} {extra} {number}", p
