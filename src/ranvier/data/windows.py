"""Windows of a text: what a language model learns from, drawn by the seed, the epoch and the step alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from .batches import Batch
from .hidden import hide

BLOCK = "text"
"""The block in which a batch of windows holds its tokens."""


class Windows:
    """Batches of windows: T tokens, and as target those that follow each.

    A window may begin at any token of the training part; each batch draws its windows anew. What is drawn for a step
    comes from the seed, the epoch and the step's number, so that nothing need be remembered, and memory does not grow
    with the text.

    Args:
        ids: (L,) the tokens of the training part, in memory or on disk; more than ``length``.
        length: T.
        size: windows in a batch.
        seed: of the run.
        steps: batches in an epoch.
        hidden: how many ids there are, where tokens are hidden and to be told in place of those that follow
            (``hidden.hide``); 0 where they are not.
        device: that the batches are to be on.
    """

    def __init__(
        self,
        ids: Any,
        length: int,
        size: int,
        seed: int,
        steps: int,
        hidden: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.ids, self.length, self.size, self.seed, self.steps = ids, length, size, seed, steps
        self.hidden, self.device = hidden, device

    @property
    def alike(self) -> bool:
        """They are."""
        return True

    def __len__(self) -> int:
        return self.steps

    def sample(self) -> Batch:
        """A batch like any other: the first one."""
        return self.batch(0, 0)

    def batch(self, epoch: int, number: int) -> Batch:
        """Batch ``number`` of an epoch, both from 0; ``rows`` says where each window begins."""
        draw = np.random.Generator(np.random.PCG64([self.seed, epoch, number]))
        starts = draw.integers(0, len(self.ids) - self.length, self.size)
        windows = np.stack([self.ids[start : start + self.length + 1] for start in starts])
        if self.hidden:
            read, told = hide(windows[:, :-1].astype(np.int64), self.hidden, draw)
            return Batch({BLOCK: read}, told, torch.from_numpy(starts)).to(self.device)
        tokens = torch.from_numpy(windows.astype(np.int64)).to(self.device)
        return Batch({BLOCK: tokens[:, :-1]}, tokens[:, 1:], torch.from_numpy(starts).to(self.device))

    def epoch(
        self, number: int, first: int = 0, into: Callable[[int], Batch | None] = lambda rows: None
    ) -> Iterator[Batch]:
        """The batches of epoch ``number`` (from 0), starting with batch ``first``."""
        for step in range(first, self.steps):
            yield self.batch(number, step)


def in_a_row(ids: Any, length: int, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Windows that together tell every token but the first one, each once, from as many before it as there are.

    The windows begin half a window apart: the second half of each is what is told, of the first window all of it. So a
    token has at least half a window before it, where the text has so many.

    Args:
        ids: (L,) tokens.
        length: T.
        size: windows at once.

    Yields:
        Windows (B, T + 1), and of their last T tokens which are told (B, T).

    >>> for windows, told in in_a_row(np.arange(8), 4, 2):
    ...     print([window[1:][here].tolist() for window, here in zip(windows, told)])
    [[1, 2, 3, 4], [5, 6]]
    [[7]]
    """
    step = max(length // 2, 1)
    spans: list[tuple[int, int, int]] = []
    done = 1  # the next token that is to be told
    while done < len(ids):
        end = min(done + (step if spans else length), len(ids))
        spans.append((max(end - length - 1, 0), done, end))
        done = end
    for place in range(0, len(spans), size):
        some = spans[place : place + size]
        widest = max(end - start for start, _, end in some)
        windows = np.zeros((len(some), widest), dtype=np.int64)
        told = np.zeros((len(some), widest - 1), dtype=bool)
        for row, (start, first, end) in enumerate(some):
            windows[row, : end - start] = ids[start:end]
            told[row, first - start - 1 : end - start - 1] = True
        yield torch.from_numpy(windows), torch.from_numpy(told)
