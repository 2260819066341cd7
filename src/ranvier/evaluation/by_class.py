"""Each class by itself: precision, recall and F1 with their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .classification import confusion_matrix, f1, of_one_class
from .intervals import measure
from .metrics import Metric
from .resampling import wilson


def measure_classes(target: ArrayLike, prediction: ArrayLike, seed: int = 0) -> list[dict[str, Any]]:
    """Measure each of the C classes of a prediction.

    Precision is a share of the rows predicted as the class and recall a share of the rows that are of it, so that
    Wilson's interval of as many rows holds for each. F1 has the jackknife's, or Wilson's of the smaller number of rows
    where it is 0 or 1.

    Args:
        target: (N,) class indices 0..C-1.
        prediction: (N, C) probabilities or scores.
        seed: see ``measure``.

    Returns:
        For each class ``precision``, ``recall`` and ``f1``, each with ``value``, ``low`` and ``high``, and ``support``,
        the number of its rows. Where there is no row to take a share of, all three are None.

    Raises:
        DataError: the arrays do not fit together, or are not finite.

    >>> first = measure_classes([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])[0]
    >>> first["precision"]["value"], first["recall"]["value"], first["support"]
    (0.5, 1.0, 1)
    """
    cells = confusion_matrix(target, prediction)
    hits, predicted, true = np.diag(cells), cells.sum(0), cells.sum(1)
    scores = [
        Metric(f"f1[{c}]", "classes", True, "labels", of_one_class(f1, c), high=1.0)
        for c in range(len(cells))
    ]
    measured = measure(target, prediction, scores, seed, probabilities=False)
    found = []
    for c, score in enumerate(scores):
        f1_score: dict[str, Any] = {name: measured[score.name][name] for name in ("value", "low", "high")}
        fewer = min(predicted[c], true[c])
        if not fewer:
            f1_score.update(low=None, high=None)
        elif f1_score["value"] in (0.0, 1.0):
            f1_score.update(zip(("low", "high"), wilson(f1_score["value"], fewer)))
        found.append(
            {
                "precision": _share(hits[c], predicted[c]),
                "recall": _share(hits[c], true[c]),
                "f1": f1_score,
                "support": int(true[c]),
            }
        )
    return found


def _share(hits: float, rows: float) -> dict[str, float | None]:
    if not rows:
        return {"value": None, "low": None, "high": None}
    low, high = wilson(hits / rows, rows)
    return {"value": float(hits / rows), "low": low, "high": high}
