"""Choose how the steps of a run are carried out, where the user leaves it open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch

from ..data.batches import Batch, Epochs
from ..data.stream.passes import StreamBatches
from ..execution.explicit import Unknown
from ..execution.plan import Plan, candidates, dispatched
from ..execution.remembered import key, recall, remember
from ..execution.trial import SHARE, Verdict, choose
from ..network.in_use import device_of
from ..spec import Spec
from ..training.loop import noise_generators, step_seed
from ..training.steps import explicit, steps_by
from .learning import Learning
from .settle import SMALL_STEP, Settled

SETTINGS = ("backpropagation", "precision", "layout", "threads", "dispatch")
"""The settings of ``execution`` that make up a plan."""


def by_rule(settled: Settled, learning: Learning) -> Settled:
    """Settle the plan without measuring: backpropagation by hand where all derivatives are written out.

    Raises:
        SpecError: backpropagation by hand is asked for where it is not known.
    """
    execution = settled.spec.execution
    chosen: dict[str, tuple[Any, str]] = {}
    if execution.backpropagation is None:
        chosen["backpropagation"] = _backpropagation(settled.spec, learning)
    else:
        with steps_by(plan_of(settled.spec), learning.state, learning.batches, learning.limits):
            pass  # it is known
    if execution.precision is None:
        chosen["precision"] = ("float32", "the default")
    if execution.layout is None:
        chosen["layout"] = ("contiguous", "the default")
    if execution.dispatch is None:
        chosen["dispatch"] = ("eager", "the default")
    return _with(settled, chosen)


def tried_out(settled: Settled, learning: Learning, again: Callable[[], Learning]) -> Settled:
    """Settle the plan by trying out what was left open, on copies that are thrown away.

    Args:
        settled: by rule.
        learning: that is to be carried out; it is not touched.
        again: makes it anew, at step 0.

    Raises:
        SpecError: the network cannot be carried out as it is asked to be.
    """
    spec, first = settled.spec, plan_of(settled.spec)
    left_open = [name for name in SETTINGS if f"execution.{name}" in settled.reasons]
    if first.dispatch != "eager":  # what cannot be is to be said before the run begins
        _tried([first], again, lambda step: 0.0)
    if spec.execution.plan == "exact" or not left_open:
        return settled
    if isinstance(
        learning.batches, StreamBatches
    ):  # its steps wait for the disk as much as for the processor
        return settled
    network, work = learning.state.network, learning.multiplications * learning.batches.size
    device = device_of(network).type
    plans = [
        plan
        for plan in candidates(first, network, torch.get_num_threads(), work > SMALL_STEP, device)
        if all(name in left_open or getattr(plan, name) == getattr(first, name) for name in SETTINGS)
    ]
    dispatch_open = "dispatch" in left_open and learning.batches.alike
    if len(plans) == 1 and not dispatch_open:
        return settled
    verdict = _verdict(spec, learning, plans, again)
    if verdict.plan != first or verdict.reason.startswith("measured"):
        others = [name for name in left_open if name != "dispatch"]
        settled = _with(settled, {name: (getattr(verdict.plan, name), verdict.reason) for name in others})
    if dispatch_open and verdict.plan.backpropagation == "autograd":
        seconds = _expected(spec, learning, verdict.seconds)
        plans = dispatched(verdict.plan, network, device, seconds, SHARE)
        if len(plans) > 1 and (verdict := _verdict(spec, learning, plans, again)).reason.startswith(
            "measured"
        ):
            settled = _with(settled, {"dispatch": (verdict.plan.dispatch, verdict.reason)})
    return settled


def _verdict(spec: Spec, learning: Learning, plans: list[Plan], again: Callable[[], Learning]) -> Verdict:
    """On these plans: what is remembered of trials on this machine, or what trials say."""
    name = key(_shape(spec, learning, plans))
    if found := recall(name):
        return replace(found, reason=f"{found.reason}, on this machine before")
    verdict = _tried(plans, again, lambda step: _expected(spec, learning, step))
    if verdict.reason.startswith("measured"):
        remember(name, verdict)
    return verdict


def plan_of(spec: Spec) -> Plan:
    """The plan of a settled spec."""
    execution = spec.execution
    return Plan(
        execution.backpropagation or "autograd",
        execution.precision or "float32",
        execution.layout or "contiguous",
        execution.threads or 1,
        execution.dispatch or "eager",
    )


def _backpropagation(spec: Spec, learning: Learning) -> tuple[str, str]:
    if spec.execution.plan == "exact":
        return "autograd", "the plan is 'exact'"
    if spec.execution.dispatch not in (None, "eager"):
        return "autograd", f"execution.dispatch is {spec.execution.dispatch!r}"
    try:
        plan = Plan("explicit", spec.execution.precision or "float32")
        explicit(learning.state, learning.limits, learning.batches.sample(), plan).release()
    except Unknown as reason:
        return "autograd", str(reason)
    return "explicit", "all derivatives are written out"


def _tried(plans: list[Plan], again: Callable[[], Learning], expected: Callable[[float], float]) -> Verdict:
    before = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[]):
            return choose(plans, lambda plan: _trial(plan, again()), expected)
    finally:
        torch.set_num_threads(before)


def _trial(plan: Plan, learning: Learning) -> Callable[[], float]:
    """A function that carries out the next step of a learning that is thrown away."""
    state = learning.state
    state.network.train()
    steps = steps_by(plan, state, learning.batches, learning.limits)
    steps.__enter__()
    batches, generators = _endless(learning.batches, steps.buffers), noise_generators(state.network)

    def step() -> float:
        batch = next(batches)
        for generator in generators:
            generator.manual_seed(step_seed(learning.limits.seed, state.step))
        state.step += 1
        return steps.step(batch)

    return step


def _endless(batches: Epochs, into: Callable[[int], Batch | None]) -> Iterator[Batch]:
    epoch = 0
    while True:
        yield from batches.epoch(epoch, into=into)
        epoch += 1


def _expected(spec: Spec, learning: Learning, step: float) -> float:
    """How many seconds the run takes at so many seconds a step; early stopping is left out of account."""
    longest = learning.limits.epochs * len(learning.batches) * step
    return min(longest, spec.training.time or longest)


def _shape(spec: Spec, learning: Learning, plans: list[Plan]) -> dict[str, Any]:
    """What decides how long a step takes."""
    network, sample = learning.state.network, learning.batches.sample()
    device = device_of(network)
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "modules": [type(module).__name__ for module in network.modules()],
        "parameters": [list(parameter.shape) for parameter in network.parameters()],
        "inputs": {name: list(block.shape) for name, block in sample.inputs.items()},
        "training": [str(spec.training.loss), str(spec.training.optimizer), str(spec.regularization)],
        "plans": [plan.as_dict() for plan in plans],
    }


def _with(settled: Settled, chosen: dict[str, tuple[Any, str]]) -> Settled:
    spec = settled.spec.replace({f"execution.{name}": value for name, (value, _) in chosen.items()})
    reasons = {f"execution.{name}": reason for name, (_, reason) in chosen.items()}
    return Settled(spec, {**settled.reasons, **reasons})
