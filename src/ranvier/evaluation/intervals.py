"""How good predictions are, and how sure that is: each metric with a 95% interval over other test rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import Mistake, SpecError
from .inputs import Floats, check_probabilities, checked, checked_weight
from .metrics import Metric
from .resampling import percentile_bounds, resampled, wilson


class Measured(TypedDict):
    """A metric as it stands in ``metrics.json``.

    ``value`` is None where the metric is not defined, ``low`` and ``high`` where the rows do not allow an interval;
    ``reason`` then says why, and is None otherwise. ``method`` is ``wilson``, ``bootstrap``, ``simulation`` or None;
    ``resamples`` is how many the bootstrap used.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str | None
    resamples: int
    reason: str | None


def measure(
    target: ArrayLike,
    prediction: ArrayLike,
    metrics: Sequence[Metric],
    resamples: int = 1000,
    seed: int = 0,
    *,
    weight: ArrayLike | None = None,
    probabilities: bool = True,
) -> dict[str, Measured]:
    """Measure predictions, each metric with its 95% interval.

    A share of right rows (accuracy) has Wilson's interval, the others the bootstrap's. Where all resamples of a metric
    of the classes agree at 0 or 1, as when every row is right, the bootstrap has no width and would claim certainty;
    Wilson's interval of as many rows as the classes are worth together (C^2 / sum 1/n_c) stands in its place.

    Args:
        target: (N,) class indices 0..C-1, or (N,) or (N, K) values.
        prediction: (N, C) probabilities or scores, or values of the target's shape.
        metrics: what to measure, all of one form.
        resamples: R, at least 100. Fewer are used where rows times columns exceed 100,000 (10^8 divided by that, but
            at least 200).
        seed: of the resamples; the same seed gives the same intervals.
        weight: (N,) row weights; with them no interval is Wilson's.
        probabilities: False where the prediction holds scores; metrics that need probabilities then have no value.

    Returns:
        For each metric, by name, its value, interval and how that was found.

    Raises:
        DataError: the arrays do not fit together, are not finite, or are not the probabilities that are needed.
        SpecError: the metrics are of several forms, or fewer than 100 resamples are asked for.

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
        check_probabilities(guess)
    once = np.ones((1, len(truth))) if row_weight is None else row_weight[None]
    values = {metric.name: float(metric.compute(truth, metric.read(guess), once)[0]) for metric in usable}
    sampled = [
        metric
        for metric in usable
        if not np.isnan(values[metric.name])
        and metric.interval is None
        and not (metric.proportion and row_weight is None)
    ]
    drawn = resampled(sampled, truth, [guess], resamples, seed, row_weight)
    found: dict[str, Measured] = {}
    for metric in metrics:
        if metric not in usable:
            found[metric.name] = _without(None, "the network gives scores, not probabilities")
        elif np.isnan(value := values[metric.name]):
            found[metric.name] = _without(None, metric.undefined)
        elif metric in sampled:
            found[metric.name] = _bootstrap(metric, value, drawn[metric.name][0], truth)
        elif metric.interval is not None:
            own = metric.interval(truth, metric.read(guess), row_weight, seed)
            found[metric.name] = _measured(value, own, "simulation")
        else:
            found[metric.name] = _measured(value, wilson(value, len(truth)), "wilson")
    return found


def check_one_form(metrics: Sequence[Metric]) -> None:
    """Check that all metrics measure predictions of the same form.

    Raises:
        SpecError: they do not.
    """
    forms = {metric.form: metric.name for metric in metrics}
    if len(forms) > 1:
        described = " and ".join(f"{name} ({form})" for form, name in sorted(forms.items()))
        raise SpecError(
            Mistake(f"the metrics {described} measure predictions of different forms", "metrics of one form")
        )


def _bootstrap(metric: Metric, value: float, drawn: Floats, target: NDArray[np.int64]) -> Measured:
    rows = len(target)
    bounds = percentile_bounds(drawn, rows)
    if bounds is None:
        reason = "one row has no interval" if rows < 2 else f"in most resamples {metric.undefined}"
        return _without(value, reason)
    if metric.low == 0.0 and metric.high == 1.0 and bounds[0] == bounds[1] and bounds[0] in (0.0, 1.0):
        return _measured(value, wilson(value, _worth(target)), "wilson")
    low, high = (min(max(bound, metric.low), metric.high) for bound in bounds)
    return _measured(value, (low, high), "bootstrap", len(drawn))


def _worth(target: NDArray[np.int64]) -> float:
    """How many rows a mean over the classes is worth.

    The mean of C shares, each p from n_c rows, has the variance p (1 - p) / C^2 * sum 1/n_c: as one share of that many
    rows has. It is the number of rows where the classes are equally frequent.
    """
    counts = np.bincount(target)
    counts = counts[counts > 0]
    return float(len(counts) ** 2 / (1.0 / counts).sum())


def _measured(value: float, bounds: tuple[float, float], method: str, resamples: int = 0) -> Measured:
    return Measured(
        value=value, low=bounds[0], high=bounds[1], method=method, resamples=resamples, reason=None
    )


def _without(value: float | None, reason: str) -> Measured:
    return Measured(value=value, low=None, high=None, method=None, resamples=0, reason=reason)
