"""Pixels that are held from the search for broken pictures until the block is made, so that a file is decoded once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from numpy.typing import NDArray

from .pictures import Raw

Held = dict[tuple[Raw, int, int, int], NDArray[np.uint8]]
"""Pixels (C, H, W) by the raw picture, C, H and W."""

_HELD: ContextVar[Held | None] = ContextVar("held", default=None)


@contextmanager
def decoded_once(wanted: bool = True) -> Iterator[None]:
    """While the block runs, the search for broken pictures holds what it decodes, if that is ``wanted``."""
    token = _HELD.set({} if wanted else None)
    try:
        yield
    finally:
        _HELD.reset(token)


def held() -> Held | None:
    """What is held; None where nothing is to be."""
    return _HELD.get()
