"""Choose what the user left open, and say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..assemble import cost_of_a_picture, defaults, positions_of, reads
from ..catalog import load
from ..data.kinds import Kind
from ..errors import SpecError, raise_if_any
from ..network.sounds import SOUND_NETWORK
from ..spec import OWN_NETWORK, Choice, Spec
from ..tasks import Task, classes_of
from ..tasks.extract import Extract
from ..tasks.forecast import Forecast
from ..tasks.several import several
from ..tasks.translate import Translate
from ..training.optimizers import DEFAULT_RATES
from . import passages, translations
from .defaults import (
    FORECASTS,
    OF_COEFFICIENTS,
    TRANSLATIONS,
    augmentation,
    default_network,
    loss,
    noise,
    pace,
    picture_pace,
    sequence_pace,
)
from .request import augmentation_mistakes, mistakes, sound_mistakes

SPELT = 5 / 3
"""Where a text is heard, and where each of its letters lies is to be found out, it takes so many times the epochs."""

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
    positions = positions_of(task, blocks)
    usual, what = default_network(blocks, positions)
    if isinstance(task, (Forecast, Translate)):
        usual, what = FORECASTS if isinstance(task, Forecast) else TRANSLATIONS
    elif spec.audio.mfcc and usual == SOUND_NETWORK:
        usual, what = OF_COEFFICIENTS
    if isinstance(task, Extract):
        usual, what = passages.NETWORK
    network = spec.network or Choice(name=usual)
    if spec.network is None:
        chosen["network"] = (usual, f"the default for {what}")
    wrong = [*mistakes(spec, network, task), *augmentation_mistakes(spec, blocks)]
    wrong += sound_mistakes(spec, network, blocks)
    raise_if_any(
        SpecError,
        [
            *wrong,
            *translations.mistakes(spec, task, network, blocks),
            *passages.mistakes(task, network, blocks),
        ],
    )
    if isinstance(task, Translate):
        chosen |= translations.chosen(spec, train_rows)
    chosen |= augmentation(network.name, blocks)
    if isinstance(task, Forecast):
        settled_so_far = {"season": task.season, "horizon": task.horizon, "history": task.length}
        chosen |= {
            name: (settled_so_far[name.partition(".")[2]], reason) for name, reason in task.reasons.items()
        }
    if network.name != OWN_NETWORK:
        for key, value in defaults(network).items():
            rate_of_another = key == "training.learning_rate" and spec.training.optimizer is not None
            if _open(spec, key) and not rate_of_another:
                chosen[key] = (value, f"suits the network {network.name!r}")
    if own_outputs is not None and own_outputs == len(classes_of(task)):
        chosen["training.loss"] = ("cross_entropy", "the network gives one output a class")
        if spec.training.loss is not None:
            del chosen["training.loss"]
    general = _general(spec, task, train_rows, network, chosen, blocks)
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
    choice: Choice,
    chosen: Mapping[str, tuple[Any, str]],
    blocks: Mapping[str, Kind],
) -> dict[str, tuple[Any, str]]:
    """Defaults that depend on the task, the number of training rows and the inputs."""
    network, why = choice.name, f"for {rows:,} training rows"
    length, read = why, reads(choice.name)
    if "image" in read and "image" in blocks:
        cost = cost_of_a_picture(choice, blocks["image"].features())
        batch, epochs, patience = picture_pace(rows, cost)
        length = f"for {rows:,} training pictures, of {cost / 1e6:,.1f} million multiplications each"
    elif read:
        own = getattr(load("networks", network), "pace", sequence_pace)
        batch, epochs, patience = own(rows)
        if task.forms[:1] == ("texts",):
            epochs, patience = round(SPELT * epochs), round(SPELT * patience)
    else:
        batch, epochs, patience = pace(rows, ensemble=network == "tabm")
    asked = spec.training.optimizer or chosen.get("training.optimizer", ("adamw", ""))[0]
    optimizer = Choice.model_validate(asked).name
    if spec.training.time:
        epochs = UNLIMITED_EPOCHS
    if spec.training.epochs or spec.training.time:
        patience = 0
    return {
        **({} if several(task) else {"training.loss": loss(task, rows, network, blocks)}),
        "training.optimizer": ("adamw", "the default"),
        "training.learning_rate": (DEFAULT_RATES[optimizer], f"the default for {optimizer!r}"),
        "training.schedule": ({"name": "cosine", "warmup": 0.05}, "the default"),
        "training.batch_size": (batch, why),
        "training.epochs": (
            epochs,
            "until the time is up" if spec.training.time else length,
        ),
        "regularization.average": ("none", "the default"),
        "regularization.noise": noise(network, blocks),
        "stopping.metric": ("loss", "the default"),
        "stopping.patience": (
            patience,
            why if patience else "the length of training is given",
        ),
        "execution.device": ("cpu", "the default"),
    }


SMALL_STEP = 50e6
"""Multiplications below which a step is too small to share: waiting for one another costs the threads more, and on a
busy machine far more, than the sharing saves."""


TOO_SMALL_FOR_A_CARD = 10e6
"""Multiplications below which a step stays on the processor, where by hand it takes less than a millisecond: about what
it takes to send its operations to a graphics card one by one."""


def with_device(settled: Settled, multiplications: int, batch_rows: int) -> Settled:
    """Choose the graphics card, where there is one, for a network of so many ``multiplications`` a row.

    The user's own choice stays.
    """
    if "execution.device" not in settled.reasons or not torch.cuda.is_available():
        return settled
    small = multiplications * batch_rows < TOO_SMALL_FOR_A_CARD
    reason = "a step is too small for the graphics card" if small else "found on this machine"
    spec = settled.spec.replace({"execution.device": "cpu" if small else "cuda"})
    return Settled(spec, {**settled.reasons, "execution.device": reason})


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
