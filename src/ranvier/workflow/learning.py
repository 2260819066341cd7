"""All that a training is given: what is built, and what the loop needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..assemble import Architecture
from ..data.batches import Epochs
from ..delivery.beginning import Carried
from ..network.assembled import Own
from ..network.counting import multiplications
from ..training.loop import Limits, Validate
from ..training.state import State
from .class_losses import ClassLosses


@dataclass(frozen=True)
class Learning:
    """A training that is set up.

    Args:
        architecture: of the network.
        state: where the training stands.
        batches: of each epoch.
        limits: when it ends, and what keeps it in bounds.
        validate: measures the network on the validation rows.
        carried: what was taken over from a model file; None where the network begins anew.
        classes: the losses of single classes that the doctor looks at; None where there are no classes.
    """

    architecture: Architecture
    state: State
    batches: Epochs
    limits: Limits
    validate: Validate
    carried: Carried | None = None
    classes: ClassLosses | None = None

    @cached_property
    def multiplications(self) -> int:
        """How many one row takes, about; rows are drawn where a module of the user's own is to be counted by them."""
        network = self.state.network
        return multiplications(network, self.batches.sample().inputs if isinstance(network, Own) else None)
