"""Supervised learning: the network's outputs against the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...data.augment import Augment, Mixed
from ...data.batches import Batch
from ...data.ragged import padded


class Supervised:
    """The mean loss of a batch, weighted by rows and classes.

        J = sum_i w_i l(outputs_i, target_i) / sum_i w_i

    Where the network is an ensemble, with outputs (B, M, K), each member learns on its own: l is then the mean of the
    members' losses. Rows held out are measured by what the members say together.

    Args:
        loss: gives one value a row: ``loss(outputs (B, K), target) -> (B,)``.
        class_weights: (C,) factors of the classes, or None.
        joined: turns the outputs of an ensemble (B, M, K) into (B, K), as a task's ``joined`` does; None where there
            is no ensemble: rows held out are then measured as those of a step.
        augment: changes the pictures of a batch before each step, or None. Where it mixes two pictures, the loss is
            that of both targets, by their shares.
    """

    def __init__(
        self,
        loss: Callable[[Tensor, Tensor], Tensor],
        class_weights: Tensor | None = None,
        joined: Callable[[Tensor], Tensor] | None = None,
        augment: Augment | None = None,
    ) -> None:
        self.loss = loss
        self.class_weights = class_weights
        self.joined = joined
        self.augment = augment

    def parts(self, network: nn.Module) -> Mapping[str, Sequence[tuple[str, nn.Parameter]]]:
        """One part: every parameter that learns."""
        return {"network": [(name, p) for name, p in network.named_parameters() if p.requires_grad]}

    def step(
        self, network: nn.Module, batch: Batch, part: str, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The weighted mean loss of the batch, and the outputs (B, K) or (B, M, K)."""
        if self.augment is None:
            outputs = network(batch.inputs)
            return self._mean(outputs, batch), outputs
        pictures = self.augment(batch.inputs["image"], generator)
        mixed = self.augment.mix(pictures, generator)
        outputs = network({**batch.inputs, "image": mixed.pictures if mixed else pictures})
        return self._mean(outputs, batch, mixed), outputs

    def evaluate(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The weighted mean loss of outputs (B, K); those of an ensemble (B, M, K) are joined before."""
        return self._mean(self.joined(outputs) if self.joined else outputs, batch)

    def _mean(self, outputs: Tensor, batch: Batch, mixed: Mixed | None = None) -> Tensor:
        losses = self.of_rows(outputs, padded(batch.target))
        if mixed is not None:
            share = mixed.share.to(losses.device)
            others = self.of_rows(outputs, batch.target[mixed.partner])
            losses = share * losses + (1.0 - share) * others
        weights = batch.weight
        if self.class_weights is not None:
            of_class = self.class_weights[batch.target]
            weights = of_class if weights is None else weights * of_class
        if weights is None:
            return losses.mean()
        return (weights * losses).sum() / weights.sum().clamp_min(torch.finfo(losses.dtype).tiny)

    def of_rows(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B,) the loss of each row; of an ensemble the mean of its members'."""
        if outputs.ndim < 3 or getattr(self.loss, "positions", False):
            return self.loss(outputs, target)
        members = outputs.shape[1]
        repeated = target.repeat_interleave(members, dim=0)
        return self.loss(outputs.flatten(0, 1), repeated).view(-1, members).mean(dim=1)

    def after_step(self, network: nn.Module) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to remember."""
