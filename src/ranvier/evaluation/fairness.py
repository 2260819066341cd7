"""Whether groups of rows are treated alike, where one of two classes is said: rates of each group, and differences.

Three rates, each the share of rows that are called positive: of all rows (selection; equal ones are demographic
parity), of those that are positive (true positives) and of those that are not (false positives; both equal are
equalised odds). Hardt, Price and Srebro, Equality of opportunity in supervised learning (2016). No number here says
whether a difference is unjust.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .inputs import Floats, checked_weight
from .intervals import Measured, measure
from .metrics import accuracy
from .slices import Grouping, less

RATES = ("selection", "true_positive", "false_positive")


def fairness(
    target: NDArray[np.int64],
    prediction: Floats,
    grouping: Grouping,
    seed: int = 0,
    weight: ArrayLike | None = None,
) -> dict[str, Any]:
    """The rates of each group, and between which two groups they differ most.

    Args:
        target: (N,) class indices 0 or 1; class 1 is the positive one.
        prediction: (N, 2) probabilities or scores; a row is called what is more probable.
        grouping: of the rows.
        seed: see ``measure``.
        weight: (N,) row weights.

    Returns:
        ``groups``: for each, by name, its rates, each with ``value``, ``low`` and ``high`` (95%), and ``rows``, how
        many it is a share of; all three are None where there is none. ``widest``: for each rate the groups ``above``
        and ``below``, and the ``difference`` with its 95% interval; None where fewer than two groups have the rate.

    Raises:
        DataError: the arrays do not fit together, or are not finite.
    """
    row_weight = checked_weight(weight, len(target))
    groups: dict[str, dict[str, Any]] = {}
    measured: dict[str, dict[str, Measured | None]] = {rate: {} for rate in RATES}
    for g, name in enumerate(grouping.names):
        of_group = grouping.codes == g
        masks = (of_group, of_group & (target == 1), of_group & (target == 0))
        groups[name] = {}
        for rate, rows in zip(RATES, masks):
            found = measured[rate][name] = _called_positive(prediction, rows, seed, row_weight)
            ends = {key: found[key] if found else None for key in ("value", "low", "high")}
            groups[name][rate] = {"rows": int(rows.sum()), **ends}
    return {"groups": groups, "widest": {rate: _widest(each) for rate, each in measured.items()}}


def _called_positive(
    prediction: Floats, rows: NDArray[np.bool_], seed: int, weight: Floats | None
) -> Measured | None:
    """The share of some rows that is called positive; it is their accuracy where each of them is."""
    if not rows.any() or (weight is not None and not weight[rows].any()):
        return None
    positive = np.ones(int(rows.sum()), dtype=np.int64)
    w = None if weight is None else weight[rows]
    return measure(positive, prediction[rows], [accuracy], seed, weight=w, probabilities=False)["accuracy"]


def _widest(rates: dict[str, Measured | None]) -> dict[str, Any] | None:
    known = [(name, rate) for name, rate in rates.items() if rate is not None and rate["value"] is not None]
    if len(known) < 2:
        return None
    known.sort(key=lambda each: each[1]["value"] or 0.0)
    (below, least), (above, most) = known[0], known[-1]
    difference, low, high = less(most, least)
    return {"above": above, "below": below, "difference": difference, "low": low, "high": high}
