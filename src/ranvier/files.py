"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from .errors import Mistake, RunError


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step: temporary file beside it, fsync, rename.

    Raises:
        RunError: the place cannot be written (no room, no permission, no folder); the old file is untouched.
    """
    with writing(path) as file:
        file.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file to be written piece by piece, which takes the place of ``path`` in one step when the block ends.

    Raises:
        RunError: see ``write_bytes``.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise RunError(cannot_write(path, error)) from error


def cannot_write(path: Path, error: OSError) -> Mistake:
    """The mistake that says why ``path`` could not be written."""
    reason = (error.strerror or str(error)).lower()
    return Mistake(f"{str(path)!r} cannot be written: {reason}", "a folder with room and permission to write")


def write_text(path: Path, content: str) -> None:
    """Replace ``path`` by ``content`` in UTF-8, as ``write_bytes`` does."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as JSON, as ``write_bytes`` does; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock file while the block runs; gives False where another process holds it.

    The operating system lets go of the lock when the process dies, however it dies.
    """
    import fcntl

    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
