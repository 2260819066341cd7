"""The further seeds of a repeated run as one program, where that is faster than one after another.

Whether it is is settled once, by trying both out where the trainings are long enough to repay it, and stands in
``together.json``, so that a run that is stopped and gone on with does what it would have done.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ..data.batches import Batches
from ..execution.explicit import Unknown
from ..execution.trial import CLEARLY, LEAST, MOST, SHARE, STEPS
from ..files import write_json
from ..spec import Spec
from ..training.history import History
from ..training.loop import Watcher
from ..training.steps import steps_by
from ..training.together import Member, population, train_together
from . import folder as files
from .learn import set_up
from .learning import Learning
from .planning import plan_of
from .prepared import Prepared

LONGEST = 600.0
"""Seconds: trainings that take longer together go one after another, since one that is cut off begins again."""


def decide(folder: Path, specs: Sequence[Spec], prepared: Prepared) -> str:
    """Whether the trainings go together: why, or an empty text where they go one after another.

    Args:
        folder: of the first run.
        specs: of the further seeds.
        prepared: the data, split.
    """
    if decided := decision(folder):
        return decided
    try:
        reason = _measured(specs, prepared)
    except Unknown:
        return ""
    if reason:
        write_json(folder / files.TOGETHER, {"together": reason})
    return reason


def decision(folder: Path) -> str:
    """Why the trainings of a run go together; an empty text where nothing of the kind was decided."""
    place = folder / files.TOGETHER
    return str(files.read_json(place)["together"]) if place.exists() else ""


def train_seeds(
    folders: Sequence[Path],
    specs: Sequence[Spec],
    prepared: Prepared,
    record: dict[str, Any],
    interrupted: Callable[[], bool],
    watchers: Sequence[Watcher],
) -> None:
    """Train them together and make their folders, each with a checkpoint at its end.

    One whose loss was no longer finite gets no folder: it is trained alone, which says why.

    Args:
        folders: of the further seeds; none is there yet.
        specs: of these.
        prepared: the data, split.
        record: for their ``run.toml``.
        interrupted: whether the user wants to stop: no folder is made then.
        watchers: are told of each epoch.
    """
    members = [_member(set_up(spec, prepared, None)) for spec in specs]
    good = train_together(members, interrupted, watchers)
    if interrupted():
        return
    for folder, spec, member, is_good in zip(folders, specs, members, good):
        if is_good:
            files.create(folder, "", {"run.toml": files.run_toml(spec, record)}, prepared)
            History(folder, member.state)
            member.state.save(folder / files.CHECKPOINT)


def _measured(specs: Sequence[Spec], prepared: Prepared) -> str:
    """Try a step of all beside a step of one by the run's own plan.

    Raises:
        Unknown: they cannot be trained together.
    """
    plan, count = plan_of(specs[0]), len(specs)
    if (
        specs[0].execution.plan == "exact"
        or plan.backpropagation != "explicit"
        or plan.precision != "float32"
    ):
        raise Unknown("the steps are not carried out by hand in 32 bits")
    if count < 2:
        raise Unknown("there is one training")
    learnings = [set_up(spec, prepared, None) for spec in specs]
    members = [_member(learning) for learning in learnings]
    batches, limits = members[0].batches, members[0].limits
    steps = limits.epochs * len(batches)
    with torch.random.fork_rng(devices=[]), population(members) as program:
        index = torch.stack([next(member.batches.places(0)) for member in members])
        together = _Timed(lambda: program.step(index, range(count)))
        alone_on = set_up(specs[0], prepared, None)
        alone_on.state.network.train()
        sample = batches.data.take(index[0])
        with steps_by(plan, alone_on.state, alone_on.batches, alone_on.limits) as by_hand:
            alone = _Timed(lambda: by_hand.step(sample))
            for timed in (together, alone):
                for _ in range(STEPS):
                    timed()
            budget = min(MOST, SHARE * steps * count * alone.seconds)
            if budget < LEAST:
                return ""
            deadline = time.perf_counter() + budget
            while time.perf_counter() < deadline:
                together()
                for _ in range(count):
                    alone()
    faster = together.seconds < CLEARLY * count * alone.seconds
    if not faster or steps * together.seconds > LONGEST:
        return ""
    return (
        f"measured: a step of all {count} at once {together.seconds * 1e6:.0f} us, "
        f"one after another {count * alone.seconds * 1e6:.0f} us"
    )


class _Timed:
    """A function, and the seconds of its quickest call."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call, self.seconds = call, math.inf

    def __call__(self) -> None:
        started = time.perf_counter()
        self.call()
        self.seconds = min(self.seconds, time.perf_counter() - started)


def _member(learning: Learning) -> Member:
    batches = learning.batches
    if not isinstance(batches, Batches):
        raise Unknown("the rows are not in memory")
    return Member(learning.state, batches, learning.limits, learning.validate)
