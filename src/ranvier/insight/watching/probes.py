"""Probes: how Ranvier looks into its own trainings, in sampled steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ...data.batches import Batch
from ...training.state import State
from . import examine
from .attending import Attending
from .measuring import (
    agreement,
    gradients_of,
    in_evaluation,
    layer_sample,
    leaves_of,
    matrices_of,
    weight_samples,
)
from .recording import Epoch, LayerSample, Recording, Sample, as_sample, as_values

DOUBLING = 512
"""Sampled are the steps 1, 2, 4, ... so far,"""

EVERY = 500
"""and from then on each that this number divides: the number of a step says it, not the clock, so that the same seed
finds the same."""


EARLY = 64
"""Up to this step the gradients of two steps one after another are compared."""


def sampled(step: int) -> bool:
    """Whether a step (from 1) is one that is looked at closely.

    >>> [step for step in range(1, 1600) if sampled(step)]
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1500]
    """
    return step % EVERY == 0 if step > DOUBLING else step > 0 and step & (step - 1) == 0


class Probes:
    """A watcher of the training loop that measures sampled steps and keeps what the training checks find.

    A sampled batch goes through the network once more, in evaluation mode, so that nothing is drawn and no statistics
    move; gradients are those of the step. What was measured and found stands in ``state.noticed``, which the checkpoint
    holds: a resumed run finds what it would have found.

    Args:
        state: of the training, at its start or where a resumed one goes on.
        without: codes of findings that are left out.
        trivial: the lowest loss of an answer that is the same for all rows (``trivial_loss``), or None.
        rows: of a batch, or None.
        groups: gives the loss of each group of validation rows, as it was measured last.
    """

    def __init__(
        self,
        state: State,
        without: Collection[str] = (),
        trivial: float | None = None,
        rows: int | None = None,
        groups: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        found = state.noticed.setdefault("findings", [])
        samples = state.noticed.setdefault("samples", [])
        self.recording = Recording(
            samples=[as_sample(each) for each in samples],
            steps=state.step,
            epochs=epochs_of(state),
            trivial=trivial,
            rows=rows,
        )
        self._groups = groups
        self._without = {*without, *(each["code"] for each in found)}
        self._weights = matrices_of(state.network)
        self._leaves = leaves_of(state.network)
        self._attends = any("attention" in type(m).__name__.lower() for m in state.network.modules())
        self._before: list[Tensor] = []
        self._gradients: list[Tensor | None] = []
        self._prepare(state)

    def on_step(self, state: State, batch: Batch, loss: float) -> None:
        """Measure the step, if it is a sampled one."""
        self.recording.steps = state.step
        if self._before:
            with Attending(state.network) if self._attends else nullcontext() as attending:
                layers = layers_of(state.network, batch, self._leaves)
            sample = Sample(
                state.step,
                tuple(layers),
                weight_samples(self._weights, self._before),
                agreement([p.grad for p in self._weights.values()], self._gradients),
                tuple(attending.samples) if attending else (),
            )
            self._before, self._gradients = [], []
            self.recording.samples.append(sample)
            state.noticed["samples"].append(as_values(sample))
            self._examine(state)
        self._prepare(state)

    def on_epoch(self, state: State, line: Mapping[str, Any]) -> None:
        """Look at the losses of all epochs so far."""
        state.noticed.setdefault("groups", []).append({"epoch": state.epoch, "losses": dict(self._groups())})
        self.recording.epochs = epochs_of(state)
        self.recording.ended = state.finished is not None
        self._examine(state)

    def _prepare(self, state: State) -> None:
        """Before a step that will be measured, keep the weights and the last gradients."""
        if sampled(state.step + 1) and state.finished is None:
            self._before = [p.detach().clone() for p in self._weights.values()]
            self._gradients = gradients_of(self._weights) if state.step < EARLY else []

    def _examine(self, state: State) -> None:
        for finding in examine(self.recording, self._without):
            self._without.add(finding.code)
            state.noticed["findings"].append(finding.as_dict())


def epochs_of(state: State) -> list[Epoch]:
    """What history holds, as far as it is finite, with what was noticed of groups of rows."""
    groups = {each["epoch"]: each["losses"] for each in state.noticed.get("groups", [])}
    lines = [
        Epoch(
            line["step"],
            line["train"]["loss"],
            line["validation"].get("loss"),
            line["learning_rate"],
            groups.get(line["epoch"], {}),
        )
        for line in state.history
    ]
    return [e for e in lines if math.isfinite(e.train + (e.validation or 0.0))]


def layers_of(network: nn.Module, batch: Batch, leaves: list[tuple[str, nn.Module]]) -> list[LayerSample]:
    """What the layers give out for a batch, in evaluation mode."""
    seen: list[LayerSample] = []

    def look(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            if sample := layer_sample(name, module, inputs, output):
                seen.append(sample)

        return hook

    hooks = [module.register_forward_hook(look(name)) for name, module in leaves]
    try:
        with in_evaluation(network), torch.no_grad():
            network(batch.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return seen
