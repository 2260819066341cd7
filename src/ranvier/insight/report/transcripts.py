"""What was heard in some test rows: the spectrogram, and where each character of the truth lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .contents import Contents
from .markup import Html, escape, join, section, tag

WIDE, TALL, BELOW = 6, 3, 22
"""A frame is so many pixels wide and a band so many high; so much room there is for the characters."""

BANDS = 64


def transcripts_section(contents: Contents) -> Html | str:
    """The rows that were heard worst, and some others; nothing where nothing is transcribed."""
    rows = contents.metrics.get("transcripts")
    if not rows:
        return ""
    said = tag(
        "p",
        "Dark is loud, low pitches are below, time goes to the right. Below each spectrogram stand the characters of "
        "the true text, where the most probable path of the network that spells it has them. The first rows are those "
        "that were heard worst.",
    )
    return section("transcripts", "What was heard", said, join(*(_figure(row) for row in rows)))


def _figure(row: Mapping[str, Any]) -> Html:
    wide, tall = row["frames"] * WIDE, BANDS * TALL
    marks = [
        f'<line x1="{first * WIDE}" x2="{(last + 1) * WIDE}" y1="{tall + 2}" y2="{tall + 2}" stroke="currentColor"/>'
        f'<text x="{(first + last + 1) * WIDE / 2:g}" y="{tall + 17}" text-anchor="middle" font-size="14" '
        f'fill="currentColor">{escape(character)}</text>'
        for character, first, last in row["characters"]
    ]
    caption = f"Row {row['row']:,}: {row['true']!r}, heard as {row['heard']!r}"
    picture = Html(
        f'<svg role="img" aria-label="{escape(caption)}" viewBox="0 0 {wide} {tall + BELOW}" width="{wide}" '
        f'style="max-width:100%"><image href="{escape(row["picture"])}" width="{wide}" height="{tall}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated"/>{"".join(marks)}</svg>'
    )
    return tag("figure", join(picture, tag("figcaption", caption)))
