"""A run as a notebook shows it: the verdict and the measure, without a picture and without a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .contents import Contents
from .markup import Html, interval, join, tag, words
from .overview import title

STYLE = "border-collapse:collapse;margin:.5em 0"


def summary(contents: Contents, folder: str) -> Html:
    """A few lines of HTML.

    Args:
        contents: of the run's folder.
        folder: where it is, for who wants to open the report.
    """
    metrics = contents.metrics
    head = tag("strong", title(contents))
    if not metrics.get("test") and not contents.targets:
        said = metrics.get("verdict") or f"not measured; go on with: ranvier train --resume {folder}"
        return tag("div", join(head, tag("p", said)))
    found = [
        f"{f['severity']}, {f['place']}: {f['cause']}" for f in contents.findings if f["severity"] != "info"
    ]
    noticed = tag("ul", join(*(tag("li", text) for text in found))) if found else ""
    measured = [_table(each.metrics, target) for target, each in contents.targets.items()]
    measured = measured or [_table(metrics, "")]
    return tag(
        "div",
        join(head, tag("p", metrics["verdict"]), *measured, noticed, tag("code", f"{folder}/report.html")),
    )


def _table(metrics: Mapping[str, Any], target: str) -> Html:
    """The measure of one target beside the baselines."""
    others = metrics.get("baselines", {})
    header = tag("tr", join(*(tag("th", name, scope="col") for name in ("metric", "network", *others))))
    rows = [
        tag(
            "tr",
            join(
                tag("th", words(name), scope="row"),
                tag("td", interval(entry)),
                *(tag("td", interval(other[name])) for other in others.values()),
            ),
        )
        for name, entry in metrics["test"].items()
    ]
    caption = tag(
        "caption", f"{target}: test rows, with 95% intervals" if target else "Test rows, with 95% intervals"
    )
    return tag("table", join(caption, tag("thead", header), tag("tbody", join(*rows))), style=STYLE)
