"""Each class by itself: precision, recall and F1 with their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .classification import confusion_matrix
from .resampling import wilson


def measure_classes(target: ArrayLike, prediction: ArrayLike) -> list[dict[str, Any]]:
    """Measure each of the C classes of a prediction.

    Precision is a share of the rows predicted as the class, recall of the rows that are of it, and F1 grows with the
    share of hits among all of these, so that Wilson's interval of as many rows holds for each.

    Args:
        target: (N,) class indices 0..C-1.
        prediction: (N, C) probabilities or scores.

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
    return [
        {
            "precision": _share(hits[c], predicted[c]),
            "recall": _share(hits[c], true[c]),
            "f1": _f1(hits[c], predicted[c], true[c]),
            "support": int(true[c]),
        }
        for c in range(len(cells))
    ]


def _f1(hits: float, predicted: float, true: float) -> dict[str, float | None]:
    """F1 = 2 J / (1 + J) of the share J of hits among the rows that are of the class, or predicted as it."""
    share = _share(hits, predicted + true - hits)
    found = {name: None if j is None else 2 * j / (1 + j) for name, j in share.items()}
    return found if true else {**found, "low": None, "high": None}  # no row of it says how many would be hit


def _share(hits: float, rows: float) -> dict[str, float | None]:
    if not rows:
        return {"value": None, "low": None, "high": None}
    low, high = wilson(hits / rows, rows)
    return {"value": float(hits / rows), "low": low, "high": high}
