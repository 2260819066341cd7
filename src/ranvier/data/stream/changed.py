"""Whether a file that is read for hours is still the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError, Mistake


@dataclass(frozen=True)
class Stamp:
    """Size in bytes and time of the last change of a file."""

    size: int
    changed: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The stamp of a file as it is now.

        Raises:
            OSError: it cannot be looked at.
        """
        status = os.stat(path)  # noqa: PTH116 - one call, for both
        return cls(status.st_size, status.st_mtime_ns)

    @contextmanager
    def unchanged(self, path: Path) -> Iterator[None]:
        """Read from the file within the block.

        Raises:
            DataError: it is gone, cannot be read, or is not the one that was opened.
        """
        try:
            same = Stamp.of(path) == self
            if same:
                yield
                return
            happened = f"{path.name} has been changed since it was opened"
        except OSError as error:
            happened = f"{path.name} can no longer be read ({(error.strerror or str(error)).lower()})"
        raise DataError(
            Mistake(
                happened,
                "a table that stays as it is while it is streamed",
                "a run that was under way is kept: put the file back, and go on with ranvier train --resume RUN",
            )
        )
