"""Several trainings of one shape as one program: what ``loop.train`` does for one, for K that differ in their seed.

Each has its own first weights, order of rows, noise, validation, best weights and end, and learns what it learns alone,
up to rounding. There is no checkpoint on the way: a training that is cut off begins again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..data.batches import Batches
from ..execution.explicit import Unknown
from ..execution.population import Population
from .limits import Limits
from .loop import Validate, Watcher, end_epoch, step_seed
from .objectives.supervised import Supervised
from .optimizers import set_rate
from .schedules import Plateau
from .state import State


@dataclass(frozen=True)
class Member:
    """One of the trainings; ``batches`` of all are of the same rows.

    Args:
        state: at step 0.
        batches: in the order of its own seed.
        limits: of its own seed; in all else those of the others.
        validate: measures its network.
    """

    state: State
    batches: Batches
    limits: Limits
    validate: Validate


def population(members: Sequence[Member]) -> Population:
    """The networks as one program.

    Raises:
        Unknown: something is asked for that is not written out for populations; nothing is changed then.
    """
    for member in members:
        _check(member)
    first = members[0].state.objective
    if type(first) is not Supervised:
        raise Unknown(f"the objective {type(first).__name__} is not written out for populations")
    for member in members:
        member.state.network.train()
    networks = [member.state.network for member in members]
    optimizers = [member.state.optimizers["network"] for member in members]
    return Population(networks, first.loss, optimizers, members[0].batches.data, first.class_weights)


def _check(member: Member) -> None:
    state, limits = member.state, member.limits
    objective = state.objective
    asked = {
        "penalties, clipping, noise or a limit of time are asked for": limits.l1
        or limits.l2
        or limits.clip is not None
        or limits.noise
        or limits.seconds is not None,
        "the weights are averaged": state.average,
        "there are several optimizers": list(state.optimizers) != ["network"],
        "the schedule looks at the validation": isinstance(state.schedule, Plateau),
        "rows are changed in each batch": getattr(objective, "augment", None) is not None,
        "an epoch is one batch": len(member.batches) == 1,
        "the rows are sequences or on disk": not member.batches.data.ready,
    }
    for reason, found in asked.items():
        if found:
            raise Unknown(reason)


def train_together(
    members: Sequence[Member],
    interrupted: Callable[[], bool] = lambda: False,
    watchers: Sequence[Watcher] = (),
) -> list[bool]:
    """Train all of them to their ends; afterwards each network holds its best weights.

    Args:
        members: of one shape.
        interrupted: whether somebody wants to stop, asked after each epoch.
        watchers: told of each epoch of each of them, and of no step.

    Returns:
        Of each whether it came to its end: False where its loss was no longer finite, or after an interruption. Such a
        training is of no use any more.

    Raises:
        Unknown: as ``population`` says.
    """
    started = time.monotonic()
    going, good = list(range(len(members))), [True] * len(members)
    while going and not interrupted():
        going = _until_one_ends(members, going, good, interrupted, watchers)
    for number in going:
        good[number] = False
    for number, member in enumerate(members):
        member.state.seconds = time.monotonic() - started
        if good[number] and member.state.best:
            member.state.network.load_state_dict(member.state.best.weights)
    return good


def _until_one_ends(
    members: Sequence[Member],
    going: list[int],
    good: list[bool],
    interrupted: Callable[[], bool],
    watchers: Sequence[Watcher],
) -> list[int]:
    """Train those in ``going`` until one of them ends; those that then go on."""
    those = [members[number] for number in going]
    with population(those) as program:
        while not interrupted():
            losses = _epoch(program, those)
            for number, member, mean in zip(going, those, losses):
                member.state.loss_sum, member.state.loss_rows = mean, 1
                line = (
                    end_epoch(member.state, member.limits, member.validate) if math.isfinite(mean) else None
                )
                good[number] = line is not None
                if line is not None:
                    for watcher in watchers:
                        watcher.on_epoch(member.state, line)
            left = [
                number
                for number, member in zip(going, those)
                if good[number] and member.state.finished is None
            ]
            if len(left) < len(going):
                return left
    return going


def _epoch(program: Population, members: Sequence[Member]) -> list[float]:
    """One epoch of all; the mean loss of each before its updates, over the rows."""
    first = members[0].state
    total = members[0].limits.epochs * len(members[0].batches)
    sums = torch.zeros(len(members), dtype=torch.float64)
    rows, factor = 0, 1.0
    for index in zip(*(member.batches.places(member.state.epoch) for member in members)):
        together = torch.stack(index)
        factor = first.schedule.factor(first.step, total)
        seeds = [step_seed(member.limits.seed, first.step) for member in members]
        losses = program.step(together, seeds, factor)
        sums += torch.tensor(losses, dtype=torch.float64) * together.shape[1]
        rows += together.shape[1]
        for member in members:
            member.state.step += 1
    for member in members:
        for optimizer in member.state.optimizers.values():
            set_rate(optimizer, factor)
    means: list[float] = (sums / rows).tolist()
    return means
