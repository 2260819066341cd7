"""Choose what the user left open, and say why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from .. import options
from ..assemble import defaults, reads_pictures
from ..catalog import load, unknown
from ..data.kinds import Kind
from ..errors import Mistake, SpecError, raise_if_any
from ..insight.checks import unknown_codes
from ..spec import OWN_NETWORK, Choice, Spec
from ..tasks import Task, classes_of, unsuitable_loss
from ..tasks.several import several
from ..training.optimizers import DEFAULT_RATES

DEFAULT_NETWORK = "tabm"
PICTURE_NETWORK = "compact"

UNLIMITED_EPOCHS = 1_000_000
"""What ``epochs`` is when the time is limited and the epochs are not."""


@dataclass(frozen=True)
class Settled:
    """A spec with nothing left open, and the reason of each setting that Ranvier chose."""

    spec: Spec
    reasons: Mapping[str, str]


def settle(
    spec: Spec,
    task: Task,
    train_rows: int,
    own_outputs: int | None = None,
    blocks: Mapping[str, Kind] | None = None,
) -> Settled:
    """Fill in every setting of ``spec`` that training needs.

    Args:
        spec: what is asked.
        task: what the target asks.
        train_rows: how many rows there are to learn from.
        own_outputs: how many outputs the user's own module gives, where there is one.
        blocks: the fitted kinds of the inputs, by their names.

    Raises:
        SpecError: with every option or setting that does not fit the task or this machine.
    """
    chosen: dict[str, tuple[Any, str]] = {}
    blocks = blocks or {}
    pictures = set(blocks) == {"image"}
    network = spec.network or Choice(name=PICTURE_NETWORK if pictures else DEFAULT_NETWORK)
    if spec.network is None:
        chosen["network"] = (network.name, f"the default for {'pictures' if pictures else 'tables'}")
    raise_if_any(SpecError, [*_mistakes(spec, network, task), *_augmentation_mistakes(spec, blocks)])
    chosen |= _augmentation(network.name, blocks)
    if network.name != OWN_NETWORK:
        for key, value in defaults(network).items():
            rate_of_another = key == "training.learning_rate" and spec.training.optimizer is not None
            if _open(spec, key) and not rate_of_another:
                chosen[key] = (value, f"suits the network {network.name!r}")
    if own_outputs is not None and own_outputs == len(classes_of(task)):
        chosen["training.loss"] = ("cross_entropy", "the network gives one output a class")
        if spec.training.loss is not None:
            del chosen["training.loss"]
    general = _general(spec, task, train_rows, network.name, chosen, blocks)
    for key, (value, reason) in general.items():
        if _open(spec, key):
            chosen.setdefault(key, (value, reason))
    chosen = {key: value for key, value in chosen.items() if _open(spec, key)}
    settled = spec.replace({key: value for key, (value, _) in chosen.items()})
    reasons = {key: reason for key, (_, reason) in chosen.items()}
    if many := several(task):
        summed = " and ".join(f"{part.default_loss()!r} of {part.target!r}" for part in many.parts)
        reasons["training.loss"] = f"the sum of {summed}, each on its own scale"
    return Settled(settled, reasons)


def _general(
    spec: Spec,
    task: Task,
    rows: int,
    network: str,
    chosen: Mapping[str, tuple[Any, str]],
    blocks: Mapping[str, Kind],
) -> dict[str, tuple[Any, str]]:
    """Defaults that depend on the task, the number of training rows and the inputs."""
    batch, epochs, patience = (
        _picture_pace(rows) if reads_pictures(network) else _pace(rows, ensemble=network == "tabm")
    )
    asked = spec.training.optimizer or chosen.get("training.optimizer", ("adamw", ""))[0]
    optimizer = Choice.model_validate(asked).name
    if spec.training.time:
        epochs = UNLIMITED_EPOCHS
    if spec.training.epochs or spec.training.time:
        patience = 0
    return {
        **({} if several(task) else {"training.loss": _loss(task, rows, network)}),
        "training.optimizer": ("adamw", "the default"),
        "training.learning_rate": (DEFAULT_RATES[optimizer], f"the default for {optimizer!r}"),
        "training.schedule": ({"name": "cosine", "warmup": 0.05}, "the default"),
        "training.batch_size": (batch, f"for {rows:,} training rows"),
        "training.epochs": (
            epochs,
            "until the time is up" if spec.training.time else f"for {rows:,} training rows",
        ),
        "regularization.average": ("none", "the default"),
        "regularization.noise": _noise(network, blocks),
        "stopping.metric": ("loss", "the default"),
        "stopping.patience": (
            patience,
            f"for {rows:,} training rows" if patience else "the length of training is given",
        ),
        "execution.device": ("cuda" if torch.cuda.is_available() else "cpu", "found on this machine"),
    }


LABEL_SMOOTHING = 0.05
"""How much of a label an ensemble spreads over all classes (Szegedy et al. 2016) where rows are few. Without it the
rows that it knows by heart after some epochs teach it nothing more. That it is less sure than it may be is mended by
the temperature."""

FEW_ROWS = 10_000
"""From so many rows on an ensemble does not learn them by heart, and smoothed labels only cost it accuracy in telling
likely rows from less likely ones (as in Holzmüller, Grinsztajn & Steinwart, arXiv 2407.04491)."""


def _loss(task: Task, rows: int, network: str) -> tuple[str | dict[str, Any], str]:
    """The task's loss; for the ensemble with smoothed labels, where there are labels and few rows."""
    name = task.default_loss()
    if (
        network == DEFAULT_NETWORK
        and rows < FEW_ROWS
        and "label_smoothing" in options.defaults("losses", name)
    ):
        smoothed = {"name": name, "label_smoothing": LABEL_SMOOTHING}
        return smoothed, f"suits the network {network!r} and {rows:,} training rows"
    return name, f"the default for the task {task.name!r}"


