"""The measure of a forecast: intervals set right on the validation part, then the held-out part beside baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from ..catalog import METRICS, load
from ..data.series.windows import LEVELS, Windows
from ..delivery.forecast import forecast_table
from ..delivery.model import forward
from ..evaluation.forecast_baselines import is_installed, naive, smoothing, spaced
from ..evaluation.forecasting import FEWEST_STRETCHES, coverage, widening
from ..evaluation.intervals import Measured as Value
from ..insight.report.markup import number
from ..network.forecasting import Forecaster
from ..spec import Spec
from ..tasks.forecast import Forecast
from .forecast import Forecasts
from .forecast_effects import covariate_effects
from .prepared import Prepared

OVERLAP = "the forecasts overlap"
"""Why the measures of forecasts have no interval: those of neighbouring origins are no sample."""

MOST_SMOOTHED = 60
"""At so many origins at most, evenly spaced, exponential smoothing is fitted: a fit takes about 0.2 s."""

Floats = NDArray[np.float64]


def predicted(spec: Spec, prepared: Prepared, forecasts: Forecasts, network: nn.Module) -> dict[str, Floats]:
    """The quantiles (N, H, Q) of the validation and the test windows, in units of these.

    Where the network can, its intervals are first brought to hold as many validation values as they are to hold.
    """
    task, parts = prepared.task, prepared.parts
    inner: Any = network
    if isinstance(inner, Forecaster) and spec.evaluation.calibrate and len(parts["validation"]):
        inner.widening.zero_()
        said = task.decode(forward(network, parts["validation"].inputs))
        windows = forecasts.windows["validation"]
        moved = widening(windows.targets(), said, stretches_of(windows))
        inner.widening.copy_(torch.from_numpy(moved).float())
    return {name: task.decode(forward(network, parts[name].inputs)) for name in ("validation", "test")}


def stretches_of(windows: Windows) -> float:
    """How many horizons of values the windows of a part forecast; those of neighbouring origins are the same ones."""
    horizon = windows.future.shape[1]
    return float(np.sum(np.unique(windows.line, return_counts=True)[1] + horizon - 1) / horizon)


def measure_forecasts(
    spec: Spec, prepared: Prepared, forecasts: Forecasts, network: nn.Module
) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    """The metrics, and the predictions of the test and the validation part."""
    task: Any = prepared.task
    windows, said = forecasts.windows, predicted(spec, prepared, forecasts, network)
    metrics: dict[str, Any] = {
        "task": task.name,
        "form": "forecasts",
        "metric": task.metric,
        "test": values_of(windows["test"], said["test"]),
        "validation": values_of(windows["validation"], said["validation"]),
        "baselines": {},
        "comparison": {},
        "rows": {"read": prepared.ledger.read, "dropped": prepared.ledger.dropped, **prepared.split.counts},
        "forecast": {
            "horizon": task.horizon,
            "season": task.season,
            "history": task.length,
            "step": str(task.step),
            "series": len(forecasts.lines),
            "origins": len(windows["test"]),
            "widening": dict(zip(map(str, LEVELS), _widening(network))),
            "intervals": _intervals(spec, windows["validation"]),
        },
    }
    if len(windows["test"]):
        metrics["forecast"] |= by_step(windows["test"], said["test"])
        test = prepared.parts["test"]
        metrics["forecast"]["covariates"] = covariate_effects(
            task, test.inputs["series"], test.target, network, spec.seed
        )
        if spec.evaluation.baselines:
            metrics["baselines"] = baselines(task, forecasts)
    metrics["verdict"] = (
        verdict(metrics) if metrics["test"] else "There were no test values to measure it on."
    )
    frames = [
        forecast_table(task, forecasts.lines, windows[part], said[part]) for part in ("test", "validation")
    ]
    return metrics, frames[0], frames[1]


def _intervals(spec: Spec, validation: Windows) -> str:
    """How the intervals came about, in words."""
    if not spec.evaluation.calibrate or not len(validation):
        return "The intervals are the network's own."
    count = stretches_of(validation)
    if count >= FEWEST_STRETCHES:
        return "The intervals were set so that they hold their share of the validation values."
    told = f"The validation part has {count:.1f} horizons of values, fewer than {FEWEST_STRETCHES}"
    return f"{told}: the intervals were set so that they hold all of them."


def _widening(network: nn.Module) -> list[float]:
    inner: Any = network
    return inner.widening.tolist() if isinstance(inner, Forecaster) else [0.0] * len(LEVELS)


def values_of(windows: Windows, said: Floats) -> dict[str, Value]:
    """Each metric of forecasts, without an interval; nothing where there are no windows."""
    if not len(windows):
        return {}
    found: dict[str, Value] = {}
    for name in METRICS:
        metric = load("metrics", name)
        if metric.form == "forecasts":
            value = float(metric(windows.targets(), said)[0])
            found[name] = Value(value=value, low=None, high=None, method=None, reason=OVERLAP)
    return found


def by_step(windows: Windows, said: Floats) -> dict[str, Any]:
    """Over all windows, the MASE of each step ahead, and the share of values in each interval."""
    target = windows.targets()
    off = np.abs(target[:, 2:] - said[:, :, LEVELS.index(0.5)]) / target[:, :1]
    shares = coverage(target, said)
    return {
        "mase_by_step": off.mean(axis=0).tolist(),
        "coverage": {str(share): float(each.mean()) for share, each in shares.items()},
        "coverage_by_step": {str(share): each.tolist() for share, each in shares.items()},
    }


def baselines(task: Forecast, forecasts: Forecasts) -> dict[str, Any]:
    """The naive forecasts at each origin of the test part, and exponential smoothing at some."""
    windows = forecasts.windows["test"]
    known = [forecasts.lines[of].values[:origin] for of, origin in zip(windows.line, windows.origin)]
    every = np.arange(len(windows))
    told = "the last value, again and again"
    found = {"naive": _entry(windows, every, [naive(each, task.horizon) for each in known], told)}
    if task.season > 1:
        repeated = [naive(each, task.horizon, task.season) for each in known]
        found["seasonal_naive"] = _entry(windows, every, repeated, f"the last {task.season} values again")
    if is_installed():
        places = spaced(len(windows), MOST_SMOOTHED)
        told = "exponential smoothing (statsmodels), fitted anew at each origin, its form chosen once a series by AICc"
        some = f"; at {len(places):,} of {len(windows):,} origins" if len(places) < len(windows) else ""
        found["exponential_smoothing"] = _entry(
            windows, places, _smoothed(task, windows, known, places), told + some
        )
    return found


def _smoothed(
    task: Forecast, windows: Windows, known: Sequence[Floats], places: NDArray[np.int64]
) -> list[Floats]:
    forms: dict[int, Any] = {}
    found = []
    for place in places:
        of = int(windows.line[place])
        said, form = smoothing(known[place], task.horizon, task.season, forms.get(of))
        forms.setdefault(of, form)
        found.append(said)
    return found


def _entry(
    windows: Windows, places: NDArray[np.int64], said: Sequence[Floats], description: str
) -> dict[str, Any]:
    """Point forecasts in units of the series, measured; each stands for all of its quantiles."""
    some = Windows(*(each[places] for each in vars(windows).values()))
    scaled = (np.stack(said) - some.level[:, None]) / some.unit[:, None]
    whole = values_of(some, np.repeat(scaled[:, :, None], len(LEVELS), axis=2))
    return {**whole, "description": description}


def verdict(metrics: Mapping[str, Any]) -> str:
    """How the network compares with the baselines, in words."""
    mine = metrics["test"]["mase"]["value"]
    others = {name: each["mase"]["value"] for name, each in metrics["baselines"].items()}
    if not others:
        return f"The MASE is {number(mine)}; there is nothing beside it."
    named = {name: f"{_words(name)} ({number(value)})" for name, value in others.items()}
    better = [named[name] for name, value in others.items() if mine < value]
    worse = [named[name] for name, value in others.items() if mine >= value]
    told = [f"lower than {_and(better)}" if better else "", f"not lower than {_and(worse)}" if worse else ""]
    count = metrics["forecast"]["origins"]
    return f"The MASE {number(mine)} is {', '.join(filter(None, told))}, over {count:,} origins."


def _words(name: str) -> str:
    return "the " + {"naive": "last value", "seasonal_naive": "last season"}.get(name, name.replace("_", " "))


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
