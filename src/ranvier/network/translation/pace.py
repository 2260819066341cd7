"""How long a translation is learnt."""

from __future__ import annotations

import math


def pace(rows: int) -> tuple[int, int, int]:
    """Batch size, epochs and patience for so many training rows.

    >>> [pace(rows) for rows in (100, 4_000, 100_000)]
    [(8, 40, 10), (16, 15, 3), (64, 5, 3)]
    """
    rows = max(rows, 1)
    batch = min(64, max(8, 2 ** round(math.log2(rows / 250))), rows)
    epochs = max(5, min(40, round(60_000 / rows)))
    return batch, epochs, max(3, epochs // 4)
