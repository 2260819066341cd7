"""The pictures, as plain Plotly figures: ``data`` and ``layout``.

They are plain values, so that a report is written without importing Plotly's Python side, whose JavaScript draws them.
Colours are chosen to be told apart on white and on black (contrast of at least 3 to 1); text and grid lines take the
page's colours from its style sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...evaluation.calibration import at_temperature, reliability
from .contents import Contents, Predictions
from .curves import lift_curves, precision_recall_curves, roc_curves
from .forecasts import forecast_figures
from .markup import words
from .traces import (
    COLOURS,
    POINTS,
    QUIET,
    Figure,
    diagonal,
    layout_of,
    line_of,
    mark_at,
    some_of,
)

CELLS = 20
"""Up to so many classes, the confusion matrix of the page is a table, which can be read out."""


def figures(contents: Contents) -> dict[str, Figure]:
    """Every picture that the run's folder allows, by name; ``2-errors`` is of the second of several targets."""
    makers: dict[str, Callable[[Contents], Figure | None]] = {
        "learning_curve": learning_curve,
        "validation_metric": validation_metric,
        "learning_rate": learning_rate,
        "baselines": baselines,
        "confusion": confusion,
        "calibration": calibration,
        "roc": roc_curves,
        "precision_recall": precision_recall_curves,
        "lift": lift_curves,
        "predicted_true": predicted_true,
        "errors": errors,
    }
    made = {name: make(contents) for name, make in makers.items()}
    found = {name: figure for name, figure in made.items() if figure is not None}
    found |= forecast_figures(contents)
    for place, one in enumerate(contents.targets.values(), 1):
        alone = figures(replace(one, history=[]))
        found |= {f"{place}-{name}": figure for name, figure in alone.items()}
    return found


def learning_curve(contents: Contents) -> Figure | None:
    """The loss of each epoch on training and validation rows."""
    history = contents.history
    if not history:
        return None
    epochs = [line["epoch"] for line in history]
    traces = [line_of("training", epochs, [line["train"]["loss"] for line in history], 0)]
    if all(line["validation"] for line in history):
        losses = [line["validation"]["loss"] for line in history]
        traces.append(line_of("validation", epochs, losses, 1))
        best = int(np.argmin(losses))
        traces.append(mark_at(f"lowest, epoch {epochs[best]}", epochs[best], losses[best], 1))
    return {"data": traces, "layout": layout_of("epoch", "loss")}


def validation_metric(contents: Contents) -> Figure | None:
    """The metrics of each epoch on the validation rows."""
    history = contents.history
    if not history or not all(line["validation"] for line in history):
        return None
    names = [name for name in history[0]["validation"] if name != "loss"]
    epochs = [line["epoch"] for line in history]
    traces = [
        line_of(words(name), epochs, [line["validation"].get(name) for line in history], 1 + i)
        for i, name in enumerate(names)
    ]
    if not traces:
        return None
    layout = layout_of("epoch", words(names[0]), showlegend=False)
    axis, count = layout["yaxis"], len(names)
    if count > 1:  # metrics have units of their own: one above the other, over the same epochs
        layout.update(height=100 + 190 * count)
        layout["xaxis"]["anchor"] = f"y{count}"
    for i, name in enumerate(names[1:], 1):
        traces[i]["yaxis"] = f"y{i + 1}"
        layout[f"yaxis{i + 1}"] = {**axis, "title": {"text": words(name)}}
    for i in range(count):
        place = layout[f"yaxis{i + 1}" if i else "yaxis"]
        place["domain"] = [round(1 - part / (count - 0.15), 4) for part in (i + 0.85, i)]
    return {"data": traces, "layout": layout}


def learning_rate(contents: Contents) -> Figure | None:
    """The learning rate of each epoch."""
    history = contents.history
    if not history:
        return None
    epochs, rates = ([line[key] for line in history] for key in ("epoch", "learning_rate"))
    return {
        "data": [line_of("learning rate", epochs, rates, 2)],
        "layout": layout_of("epoch", "learning rate", showlegend=False),
    }


def baselines(contents: Contents) -> Figure | None:
    """The task's metric on the test rows with its 95% interval: the network and each baseline."""
    metrics = contents.metrics
    entries = [("network", metrics.get("test", {}).get(contents.metric))]
    entries += [(name, entry.get(contents.metric)) for name, entry in metrics.get("baselines", {}).items()]
    known = [(name, entry) for name, entry in entries if entry and entry["value"] is not None]
    if not known:
        return None
    names = [name for name, _ in known]
    values = [entry["value"] for _, entry in known]
    above = [None if e["high"] is None else e["high"] - e["value"] for _, e in known]
    below = [None if e["low"] is None else e["value"] - e["low"] for _, e in known]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": names,
        "marker": {"size": 12, "color": [COLOURS[0]] + [QUIET] * (len(known) - 1)},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": above,
            "arrayminus": below,
            "color": QUIET,
            "thickness": 2,
        },
        "hovertemplate": "%{y}: %{x:.4g}<extra></extra>",
    }
    layout = layout_of(f"{words(contents.metric)} on the test rows", "", showlegend=False)
    layout["yaxis"].update(autorange="reversed", type="category")
    layout.update(height=80 + 50 * len(known))
    layout["margin"]["l"] = 80
    return {"data": [trace], "layout": layout}


