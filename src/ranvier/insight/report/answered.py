"""The answers to the test rows' questions: those whose true answer stands farthest down."""

from __future__ import annotations

from .contents import Contents
from .markup import Html, join, number, section, table, tag


def answered_section(contents: Contents) -> Html | str:
    """The questions that were answered worst; nothing where no stored answer is chosen."""
    told = contents.metrics.get("answered")
    if not told:
        return ""
    said = f"There are {number(told['stored'])} stored answers."
    if told["unlearnt"]:
        said += (
            f" {number(told['unlearnt'])} test rows have one that no training row has, and that the network cannot "
            "know: more questions for these answers would help."
        )
    if not told["worst"]:
        return section("answered", "The answers", tag("p", f"{said} Every test row got its own first."))
    rows = [
        [
            number(row["row"]),
            row["asked"],
            row["true"],
            number(row["place"]),
            join(*(tag("div", f"{text} ({share:.2f})") for text, share in row["said"])),
        ]
        for row in told["worst"]
    ]
    header = ["row", "question", "true answer", "its place", "best answers, and how probable"]
    listed = table("The questions whose true answer stands farthest down", header, rows, [0, 3])
    return section("answered", "The answers", tag("p", said), listed)
