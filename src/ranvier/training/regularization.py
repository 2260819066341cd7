"""Penalties on large weights, added to the loss; noise, added to the numbers that are learnt from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Generator, Tensor

from ..data.batches import Batch


def penalty(parameters: Iterable[tuple[str, Tensor]], l1: float, l2: float) -> Tensor:
    """L1 and L2 regularisation: l1 * sum |w| + l2 / 2 * sum w^2, to be added to the mean loss of a batch.

    The sums run over the weights that learn and have two or more dimensions; biases and the scales of a
    normalisation are left alone. The textbook form J + lambda/m sum |w| (and lambda/(2m) sum w^2) divides by
    the m training examples; ours does not, so that a setting means the same for any number of rows: l1 =
    lambda / m.

    The gradient is l1 sign(w) + l2 w, with sign(0) = 0.

    Args:
        parameters: names and parameters, as an optimizer takes them.
        l1: 0 or more.
        l2: 0 or more.

    Returns:
        a scalar; 0 where nothing is penalised.

    >>> w = torch.tensor([[1.0, -2.0]], requires_grad=True)
    >>> penalty([("weight", w)], l1=0.1, l2=0.0).item(), penalty([("weight", w)], l1=0.0, l2=2.0).item()
    (0.30000001192092896, 5.0)
    """
    weights = [w for _, w in parameters if w.requires_grad and w.ndim >= 2]
    total = torch.zeros((), dtype=weights[0].dtype, device=weights[0].device) if weights else torch.zeros(())
    for w in weights:
        if l1:
            total = total + l1 * w.abs().sum()
        if l2:
            total = total + l2 / 2 * w.square().sum()
    return total


def noisy(batch: Batch, deviation: float, generator: Generator) -> Batch:
    """The batch with normal noise on its prepared numbers: a row then stands for those near it.

    It acts as a penalty on how fast the outputs change with the inputs (Bishop, Training with noise is equivalent to
    Tikhonov regularization, Neural Computation 1995).

    Args:
        batch: its block ``number`` is what is changed; where there is none, the batch stays as it is.
        deviation: of the noise, in units of the standardised numbers.
        generator: drawn from.
    """
    numbers = batch.inputs.get("number")
    if numbers is None:
        return batch
    noise = torch.randn(numbers.shape, generator=generator, dtype=numbers.dtype).to(numbers.device)
    return replace(batch, inputs={**batch.inputs, "number": torch.add(numbers, noise, alpha=deviation)})
