"""The wiring of a run: network, loss and optimizer, looked at with a few training rows before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ..assemble import multiplications
from ..errors import Mistake, SpecError
from ..finding import Finding
from ..insight.wiring.check import MOST_ROWS, check
from ..spec import Spec
from ..tasks.several import several
from ..training.objectives.supervised import Supervised
from .learn import Learning
from .prepared import Prepared

WORK = 4e9
"""Multiplications of all passes together, of which there are some for each parameter: a second or two."""

FEWEST = 8
"""Rows below which nothing can be said."""


class _Fed(nn.Module):
    """A network that is given its blocks by their names."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, **blocks: Tensor) -> Any:
        return self.network(blocks)


def wiring(prepared: Prepared, learning: Learning, without: Collection[str] = ()) -> list[Finding]:
    """What the wiring checks find, on at most 64 training rows; fewer where a row is much work.

    Sequences are not looked at, since their blocks do not have one length for all rows; nor are several targets, whose
    losses stand side by side.
    """
    state, rows = learning.state, prepared.parts["train"]
    objective = state.objective
    if (
        several(prepared.task)
        or not isinstance(objective, Supervised)
        or not isinstance(rows.target, Tensor)
        or len(rows) < 2
    ):
        return []
    passes = len(list(state.network.parameters())) + 10
    work = max(1, multiplications(state.network)) * passes
    count = min(len(rows), MOST_ROWS, max(FEWEST, int(WORK // work)))
    few = rows.take(torch.linspace(0, len(rows) - 1, count, dtype=torch.float64).long())
    if not all(isinstance(block, Tensor) and len(block) == count for block in few.inputs.values()):
        return []
    few = few.to(next((p.device for p in state.network.parameters()), torch.device("cpu")))

    def loss(outputs: Tensor, target: Tensor) -> Tensor:
        return objective.of_rows(outputs, target).mean()

    training = state.network.training
    state.network.train()
    try:
        batch = dict(few.inputs), few.target
        found = check(_Fed(state.network), loss, batch, _only(state.optimizers), without=without)
    finally:
        state.network.train(training)
    return [replace(each, place=_own_names(each.place)) for each in found]


def look_over(spec: Spec, prepared: Prepared, learning: Learning) -> list[Finding]:
    """The wiring of a run that is about to begin; what is found stands among what was noticed of its training."""
    found = wiring(prepared, learning, spec.evaluation.without)
    learning.state.noticed["findings"] = [finding.as_dict() for finding in found]
    return found


def _only(optimizers: Mapping[str, Any]) -> torch.optim.Optimizer | None:
    """The one optimizer, where it is one of torch's."""
    first = next(iter(optimizers.values()))
    return first if len(optimizers) == 1 and isinstance(first, torch.optim.Optimizer) else None


def refuse(found: Collection[Finding], forced: bool) -> None:
    """Refuse to train what cannot learn.

    Raises:
        SpecError: with a sentence for each finding that is an error, unless the user insists.
    """
    errors = [finding for finding in found if finding.severity == "error"]
    if errors and not forced:
        raise SpecError(
            *(
                Mistake(
                    f"{each.code}, {each.place}: {each.cause.rstrip('.')}",
                    remedy=f"{each.remedy} (--force, or doctor.force=true, trains all the same)",
                )
                for each in errors
            )
        )


def _own_names(place: str) -> str:
    """A place as the user knows it: without what stands around a network here, or around a module of the user's own.

    >>> _own_names("parameter 'network.network.first.weight', 'network.head.bias'")
    "parameter 'first.weight', 'head.bias'"
    """
    return re.sub(r"'network\.(network\.)?", "'", place)
