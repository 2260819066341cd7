"""What the tokens of texts are that are to be written from others."""

from __future__ import annotations

import math
from typing import Any

from ..spec import Spec
from ..tasks.translate import default_level


def vocabulary(rows: int) -> int:
    """How many pieces of words there are at most on each side, for so many training rows.

    >>> vocabulary(4_000), vocabulary(30_000), vocabulary(10_000_000)
    (2000, 16000, 32000)
    """
    return min(32_000, 1_000 << max(1, round(math.log2(max(rows, 1) / 2_000))))


def tokens_of(spec: Spec, rows: int) -> dict[str, Any]:
    """The level and number of the tokens of source and target, for so many training rows."""
    level = spec.text.tokens or default_level()
    size = spec.text.vocabulary
    if size is None and level in ("bpe", "unigram"):
        size = vocabulary(rows)
    return {"level": level, "size": size}
