"""rv.watch: looks on while somebody's own loop trains a network."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import Mistake, SpecError
from ...finding import Finding
from . import examine
from .attending import Attending
from .measuring import agreement, gradients_of, layer_sample, leaves_of, matrices_of, weight_samples
from .ordering import BATCHES, figures_of
from .recording import AttentionSample, Epoch, LayerSample, Recording, Sample

EVERY = 100
"""Sampled are the steps 1, 2, 4, ... 64, and from then on each hundredth."""

MATTERING = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)


def _print(line: str) -> None:
    print(line, file=sys.stderr)


def watch(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    say: Callable[[str], None] | None = _print,
    without: Collection[str] = (),
) -> Watch:
    """Look on while a loop of your own trains ``network``; nothing else in the loop changes.

        watch = rv.watch(network, optimizer)
        ...                      # your loop
        watch.findings

    ``watch.loss(loss)`` in each step, and ``watch.validation(loss)`` after each validation, let it look at losses too;
    ``watch.validation(loss, {"cat": 0.3, "dog": 0.4})`` at those of groups of rows, ``watch.loss(loss, rival=other)``
    at an adversary's.

    Hooks count the passes and the steps. Steps 1, 2, 4, ... 64 and then each hundredth are sampled: what the layers
    give out, the gradients, and how far the weights move. The training's numbers stay what they were.

    Args:
        network: that is trained.
        optimizer: that trains it.
        say: is given a line when a finding appears, which goes to standard error; None says nothing.
        without: codes of findings that are left out.

    Raises:
        SpecError: the network is no module, or the optimizer no torch optimizer.

    >>> network = nn.Linear(2, 1)
    >>> seen = watch(network, torch.optim.SGD(network.parameters(), 0.1), say=None)
    >>> seen.findings
    []
    """
    for what, given, kind in (
        ("network", network, nn.Module),
        ("optimizer", optimizer, torch.optim.Optimizer),
    ):
        if not isinstance(given, kind):
            raise SpecError(
                Mistake(f"the {what} is a {type(given).__name__}", f"a torch {kind.__name__.lower()}")
            )
    return Watch(network, optimizer, say, without)


class Watch:
    """What ``rv.watch`` gives: ``findings`` so far, ``loss`` and ``validation`` to tell, ``close`` to stop looking."""

    def __init__(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        say: Callable[[str], None] | None,
        without: Collection[str],
    ) -> None:
        self.findings: list[Finding] = []
        self.recording = Recording(matters=any(isinstance(m, MATTERING) for m in network.modules()))
        self._network, self._say, self._without = network, say, set(without)
        self._weights = matrices_of(network)
        self._leaves = leaves_of(network)
        self._layers: list[LayerSample] = []
        self._leaf_hooks: list[Any] = []
        self._before: list[Tensor] = []
        self._attending: Attending | None = None
        self._seen: tuple[AttentionSample, ...] = ()
        self._noted = -1
        self._losses: list[float] = []
        self._rivals: list[float] = []
        self._validated = False
        self._gradients: list[Tensor | None] = []
        self._held: tuple[Tensor | None, int] = (None, 0)
        self._hooks = [
            network.register_forward_pre_hook(self._enter),
            network.register_forward_hook(self._leave, always_call=True),
            optimizer.register_step_pre_hook(self._before_step),
            optimizer.register_step_post_hook(self._after_step),
        ]

    def close(self) -> None:
        """Take every hook away; the findings stay."""
        for hook in (*self._hooks, *self._leaf_hooks):
            hook.remove()
        self._hooks, self._leaf_hooks = [], []
        self._look_away()

    def loss(self, value: float | Tensor, *, rival: float | Tensor | None = None) -> None:
        """Tell the loss of a batch, and that of a network that learns against this one.

        Where no validation is told, each hundred of them count as an epoch.
        """
        self._losses.append(_number(value))
        if rival is not None:
            self._rivals.append(_number(rival))
        if len(self._losses) == EVERY and not self._validated:
            self._epoch(None, {})

    def validation(self, value: float | Tensor, groups: Mapping[str, float | Tensor] | None = None) -> None:
        """Tell the loss of the validation rows at the end of an epoch, and that of groups of them, such as classes."""
        self._validated = True
        if self._losses:
            self._epoch(_number(value), {str(name): _number(each) for name, each in (groups or {}).items()})

    def _epoch(self, validation: float | None, groups: Mapping[str, float]) -> None:
        train = math.fsum(self._losses) / len(self._losses)
        rival = math.fsum(self._rivals) / len(self._rivals) if self._rivals else None
        self._losses, self._rivals = [], []
        if math.isfinite(math.fsum([train, validation or 0.0, rival or 0.0, *groups.values()])):
            told = Epoch(self.recording.steps, train, validation, groups=groups, rival=rival)
            self.recording.epochs.append(told)
            self._examine()

    @property
    def _sampled(self) -> bool:
        """Whether the coming step is one that is looked at closely."""
        return self._is_sampled(self.recording.steps + 1)

    @staticmethod
    def _is_sampled(step: int) -> bool:
        return step % EVERY == 0 or (step <= 64 and step & (step - 1) == 0)

    def _enter(self, network: nn.Module, inputs: Any) -> None:
        if not torch.is_grad_enabled():
            return
        first = inputs[0] if inputs else None
        self._batch(first)
        if not self._leaf_hooks and self._sampled:
            self._layers = []
            self.recording.rows = len(first) if isinstance(first, Tensor) and first.ndim else None
            self._leaf_hooks = [m.register_forward_hook(self._look(n)) for n, m in self._leaves]
            if not hasattr(network, "_orig_mod"):  # what is compiled is compiled anew where somebody looks on
                self._attending = Attending(network).__enter__()

    def _batch(self, inputs: Any) -> None:
        """Note what the first batch of a step is like; inputs that another network made are none of the user's rows."""
        batches, step = self.recording.batches, self.recording.steps
        if self._noted >= step or len(batches) >= BATCHES:
            return
        if isinstance(inputs, Tensor) and not inputs.requires_grad and (figures := figures_of(inputs)):
            batches.append(figures)
            self._noted = step

    def _look_away(self) -> None:
        """From the attention of the pass that ended."""
        if self._attending is not None:
            self._attending.__exit__(None, None, None)
            self._seen, self._attending = tuple(self._attending.samples), None

    def _leave(self, network: nn.Module, inputs: Any, outputs: Any) -> None:
        for hook in self._leaf_hooks:
            hook.remove()
        self._leaf_hooks = []
        self._look_away()
        first = outputs[0] if isinstance(outputs, (tuple, list)) and outputs else outputs
        if self.recording.steps == 0 and isinstance(first, Tensor) and first.requires_grad:
            first.register_hook(self._gradient_came)  # type: ignore[no-untyped-call]

    def _gradient_came(self, gradient: Tensor) -> None:
        """A backward pass began; counted until the first step."""
        recording = self.recording
        if recording.steps == 0:
            recording.passes += 1
            if recording.passes in (50, 500):
                self._examine()

    def _look(self, name: str) -> Any:
        def look(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            if sample := layer_sample(name, module, inputs, output):
                self._layers.append(sample)

        return look

    @torch.no_grad()
    def _before_step(self, *_: Any) -> None:
        recording = self.recording
        if recording.steps < recording.first and self._weights:
            gradients = [p.grad for p in self._weights.values() if p.grad is not None]
            recording.empty += not any(bool(g.any()) for g in gradients)
            recording.evaluation += not self._network.training
            last = gradients[-1] if gradients else None
            held, version = self._held
            # one change in place, and the same tensor: the backward pass added to it, and nothing cleared it before
            recording.added += last is not None and last is held and last._version == version + 1
            self._held = last, last._version if last is not None else 0
        if self._sampled:
            self._before = [p.detach().clone() for p in self._weights.values()]

    @torch.no_grad()
    def _after_step(self, *_: Any) -> None:
        recording, sampled = self.recording, self._sampled
        recording.steps += 1
        if not sampled and self._is_sampled(recording.steps + 1):
            self._gradients = gradients_of(self._weights)
        if sampled and self._before:
            weights = weight_samples(self._weights, self._before)
            agree = agreement([p.grad for p in self._weights.values()], self._gradients)
            sample = Sample(recording.steps, tuple(self._layers), weights, agree, self._seen)
            recording.samples.append(sample)
            self._before, self._layers, self._gradients, self._seen = [], [], [], ()
            self._examine()

    def _examine(self) -> None:
        for finding in examine(self.recording, self._without):
            self._without.add(finding.code)
            self.findings.append(finding)
            if self._say:
                self._say(str(finding))


def _number(value: float | Tensor) -> float:
    return float(value.detach()) if isinstance(value, Tensor) else float(value)
