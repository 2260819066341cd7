"""What carries out the steps of a training: autograd, or backpropagation by hand, as the plan says."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import nn

from ..data.batches import Batch, Batches
from ..data.stream.passes import StreamBatches
from ..errors import Mistake, SpecError
from ..execution.explicit import Explicit, Unknown
from ..execution.plan import Plan
from .limits import Limits
from .objectives.supervised import Supervised
from .regularization import penalty
from .state import State


class Steps(Protocol):
    """Carries out steps. On leaving the ``with`` block the network is as it would be by itself."""

    def __enter__(self) -> Steps: ...

    def __exit__(self, *error: object) -> None: ...

    def buffers(self, rows: int) -> Batch | None:
        """Where a batch of so many rows is best put, or None where it does not matter."""
        ...

    def step(self, batch: Batch) -> float:
        """One update at the optimizers' present rates; the loss before it.

        A loss that is not finite changes nothing.
        """
        ...


class Autograd:
    """Steps by PyTorch's autograd: for any network and objective."""

    def __init__(self, state: State, limits: Limits) -> None:
        self.state, self.limits = state, limits

    def __enter__(self) -> Autograd:
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to put back."""

    def buffers(self, rows: int) -> None:
        """It does not matter."""

    def step(self, batch: Batch) -> float:
        """One update of every part."""
        state, limits, value = self.state, self.limits, 0.0
        for part, optimizer in state.optimizers.items():
            optimizer.zero_grad(set_to_none=True)
            loss, _ = state.objective.step(state.network, batch, part, torch.default_generator)
            value = loss.item()
            if not math.isfinite(value):
                return value
            if limits.l1 or limits.l2:
                loss = loss + penalty(state.network.named_parameters(), limits.l1, limits.l2)
            loss.backward()  # type: ignore[no-untyped-call]
            if limits.clip is not None:
                nn.utils.clip_grad_norm_(state.network.parameters(), limits.clip)
            optimizer.step()
        return value


def explicit(state: State, limits: Limits, sample: Batch) -> Explicit:
    """Steps by hand, for batches like ``sample``.

    Raises:
        Unknown: some derivative is not written out; nothing is changed then.
    """
    objective = state.objective
    if type(objective) is not Supervised or list(state.optimizers) != ["network"]:
        parts = " for several parts" if len(state.optimizers) > 1 else ""
        raise Unknown(f"the objective {type(objective).__name__} is not written out{parts}")
    state.network.train()
    return Explicit(
        state.network,
        objective.loss,
        state.optimizers["network"],
        sample,
        class_weights=objective.class_weights,
        l1=limits.l1,
        l2=limits.l2,
        clip=limits.clip,
    )


def steps_by(plan: Plan, state: State, batches: Batches | StreamBatches, limits: Limits) -> Steps:
    """What carries out the steps by ``plan``.

    Raises:
        SpecError: the plan wants backpropagation by hand where it is not known.
    """
    if plan.backpropagation == "autograd":
        return Autograd(state, limits)
    try:
        return explicit(state, limits, batches.sample())
    except Unknown as reason:
        raise SpecError(
            Mistake(
                f"execution.backpropagation is 'explicit', and {reason}",
                "a network of known layers",
                "set it to 'autograd', or leave it out",
            )
        ) from None
