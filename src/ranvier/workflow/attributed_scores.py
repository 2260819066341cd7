"""Which number of a row's prediction is asked what moved it: one for each form of predictions.

    classes    z of the predicted class, less z of the true one, or where that was predicted of the next best
    ordered    the same by the outputs between two classes, each of which says that the class is above a place
    values     the value, in the target's unit; of counts the logarithm of the rate
    labels     z of the label that is furthest off, or where all are right of the most probable true one
    tags       at one token z of its tag, less z of the true one or of the next best: the clearest of the wrong tokens
               or, where all are right, the least clear one
    spans      z of the span's beginning and of its end, less the mean of both over all places

z are outputs before a softmax or sigmoid, so that z less z is the logarithm of how much more probable one of two is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..insight.attribution import Score

LONG = 60
"""A longer answer is cut off, with an ellipsis."""


@dataclass(frozen=True)
class Asked:
    """What is asked of one row.

    Args:
        score: from outputs (B, ...) to (B,).
        said, true: the prediction and the truth, in words.
        about: what a token speaks for whose value is above 0, in words.
        place: of the token that is asked about; None where the row is.
    """

    score: Score
    said: str
    true: str
    about: str
    place: int | None = None


def asked_of(task: Any, truth: Any, predicted: Any, outputs: Tensor) -> Asked:
    """What is asked of a row.

    Args:
        task: of one of the forms in ``BY_FORM``.
        truth: of the row, as ``task.truth`` gives it.
        predicted: of the row, as it is measured.
        outputs: of the row (1, ...), joined.
    """
    return BY_FORM[task.forms[0]](task, truth, predicted, outputs)


def _class(task: Any, truth: int, predicted: NDArray[Any], outputs: Tensor) -> Asked:
    names = task.classes
    order = np.argsort(-predicted, kind="stable")
    said = int(order[0])
    rival = int(truth) if said != truth else int(order[1])

    def score(z: Tensor) -> Tensor:
        if z.shape[1] == len(names):
            return z[:, said] - z[:, rival]
        low, high = sorted((said, rival))
        return z[:, low:high].sum(dim=1) * (1 if said > rival else -1)

    return Asked(score, names[said], names[truth], f"for {names[said]!r}, against {names[rival]!r}")


def _value(task: Any, truth: float, predicted: float, outputs: Tensor) -> Asked:
    counts = task.forms[0] == "counts"
    unit = 1.0 if counts else float(np.diff(task.truth(outputs.new_tensor([[0.0], [1.0]])))[0])
    about = "for a larger count (in its logarithm)" if counts else "for a larger value"
    return Asked(lambda z: z[:, 0] * unit, f"{predicted:.4g}", f"{truth:.4g}", about)


def _label(task: Any, truth: NDArray[Any], predicted: NDArray[Any], outputs: Tensor) -> Asked:
    names = task.classes
    wrong = (predicted > 0.5) != (truth > 0)
    off = np.abs(predicted - truth)
    own = int(off.argmax()) if wrong.any() else int(np.where(truth > 0, predicted, predicted - 1).argmax())

    def listed(marks: Any) -> str:
        return ", ".join(name for name, mark in zip(names, marks) if mark) or "none"

    return Asked(
        lambda z: z[:, own], listed(predicted > 0.5), listed(truth > 0), f"for the label {names[own]!r}"
    )


def _tag(task: Any, truth: tuple[str, ...], predicted: tuple[str, ...], outputs: Tensor) -> Asked:
    tags = {tag: number for number, tag in enumerate(task.tags)}
    z = outputs[0].double().cpu().numpy()  # (T, K)
    count = min(len(truth), len(predicted), len(z))
    said = np.array([tags[tag] for tag in predicted[:count]])
    true = np.array([tags[tag] for tag in truth[:count]])
    others = z[:count].copy()
    others[np.arange(count), said] = -np.inf
    wrong = said != true
    rival = np.where(wrong, true, others.argmax(axis=1))
    ahead = z[np.arange(count), said] - z[np.arange(count), rival]
    place = int(np.where(wrong, ahead, -np.inf).argmax()) if wrong.any() else int(ahead.argmin())
    first, second = int(said[place]), int(rival[place])
    return Asked(
        lambda y: y[:, place, first] - y[:, place, second],
        task.tags[first],
        task.tags[true[place]],
        f"for the tag {task.tags[first]!r}, against {task.tags[second]!r}",
        place,
    )


def _span(task: Any, truth: str, predicted: str, outputs: Tensor) -> Asked:
    first, last = (max(0, int(place)) for place in task.decode(outputs)[0, :2])
    return Asked(
        lambda z: z[:, first, 0] + z[:, last, 1] - z.nanmean(dim=1).sum(dim=1),
        _short(predicted),
        _short(truth),
        "for what was found",
    )


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


BY_FORM: Mapping[str, Callable[[Any, Any, Any, Tensor], Asked]] = {
    "classes": _class,
    "values": _value,
    "counts": _value,
    "labels": _label,
    "tags": _tag,
    "spans": _span,
}
"""The forms of which it is told, with what is asked of each."""
