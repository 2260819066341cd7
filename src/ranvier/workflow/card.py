"""A graphics card whose memory is too small, told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..errors import Mistake, RunError


@contextmanager
def memory_of_card() -> Iterator[None]:
    """While the block, or the function that it decorates, runs, a card without memory left is a user's error.

    Raises:
        RunError: there is none left.
    """
    try:
        yield
    except torch.OutOfMemoryError as reason:
        said = str(reason).splitlines()[0].rstrip(".")
        raise RunError(
            Mistake(
                f"the graphics card has too little memory ({said})",
                "rows and batches that fit into it",
                "set training.batch_size lower, leave the rows on disk (execution.stream=true), or train on the "
                "processor (execution.device=cpu)",
            )
        ) from None
