"""compare: two runs side by side, and whether what differs is more than noise."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..catalog import load
from ..errors import Mistake, RunError, did_you_mean
from ..evaluation.comparison import Comparison
from ..evaluation.comparison import compare as paired
from ..insight.report import Contents, read
from ..insight.report.contents import Predictions
from ..insight.report.markup import interval, number, words
from ..insight.report.repeat import flat


@dataclass(frozen=True)
class Compared:
    """Two runs side by side.

    Args:
        runs: where they are.
        settings: the settings that differ: by name, that of a and that of b (None where it has none).
        data: what differs in what was read, as sentences; none where it is the same.
        metric: what decides.
        metrics: by name, the measure of a and of b on their test rows.
        paired: by metric, a less b on the same test rows with its 95% interval; empty where the rows are not the same.
        rows: how many test rows there are in each.
        verdict: which is better, or that it cannot be told.
    """

    runs: tuple[str, str]
    settings: dict[str, tuple[Any, Any]]
    data: list[str]
    metric: str
    metrics: dict[str, tuple[dict[str, Any], dict[str, Any]]]
    paired: dict[str, Comparison]
    rows: tuple[int, int]
    verdict: str

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def compare(
    a: str | Path, b: str | Path, *, target: str | None = None, resamples: int = 1000, seed: int = 0
) -> Compared:
    """Compare two finished runs.

    Where they were measured on the same test rows (the data have the same fingerprint, and the rows the same numbers),
    the rows are resampled for both at once, so that what makes a row hard for both cancels; see
    ``evaluation.comparison.compare``. Else the figures stand side by side and nothing is claimed.

    Args:
        a, b: their folders.
        target: which of several targets to compare; the other run may have learnt it alone.
        resamples: of the paired bootstrap, at least 100.
        seed: of the resamples.

    Raises:
        RunError: one of them is no run, was not measured, has no such target, or they predict different things.
        SpecError: fewer than 100 resamples are asked for.
    """
    folders = (Path(a), Path(b))
    contents = tuple(_of_target(folder, read(folder), target) for folder in folders)
    for folder, each in zip(folders, contents):
        if not each.metrics.get("test"):
            raise RunError(
                Mistake(
                    f"{str(folder)!r} has no measure on test rows",
                    "a finished run with test rows",
                    f"go on with it: ranvier train --resume {folder}",
                )
            )
    first, second = contents
    kinds = [(each.metrics["task"], each.record.get("target")) for each in contents]
    if kinds[0] != kinds[1]:
        raise RunError(
            Mistake(
                f"{str(a)!r} is to {kinds[0][0]} {kinds[0][1]!r} and {str(b)!r} to {kinds[1][0]} {kinds[1][1]!r}",
                "two runs with the same task and target",
            )
        )
    data = list(_differences(first, second))
    measured = {
        name: (entry, second.metrics["test"][name])
        for name, entry in first.metrics["test"].items()
        if name in second.metrics["test"]
    }
    tests = {} if data else _paired(first, second, list(measured), resamples, seed)
    metric = first.metric
    return Compared(
        runs=(str(a), str(b)),
        settings=_settings(first.settings, second.settings),
        data=data,
        metric=metric,
        metrics=measured,
        paired=tests,
        rows=(first.metrics["rows"]["test"], second.metrics["rows"]["test"]),
        verdict=_verdict(folders, metric, tests.get(metric), measured[metric], data),
    )


def _of_target(folder: Path, contents: Contents, target: str | None) -> Contents:
    """What a run holds of ``target``.

    Raises:
        RunError: it has several and none is named, or it has none of that name.
    """
    names = list(contents.targets) or [str(contents.record.get("target"))]
    if target is None and len(names) > 1:
        raise RunError(
            Mistake(
                f"{str(folder)!r} has several targets, and each has its own measure",
                f"one of them: {', '.join(names)}",
                f"add --target {names[0]}, or in Python target={names[0]!r}",
            )
        )
    if target is not None and target not in names:
        raise RunError(
            Mistake(f"{str(folder)!r} has no target {target!r}", remedy=did_you_mean(target, names))
        )
    return contents.targets[target] if target is not None and contents.targets else contents


def _differences(a: Contents, b: Contents) -> list[str]:
    """Why the test rows are not the same rows; nothing where they are."""
    if a.record.get("fingerprint") != b.record.get("fingerprint"):
        return [f"the data differ ({a.record.get('origin')} and {b.record.get('origin')})"]
    if a.test is None or b.test is None or not np.array_equal(a.test.rows, b.test.rows):
        return ["the test rows are not the same rows of the data (split and seed decide)"]
    if a.classes != b.classes or a.labels != b.labels:
        return [f"the {'labels' if a.labels else 'classes'} differ"]
    if not np.array_equal(_weights(a.test), _weights(b.test)):
        return ["the weights of the rows differ"]
    return []


def _weights(part: Predictions) -> NDArray[np.float64]:
    """(N,) what each row counts."""
    return np.ones(len(part)) if part.weight is None else part.weight


def _paired(a: Contents, b: Contents, names: list[str], resamples: int, seed: int) -> dict[str, Comparison]:
    found = {}
    for name in names:
        metric = load("metrics", name)
        if metric.needs == "probabilities" and not (a.probable and b.probable):
            continue
        if a.test is not None and b.test is not None:
            found[name] = paired(
                a.test.target,
                a.test.prediction,
                b.test.prediction,
                metric,
                resamples,
                seed,
                weight=a.test.weight,
            )
    return found


def _settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    of_a, of_b = dict(flat(a)), dict(flat(b))
    names = [*of_a, *(name for name in of_b if name not in of_a)]
    return {name: (of_a.get(name), of_b.get(name)) for name in names if of_a.get(name) != of_b.get(name)}


def _verdict(
    folders: tuple[Path, Path],
    metric: str,
    found: Comparison | None,
    entries: tuple[dict[str, Any], dict[str, Any]],
    data: list[str],
) -> str:
    name = words(metric)
    if data:
        return f"The two cannot be compared row by row: {'; '.join(data)}."
    if found is None or found.difference is None:
        return f"The {name} of one of them is not defined."
    if found.low is None or found.high is None:
        return "There are too few test rows to tell."
    numbers = f"{name} {found.difference:+.4g}, 95% interval {found.low:+.4g} to {found.high:+.4g}"
    if found.better == "neither":
        return f"The difference is within noise ({numbers})."
    winner = folders[0] if found.better == "a" else folders[1]
    values = [number(entry["value"]) for entry in entries]
    return (
        f"{winner} is better: {name} {values[0]} against {values[1]} ({numbers}). "
        "Of many runs compared on the same test rows, one in twenty looks different by chance alone."
    )


def _lines(compared: Compared) -> list[str]:
    a, b = compared.runs
    lines = [f"a: {a}", f"b: {b}"]
    lines.append("settings that differ:" if compared.settings else "settings: the same")
    rows = [(name, _shown(x), _shown(y)) for name, (x, y) in compared.settings.items()]
    lines += _columns([("", "a", "b"), *rows]) if rows else []
    counts = " and ".join(f"{count:,}" for count in dict.fromkeys(compared.rows))
    lines.append(f"test rows ({counts}), 95% intervals in brackets:")
    table = [("", "a", "b", "a less b" if compared.paired else "")]
    for name, (x, y) in compared.metrics.items():
        told = compared.paired.get(name)
        table.append((words(name), interval(x), interval(y), _difference(told) if told else ""))
    return [*lines, *_columns(table), f"verdict: {compared.verdict}"]


def _difference(told: Comparison) -> str:
    if told.difference is None or math.isnan(told.difference):
        return "not defined"
    if told.low is None or told.high is None:
        return f"{told.difference:+.4g}"
    mark = {"a": "a is better", "b": "b is better", "neither": "within noise"}[told.better]
    return f"{told.difference:+.4g} ({told.low:+.4g} to {told.high:+.4g}), {mark}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" if key != "name" else str(each) for key, each in value.items())
    return "–" if value is None else str(value)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
