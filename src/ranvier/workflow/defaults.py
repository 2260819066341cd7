"""What suits a network, so many rows and such inputs: loss, noise, augmentation, and how long to train."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .. import options
from ..assemble import reads
from ..catalog import load
from ..data.kinds import Kind
from ..network.series import SERIES_NETWORK
from ..network.sounds import SOUND_NETWORK
from ..network.texts import TEXT_NETWORK
from ..network.tokens import TOKEN_NETWORK
from ..tasks import Task, classes_of

DEFAULT_NETWORK = "tabm"
ALONE = {
    "image": ("compact", "pictures"),
    "text": (TEXT_NETWORK, "texts"),
    "series": (SERIES_NETWORK, "series"),
    "audio": (SOUND_NETWORK, "sounds"),
    "tokens": (TOKEN_NETWORK, "tokens"),
}
"""Where a table has one block alone, its network, and what it is in words."""

FORECASTS = ("dlinear", "forecasts")
"""The network of a forecast, and what it is for in words."""

OF_COEFFICIENTS = ("lstm", "cepstral coefficients")
"""What reads sounds of which coefficients are asked for, whose neighbours are no neighbouring pitches."""

TRANSLATIONS = ("transformer_translator", "translations")

LABEL_SMOOTHING = 0.05
"""How much of a label an ensemble spreads over all classes (Szegedy et al. 2016) where rows are few. Without it the
rows that it knows by heart after some epochs teach it nothing more. That it is less sure than it may be is mended by
the temperature."""

FEW_ROWS = 10_000
"""From so many rows on an ensemble does not learn them by heart, and smoothed labels only cost it accuracy in telling
likely rows from less likely ones (as in Holzmüller, Grinsztajn & Steinwart, arXiv 2407.04491)."""


def default_network(blocks: Mapping[str, Kind], positions: str = "") -> tuple[str, str]:
    """The network for these inputs, and in words what they are; ``positions`` is the block that has outputs itself."""
    (only,) = blocks if len(blocks) == 1 else (positions,)
    return ALONE.get(only, (DEFAULT_NETWORK, "tables"))


def loss(task: Task, rows: int, network: str, blocks: Mapping[str, Kind]) -> tuple[str | dict[str, Any], str]:
    """The task's loss; for the ensemble with smoothed labels, where there are labels and few rows.

    A network that is linear where it reads all there is (``loss_of_classes``) has its own for more than two classes.
    """
    name = task.default_loss()
    of_classes = classes_of(task) if name == "cross_entropy" else ()
    if of_classes and blocks and set(blocks) <= set(reads(network)):
        own = getattr(load("networks", network), "loss_of_classes", None)
        if own:
            return dict(own), f"suits the network {network!r} and {len(of_classes)} classes"
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


def noise(network: str, blocks: Mapping[str, Kind]) -> tuple[float, str]:
    """The noise on the numbers: some for the ensemble where there are many."""
    columns = len(blocks["number"].columns) if "number" in blocks else 0
    if network == DEFAULT_NETWORK and columns >= MANY_NUMBERS:
        return NOISE, f"suits the network {network!r} and {columns} columns of numbers"
    return 0.0, "the default"


def pace(rows: int, ensemble: bool) -> tuple[int, int, int]:
    """Batch size, epochs and patience for so many training rows.

    A step of an ensemble takes longer, and its members learn more from it: it makes 700 to 1,150 steps, and gives
    up sooner.

    >>> [pace(rows, ensemble=True) for rows in (100, 1_200, 5_900, 26_000)]
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


def augmentation(network: str, blocks: Mapping[str, Kind]) -> dict[str, tuple[Any, str]]:
    """How pictures are changed, by their channels, where a network for pictures reads them."""
    if "image" not in blocks or not ("image" in reads(network) or network == DEFAULT_NETWORK):
        return {}
    grey = blocks["image"].features()["channels"] % 3 != 0
    reason = "for grey pictures: the mirror image of a letter is another" if grey else "for colour pictures"
    return {f"augmentation.{name}": (value, reason) for name, value in (GREY if grey else COLOUR).items()}


BUDGET = 5e12
"""Multiplications, forward alone, that the training on pictures shall take: some minutes of two cores."""

MOST_LOOKS, LEAST_LOOKS = 1_000_000, 450_000
"""How many pictures are looked at where the network is cheap, and where it is not (an epoch looks at each once)."""


def picture_pace(rows: int, cost: int) -> tuple[int, int, int]:
    """Batch size, epochs and patience for so many training pictures, of so many multiplications each.

    There are 10 to 60 epochs. Many pictures or a cheap network: 1,000,000 pictures are looked at. Fewer, down to
    450,000, where the multiplications would be more than ``BUDGET``; and no less than 30 epochs of few pictures.

    >>> [picture_pace(rows, 400_000) for rows in (100, 1_200, 5_900, 51_000)]
    [(16, 60, 20), (64, 60, 20), (128, 60, 20), (128, 20, 15)]
    >>> [picture_pace(51_000, cost) for cost in (10_600_000, 500_000_000)], picture_pace(3_000, 500_000_000)
    ([(128, 10, 10), (128, 10, 10)], (128, 30, 15))
    """
    rows = max(rows, 1)
    batch = min(128, max(16, 2 ** round(math.log2(rows / 16))), rows)
    most = max(10, min(60, round(MOST_LOOKS / rows)))
    least = max(10, min(30, round(LEAST_LOOKS / rows)))
    epochs = max(least, min(most, round(BUDGET / (rows * max(cost, 1)))))
    return batch, epochs, max(epochs // 3, min(epochs, 15))


def sequence_pace(rows: int) -> tuple[int, int, int]:
    """Batch size, epochs and patience for so many training rows of sequences.

    >>> [sequence_pace(rows) for rows in (100, 1_200, 10_000, 100_000)]
    [(16, 60, 12), (32, 60, 12), (128, 20, 5), (128, 5, 5)]
    """
    rows = max(rows, 1)
    batch = min(128, max(16, 2 ** round(math.log2(rows / 40 + 1))), rows)
    epochs = max(5, min(60, round(200_000 / rows)))
    return batch, epochs, max(5, epochs // 5)
