"""The baselines of a finished network: what they are told of each block, and their measure on the same test rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..catalog import BASELINES, load
from ..data.ragged import Ragged
from ..evaluation.answers import answers as baseline_answers
from ..evaluation.baselines import Columns
from ..evaluation.columns import BaselineResult
from ..evaluation.comparison import compare
from ..evaluation.intervals import measure as with_intervals
from ..evaluation.metrics import Metric
from ..evaluation.resampled import resampled
from ..evaluation.words import Words
from ..spec import Spec
from . import answered, extracted, heard, tagged, translations
from .prepared import Prepared

BUDGET = 8.0
"""Seconds that each baseline may take. It is fixed, not a share of the time of training, so that the same run measures
the same baselines whatever else the machine was doing."""


def beside(
    prepared: Prepared,
    truth: NDArray[Any],
    predicted: NDArray[Any],
    wanted: list[Metric],
    spec: Spec,
) -> dict[str, Any]:
    """Each baseline's metrics on the same test rows, and the paired comparison of the task's metric."""
    task, weight = prepared.task, weights_of(prepared, "test")
    resamples, seed = spec.evaluation.resamples, spec.seed
    metric = load("metrics", task.metric)
    if task.forms[0] == "tags":
        results = tagged.baselines(prepared)
    elif task.forms[0] == "answers":
        words = (columns_of(prepared, part).words for part in ("train", "test"))
        results = answered.baselines(prepared, *words)
    elif task.forms[0] == "spans":
        results = extracted.baselines(prepared)
    elif task.forms[0] == "translations":
        results = translations.baselines(prepared)
    else:
        results = _of_catalogue(prepared, spec)
    baselines: dict[str, Any] = {}
    comparison: dict[str, Any] = {}
    for name, result in results.items():
        measured = with_intervals(truth, result.prediction, wanted, seed, weight=weight)
        baselines[name] = {**measured, "description": result.description}
        compared = compare(truth, predicted, result.prediction, metric, resamples, seed, weight=weight)
        comparison[name] = vars(compared)
    return {"baselines": baselines, "comparison": comparison}


def _of_catalogue(prepared: Prepared, spec: Spec) -> dict[str, BaselineResult]:
    """What each baseline says of the test rows."""
    task = prepared.task
    train, test = columns_of(prepared, "train"), columns_of(prepared, "test")
    target = task.truth(prepared.parts["train"].target)
    pictures = prepared.parts["train"].inputs.get("image")
    seen = "" if pictures is None else pixels_seen(pictures.shape[1:])
    if "audio" in prepared.parts["train"].inputs:
        seen += heard.SEEN.format(count=2 * prepared.parts["train"].inputs["audio"].shape[2] + 1)
    results = {}
    for name in BASELINES if task.forms[0] != "texts" else ("trivial",):
        if name == "trees" and train.words and not train.width:
            continue  # they do not read texts
        result = baseline_answers(
            load("baselines", name),
            task.forms[0],
            (train, target, test),
            len(task.classes),
            seed=spec.seed,
            budget=BUDGET,
            weight=weights_of(prepared, "train"),
        )
        results[name] = replace(result, description=result.description + seen)
    return results


def pixels_seen(picture: Sequence[int]) -> str:
    """What baselines see of a picture (C, H, W), for their description.

    >>> pixels_seen((3, 64, 64))
    '; of a picture it sees 972 numbers, each the mean of some of its 12,288 pixel values'
    >>> pixels_seen((1, 28, 28))
    ''
    """
    channels, height, width = picture
    seen = channels * math.prod(_few_pixels(channels, height, width))
    whole = channels * height * width
    if seen == whole:
        return ""
    return f"; of a picture it sees {seen:,} numbers, each the mean of some of its {whole:,} pixel values"


def columns_of(prepared: Prepared, part: str) -> Columns:
    """The rows of a part as baselines take them."""
    inputs: Mapping[str, Any] = prepared.parts[part].inputs
    numbers = [
        _series(inputs[name]) if name == "series" else FEWER.get(name, _whole)(inputs[name]).numpy()
        for name in inputs
        if name not in ("category", "text", "tokens")
    ]
    rows = len(prepared.parts[part])
    categories = inputs["category"].numpy() if "category" in inputs else np.zeros((rows, 0), dtype=np.int64)
    block = prepared.preparation.blocks.get("category")
    return Columns(
        numbers=np.concatenate(numbers, axis=1) if numbers else np.zeros((rows, 0)),
        categories=categories,
        cardinalities=block.features()["cardinalities"] if block else (),
        words=next((_words(inputs[name]) for name in ("text", "tokens") if name in inputs), None),
    )


def _words(block: Ragged) -> Words:
    """Texts, or the ids of tokens, as baselines take them."""
    values, starts = block.flat()
    return Words((values[:, 0] if values.ndim > 1 else values).long().numpy(), starts.numpy())


def _series(block: Ragged) -> NDArray[np.float64]:
    return resampled(block.values.numpy(), block.first.numpy(), block.lengths.numpy())


def _whole(block: Tensor) -> Tensor:
    return block


MOST_PIXELS = 1024


def shrunk(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) as baselines take them, (N, W): of at most 1,024 numbers, each the mean of some pixels."""
    channels, height, width = pictures.shape[1:]
    size = _few_pixels(channels, height, width)
    parts = [
        functional.adaptive_avg_pool2d(pictures[start : start + 512].float(), size).flatten(1)
        for start in range(0, pictures.shape[0], 512)
    ]
    return torch.cat(parts) if parts else torch.zeros(0, channels * size[0] * size[1])


def _few_pixels(channels: int, height: int, width: int) -> tuple[int, int]:
    """The height and width at which a picture has at most 1,024 numbers."""
    scale = min(1.0, math.sqrt(MOST_PIXELS / (channels * height * width)))
    return max(1, int(height * scale)), max(1, int(width * scale))


FEWER: dict[str, Callable[[Any], Tensor]] = {"image": shrunk, "audio": heard.told}
"""What baselines are told of blocks that are no rows of numbers."""


def weights_of(prepared: Prepared, part: str) -> NDArray[Any] | None:
    """The row weights of a part, where the table has them."""
    weight = prepared.parts[part].weight
    return None if weight is None else weight.numpy()
