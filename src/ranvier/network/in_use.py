"""A network in use: in evaluation mode for a while, on the device that it is on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def device_of(network: nn.Module) -> torch.device:
    """Where its parameters are; one without any is on the CPU."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


@contextmanager
def in_use(network: nn.Module) -> Iterator[None]:
    """Evaluation mode while the block runs; afterwards each module has the mode that it had.

    >>> network = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3).eval())
    >>> with in_use(network):
    ...     print(network[0].training)
    False
    >>> network[0].training, network[1].training
    (True, False)
    """
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
