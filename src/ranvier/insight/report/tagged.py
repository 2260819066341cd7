"""The tags of the test rows: errors by length, tokens that training never showed, and the worst rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .contents import Contents
from .markup import Html, escape, join, number, section, table, tag


def tagged_section(contents: Contents) -> Html | str:
    """What is told of a run that tags; nothing where nothing is tagged."""
    told = contents.metrics.get("tagged")
    if not told:
        return ""
    rows = [
        [
            f"{part['from']} to {part['to']}" if part["to"] > part["from"] else str(part["from"]),
            number(part["rows"]),
            number(part["tokens"]),
            number(part["tokens"] - part["right"]),
            f"{1 - part['right'] / part['tokens']:.2%}",
        ]
        for part in told["lengths"]
    ]
    header = ["tokens in the row", "rows", "tokens", "wrong tags", "share of its tokens"]
    lengths = table("Errors by length, on the test rows", header, rows, range(1, 5))
    fresh = told["unseen"]
    said = (
        f"{number(fresh['tokens'])} tokens of the test rows stand in no training row; {fresh['accuracy']:.1%} of their "
        "tags are right."
        if fresh["tokens"]
        else "Every token of the test rows stands in some training row."
    )
    worst = [tag("h3", "The rows that were tagged worst"), *map(_row, told["worst"])] if told["worst"] else []
    return section("tagged", "The tags", tag("p", said), lengths, join(*worst))


def _row(row: Mapping[str, Any]) -> Html:
    """The tokens of a row; a wrong one is marked, with what was said and what is true below it."""
    words = [
        escape(token)
        if true == given
        else Html(
            f"<ruby><mark>{escape(token)}</mark><rp> (</rp>"
            f"<rt>{escape(given)}, not {escape(true)}</rt><rp>)</rp></ruby>"
        )
        for token, true, given in zip(row["tokens"], row["true"], row["said"])
    ]
    wrong = sum(a != b for a, b in zip(row["true"], row["said"]))
    more = f"; {number(row['left_out'])} more tokens are not shown" if row["left_out"] else ""
    text = Html(" ".join(words))
    return tag(
        "p", join(tag("small", f"Row {number(row['row'])}, {wrong} wrong{more}"), text), class_="tagged"
    )
