"""A training in its folder: alone there, with its checkpoint, to its end or to where it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from ..errors import DivergedError, Interrupted, Mistake, RunError
from ..execution.plan import Plan
from ..files import exclusive
from ..finding import Finding
from ..training.history import History
from ..training.loop import Watcher, train
from . import folder as files
from .interrupt import interruptible
from .learn import Learning


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
    with exclusive(folder / ".lock") as alone:
        if not alone:
            raise RunError(
                Mistake(f"another process is at work on {str(folder)!r}", remedy="wait for it, or stop it")
            )
        try:
            _train(folder, learning, plan, watchers)
            write_results()
        except KeyboardInterrupt:
            raise Interrupted(_stopped(folder, learning.state.step)) from None


def _train(folder: Path, learning: Learning, plan: Plan, watchers: Sequence[Watcher]) -> None:
    """Train to the end; the checkpoint is there before the first step."""
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
                interrupted=interrupted,
                plan=plan,
            )
    if state.finished is None:
        raise Interrupted(_stopped(folder, state.step))


def give_up(folder: Path, found: Sequence[Finding], save: Callable[[Path], object]) -> NoReturn:
    """After a loss that is not finite: keep the last good weights as a model, write the findings, and say the first.

    Args:
        folder: of the run.
        found: why, first of all.
        save: writes the model file.

    Raises:
        DivergedError: always.
    """
    finding = found[0]
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
