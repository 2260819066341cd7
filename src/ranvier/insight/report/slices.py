"""Where the network is worst: groups of test rows beside all others; rates of the groups of named columns."""

from __future__ import annotations

from typing import Any

from .contents import Contents
from .markup import Html, interval, join, measured, number, section, table, tag, words

RATES = {
    "selection": "called so, of all rows",
    "true_positive": "called so, of those that are",
    "false_positive": "called so, of the others",
}


def slices_section(contents: Contents) -> Html | str:
    """The groups that are worse than the rest, then each column that was named."""
    found = contents.metrics.get("slices")
    if not found or "smallest" not in found:  # none was looked for
        return ""
    parts = [_worst(found)]
    parts += [_named(column, each, found["metric"]) for column, each in found["named"].items()]
    return section("slices", "Groups of rows", *parts)


def _worst(found: dict[str, Any]) -> Html:
    metric = words(found["metric"])
    looked = (
        f"{found['looked_at']:,} groups of at least {found['smallest']} test rows were looked at, in "
        f"{len(found['columns']):,} columns"
    )
    if not found["looked_at"]:
        looked = f"There is no group of at least {found['smallest']} test rows to look at"
    if found["left_out"]:
        looked += f" (not {', '.join(found['left_out'])}, whose kind has no groups)"
    if not found["looked_at"]:
        return tag("p", f"{looked}.")
    if not found["worst"]:
        said = f"{looked}. In none of them is the {metric} worse than in all other rows by more than chance explains."
        return tag("p", said)
    said = (
        f"{looked}. These are worse than all other rows; the intervals of the differences allow for so many looks "
        "together (95% for all of them at once, by Bonferroni's rule)."
    )
    header = ["column", "group", "rows", metric, "all other rows", "difference"]
    rows = [
        [
            entry["column"],
            entry["group"],
            number(entry["rows"]),
            measured(entry),
            number(entry["rest"]),
            _difference(entry),
        ]
        for entry in found["worst"]
    ]
    caption = "The groups where the network is worst, on test rows"
    return join(tag("p", said), table(caption, header, rows, range(2, 6)))


def _difference(entry: dict[str, Any]) -> Html:
    return measured(
        {key: entry[f"difference{end}"] for key, end in (("value", ""), ("low", "_low"), ("high", "_high"))}
    )


def _named(column: str, found: dict[str, Any], metric: str) -> Html:
    rates = found.get("fairness", {"groups": {}, "widest": {}})
    header = ["group", "rows", words(metric), "less all other rows"]
    header += [RATES[name] for name in rates["widest"]]
    rows = []
    for entry in found["groups"]:
        row: list[Any] = [entry["group"], number(entry["rows"]), measured(entry), _difference(entry)]
        row += [
            measured(rate) if rate["rows"] else "–"
            for rate in rates["groups"].get(entry["group"], {}).values()
        ]
        rows.append(row)
    told: list[Html] = []
    if rates["widest"]:
        told.append(
            tag(
                "p",
                f"The last three columns are shares of rows that the network calls {found['positive']!r}.",
            )
        )
    for name, widest in rates["widest"].items():
        if widest:
            ends = {"value": widest["difference"], "low": widest["low"], "high": widest["high"]}
            told.append(
                tag(
                    "li",
                    f"{RATES[name].capitalize()}: most often where {column} is {widest['above']}, least where it is "
                    f"{widest['below']}; the difference is {interval(ends)}.",
                )
            )
    caption = f"Test rows by {column}, with 95% intervals"
    sentences, items = told[:1], told[1:]
    return join(
        tag("h3", f"By {column}"),
        *sentences,
        table(caption, header, rows, range(1, len(header))),
        tag("ul", join(*items)) if items else "",
    )
