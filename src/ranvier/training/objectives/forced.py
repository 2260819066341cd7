"""Teacher forcing: a text is learnt token by token, each given the true ones before it (Williams & Zipser 1989)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...data.batches import Batch
from ...data.ragged import padded


class Forced:
    """The mean loss of the tokens of a batch, weighted by rows.

        J = sum_n w_n sum_t l(outputs_nt, target_nt) / sum_n w_n T_n

    The network is given what is to be said as the block ``said`` beside the others, and shifts it itself.

    Args:
        loss: gives one value a token: ``loss(outputs (L, V), target (L,)) -> (L,)``.
    """

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.loss = loss

    def parts(self, network: nn.Module) -> Mapping[str, Sequence[tuple[str, nn.Parameter]]]:
        """One part: every parameter that learns."""
        return {"network": [(name, p) for name, p in network.named_parameters() if p.requires_grad]}

    def step(
        self, network: nn.Module, batch: Batch, part: str, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The mean loss of a batch, and the outputs (L, V) of the tokens that are there, one row after another."""
        outputs = self.outputs(network, batch)
        return self.evaluate(outputs, batch), outputs

    def outputs(self, network: nn.Module, batch: Batch) -> Tensor:
        """What the network says of each token (L, V), given the true ones before it."""
        target = padded(batch.target)
        found: Tensor = network({**batch.inputs, "said": target})[target >= 0]
        return found

    def evaluate(self, outputs: Tensor, batch: Batch) -> Tensor:
        """The mean loss of outputs (L, V)."""
        losses, weights = self.of_tokens(outputs, batch)
        if weights is None:
            return losses.mean()
        return (weights * losses).sum() / weights.sum().clamp_min(torch.finfo(losses.dtype).tiny)

    def of_tokens(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """(L,) the loss of each token, and the weight of its row, where rows have weights."""
        target = padded(batch.target)
        there = target >= 0
        losses = self.loss(outputs, target[there])
        if batch.weight is None:
            return losses, None
        return losses, batch.weight.repeat_interleave(there.sum(dim=1))

    def after_step(self, network: nn.Module) -> None:
        """Nothing."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to remember."""
