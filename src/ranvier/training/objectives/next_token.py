"""Language modelling: what comes next, at each place of a window; or what was hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...data.batches import Batch


class NextToken:
    """The mean cross-entropy of the next token, over all places of all windows.

    J = -1 / (B T) sum_b sum_t log p(x_{t+1} | x_1 ... x_t)

    Where tokens are hidden (``data.hidden``) it is the mean over those that are to be told.
    """

    def parts(self, network: nn.Module) -> Mapping[str, Sequence[tuple[str, nn.Parameter]]]:
        """One part: every parameter that learns."""
        return {"network": [(name, p) for name, p in network.named_parameters() if p.requires_grad]}

    def step(
        self, network: nn.Module, batch: Batch, part: str, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The mean loss of a batch of windows, and the outputs (B, T, V)."""
        outputs = network(batch.inputs)
        return self.evaluate(outputs, batch), outputs

    def evaluate(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The mean loss of outputs (B, T, V) for targets (B, T); -100 is not asked for."""
        return F.cross_entropy(outputs.flatten(0, -2), batch.target.flatten())

    def after_step(self, network: nn.Module) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to remember."""
