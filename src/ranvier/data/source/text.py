"""The bytes of a text file: opened, unpacked, and proven to be UTF-8."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

from ...errors import DataError, Mistake

KNOWN_FORMATS = {  # the first bytes of files that people mistake for tables of text
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Excel workbook (.xlsx)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array file",
    b"SQLite format 3\x00": "an SQLite database",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"7z\xbc\xaf": "a 7z archive",
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_text(path: Path) -> tuple[bytes, str]:
    """Read a file of text.

    Args:
        path: the file; a gzip archive of one is unpacked, whatever its name ends with.

    Returns:
        The text in UTF-8 without a byte order mark, with ``\\n`` for every line break and one at its end, without
        blank lines before or after; and the SHA-256 of the file's bytes, in hex.

    Raises:
        DataError: the file is missing, not readable, empty, not text, or not UTF-8.
    """
    raw = _content(path)
    fingerprint = hashlib.sha256(raw).hexdigest()
    text = _unpacked(raw, path)
    _check_text(text, path)
    text = text.removeprefix(BYTE_ORDER_MARK)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
        if b"\n" not in text:  # the line breaks of old Macs
            text = text.replace(b"\r", b"\n")
    text = text.strip(b"\n")
    if not text.strip():
        raise DataError(Mistake(f"{path.name} is empty", "a header and at least one row"))
    return text + b"\n", fingerprint


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(Mistake(f"{str(path)!r} is a folder", "a file", "name the file inside it"))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(Mistake(f"there is no file {str(path)!r}", remedy=_nearby(path))) from None
    except PermissionError:
        raise DataError(
            Mistake(f"{str(path)!r} may not be read by you", remedy="change its permissions")
        ) from None
    except (OSError, ValueError) as error:
        raise DataError(Mistake(f"{str(path)!r} cannot be read ({error})")) from None


def _nearby(path: Path) -> str:
    """Say where the mistake may lie: in the folder, or in the name of the file."""
    if "://" in str(path) or str(path).startswith(("http:", "https:")):
        return "download it first: only local files are read"
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r} either"
    from ...catalog import did_you_mean

    names = sorted(p.name for p in path.parent.iterdir() if p.is_file())
    meant = did_you_mean(path.name, names)
    return (
        meant
        if meant.startswith("did")
        else f"there is none of a like name in {str(path.parent.absolute())!r}"
    )


def _unpacked(raw: bytes, path: Path) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            Mistake(f"{path.name} is a damaged gzip archive ({error})", remedy="copy or download it again")
        ) from None


def _check_text(text: bytes, path: Path) -> None:
    for start, description in KNOWN_FORMATS.items():
        if text.startswith(start):
            raise DataError(
                Mistake(f"{path.name} seems to be {description}", "a CSV file", "export it as CSV")
            )
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(Mistake(f"{path.name} is written in UTF-16", "UTF-8", "save it as UTF-8"))
    if (place := text.find(b"\0")) >= 0:
        raise DataError(
            Mistake(f"{path.name} is not text: byte {place:,} is zero", "a CSV file", "export it as CSV")
        )
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise DataError(
            Mistake(
                f"{path.name} is not UTF-8: line {line:,} holds the byte 0x{text[error.start]:02X}",
                remedy="save it as UTF-8 (an editor or spreadsheet offers it when saving)",
            )
        ) from None
