"""One step of training by hand: forward, loss, backward, update."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import Self

from ...data.batches import Batch
from . import losses
from .chain import Chain, Unknown, obstacle
from .flat import Flat
from .linear import wide
from .update import RULES, update

SIZES = 3
"""Buffers are kept for batches of so many sizes."""


class Explicit:
    """Carries out the steps of a network that is trained by one loss and one optimizer.

    Use it as a context (``with``): on leaving, the network's parameters have memory of their own again, as before.

    Args:
        network: an ``Assembled`` or ``Own`` whose layers are known (``chain.PARTS``), in training mode.
        loss: one of ``ranvier.losses``.
        optimizer: moves all of the network's parameters; it remembers what it remembers under autograd.
        sample: rows as they will come: their blocks, target and weight.
        class_weights: (C,) factors of the classes, or None.
        l1, l2: penalties, as ``ranvier.training.regularization.penalty`` has them.
        clip: the largest norm of the gradient, or None.
        in_16_bits: whether large products are formed of bfloat16 numbers.
        threads: how many share an operation.

    Raises:
        Unknown: something is asked for whose derivatives are not written out; nothing is changed then.
    """

    def __init__(
        self,
        network: nn.Module,
        loss: object,
        optimizer: Any,
        sample: Batch,
        *,
        class_weights: Tensor | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        clip: float | None = None,
        in_16_bits: bool = False,
        threads: int = 1,
    ) -> None:
        if in_16_bits and not gains_from_16_bits(network):
            raise Unknown("no product of the network is written out in 16 bits")
        if reason := obstacle(network):
            raise Unknown(reason)
        if type(loss) not in losses.LOSSES:
            raise Unknown(f"the derivative of the loss {type(loss).__name__} is not written out")
        groups = [group["params"] for group in optimizer.param_groups]
        if {p for group in groups for p in group} != set(network.parameters()):
            raise Unknown("the optimizer does not move all parameters of the network")
        self.network, self.loss, self.optimizer, self.sample = network, loss, optimizer, sample
        self.in_16_bits, self.threads = in_16_bits, threads
        self.class_weights, self.l1, self.l2, self.clip = class_weights, l1, l2, clip
        self.passes: dict[int, _Pass] = {}
        self.flat = Flat(groups, _by_column(network) if type(optimizer) in RULES else ())
        try:
            self.buffers(len(sample))
        except Unknown:
            self.flat.release()
            raise
        self.update = update(optimizer, self.flat)
        self.penalised = [p for p in network.parameters() if p.ndim >= 2]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def buffers(self, rows: int) -> Batch:
        """Where a batch of so many rows is best put: a step of another batch copies it here first."""
        if rows not in self.passes:
            if len(self.passes) >= SIZES:  # the last batches of a stream are of many sizes
                del self.passes[next(size for size in self.passes if size != len(self.sample))]
            self.passes[rows] = _Pass(self, rows)
        return self.passes[rows].batch

    def step(self, batch: Batch) -> float:
        """Move the parameters by one batch; the loss before it. A loss that is not finite moves nothing.

        Args:
            batch: rows like the sample's; at the optimizer's present rates.
        """
        rows = len(batch)
        into = self.buffers(rows)
        if batch is not into:
            _copy(batch, into)
        value = self.passes[rows].loss_and_gradient()
        if not math.isfinite(value):
            return value
        if self.l1 or self.l2:
            self._penalise()
        if self.clip is not None:
            norm = torch.linalg.vector_norm(self.flat.gradient)
            self.flat.gradient.mul_(torch.clamp(self.clip / (norm + 1e-6), max=1.0))
        self.update()
        return value

    def _penalise(self) -> None:
        """Add l1 sign(w) + l2 w."""
        for parameter in self.penalised:
            w, room = parameter.detach(), parameter.grad
            if room is not None:
                room.add_(torch.sign(w), alpha=self.l1).add_(w, alpha=self.l2)

    def release(self) -> None:
        """Give parameters, and what the optimizer remembers of them, memory of their own."""
        self.flat.release()
        for remembered in getattr(self.optimizer, "state", {}).values():
            for name, value in remembered.items():
                if isinstance(value, Tensor):
                    remembered[name] = value.clone(memory_format=torch.contiguous_format)


def _by_column(network: nn.Module) -> list[nn.Parameter]:
    """The matrices of linear maps: two threads form dJ/dW transposed in half the time.

    Only where the optimizer works number by number: a product of such matrices is rounded otherwise, and a resumed run
    would not remember them column by column.
    """
    linear: list[Any] = [module for module in network.modules() if wide(module)]
    return [module.weight for module in linear]


def gains_from_16_bits(network: nn.Module) -> bool:
    """Whether a product of the network, carried out by hand, is formed of 16-bit numbers where that is asked for."""
    return any(wide(module) for module in network.modules())


class _Pass:
    """Forward and backward for batches of so many rows."""

    def __init__(self, steps: Explicit, rows: int) -> None:
        network: Any = steps.network
        self.batch = _empty(steps.sample, rows)
        self.class_weights = steps.class_weights
        self.chain = Chain(network, self.batch.inputs, steps.in_16_bits, steps.threads)
        outputs, target = self.chain.outputs, self.batch.target
        if outputs.shape[-1] < 1 or (target.ndim == 2 and target.shape[1] != outputs.shape[-1]):
            raise Unknown("the outputs are not of the target's shape")
        self.outputs = outputs
        self.members = len(outputs) if outputs.ndim == 3 else 1
        self.target = target.repeat(self.members, *[1] * (target.ndim - 1)) if self.members > 1 else target
        width = outputs.shape[-1]
        self.loss = losses.build(
            steps.loss, outputs.view(-1, width), self.target, self.chain.delta.view(-1, width)
        )
        self.equal_share = outputs.new_full((len(self.target), 1), 1.0 / len(self.target))
        self.weighted = steps.class_weights is not None or steps.sample.weight is not None

    def loss_and_gradient(self) -> float:
        """J of the rows in the buffers; the gradients stand in ``.grad``."""
        if self.target is not self.batch.target:
            self.target.view(self.members, *self.batch.target.shape).copy_(self.batch.target)
        self.chain.forward()
        value = self.loss(self._share() if self.weighted else self.equal_share)
        if math.isfinite(value):
            self.chain.backward()
        return value

    def _share(self) -> Tensor:
        """What each row counts: w_i / sum w, shared among the members; (M B, 1)."""
        weights = self.batch.weight
        if weights is None:
            weights = self.outputs.new_ones(len(self.batch))
        if self.class_weights is not None:
            weights = weights * self.class_weights[self.batch.target]
        total = weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)
        return (weights / (total * self.members)).repeat(self.members)[:, None]


def _empty(sample: Batch, rows: int) -> Batch:
    """A batch of so many rows of zeros, otherwise like the sample."""

    def like(tensor: Tensor) -> Tensor:
        return tensor.new_zeros((rows, *tensor.shape[1:]))

    inputs = {name: like(block) for name, block in sample.inputs.items()}
    weight = None if sample.weight is None else like(sample.weight)
    return Batch(inputs, like(sample.target), like(sample.rows), weight)


def _copy(batch: Batch, into: Batch) -> None:
    for name, block in batch.inputs.items():
        into.inputs[name].copy_(block)
    into.target.copy_(batch.target)
    into.rows.copy_(batch.rows)
    if into.weight is not None and batch.weight is not None:
        into.weight.copy_(batch.weight)
