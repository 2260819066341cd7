"""Supervised learning: the network's outputs against the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...data.batches import Batch


class Supervised:
    """The mean loss of a batch, weighted by rows and classes.

        J = sum_i w_i l(outputs_i, target_i) / sum_i w_i

    Args:
        loss: gives one value a row: ``loss(outputs (B, K), target) -> (B,)``.
        class_weights: (C,) factors of the classes, or None.
    """

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor], class_weights: Tensor | None = None) -> None:
        self.loss = loss
        self.class_weights = class_weights

    def parts(self, network: nn.Module) -> Mapping[str, Sequence[tuple[str, nn.Parameter]]]:
        """One part: every parameter that learns."""
        return {"network": [(name, p) for name, p in network.named_parameters() if p.requires_grad]}

    def step(
        self, network: nn.Module, batch: Batch, part: str, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The weighted mean loss of the batch, and the outputs (B, K)."""
        outputs = network(batch.inputs)
        return self.evaluate(outputs, batch), outputs

    def evaluate(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The weighted mean loss of outputs (B, K)."""
        losses = self.loss(outputs, batch.target)
        weights = batch.weight
        if self.class_weights is not None:
            of_class = self.class_weights[batch.target]
            weights = of_class if weights is None else weights * of_class
        if weights is None:
            return losses.mean()
        return (weights * losses).sum() / weights.sum().clamp_min(torch.finfo(losses.dtype).tiny)

    def after_step(self, network: nn.Module) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to remember."""
