"""A training in its folder: alone there, with its checkpoint, to its end or to where it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from ..errors import DivergedError, Interrupted, Mistake, RunError
from ..execution.plan import Plan
from ..files import exclusive
from ..finding import Finding
from ..training.history import History
from ..training.loop import Watcher, train
from ..training.state import State
from . import folder as files
from .interrupt import interruptible
from .learning import Learning


@contextmanager
def alone(folder: Path, state: State) -> Iterator[None]:
    """While the block runs no other process is at work on the run.

    Raises:
        RunError: one is already.
        Interrupted: the user has asked to stop at once.
    """
    with exclusive(folder / ".lock") as free:
        if not free:
            raise RunError(
                Mistake(f"another process is at work on {str(folder)!r}", remedy="wait for it, or stop it")
            )
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted(_stopped(folder, state.step)) from None


def carry_out(
    folder: Path,
    learning: Learning,
    plan: Plan,
    watchers: Sequence[Watcher],
    write_results: Callable[[], None],
) -> None:
    """Train from where the state stands, then write what a run holds.

    Args:
        folder: of the run.
        learning: what the loop is given.
        plan: how steps are carried out.
        watchers: look on while it trains.
        write_results: measures the network, and writes measure and model.

    Raises:
        RunError: another process is at work on the run.
        Interrupted: the user has asked to stop; the checkpoint stands at the last step.
    """
    with alone(folder, learning.state):
        train_on(folder, learning, plan, watchers)
        write_results()


def train_on(
    folder: Path,
    learning: Learning,
    plan: Plan,
    watchers: Sequence[Watcher],
    waits: Callable[[], bool] = lambda: False,
) -> None:
    """Train to the end, or as long as nobody ``waits``; the checkpoint is there before the first step.

    Raises:
        Interrupted: the user has asked to stop; the checkpoint stands at the last step.
    """
    state, checkpoint = learning.state, folder / files.CHECKPOINT
    if not checkpoint.exists():
        state.save(checkpoint)
    if state.finished is None:
        with interruptible() as interrupted:
            train(
                state,
                learning.batches,
                learning.limits,
                learning.validate,
                keep=lambda state: state.save(checkpoint),
                watchers=[History(folder, state), *watchers],
                interrupted=lambda: interrupted() or waits(),
                plan=plan,
            )
            if state.finished is None and (interrupted() or not waits()):
                raise Interrupted(_stopped(folder, state.step))


def give_up(
    folder: Path, found: Sequence[Finding], save: Callable[[Path], object], code: str = "RV201"
) -> NoReturn:
    """After a loss that is not finite: keep the last good weights as a model, write the findings, and say why.

    Args:
        folder: of the run.
        found: all that was.
        save: writes the model file.
        code: of the finding that says why, the last of its code.

    Raises:
        DivergedError: always.
    """
    finding = [each for each in found if each.code == code][-1]
    files.write_findings(folder, list(found))
    save(folder / files.MODEL)
    raise DivergedError(
        Mistake(
            f"training stopped: {finding.cause} (first in {finding.place})",
            remedy=f"{finding.remedy} The last good weights are in {str(folder / files.MODEL)!r}",
        )
    )


def _stopped(folder: Path, step: int) -> Mistake:
    return Mistake(
        f"stopped after step {step:,}; all of it is saved",
        remedy=f"go on with: ranvier train --resume {folder}",
    )
