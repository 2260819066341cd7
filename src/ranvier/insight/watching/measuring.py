"""How a sampled step is measured: what the layers give out, the gradients, and how far the weights move."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from .recording import LayerSample, WeightSample

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

NOTHING = (nn.Identity, nn.Flatten, nn.modules.dropout._DropoutNd)
"""In evaluation mode these give out what they are given."""

FEWEST = 16
"""Values of a channel in a batch below which their mean and variance say too little."""


def leaves_of(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """The modules without children, by name, but for those that change nothing when they are used."""
    return [
        (name, module)
        for name, module in network.named_modules()
        if name and not isinstance(module, NOTHING) and not list(module.children())
    ]


def matrices_of(network: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn and are no vectors, by name."""
    return {name: p for name, p in network.named_parameters() if p.ndim > 1 and p.numel() and p.requires_grad}


@torch.no_grad()
def layer_sample(name: str, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> LayerSample | None:
    """What came in and out of one module; None where that is no tensor of numbers."""
    output = output[0] if isinstance(output, tuple) and output else output
    if not isinstance(output, Tensor) or not output.is_floating_point() or output.numel() == 0:
        return None
    given = inputs[0] if inputs and isinstance(inputs[0], Tensor) else output
    dead = saturated = 0.0
    if isinstance(module, nn.ReLU) and output.ndim > 1 and len(output) > 1:
        units = (output != 0).any(0) if output.ndim == 2 else (output != 0).transpose(0, 1).flatten(1).any(1)
        dead = 1.0 - int(units.sum()) / len(units)
    elif isinstance(module, (nn.Tanh, nn.Sigmoid)):
        low = -1.0 if isinstance(module, nn.Tanh) else 0.0
        saturated = float(((output > 0.99) | (output < low + 0.01)).float().mean())
    return LayerSample(
        name,
        given.is_floating_point() and not finite(given),
        not finite(output),
        dead,
        saturated,
        _varied(module, given),
        _shift(module, given),
    )


def finite(tensor: Tensor) -> bool:
    """Whether all values are finite; the sum alone tells it nearly always."""
    return math.isfinite(float(tensor.sum())) or bool(torch.isfinite(tensor).all())


def _varied(module: nn.Module, given: Tensor) -> float | None:
    """By how much the rows that come into a linear map differ, as a share of their size."""
    if not isinstance(module, nn.Linear) or given.ndim != 2 or len(given) < 8 or given.shape[1] < 4:
        return None
    size, middle = (float(torch.linalg.vector_norm(t)) for t in (given, given.mean(0)))
    if not 0.0 < size < math.inf:
        return None
    return math.sqrt(max(0.0, 1.0 - len(given) * (middle / size) ** 2))


def _shift(module: nn.Module, given: Tensor) -> float | None:
    """How far the kept statistics of a batch normalisation are from those of its inputs (B, C, ...)."""
    mean, variance = getattr(module, "running_mean", None), getattr(module, "running_var", None)
    if not isinstance(module, BATCH_NORMS) or mean is None or variance is None:
        return None
    if given.ndim < 2 or given.numel() < FEWEST * given.shape[1]:
        return None
    others = [0, *range(2, given.ndim)]
    found, spread = given.mean(others), given.var(others, correction=0)
    away = (found - mean).abs() / (variance + module.eps).sqrt()
    wider = ((spread + module.eps) / (variance + module.eps)).log().abs()
    farther = float(torch.maximum(away.median(), wider.median()))
    return farther if math.isfinite(farther) else None


@torch.no_grad()
def agreement(gradients: Sequence[Tensor | None], before: Sequence[Tensor | None]) -> float | None:
    """How far two gradients agree: the cosine of the angle between them."""
    if len(gradients) != len(before):
        return None
    pairs = [(one, two) for one, two in zip(gradients, before) if one is not None and two is not None]
    if not pairs:
        return None
    ones, twos = (list(each) for each in zip(*pairs))
    product = math.fsum(torch.stack([each.sum() for each in torch._foreach_mul(ones, twos)]).tolist())
    one, two = (math.hypot(*torch.stack(torch._foreach_norm(each)).tolist()) for each in (ones, twos))
    size = one * two
    return product / size if 0 < size < math.inf and math.isfinite(product) else None


def gradients_of(weights: Mapping[str, nn.Parameter]) -> list[Tensor | None]:
    """Copies of the gradients."""
    return [None if p.grad is None else p.grad.detach().clone() for p in weights.values()]


@torch.no_grad()
def weight_samples(weights: Mapping[str, nn.Parameter], before: Sequence[Tensor]) -> tuple[WeightSample, ...]:
    """Sizes, gradients and updates of matrices whose values were ``before``, but for those that are not finite.

    ``before`` is used up.
    """
    if not weights:
        return ()
    now = [p.detach() for p in weights.values()]
    gradients = [p.grad for p in weights.values()]
    sizes = _sizes(before)
    torch._foreach_sub_(list(before), now)  # memory of its own would cost more than the subtraction
    updates = _sizes(before)
    there = iter(_sizes([g for g in gradients if g is not None]))
    samples = [
        WeightSample(name, size, None if gradient is None else next(there), update)
        for name, size, gradient, update in zip(weights, sizes, gradients, updates)
    ]
    return tuple(w for w in samples if math.isfinite(w.size + (w.gradient or 0.0) + w.update))


def _sizes(tensors: Sequence[Tensor]) -> list[float]:
    """The root of the mean square of each."""
    if not tensors:
        return []
    norms: list[float] = torch.stack(torch._foreach_norm(list(tensors))).tolist()
    return [norm / math.sqrt(tensor.numel()) for norm, tensor in zip(norms, tensors)]


@contextmanager
def in_evaluation(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode; afterwards each module is in the mode that it was in."""
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
