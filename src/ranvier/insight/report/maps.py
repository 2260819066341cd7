"""Maps of attention: which token looked at which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.pictures import written
from .markup import Html, escape, tag

CELL, LEFT, ABOVE, RIGHT = 16, 90, 90, 45
"""A cell is so many pixels wide; so much room there is for the tokens on the left and above; the latter lean right."""

LONG = 14
"""Of a longer token so many characters are written."""

COLOUR = (59, 130, 246)
"""Of full attention, on a light page and on a dark one; less of it is paler."""


def attention_map(
    looking: Sequence[str], seen: Sequence[str], weights: Sequence[Sequence[int]], caption: str
) -> Html:
    """A figure: each token that looks is a line, each that it looks at a column.

    Args:
        looking: T tokens.
        seen: S tokens.
        weights: T lines of S weights in percent; the largest of all has the full colour.
        caption: what is to be seen.
    """
    wide, tall = CELL * len(seen), CELL * len(looking)
    shares = np.array(weights, dtype=np.float64).reshape(len(looking), len(seen))
    shades = np.round(255 * shares / max(1.0, float(shares.max(initial=0.0)))).astype(np.uint8)
    pixels = np.stack([*(np.full_like(shades, part) for part in COLOUR), shades])
    drawing = Html(
        f'<svg role="img" aria-label="{escape(caption)}" viewBox="0 0 {LEFT + wide + RIGHT} {ABOVE + tall}" '
        f'width="{LEFT + wide + RIGHT}" style="max-width:100%;height:auto" font-size="11" fill="currentColor">'
        f"{_columns(seen)}{_lines(looking)}"
        f'<image href="{written(pixels)}" x="{LEFT}" y="{ABOVE}" width="{wide}" height="{tall}" '
        'preserveAspectRatio="none" style="image-rendering:pixelated"/>'
        f'<rect x="{LEFT}" y="{ABOVE}" width="{wide}" height="{tall}" fill="none" stroke="currentColor" '
        'stroke-opacity="0.25"/></svg>'
    )
    return tag("figure", Html(f"{drawing}\n{tag('figcaption', caption)}"))


def _columns(tokens: Sequence[str]) -> str:
    return "".join(
        f'<text transform="translate({LEFT + CELL * s + 12} {ABOVE - 5}) rotate(-60)">{_short(token)}</text>'
        for s, token in enumerate(tokens)
    )


def _lines(tokens: Sequence[str]) -> str:
    return "".join(
        f'<text x="{LEFT - 6}" y="{ABOVE + CELL * t + 12}" text-anchor="end">{_short(token)}</text>'
        for t, token in enumerate(tokens)
    )


def _short(token: str) -> Html:
    return escape(token if len(token) <= LONG else f"{token[: LONG - 1]}…")
