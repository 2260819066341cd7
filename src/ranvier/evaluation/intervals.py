"""How good predictions are, and how sure that is: each metric with a 95% interval over other test rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Mistake, SpecError
from .added_rows import bounds_with_rows, takes
from .inputs import BASE, Floats, check_probabilities, checked, checked_weight
from .jackknife import Blocks, bounds, without_each
from .metrics import Metric
from .resampling import LEVEL, wilson


class Measured(TypedDict):
    """A metric as it stands in ``metrics.json``.

    ``value`` is None where the metric is not defined, ``low`` and ``high`` where the rows do not allow an interval;
    ``reason`` then says why, and is None otherwise. ``method`` is ``wilson``, ``jackknife``, ``added rows`` (the
    jackknife with these), the name of a metric's own, or None.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str | None
    reason: str | None


def measure(
    target: ArrayLike,
    prediction: ArrayLike,
    metrics: Sequence[Metric],
    seed: int = 0,
    *,
    weight: ArrayLike | None = None,
    probabilities: bool = True,
    level: float = LEVEL,
) -> dict[str, Measured]:
    """Measure predictions, each metric with its 95% interval (or that of another ``level``).

    A share of right rows (accuracy) has Wilson's interval, what is counted by class the jackknife's with a few rows
    added (``added_rows``), the others the jackknife's (``jackknife.bounds``), or their own where that would not hold.
    Where another metric of the classes is at its end, as the ROC AUC of a perfect order, the jackknife has no width and
    would claim certainty; Wilson's interval of as many rows as the classes are worth together (C^2 / sum 1/n_c) stands
    in its place.

    Args:
        target: (N,) class indices 0..C-1, or (N,) or (N, K) values, or (N, L) 0 and 1.
        prediction: (N, C) probabilities or scores, or values of the target's shape, or (N, L) probabilities.
        metrics: what to measure, all of one form.
        seed: of the choice of rows that are left out together, where there are many; the same seed gives the same
            intervals.
        weight: (N,) row weights; with them no interval is Wilson's.
        probabilities: False where the prediction holds scores; metrics that need probabilities then have no value.
        level: of the intervals, but for a metric's own, which is of 95%.

    Returns:
        For each metric, by name, its value, interval and how that was found.

    Raises:
        DataError: the arrays do not fit together, are not finite, or are not the probabilities that are needed.
        SpecError: the metrics are of several forms.

    >>> from ranvier.evaluation.metrics import accuracy
    >>> found = measure([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], [accuracy])["accuracy"]
    >>> [round(found[key], 3) for key in ("value", "low", "high")]
    [0.667, 0.208, 0.939]
    """
    if not metrics:
        return {}
    check_one_form(metrics)
    truth, guess = checked(target, prediction, metrics[0].form)
    row_weight = checked_weight(weight, len(truth))
    usable = [metric for metric in metrics if probabilities or metric.needs != "probabilities"]
    if any(metric.needs == "probabilities" for metric in usable):
        check_probabilities(guess, metrics[0].form)
    once = np.ones((1, len(truth))) if row_weight is None else row_weight[None]
    values = {metric.name: float(metric.compute(truth, metric.read(guess), once)[0]) for metric in usable}
    sampled = [
        metric
        for metric in usable
        if not np.isnan(values[metric.name])
        and metric.interval is None
        and not (metric.proportion and row_weight is None)
    ]
    blocks = Blocks.draw(len(truth), seed)
    counted = [metric for metric in sampled if len(truth) > 1 and takes(metric, truth)]
    rest = [metric for metric in sampled if metric not in counted]
    ends = bounds_with_rows(counted, truth, guess, blocks, row_weight, level)
    without = without_each(rest, truth, guess, blocks, row_weight) if len(truth) > 1 else {}
    found: dict[str, Measured] = {}
    for metric in metrics:
        if metric not in usable:
            found[metric.name] = _without(None, "the network gives scores, not probabilities")
        elif np.isnan(value := values[metric.name]):
            found[metric.name] = _without(None, metric.undefined)
        elif metric in counted:
            low, high = ends[metric.name]
            found[metric.name] = _measured(value, (min(low, value), max(high, value)), "added rows")
        elif metric in rest:
            found[metric.name] = _jackknife(metric, value, without.get(metric.name), blocks, truth, level)
        elif metric.interval is not None:
            method, own = metric.interval(truth, metric.read(guess), row_weight, seed)
            found[metric.name] = _measured(value, own, method) if own else _without(value, method)
        else:
            found[metric.name] = _measured(value, wilson(value, len(truth), level), "wilson")
    return found


def check_one_form(metrics: Sequence[Metric]) -> None:
    """Check that all metrics measure predictions of the same form.

    Raises:
        SpecError: they do not.
    """
    forms = {str(BASE.get(metric.form, metric.form)): metric.name for metric in metrics}
    if len(forms) > 1:
        described = " and ".join(f"{name} ({form})" for form, name in sorted(forms.items()))
        raise SpecError(
            Mistake(f"the metrics {described} measure predictions of different forms", "metrics of one form")
        )


def _jackknife(
    metric: Metric,
    value: float,
    without: Floats | None,
    blocks: Blocks,
    target: NDArray[Any],
    level: float,
) -> Measured:
    if without is None:
        return _without(value, "one row has no interval")
    if np.isnan(without).any():
        return _without(value, f"with some rows left out, {metric.undefined}")
    low, high = bounds(metric, value, without, blocks, level)
    certain = low == high and value in (metric.low, metric.high) and np.isfinite(metric.high)
    if certain and BASE.get(metric.form, metric.form) != "values":
        whole = metric.high - metric.low
        share = wilson((value - metric.low) / whole, _worth(target), level)
        return _measured(value, (metric.low + whole * share[0], metric.low + whole * share[1]), "wilson")
    return _measured(value, (low, high), "jackknife")


def _worth(target: NDArray[np.int64]) -> float:
    """How many rows a mean over the classes is worth.

    The mean of C shares, each p from n_c rows, has the variance p (1 - p) / C^2 * sum 1/n_c: as one share of that many
    rows has. It is the number of rows where the classes are equally frequent, and where a row has several labels or
    a text.
    """
    if target.ndim > 1 or target.dtype.kind in "UO":
        return float(len(target))
    counts = np.bincount(target)
    counts = counts[counts > 0]
    return float(len(counts) ** 2 / (1.0 / counts).sum())


def _measured(value: float, ends: tuple[float, float], method: str) -> Measured:
    return Measured(value=value, low=ends[0], high=ends[1], method=method, reason=None)


def _without(value: float | None, reason: str) -> Measured:
    return Measured(value=value, low=None, high=None, method=None, reason=reason)
