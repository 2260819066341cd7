"""A file on disk: its path and its ending, opened or refused with a sentence, and its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import DataError, Mistake

SAMPLE = "sample:"


def as_path(location: object) -> Path | None:
    """The path that ``location`` is; None where it is something else: a sample, an address, a database, an object.

    >>> str(as_path("data.csv")), as_path("sample:iris"), as_path("https://example.org/data.csv"), as_path(5)
    ('data.csv', None, None, None)
    """
    if isinstance(location, str) and (location.startswith(SAMPLE) or "://" in location):
        return None
    if not isinstance(location, (str, os.PathLike)):
        return None
    return path_of(location)


def path_of(location: object) -> Path:
    """The path that a text or a path names, with ``~`` for the home folder."""
    return Path(str(location)).expanduser()


def ends_with(location: object, endings: tuple[str, ...]) -> bool:
    """Tell whether ``location`` is a path whose name has one of ``endings``, in any case.

    >>> ends_with("DATA.CSV", (".csv",)), ends_with("data.csv.gz", (".csv",)), ends_with(None, (".csv",))
    (True, False, False)
    """
    path = as_path(location)
    return path is not None and path.name.lower().endswith(endings)


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """Turn what the system says of a file that cannot be read into a sentence.

    Raises:
        DataError: the file is missing, a folder, or not readable.
    """
    if _is_folder(path):
        raise DataError(Mistake(f"{str(path)!r} is a folder", "a file", "name the file inside it"))
    try:
        yield
    except FileNotFoundError:
        raise DataError(Mistake(f"there is no file {str(path)!r}", remedy=_nearby(path))) from None
    except PermissionError:
        raise DataError(
            Mistake(f"{str(path)!r} may not be read by you", remedy="change its permissions")
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(Mistake(f"{str(path)!r} cannot be read ({error})")) from None


def ends_of(path: Path, count: int = 16) -> tuple[bytes, bytes]:
    """The first and the last ``count`` bytes of a file.

    Raises:
        DataError: the file cannot be read, or is empty.
    """
    with opening(path), path.open("rb") as stream:
        first = stream.read(count)
        stream.seek(-min(count, stream.seek(0, os.SEEK_END)), os.SEEK_CUR)
        last = stream.read(count)
    if not first:
        raise DataError(Mistake(f"{path.name} is empty", "a table with at least one row"))
    return first, last


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # an impossible name, of which opening the file will say more
        return False


def _nearby(path: Path) -> str:
    """Say where the mistake may lie: in the folder, or in the name of the file."""
    if "://" in str(path) or str(path).startswith(("http:", "https:")):
        return "download it first: only local files are read"
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r} either"
    from ...errors import did_you_mean

    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    meant = did_you_mean(path.name, names)
    return (
        meant
        if meant.startswith("did")
        else f"there is none of a like name in {str(path.parent.absolute())!r}"
    )
