"""The wiring of a run: network, loss and optimizer, looked at with a few training rows before anything is trained."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ..data.ragged import Ragged
from ..errors import Mistake, SpecError
from ..finding import Finding
from ..insight.wiring import LEAST_SAID
from ..insight.wiring.check import MOST_ROWS, check
from ..network.counting import multiplications
from ..network.in_use import device_of
from ..spec import OWN_NETWORK, Spec
from ..tasks.several import several
from ..training.objectives.supervised import Supervised
from .learning import Learning
from .prepared import Prepared

WORK = 4e9
"""Multiplications of all passes together, of which there are some for each parameter: a second or two."""

CHEAP = 5e8
"""The same for a network of the catalogue that is about to be trained: some tenths of a second."""

COSTLY = ("RV227", "RV234")
"""Codes that take many passes, and of which the layers of the catalogue are known to be free."""

PASSES = 10
"""Passes without these."""

FILLED_UP = "RV229"
"""Values that are missing."""

FEWEST = 8
"""Rows below which nothing can be said."""


class _Fed(nn.Module):
    """A network that is given its blocks by their names."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, **blocks: Tensor) -> Any:
        return self.network(blocks)


def wiring(
    prepared: Prepared, learning: Learning, without: Collection[str] = (), work: float = WORK
) -> list[Finding]:
    """What the wiring checks find, on at most 64 training rows; fewer where that were over ``work`` multiplications.

    Several targets are not looked at, whose losses stand side by side; nor what is missing in sequences of real values,
    since they are filled up with it.
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
    passes = PASSES if set(COSTLY) <= {*without} else PASSES + len(list(state.network.parameters()))
    each = max(1, multiplications(state.network)) * passes
    count = min(len(rows), MOST_ROWS, max(FEWEST, int(work // each)))
    few = rows.take(torch.linspace(0, len(rows) - 1, count, dtype=torch.float64).long())
    if not all(isinstance(block, Tensor) and len(block) == count for block in few.inputs.values()):
        return []
    if any(isinstance(b, Ragged) and b.values.is_floating_point() for b in rows.inputs.values()):
        without = (*without, FILLED_UP)
    few = few.to(device_of(state.network))

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
    """The wiring of a run that is about to begin; what is found stands among what was noticed of its training.

    A module of the user's own is looked at closely, a network of the catalogue quickly.
    """
    without = spec.evaluation.without
    if spec.network is not None and spec.network.name == OWN_NETWORK:
        found = wiring(prepared, learning, without)
    else:
        found = wiring(
            prepared, learning, (*without, *COSTLY, LEAST_SAID), CHEAP
        )  # training itself refuses what fails
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
