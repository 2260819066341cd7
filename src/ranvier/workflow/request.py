"""What is wrong with a request: before the data is read, and once the task and the inputs are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from .. import options
from ..catalog import load, unknown
from ..data.kinds import Kind
from ..errors import Mistake, SpecError, raise_if_any
from ..execution.plan import compiler_missing
from ..insight.checks import unknown_codes
from ..network.sounds import SOUND_NETWORK
from ..spec import OWN_NETWORK, Choice, Spec
from ..tasks import Task, classes_of, unsuitable_loss
from ..tasks.several import several


def mistakes(spec: Spec, network: Choice, task: Task) -> list[Mistake]:
    """All that is wrong with the spec, now that the task is known."""
    found = option_mistakes(spec)
    if several(task):
        return [*found, *_mistakes_of_several(spec, task)]
    if spec.training.loss and network.name != OWN_NETWORK:
        loss = load("losses", spec.training.loss.name)
        if task.outputs(loss.outputs) is None:
            found.append(unsuitable_loss(task, spec.training.loss.name))
    metric = spec.stopping.metric
    if metric not in (None, "loss") and not unknown("metrics", metric) and not _measures(metric, task):
        found.append(
            Mistake(
                f"stopping.metric {metric!r} does not measure the task {task.name!r}",
                f"'loss' or {task.metric!r}",
            )
        )
    weights = spec.regularization.class_weights
    if weights != "none":
        if not (classes := classes_of(task)):
            found.append(
                Mistake(
                    f"class weights were given, but {task.target!r} has no classes", "a target of classes"
                )
            )
        elif isinstance(weights, dict) and (strange := sorted(set(weights) - set(classes))):
            found.append(
                Mistake(
                    f"class weights name {', '.join(map(repr, strange))}",
                    f"classes of {task.target!r}: {', '.join(classes)}",
                )
            )
    return found


def _measures(metric: str, task: Task) -> bool:
    """Whether a metric of that name has a value for the task."""
    found = load("metrics", metric)
    return found.form in task.forms and (not classes_of(task) or found.suits(len(classes_of(task))))


def _mistakes_of_several(spec: Spec, task: Task) -> Iterable[Mistake]:
    """What cannot be said where there are several targets."""
    said = {
        "training.loss": spec.training.loss is not None,
        "stopping.metric": spec.stopping.metric not in (None, "loss"),
        "regularization.class_weights": spec.regularization.class_weights != "none",
        "evaluation.costs": spec.evaluation.costs is not None,
    }
    for setting in (name for name, is_said in said.items() if is_said):
        yield Mistake(
            f"{setting} is set, and there are several targets ({task.target})",
            "none, since the sum of each target's default loss is learnt and watched",
            "leave it out, or train a network for each target",
        )


def check_request(spec: Spec) -> None:
    """Check all that can be checked before the data is read.

    Raises:
        SpecError: with every option that is wrong.
    """
    raise_if_any(SpecError, option_mistakes(spec))


def option_mistakes(spec: Spec) -> list[Mistake]:
    """What is wrong with the options of network, loss, optimizer and schedule, the device and the checks."""
    choices = {
        ("networks", "network"): spec.network if spec.network and spec.network.name != OWN_NETWORK else None,
        ("losses", "training.loss"): spec.training.loss,
        ("optimizers", "training.optimizer"): spec.training.optimizer,
        ("schedules", "training.schedule"): spec.training.schedule,
    }
    found: list[Mistake] = []
    for (catalogue, setting), choice in choices.items():
        if choice:
            found += options.mistakes(catalogue, choice, setting)
    found += unknown_codes(spec.evaluation.without)
    if spec.execution.device and (mistake := _device_mistake(spec.execution.device)):
        found.append(mistake)
    return found + list(_dispatch_mistakes(spec))


def _dispatch_mistakes(spec: Spec) -> Iterable[Mistake]:
    """What stands in the way of steps that are compiled or captured."""
    execution = spec.execution
    if execution.dispatch in (None, "eager"):
        return
    device = (execution.device or "cpu").partition(":")[0]
    said = f"execution.dispatch is {execution.dispatch!r}"
    if execution.backpropagation == "explicit":
        yield Mistake(
            f"{said}, and execution.backpropagation 'explicit'", "'autograd'", "leave one of them out"
        )
    if execution.dispatch == "cuda_graphs" and device != "cuda":
        yield Mistake(
            f"{said}, and the network is not on a graphics card", "execution.device 'cuda'", "leave it out"
        )
    if execution.dispatch == "compiled" and (missing := compiler_missing(device)):
        yield Mistake(
            f"{said}, and {missing}", "what torch.compile needs", "install it, or leave the setting out"
        )


def _device_mistake(name: str) -> Mistake | None:
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError):
        return Mistake(
            f"the device {name!r} is not on this machine",
            "cpu" + (", cuda" if torch.cuda.is_available() else ""),
        )
    return None


def sound_mistakes(spec: Spec, network: Choice, blocks: Mapping[str, Kind]) -> list[Mistake]:
    """Say so where coefficients of sounds are asked for and there are none, or the network looks at bands."""
    if not spec.audio.mfcc:
        return []
    if "audio" not in blocks:
        return [
            Mistake(
                "audio.mfcc is set, and no input column holds sounds", "a column of sounds", "leave it out"
            )
        ]
    if network.name == SOUND_NETWORK:
        return [
            Mistake(
                f"audio.mfcc is set, and the network {network.name!r} compares neighbouring pitches, which cepstral "
                "coefficients are not",
                "a network such as 'lstm', 'gru', 'inception', 'text_cnn' or 'transformer'",
                "choose one of these, or leave audio.mfcc out",
            )
        ]
    return []


def augmentation_mistakes(spec: Spec, blocks: Mapping[str, Kind]) -> list[Mistake]:
    """Say so where pictures are to be changed and there are none."""
    asked = [name for name, value in spec.augmentation if value]
    if not asked or "image" in blocks:
        return []
    return [
        Mistake(f"augmentation.{asked[0]} changes pictures, and no input column holds any", "no augmentation")
    ]
