"""Pictures that stay on disk: a block that is decoded where its rows are taken, and batches that are read ahead.

The order of the rows comes from the seed and the epoch alone, and a picture decodes to the same bytes each time: a run
that reads from disk gives what one that holds its pictures in memory gives.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import DataError, Mistake
from .kinds.image import Picture
from .kinds.values import note_cells
from .ledger import Ledger
from .raw_pictures import ABSENT, absent
from .stream import memory

AHEAD = 2
"""So many batches are decoded while the network learns from another; each by as many threads as there are cores."""

_T = TypeVar("_T")
_R = TypeVar("_R")


class Unread:
    """The block of pictures (N, C, H, W) uint8, of which no row is decoded before it is taken.

    Args:
        kind: fitted to the training rows.
        frame: the columns of pictures (N rows): paths, or the bytes of files.
        device: that decoded pictures are put on.
    """

    def __init__(self, kind: Picture, frame: pl.DataFrame, device: torch.device | str = "cpu") -> None:
        self.kind, self.device = kind, device
        self.frame = frame.select(kind.columns)
        self.shape = torch.Size((frame.height, sum(kind.channels), *kind.size))

    def __getitem__(self, index: Tensor | slice) -> Tensor:
        """The rows at ``index``, decoded.

        Raises:
            DataError: a picture that could be read before cannot be now.
        """
        ledger = Ledger()
        block = self.kind.transform(self.only(index).frame, ledger)
        gone = [entry for entry in ledger.entries if entry.reason not in (ABSENT, self.kind.sizes)]
        if gone:
            raise DataError(
                Mistake(
                    f"{gone[0].count:,} pictures of column {gone[0].column!r} can no longer be read "
                    f"({gone[0].reason.partition(':')[0]})",
                    "the files that the run began with, until it has ended",
                    "put them back, and resume the run",
                )
            )
        return block.to(self.device)

    def only(self, index: Tensor | slice) -> Unread:
        """The rows at ``index``, still on disk."""
        rows = index if isinstance(index, slice) else index.cpu().numpy()
        return Unread(self.kind, self.frame[rows], self.device)

    def to(self, device: torch.device | str) -> Unread:
        """The same rows, still on disk; what is taken from them lies on the device."""
        return Unread(self.kind, self.frame, device)


def left_on_disk(kind: object, frame: pl.DataFrame, asked: bool | None) -> str:
    """Why pictures stay on disk, as a clause; nothing where they are decoded into memory.

    Args:
        kind: of the block, fitted.
        frame: the rows.
        asked: ``execution.stream``: whether they shall; None decides by the memory at hand.
    """
    if not isinstance(kind, Picture) or asked is False:
        return ""
    if any(frame[column].dtype not in (pl.String, pl.Binary) for column in kind.columns):
        return ""  # arrays are in memory already
    if asked:
        return "as you ask"
    return too_large(frame.height, (sum(kind.channels), *kind.size))


def too_large(rows: int, shape: tuple[int, int, int]) -> str:
    """Why so many pictures (C, H, W) would not fit into memory, as a clause; nothing where they do."""
    needed = 2 * rows * math.prod(shape)  # the block, and its parts
    hand = memory.at_hand()
    if hand is None or needed <= memory.SHARE * hand:
        return ""
    allowed = memory.SHARE * hand
    return f"decoded they would take {needed / 1e9:.2g} GB of memory where {allowed / 1e9:.2g} GB may be used"


def unread(kind: Picture, frame: pl.DataFrame, ledger: Ledger, rows: NDArray[np.int64], why: str) -> Unread:
    """The block of pictures that stay on disk, and in the ledger what their decoding would have put there.

    Args:
        kind: fitted.
        frame: raw values (N rows), of which those that cannot be read have been dropped.
        ledger: is told of missing pictures, of other sizes, and that pictures stay on disk.
        rows: (N,) the row numbers in the source, from 0.
        why: they stay there.
    """
    for column in kind.columns:
        note_cells(ledger, ABSENT, column, absent(frame[column]), rows)
        if kind.sizes:
            ledger.note("kept", kind.sizes, frame.height, column)
        ledger.note("kept", f"on disk, read batch by batch: {why}", frame.height, column)
    return Unread(kind, frame)


def ahead(make: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
    """``make`` of each item, in their order; the next ones are made while one is in use.

    >>> list(ahead(abs, [1, -2, 3]))
    [1, 2, 3]
    """
    waiting: deque[Future[_R]] = deque()
    with ThreadPoolExecutor(1) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()