def confusion(contents: Contents) -> Figure | None:
    """How often each class (row) was predicted as each class (column), as the share of the row."""
    found = contents.metrics.get("confusion")
    if not found:
        return None
    counts = np.asarray(found["counts"], dtype=np.float64)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    trace = {
        "type": "heatmap",
        "x": found["classes"],
        "y": found["classes"],
        "z": shares.round(6).tolist(),
        "customdata": found["counts"],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, "rgba(59,130,246,0.04)"], [1, "rgba(59,130,246,1)"]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "true %{y}, predicted %{x}: %{customdata} rows<extra></extra>",
    }
    layout = layout_of("predicted", "true", showlegend=False)
    layout["xaxis"].update(type="category")
    layout["yaxis"].update(type="category", autorange="reversed", automargin=True)
    layout.update(height=min(max(320, 60 + 22 * len(counts)), 900))
    return {"data": [trace], "layout": layout}


def calibration(contents: Contents) -> Figure | None:
    """The share of right test rows by confidence: as the model gives it, and without or with the temperature."""
    test = contents.test
    if test is None or not contents.probable:
        return None
    traces: list[Figure] = [diagonal()]
    told = [("the model's", test.prediction, 0)]
    if chosen := contents.metrics.get("calibration"):
        heat = chosen["temperature"]
        if chosen["applied"]:
            told.append(("the network's own", at_temperature(test.prediction, 1 / heat), 1))
        else:
            told.append((f"at temperature {heat:.2f}", at_temperature(test.prediction, heat), 1))
    for name, prediction, colour in told:
        bins = reliability(test.target, prediction)
        trace = line_of(name, [b.confidence for b in bins], [b.right for b in bins], colour)
        trace.update(
            mode="lines+markers",
            text=[f"{b.rows} rows" for b in bins],
            hovertemplate="confidence %{x:.3f}, right %{y:.3f}, %{text}<extra></extra>",
        )
        if colour == 0:
            trace["error_y"] = {
                "type": "data",
                "symmetric": False,
                "array": [b.interval[1] - b.right for b in bins],
                "arrayminus": [b.right - b.interval[0] for b in bins],
                "color": COLOURS[0],
                "thickness": 1,
            }
        traces.append(trace)
    layout = layout_of("confidence (mean of a bin)", "share of right rows")
    layout["xaxis"].update(range=[0, 1.02])
    layout["yaxis"].update(range=[0, 1.05])
    return {"data": traces, "layout": layout}


def predicted_true(contents: Contents) -> Figure | None:
    """Predicted against true values of the test rows."""
    test = contents.test
    if test is None or contents.classes or contents.labels:
        return None
    few = some_of(len(test))
    low, high = (float(f([f(test.target), f(test.prediction)])) for f in (np.min, np.max))
    cloud = {
        "type": "scatter",
        "mode": "markers",
        "name": "test rows",
        "x": test.target[few].tolist(),
        "y": test.prediction[few].tolist(),
        "text": [f"row {row}" for row in test.rows[few].tolist()],
        "marker": {"size": 7, "color": COLOURS[0], "opacity": 0.6},
        "hovertemplate": "%{text}: true %{x:.5g}, predicted %{y:.5g}<extra></extra>",
    }
    return {
        "data": [diagonal(low, high), cloud],
        "layout": layout_of("true", "predicted", showlegend=False),
    }


def errors(contents: Contents) -> Figure | None:
    """How many test rows have an error (predicted less true) of which size."""
    test = contents.test
    if test is None or contents.classes or contents.labels:
        return None
    off = test.prediction - test.target
    counts, edges = np.histogram(off, bins=min(40, max(8, int(np.sqrt(len(off))))))
    trace = {
        "type": "bar",
        "x": ((edges[1:] + edges[:-1]) / 2).tolist(),
        "y": counts.tolist(),
        "width": np.diff(edges).tolist(),
        "marker": {"color": COLOURS[0], "opacity": 0.85},
        "hovertemplate": "error about %{x:.4g}: %{y} rows<extra></extra>",
    }
    return {"data": [trace], "layout": layout_of("predicted less true", "rows", showlegend=False)}


def rows_shown(part: Predictions | None) -> str:
    """What is to be said where a cloud shows some of the rows only."""
    return f" {POINTS:,} of {len(part):,} rows are drawn." if part is not None and len(part) > POINTS else ""
