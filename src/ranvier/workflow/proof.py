"""A remedy on trial: some hundred steps of the run once more, with it and without, on the same batches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Mistake, SpecError
from ..settings import nest
from ..spec import OWN_NETWORK, Spec
from ..training.loop import averaged, train
from . import planning
from .learn import set_up
from .learning import Learning
from .planning import plan_of
from .prepared import Prepared
from .settle import Settled
from .snapshot import Snapshot, keeps_the_weights

FEWEST, MOST = 200, 600
"""So many steps a trial has: half as many again as it took to find what is wrong, within these bounds."""

EARLY = 400
"""What is found up to this step is mended from the start, which a trial covers; later on from the best epoch so far."""

BETTER = 0.01
"""A remedy has helped where the validation loss is lower by this share."""


@dataclass(frozen=True)
class Trial:
    """What came of a remedy.

    Args:
        settings: that were changed, dotted.
        steps: of the training without it, at most; with other batches as many rows were looked at.
        without, changed: the lowest validation loss of each; infinite where the training broke down.
        since: the epoch at whose end it begins; 0 is the start of the run.
    """

    settings: Mapping[str, Any]
    steps: int
    without: float
    changed: float
    since: int = 0

    @property
    def helped(self) -> bool:
        """Whether the loss is clearly lower with the remedy."""
        if not math.isfinite(self.without):
            return math.isfinite(self.changed)
        return self.changed < self.without - BETTER * abs(self.without)

    def as_dict(self) -> dict[str, Any]:
        """The trial as it stands in the evidence of a finding; a loss that is not finite is None."""
        losses = {"without": self.without, "with": self.changed}
        finite = {name: value if math.isfinite(value) else None for name, value in losses.items()}
        since = {"since_epoch": self.since} if self.since else {}
        return {
            "settings": dict(self.settings),
            "steps": self.steps,
            **since,
            **finite,
            "helped": self.helped,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Trial:
        """The trial that ``as_dict`` gave."""
        without, changed = (math.inf if told[name] is None else told[name] for name in ("without", "with"))
        return cls(told["settings"], told["steps"], without, changed, told.get("since_epoch", 0))

    def __str__(self) -> str:
        since = f" after epoch {self.since}" if self.since else ""
        return (
            f"in a trial of {self.steps} steps{since} the validation loss was {_shown(self.changed)} with it and "
            f"{_shown(self.without)} without{'' if self.helped else ', so it does not help'}"
        )


def _shown(loss: float) -> str:
    return f"{loss:.4g}" if math.isfinite(loss) else "not finite"


def untried(spec: Spec, prepared: Prepared) -> str:
    """Why remedies cannot be tried, as a clause; nothing where they can: the run can be begun again, and measured."""
    reasons = {
        "doctor.trials is false": not spec.doctor.trials,
        "a module of your own has its first weights only once": spec.network is None
        or spec.network.name == OWN_NETWORK,
        "the table is larger than memory": prepared.streamed is not None,
        "the length of the run is a time, which leaves none for trials": spec.training.time is not None,
        "there are no validation rows to tell what helps": not len(prepared.parts["validation"]),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def check_heal(spec: Spec, prepared: Prepared) -> None:
    """Refuse to heal a run whose remedies cannot be tried.

    Raises:
        SpecError: it is asked for.
    """
    if spec.doctor.heal and (reason := untried(spec, prepared)):
        raise SpecError(
            Mistake(
                f"--heal goes on with a remedy that has helped in a trial, and none can be tried: {reason}",
                remedy="leave it out; what is found is told all the same",
            )
        )


class Trials:
    """The trials of one run; what was tried once is not tried again.

    Args:
        spec: of the run, settled.
        prepared: the data.
    """

    def __init__(self, spec: Spec, prepared: Prepared) -> None:
        self.spec, self.prepared = spec, prepared
        self.known: dict[str, tuple[float, int]] = {}

    def of(self, settings: Mapping[str, Any], step: int, snapshot: Snapshot | None = None) -> Trial | None:
        """Try settings that ask for a remedy of something found at ``step``; None where they do not fit the run.

        Where the run can be taken up at its best epoch so far with these settings, and that is not early, or where they
        let it go on for longer, it is done from ``snapshot``; else from the start.
        """
        try:
            spec = with_settings(self.spec, settings, self.prepared)
        except SpecError:
            return None
        since = snapshot if self._is_late(settings, step, snapshot) else None
        if "training.epochs" in settings and since is None:
            return None
        done = since.step if since else 0
        steps = min(MOST, max(FEWEST, step + step // 2 - done))
        without, size = self._lowest(self.spec, steps, since)
        changed, _ = self._lowest(spec, steps, since, size)
        return Trial(settings, steps, without, changed, since.best.epoch if since else 0)

    def _is_late(self, settings: Mapping[str, Any], step: int, snapshot: Snapshot | None) -> bool:
        if snapshot is None or not keeps_the_weights(settings):
            return False
        if "training.epochs" in settings:
            return True
        epochs = int(self.spec.training.epochs or 1)
        left = snapshot.step // snapshot.best.epoch * (epochs - snapshot.best.epoch)
        return step > EARLY and left >= FEWEST

    def _lowest(self, spec: Spec, steps: int, since: Snapshot | None, size: int = 0) -> tuple[float, int]:
        """The lowest validation loss of so many steps, and the rows of a batch.

        With batches of another size than ``size`` there are as many rows in all, not steps.
        """
        key = f"{spec.settings()} {steps} {size} {since.best.epoch if since else 0}"
        if key not in self.known:
            learning = since.take_up(spec, self.prepared) if since else set_up(spec, self.prepared, None)
            mine = learning.batches.size
            wanted = max(1, round(steps * size / mine)) if size else steps
            self.known[key] = (lowest(learning, spec, wanted), mine)
        return self.known[key]


def lowest(learning: Learning, spec: Spec, steps: int) -> float:
    """Train for so many steps; the lowest validation loss on the way, infinite where it broke down.

    Of a training whose epochs are all done it is the last one.
    """
    state = learning.state
    if state.epoch >= learning.limits.epochs:
        return float(state.history[-1]["validation"]["loss"])
    first, end = len(state.history), state.step + steps
    train(
        state,
        learning.batches,
        learning.limits,
        learning.validate,
        interrupted=lambda: state.step >= end,
        plan=plan_of(spec),
    )
    if state.finding is not None:
        return math.inf
    losses = [line["validation"]["loss"] for line in state.history[first:]]
    if state.finished is None:
        with averaged(state):
            losses.append(learning.validate(state.network)["loss"])
    return min((loss for loss in losses if math.isfinite(loss)), default=math.inf)


def with_settings(spec: Spec, settings: Mapping[str, Any], prepared: Prepared) -> Spec:
    """A settled spec with some settings changed, whose steps are carried out by hand where that is still possible.

    Raises:
        SpecError: they do not fit.
    """
    changed = Spec.from_settings(spec.replace(nest(settings)).settings())
    if plan_of(spec).backpropagation == "autograd":
        return changed
    open_again = changed.settings()
    open_again["execution"].pop("backpropagation", None)
    changed = Spec.from_settings(open_again)
    return planning.by_rule(Settled(changed, {}), set_up(changed, prepared, None)).spec


def as_set(settings: Mapping[str, Any]) -> str:
    """Settings as a command line says them.

    >>> as_set({"training.learning_rate": 0.01, "regularization.clip": 1.0})
    '--set training.learning_rate=0.01 --set regularization.clip=1'
    """
    return " ".join(
        f"--set {name}={value:.4g}" if isinstance(value, float) else f"--set {name}={value}"
        for name, value in settings.items()
    )
