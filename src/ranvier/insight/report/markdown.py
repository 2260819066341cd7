"""The report as plain text in Markdown: what a message or a pull request can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .contents import Contents
from .forecasts import covariate_rows, covered, forecasts_about, step_table
from .markup import interval, number, words
from .overview import title
from .repeat import command
from .seeds import spread_line


def markdown(contents: Contents) -> str:
    """The run in plain words and tables, without pictures."""
    metrics, history = contents.metrics, contents.history
    lines = [
        f"# {_plain(title(contents))}",
        "",
        _plain(metrics.get("verdict", "This run was not measured.")),
        "",
    ]
    ledger = contents.ledger
    lines += ["## Data", "", f"- {ledger['read']:,} rows read, {ledger['dropped']:,} dropped"]
    if "rows" in metrics:
        rows = metrics["rows"]
        parts = [f"{rows[part]:,} {part}" for part in ("train", "validation", "test") if part in rows]
        lines.append(f"- {', '.join(parts)}")
    for entry in ledger["entries"]:
        column = f"column {entry['column']!r}, " if entry["column"] else ""
        lines.append(_plain(f"- ledger: {column}{entry['outcome']}, {entry['count']:,}: {entry['reason']}"))
    lines += ["", "## Network and training", ""]
    if contents.network:
        lines.append(f"- network {contents.network.name!r}, {contents.network.parameters:,} parameters")
    if history:
        lines.append(f"- {len(history)} epochs, {history[-1]['step']:,} steps")
    for target, each in (contents.targets or {"": contents}).items():
        lines += _measured(each, f": {_plain(target)}" if target else "")
    lines += _drift(contents) if contents.command else _findings(contents)
    versions = ", ".join(f"{name} {version}" for name, version in contents.record.get("versions", {}).items())
    lines += ["", "## To repeat it", "", "```", command(contents), "```", "", f"With {versions}."]
    return "\n".join(lines) + "\n"


def _measured(contents: Contents, of: str) -> list[str]:
    """How good the network is; ``of`` ends the headings, where there are several targets."""
    metrics, lines = contents.metrics, list[str]()
    if metrics.get("test"):
        others = metrics.get("baselines", {})
        measured = [
            [words(name), interval(entry), *(interval(other[name]) for other in others.values())]
            for name, entry in metrics["test"].items()
        ]
        lines += [
            "",
            f"## Test rows, with 95% intervals{of}",
            "",
            *_table(["metric", "network", *others], measured),
        ]
    if each := metrics.get("labels") or metrics.get("classes"):
        scores = [
            [name, number(entry["support"]), *(interval(entry[key]) for key in ("precision", "recall", "f1"))]
            for name, entry in each.items()
        ]
        what = "label" if contents.labels else "class"
        lines += [
            "",
            f"## {'Labels' if contents.labels else 'Classes'}{of}",
            "",
            *_table([what, "rows", "precision", "recall", "F1"], scores),
        ]
    if metrics.get("test") and "forecast" in metrics:
        lines += _forecasts(metrics["forecast"])
    lines += _groups(metrics, of)
    if contents.spread:
        lines += ["", f"## Seeds{of}", "", _plain(spread_line(contents.spread))]
    return lines


def _forecasts(told: Mapping[str, Any]) -> list[str]:
    """How the forecasts do step by step, and what stands beside the value."""
    lines = [
        "",
        "## The forecasts",
        "",
        _plain(f"{forecasts_about(told)} {covered(told)} {told.get('intervals', '')}".strip()),
        "",
    ]
    lines += _table(*step_table(told))
    if told.get("covariates"):
        header = ["beside the value", "known", "MASE once it is shuffled", "more than it is"]
        lines += ["", *_table(header, covariate_rows(told))]
    return lines


def _findings(contents: Contents) -> list[str]:
    told = [
        _plain(f"- {f['severity']} {f['code']}, {f['place']}: {f['cause']} {f['remedy']}")
        for f in contents.findings
    ]
    return ["", "## Findings", "", *(told or ["None."])]


def _drift(contents: Contents) -> list[str]:
    heading = ["", "## New rows and training rows", ""]
    if not contents.drift:
        return [*heading, "The model file does not say what its training rows were like."]
    told = [_plain(f"- {c['column']}: {c['told']}") for c in contents.drift["columns"] if c["told"]]
    return [*heading, _plain(contents.drift["verdict"]), *(["", *told] if told else [])]


def _groups(metrics: Mapping[str, Any], of: str) -> list[str]:
    """The groups of rows where the network is worst."""
    found = metrics.get("slices")
    if not found or not found["looked_at"]:
        return []
    lines = ["", f"## Groups of rows{of}", "", f"{found['looked_at']:,} groups of test rows were looked at."]
    if not found["worst"]:
        return [*lines, "None of them is worse than the rest by more than chance explains."]
    rows = [
        [each["column"], each["group"], number(each["rows"]), interval(each), number(each["rest"])]
        for each in found["worst"]
    ]
    header = ["column", "group", "rows", words(found["metric"]), "all other rows"]
    return [*lines, "These are worse than the rest:", "", *_table(header, rows)]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]


def _plain(text: str) -> str:
    """Text that Markdown takes as it is written: a column may be called anything."""
    text = " ".join(text.split("\n"))
    for mark in "\\`*_<[":
        text = text.replace(mark, "\\" + mark)
    return text
