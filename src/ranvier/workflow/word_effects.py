"""What each word of a text does to the prediction: the word is made unknown, and the prediction made again.

As occlusion (Zeiler & Fergus 2014) does with pictures: it asks nothing of the network but predictions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.batches import Batch
from ..data.kinds.text import Text
from ..data.tokens import UNKNOWN
from ..delivery.model import forward
from ..tasks import Task

ROWS = 10
"""Of so many rows the words are looked at."""
WORDS = 100
"""So many of each: the first."""


def effects(
    network: nn.Module, task: Task, kind: Text, part: Batch, truth: NDArray[Any], rows: NDArray[np.int64]
) -> dict[str, list[list[Any]]]:
    """What the words of some rows do, as JSON values: by the row's number, each word with its effect.

    The effect of a word is the probability of the true class less what it is without the word; of values, the value
    less what it is without the word.

    Args:
        network: trained.
        task: of one target, whose predictions are probabilities of classes or values.
        kind: of the texts.
        part: of the split (N rows).
        truth: (N,) class indices or values.
        rows: places in the part; the first ``ROWS`` are looked at.
    """
    found = {}
    for place in rows[:ROWS].tolist():
        inputs, words = _without_each(part, place)
        predicted = task.decode(forward(network, inputs))
        said = predicted[:, int(truth[place])] if predicted.ndim == 2 else predicted
        names = ["|" if one == kind.separator else kind.tokens.name(one) for one in words]
        found[str(int(part.rows[place]) + 1)] = [
            [name, float(f"{said[0] - without:.3g}")] for name, without in zip(names, said[1:].tolist())
        ]
    return found


def _without_each(part: Batch, place: int) -> tuple[dict[str, Tensor], list[int]]:
    """The row as it is, then once for each of its words without it; and the words."""
    one = part.take(torch.tensor([place])).inputs
    ids = one["text"][0]
    count = min(int((ids != 0).sum()), WORDS)
    texts = ids.repeat(count + 1, 1)
    texts[torch.arange(1, count + 1), torch.arange(count)] = UNKNOWN
    inputs = {name: block.expand(count + 1, *block.shape[1:]) for name, block in one.items()}
    return {**inputs, "text": texts}, ids[:count].tolist()
