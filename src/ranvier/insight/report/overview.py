"""The head of the report: what was learnt and how well, on one screen; then the findings."""

from __future__ import annotations

from typing import Any

from ...finding import GRAVITY
from .contents import Contents
from .markup import Html, details, interval, join, number, section, table, tag, words


def title(contents: Contents) -> str:
    """The report's title."""
    record = contents.record
    return f"{record.get('target', 'A run')} from {record.get('origin', 'data')}"


def head(contents: Contents) -> Html:
    """Title, verdict and the main numbers."""
    metrics = contents.metrics
    said = metrics.get("verdict") or "This run was not measured: it was stopped, or it diverged."
    tiles = tag("dl", join(*(_tile(*each) for each in _numbers(contents))), class_="tiles")
    return tag("header", join(tag("h1", title(contents)), tag("p", said, class_="verdict"), tiles))


def findings_section(contents: Contents) -> Html | str:
    """What was noticed: the gravest first. An evaluation has no findings."""
    if contents.command:
        return ""
    found = sorted(contents.findings, key=lambda finding: GRAVITY.get(finding["severity"], 3))
    if not found:
        return section("findings", "Findings", tag("p", "Nothing was found that needs your attention."))
    return section("findings", "Findings", tag("ul", join(*map(_finding, found)), class_="findings"))


def _finding(finding: dict[str, Any]) -> Html:
    badge = tag("span", finding["severity"], class_=f"badge {finding['severity']}")
    head = tag("p", join(badge, tag("strong", finding["place"]), tag("code", finding["code"])))
    said = tag("p", f"{finding['cause']} {finding['remedy']}")
    evidence = finding.get("evidence") or {}
    proof: Html | str = ""
    if evidence:
        rows = [(words(str(name)), _shown(value)) for name, value in evidence.items()]
        proof = details("Evidence", table(f"Evidence for {finding['code']}", ["what", "value"], rows))
    return tag("li", join(head, said, proof))


def _shown(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value[:10]) + (", …" if len(value) > 10 else "")
    return str(value)


def _numbers(contents: Contents) -> list[tuple[str, str, str]]:
    metrics, tiles = contents.metrics, []
    for target, each in (contents.targets or {"Test": contents}).items():
        entry = each.metrics.get("test", {}).get(each.metric)
        if entry:
            told = interval(entry).partition("(")[2][:-1]
            text = told if entry["low"] is None else f"95% interval {told}"
            tiles.append((f"{target} {words(each.metric)}", number(entry["value"]), text))
    if "rows" in metrics:
        rows = metrics["rows"]
        parts = ", ".join(
            f"{rows[part]:,} {part}" for part in ("train", "validation", "test") if part in rows
        )
        tiles.append(("Rows", number(rows["read"]), parts))
    if contents.network:
        tiles.append(
            ("Parameters", number(contents.network.parameters), f"network {contents.network.name!r}")
        )
    if contents.history:
        tiles.append(("Epochs", number(len(contents.history)), f"{contents.history[-1]['step']:,} steps"))
    return tiles


def _tile(name: str, value: str, note: str) -> Html:
    return tag("div", join(tag("dt", name), tag("dd", join(tag("b", value), tag("span", note)))))