NOISE = 0.3
"""Deviation of the noise on standardised numbers where there are many of them."""

MANY_NUMBERS = 48
"""So many columns of numbers say together what none of them says alone (pixels, spectra, sensors): noise in each leaves
that as it is, and keeps an ensemble from telling rows apart by the details of single columns."""


def _noise(network: str, blocks: Mapping[str, Kind]) -> tuple[float, str]:
    """The noise on the numbers: some for the ensemble where there are many."""
    columns = len(blocks["number"].columns) if "number" in blocks else 0
    if network == DEFAULT_NETWORK and columns >= MANY_NUMBERS:
        return NOISE, f"suits the network {network!r} and {columns} columns of numbers"
    return 0.0, "the default"


def _pace(rows: int, ensemble: bool) -> tuple[int, int, int]:
    """Batch size, epochs and patience for so many training rows.

    A step of an ensemble takes longer, and its members learn more from it: it makes 700 to 1,150 steps, and gives
    up sooner.

    >>> [_pace(rows, ensemble=True) for rows in (100, 1_200, 5_900, 26_000)]
    [(32, 60, 16), (64, 37, 16), (256, 50, 16), (256, 16, 16)]
    """
    rows = max(rows, 1)
    if ensemble:
        batch = min(256, max(32, 2 ** round(math.log2(rows / 16))), rows)
        steps = 700 if rows < 3000 else 1150
        epochs = max(16, min(60, round(steps * batch / rows)))
        return batch, epochs, 16
    batch = min(1024, max(16, 2 ** round(math.log2(rows / 32)))) if rows > 16 else rows
    epochs = max(20, min(200, round(400_000 / rows)))
    return batch, epochs, max(10, epochs // 4)


GREY = {"shift": 0.08, "flip": False, "rotate": 10.0, "scale": 0.1}
COLOUR = {"shift": 0.125, "flip": True, "rotate": 0.0, "scale": 0.0}
"""What leaves the meaning of pictures as it is, as far as one can tell without looking at them."""


def _augmentation(network: str, blocks: Mapping[str, Kind]) -> dict[str, tuple[Any, str]]:
    """How pictures are changed, by their channels, where a network for pictures reads them."""
    if "image" not in blocks or not (reads_pictures(network) or network == DEFAULT_NETWORK):
        return {}
    grey = blocks["image"].features()["channels"] % 3 != 0
    reason = "for grey pictures: the mirror image of a letter is another" if grey else "for colour pictures"
    return {f"augmentation.{name}": (value, reason) for name, value in (GREY if grey else COLOUR).items()}


def _augmentation_mistakes(spec: Spec, blocks: Mapping[str, Kind]) -> list[Mistake]:
    """Say so where pictures are to be changed and there are none."""
    asked = [name for name, value in spec.augmentation if value]
    if not asked or "image" in blocks:
        return []
    return [
        Mistake(f"augmentation.{asked[0]} changes pictures, and no input column holds any", "no augmentation")
    ]


def _picture_pace(rows: int) -> tuple[int, int, int]:
    """Batch size, epochs and patience for so many training pictures: about 800,000 are looked at.

    >>> [_picture_pace(rows) for rows in (100, 1_200, 5_900, 54_000)]
    [(16, 60, 20), (64, 60, 20), (128, 60, 20), (128, 15, 15)]
    """
    batch = min(128, max(16, 2 ** round(math.log2(max(rows, 1) / 16))), max(rows, 1))
    epochs = max(12, min(60, round(800_000 / max(rows, 1))))
    return batch, epochs, max(epochs // 3, min(epochs, 15))


SMALL_STEP = 50e6
"""Multiplications below which a step is too small to share: waiting for one another costs the threads more, and on a
busy machine far more, than the sharing saves."""


def with_threads(settled: Settled, multiplications: int, batch_rows: int) -> Settled:
    """Choose the number of threads for a network of so many ``multiplications`` a row, where the user names none."""
    if settled.spec.execution.threads is not None:
        return settled
    small = multiplications * batch_rows < SMALL_STEP
    count = 1 if small else torch.get_num_threads()
    reason = "a step is too small to share" if small else "the cores of this machine"
    spec = settled.spec.replace({"execution.threads": count})
    return Settled(spec, {**settled.reasons, "execution.threads": reason})


def _open(spec: Spec, key: str) -> bool:
    value: Any = spec
    for part in key.split("."):
        value = getattr(value, part)
    return value is None


def _mistakes(spec: Spec, network: Choice, task: Task) -> list[Mistake]:
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
    return found


def _device_mistake(name: str) -> Mistake | None:
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError):
        return Mistake(
            f"the device {name!r} is not on this machine",
            "cpu" + (", cuda" if torch.cuda.is_available() else ""),
        )
    return None
