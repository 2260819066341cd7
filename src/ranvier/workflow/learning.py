"""All that a training is given: what is built, and what the loop needs of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..assemble import Architecture
from ..data.batches import Epochs
from ..delivery.beginning import Carried
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
