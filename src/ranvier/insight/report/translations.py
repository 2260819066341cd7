"""Texts that were written from others: beside their references, and where the network looked while it wrote."""

from __future__ import annotations

from .contents import Contents
from .maps import attention_map
from .markup import Html, details, section, table, tag


def translations_section(contents: Contents) -> Html | str:
    """Some rows and those that were written worst; nothing where nothing is translated."""
    rows = contents.metrics.get("translations")
    if not rows:
        return ""
    said = tag(
        "p",
        "Some test rows, evenly spread, and then those that were written worst: the text, what the network wrote, and "
        "the reference. How good texts of each length are stands under the groups of rows.",
    )
    cells = [(f"{row['row']:,}", row["source"], row["said"], row["true"]) for row in rows]
    shown = table("Texts and what was written", ("row", "text", "written", "reference"), cells, (0,))
    caption = "Row {:,}: where each token that was written, a line, looked in the text"
    maps = [
        attention_map(row["written"], row["read"], row["map"], caption.format(row["row"]))
        for row in rows
        if row.get("map")
    ]
    drawn = details("Where the network looked while it wrote", *maps) if maps else ""
    return section("translations", "Written from other texts", said, shown, drawn)
