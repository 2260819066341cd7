"""Texts that were written from others: beside their references, and where the network looked while it wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .contents import Contents
from .markup import Html, details, escape, join, section, table, tag

CELL, LEFT, ABOVE = 16, 90, 90
"""A cell of a map is so many pixels wide, and so much room there is for the tokens on both sides."""


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
    maps = [_map(row) for row in rows if row.get("map")]
    drawn = details("Where the network looked while it wrote", *maps) if maps else ""
    return section("translations", "Written from other texts", said, shown, drawn)


def _map(row: Mapping[str, Any]) -> Html:
    """Each token that was written is a line, each that was read a column; the darker, the more it was looked at."""
    read, written, weights = row["read"], row["written"], row["map"]
    wide, tall = LEFT + CELL * len(read), ABOVE + CELL * len(written)
    cells = [
        f'<rect x="{LEFT + CELL * s}" y="{ABOVE + CELL * t}" width="{CELL}" height="{CELL}" fill="currentColor" '
        f'fill-opacity="{weight / 100:g}"/>'
        for t, line in enumerate(weights)
        for s, weight in enumerate(line)
        if weight
    ]
    caption = f"Row {row['row']:,}: where each token that was written, a line, looked in the text"
    drawing = Html(
        f'<svg role="img" aria-label="{escape(caption)}" viewBox="0 0 {wide} {tall}" width="{wide}" '
        f'style="max-width:100%" font-size="11" fill="currentColor">'
        f"{_columns(read)}{_lines(written)}{''.join(cells)}</svg>"
    )
    return tag("figure", join(drawing, tag("figcaption", caption)))


def _columns(tokens: Sequence[str]) -> str:
    return "".join(
        f'<text transform="translate({LEFT + CELL * s + 12} {ABOVE - 5}) rotate(-60)">{escape(token)}</text>'
        for s, token in enumerate(tokens)
    )


def _lines(tokens: Sequence[str]) -> str:
    return "".join(
        f'<text x="{LEFT - 6}" y="{ABOVE + CELL * t + 12}" text-anchor="end">{escape(token)}</text>'
        for t, token in enumerate(tokens)
    )
