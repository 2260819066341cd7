"""The pictures of what each threshold brings: ROC, precision and recall, lift. Rows count by their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...evaluation.curves import Curve, lift_curve, precision_recall, roc
from .contents import Contents
from .traces import QUIET, Figure, diagonal, layout_of, line_of, plain, some_of, squared

CURVES = 8
"""So many classes have a curve at most: those that are told apart worst."""

Make = Callable[[NDArray[np.bool_], NDArray[np.float64], "NDArray[np.float64] | None"], Curve]
"""From which rows are positive, their scores and their weights to a curve."""


def roc_curves(contents: Contents) -> Figure | None:
    """The ROC curve of the second of two classes, or of each class against the rest."""
    curves = _curves(contents, roc)
    if not curves:
        return None
    layout = layout_of("false alarms: share of the other rows", "found: share of its rows")
    return {"data": [diagonal(), *_traces(curves)], "layout": squared(layout, len(curves))}


def precision_recall_curves(contents: Contents) -> Figure | None:
    """The precision-recall curve of the second of two classes, or of each class against the rest."""
    curves = _curves(contents, precision_recall)
    if not curves:
        return None
    return {
        "data": _traces(curves),
        "layout": squared(layout_of("recall", "precision"), len(curves)),
    }


def lift_curves(contents: Contents) -> Figure | None:
    """How much more often than in all rows the second of two classes is found among those that score highest."""
    if len(contents.classes) != 2:
        return None
    curves = _curves(contents, lift_curve)
    if not curves:
        return None
    everyone: dict[str, Any] = line_of("in all rows", [0.0, 1.0], [1.0, 1.0], 0)
    everyone["line"] = {"color": QUIET, "dash": "dot"}
    layout = layout_of("share of rows, the highest scores first", "times as often as in all rows")
    layout["yaxis"]["rangemode"] = "tozero"
    return {"data": [everyone, *_traces(curves)], "layout": layout}


def _curves(contents: Contents, make: Make) -> list[tuple[str, Curve]]:
    """A curve of each class that some test rows have and some have not: at most ``CURVES``, the worst first."""
    test = contents.test
    if test is None or not contents.probable:
        return []
    classes = contents.classes
    wanted = [1] if len(classes) == 2 else range(len(classes))
    found: list[tuple[float, str, Curve]] = []
    counted = np.ones(len(test), dtype=bool) if test.weight is None else test.weight > 0
    for c in wanted:
        positive = test.target == c
        if positive[counted].any() and not positive[counted].all():
            score = test.prediction[:, c]
            told = roc(positive, score, test.weight)
            area = float((np.diff(told.x) * (told.y[1:] + told.y[:-1]) / 2).sum())
            found.append((area, classes[c], make(positive, score, test.weight)))
    found.sort(key=lambda each: each[0])
    return [(name, curve) for _, name, curve in found[:CURVES]]


def _traces(curves: list[tuple[str, Curve]]) -> list[Figure]:
    return [_trace(name, curve, colour) for colour, (name, curve) in enumerate(curves)]


def _trace(name: str, curve: Curve, colour: int) -> Figure:
    few = some_of(len(curve.x))
    trace = line_of(name, curve.x[few].tolist(), curve.y[few].tolist(), colour)
    trace["customdata"] = [t if np.isfinite(t) else None for t in curve.thresholds[few].tolist()]
    trace["hovertemplate"] = (
        f"{plain(name)}: %{{x:.3f}}, %{{y:.3f}} from %{{customdata:.3f}} on<extra></extra>"
    )
    return trace
