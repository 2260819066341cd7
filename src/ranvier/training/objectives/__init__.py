"""Objectives: how a step learns, one file each; the contract that they all keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ...data.batches import Batch


class Objective(Protocol):
    """How a step learns.

    Nearly always there is one part; an adversarial objective has two, each with an optimizer of its own.
    """

    def parts(self, network: nn.Module) -> Mapping[str, Sequence[tuple[str, nn.Parameter]]]:
        """The named parameters of each part."""
        ...

    def step(
        self, network: nn.Module, batch: Batch, part: str, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The loss (a scalar) of one batch for one part, and the outputs (B, K), of an ensemble (B, M, K)."""
        ...

    def evaluate(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The loss (a scalar) of outputs that were computed elsewhere, as it counts on rows held out."""
        ...

    def after_step(self, network: nn.Module) -> None:
        """What has to happen once the weights have moved."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What the objective must remember so that a run resumes exactly."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Remember what ``state_dict`` gave."""
        ...
