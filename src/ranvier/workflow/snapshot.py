"""A training that is taken up again at its best epoch, with other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..spec import Spec
from ..training.averaging import Average
from ..training.state import Best, State, copy_weights
from .learn import set_up
from .learning import Learning
from .prepared import Prepared

KEEP_THE_WEIGHTS = (
    "training.learning_rate",
    "training.schedule",
    "training.epochs",
    "training.optimizer.",
    "regularization.",
    "network.dropout",
)
"""Settings that weights outlast which were learnt without them; with others a network begins anew."""


@dataclass(frozen=True)
class Snapshot:
    """The best epoch of a training.

    Args:
        best: its weights, averaged ones where there are any.
        history: up to that epoch.
    """

    best: Best
    history: Sequence[dict[str, Any]]

    @classmethod
    def of(cls, state: State) -> Snapshot | None:
        """That of a training; None before the end of its first epoch."""
        return cls(state.best, state.history[: state.best.epoch]) if state.best else None

    @property
    def step(self) -> int:
        """How many steps are done there."""
        return int(self.history[-1]["step"])

    @property
    def loss(self) -> float:
        """Of the validation rows."""
        return float(self.history[-1]["validation"]["loss"])

    def take_up(self, spec: Spec, prepared: Prepared) -> Learning:
        """The training from there on, by a spec whose weights and batches are as they were.

        The optimizer remembers nothing.
        """
        learning = set_up(spec, prepared, None)
        state, best = learning.state, self.best
        state.network.load_state_dict(best.weights)
        if state.average:
            state.average = Average(state.network)
        for line in self.history:
            state.schedule.observe(line["validation"].get("loss", line["train"]["loss"]))
        state.step, state.epoch, state.history = self.step, best.epoch, list(self.history)
        state.best = Best(best.value, best.epoch, copy_weights(state.network))
        return learning


def keeps_the_weights(settings: Mapping[str, Any]) -> bool:
    """Whether a training can go on with these settings, dotted.

    >>> keeps_the_weights({"regularization.clip": 1.0}), keeps_the_weights({"network.activation": "relu"})
    (True, False)
    """
    return all(name.startswith(KEEP_THE_WEIGHTS) for name in settings)
