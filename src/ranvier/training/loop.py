"""The training loop: the only one. What differs between ways of learning is an objective."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ..data.batches import Batch, Epochs
from ..execution.plan import EXACT, Plan
from ..network.in_use import device_of
from .divergence import diagnose, unmeasurable
from .limits import Limits as Limits
from .optimizers import set_rate
from .regularization import noisy
from .state import Best, State, copy_weights
from .steps import Steps, steps_by

CHECKPOINT_SHARE = 0.04
"""A kill repeats at most this share of the steps (the promise is 5%)."""


class Watcher(Protocol):
    """Somebody who looks on. Probes, a progress bar and a test are watchers; none of them changes the training.

    A batch is good until the watcher returns: its memory is used again. Gradients stand in ``.grad``. Hooks on the
    network's modules may not be called, since a plan need not call the modules: to look inside, send the batch through
    the network once more.

    One with an attribute ``epochs_suffice`` that is true lets seeds be trained together, without a call for each step.
    """

    def on_step(self, state: State, batch: Batch, loss: float) -> None:
        """A step is done."""
        ...

    def on_epoch(self, state: State, line: dict[str, Any]) -> None:
        """An epoch is done and validated; ``line`` is what history holds of it."""
        ...


Validate = Callable[[nn.Module], dict[str, float]]
"""Measures a network on the validation rows: ``loss`` and metrics; nothing where there are no such rows."""


def train(
    state: State,
    batches: Epochs,
    limits: Limits,
    validate: Validate,
    *,
    keep: Callable[[State], None] = lambda state: None,
    watchers: Sequence[Watcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
    plan: Plan = EXACT,
) -> None:
    """Train from where ``state`` stands until a limit is met, early stopping, or an interruption.

    Afterwards ``state.network`` holds the best weights, unless the training was interrupted (``state.finished`` is
    None then). Where the loss was no longer finite, ``state.finding`` says why, and the weights are the last good ones.
    ``keep`` is called so often that a kill repeats at most 5% of the steps. ``plan`` says how a step is carried out.
    """
    checkpoints = _Checkpoints(state, limits, len(batches))
    state.network.train()
    started = time.monotonic() - state.seconds
    generators = noise_generators(state.network)
    with _own_randomness(generators), steps_by(plan, state, batches, limits) as steps:
        while state.finished is None:
            first = state.step - state.epoch * len(batches)
            for batch in batches.epoch(state.epoch, first, steps.buffers):
                for generator in generators:
                    generator.manual_seed(step_seed(limits.seed, state.step))
                loss = _step(state, steps, batch, limits, _planned_steps(state, limits, len(batches)))
                if not math.isfinite(loss):
                    state.finding = diagnose(state.network, batch, state.step + 1, loss)
                    state.network.load_state_dict(state.best.weights if state.best else checkpoints.good)
                    state.finished = f"the loss was {loss} at step {state.step + 1}"
                    keep(state)
                    return
                checkpoints.confirm()
                state.step += 1
                state.loss_sum += loss * len(batch)
                state.loss_rows += len(batch)
                state.seconds = time.monotonic() - started
                for watcher in watchers:
                    watcher.on_step(state, batch, loss)
                if out_of_time := limits.seconds is not None and state.seconds >= limits.seconds:
                    break
                if state.step < (state.epoch + 1) * len(batches):
                    if interrupted():
                        keep(state)
                        return
                    checkpoints.keep_if_due(keep)
            else:
                out_of_time = False
            line = end_epoch(state, limits, validate)
            if line is None:
                state.finding = unmeasurable(state.epoch + 1, state.step)
                state.network.load_state_dict(state.best.weights if state.best else checkpoints.good)
                state.finished = (
                    f"the outputs for the validation rows were not finite after step {state.step}"
                )
                keep(state)
                return
            if out_of_time:
                state.finished = f"the time of {limits.seconds:g} s was up"
            for watcher in watchers:
                watcher.on_epoch(state, line)
            if state.finished is None and interrupted():
                keep(state)
                return
            checkpoints.keep_if_due(keep)
    if state.best:
        state.network.load_state_dict(state.best.weights)
    keep(state)


def _planned_steps(state: State, limits: Limits, per_epoch: int) -> int:
    """How many steps the schedule reckons with; under a time limit, as many as the pace so far allows."""
    steps = limits.epochs * per_epoch
    if limits.seconds is None or state.seconds == 0.0:
        return steps
    return min(steps, max(state.step + 1, round(state.step * limits.seconds / state.seconds)))


def _step(state: State, steps: Steps, batch: Batch, limits: Limits, total: int) -> float:
    """One update of every part; the loss before it. A loss that is not finite leaves the weights as they were."""
    if limits.noise:
        batch = noisy(batch, limits.noise, torch.default_generator)
    factor = state.schedule.factor(state.step, total)
    for optimizer in state.optimizers.values():
        set_rate(optimizer, factor)
    value = steps.step(batch)
    if math.isfinite(value):
        state.objective.after_step(state.network)
        if state.average:
            state.average.update(state.network)
    return value


def end_epoch(state: State, limits: Limits, validate: Validate) -> dict[str, Any] | None:
    """Validate, write history, remember the best weights, and decide whether to stop.

    Returns:
        The line of history; None where what was measured is not finite, and nothing is changed then.
    """
    with averaged(state):
        measured = validate(state.network)
        if not math.isfinite(measured.get("loss", 0.0)):
            return None
        value = measured.get(limits.metric, 0.0) * (-1 if limits.greater_is_better else 1)
        # where nothing is measured, the latest weights count as the best
        if state.best is None or not measured or value < state.best.value:
            state.best = Best(value, state.epoch + 1, copy_weights(state.network))
            state.waited = 0
        else:
            state.waited += 1
    trained = state.loss_sum / max(state.loss_rows, 1)
    state.schedule.observe(measured.get("loss", trained))
    rate = next(iter(state.optimizers.values())).param_groups[0]["lr"]
    line = {
        "epoch": state.epoch + 1,
        "step": state.step,
        "learning_rate": rate,
        "train": {"loss": trained},
        "validation": measured,
    }
    state.history.append(line)
    state.epoch += 1
    state.loss_sum, state.loss_rows = 0.0, 0
    if limits.patience and state.waited >= limits.patience:
        state.finished = (
            f"{limits.metric} on the validation rows had not improved for {limits.patience} epochs"
        )
    elif state.epoch >= limits.epochs:
        state.finished = f"all {limits.epochs} epochs were done"
    return line


class _Checkpoints:
    """Says when a checkpoint is due: when a kill would repeat more than ``CHECKPOINT_SHARE`` of the steps.

    How many steps a run will have is not known before early stopping ends it; certain are those done, and those
    that patience still grants.
    """

    def __init__(self, state: State, limits: Limits, per_epoch: int) -> None:
        self.state, self.limits, self.per_epoch = state, limits, per_epoch
        self.kept = state.step
        self.good = self.kept_weights = copy_weights(state.network)
        self.spare: dict[str, Tensor] | None = None

    def confirm(self) -> None:
        """The loss was finite: the weights of the last checkpoint are good ones."""
        if self.good is not self.kept_weights:
            self.good, self.spare = self.kept_weights, self.good

    def keep_if_due(self, keep: Callable[[State], None]) -> None:
        state, limits = self.state, self.limits
        certain = state.step
        if limits.seconds is None:
            patience = limits.patience - state.waited if limits.patience else limits.epochs
            certain = min(limits.epochs, state.epoch + max(patience, 1)) * self.per_epoch
        if state.finished is None and state.step - self.kept + 1 > max(1.0, CHECKPOINT_SHARE * certain):
            keep(state)
            self.kept = state.step
            self.kept_weights = copy_weights(state.network, self.spare)


@contextmanager
def averaged(state: State) -> Iterator[None]:
    """Put the averaged weights into the network while the block runs, where there are any."""
    if state.average is None:
        yield
        return
    own = copy_weights(state.network)
    state.average.copy_to(state.network)
    try:
        yield
    finally:
        state.network.load_state_dict(own)


def noise_generators(network: nn.Module) -> list[torch.Generator]:
    """What dropout and noise draw from: torch's global generators, of the CPU and of the network's graphics card.

    Seeded by the number of each step, so that nothing need be kept of them.
    """
    device = device_of(network)
    of_card = [torch.cuda.default_generators[device.index or 0]] if device.type == "cuda" else []
    return [torch.default_generator, *of_card]


@contextmanager
def _own_randomness(generators: Sequence[torch.Generator]) -> Iterator[None]:
    """Leave the caller's global generators as they were."""
    before = [generator.get_state() for generator in generators]
    try:
        yield
    finally:
        for generator, state in zip(generators, before):
            generator.set_state(state)


def step_seed(seed: int, step: int) -> int:
    """A seed for the noise of one step."""
    return (seed * 0x94D049BB133111EB + step * 0x9E3779B97F4A7C15 + 7) % 2**63
