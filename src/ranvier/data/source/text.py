"""The bytes of a text file: opened, unpacked, and proven to be UTF-8."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ...errors import DataError, Mistake
from .encoding import encoding_mistake
from .file import opening

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
ENDINGS = {  # of those that another source reads
    b"PK\x03\x04": ".xlsx if it is a workbook, or unpack it",
    b"\xd0\xcf\x11\xe0": ".xls",
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"\x93NUMPY": ".npy",
    b"SQLite format 3\x00": ".sqlite",
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_text(path: Path, expected: str = "a CSV file") -> tuple[bytes, Future[str]]:
    """Read a file of text.

    Args:
        path: the file; a gzip archive of one is unpacked, whatever its name ends with.
        expected: what the file should be, for the sentence of an error.

    Returns:
        The text in UTF-8 without a byte order mark, with ``\\n`` for every line break and one at its end, without
        blank lines at its end; and the SHA-256 of the file's bytes, in hex, which is worked out meanwhile.

    Raises:
        DataError: the file is missing, not readable, empty, not text, or not UTF-8.
    """
    with opening(path):
        raw = path.read_bytes()
    thread = ThreadPoolExecutor(1)
    fingerprint = thread.submit(lambda content: hashlib.sha256(content).hexdigest(), raw)
    thread.shutdown(wait=False)
    text = _unpacked(raw, path)
    del raw  # of a large file, each copy counts
    check_text(text, path, expected)
    text = text.removeprefix(BYTE_ORDER_MARK)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
        if b"\n" not in text:  # the line breaks of old Macs
            text = text.replace(b"\r", b"\n")
    if not text or text.isspace():
        raise DataError(Mistake(f"{path.name} is empty", "a table with at least one row"))
    if not text.endswith(b"\n") or text.endswith(b"\n\n"):
        text = text.rstrip(b"\n") + b"\n"
    return text, fingerprint


def _unpacked(raw: bytes, path: Path) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            Mistake(f"{path.name} is a damaged gzip archive ({error})", remedy="copy or download it again")
        ) from None


def check_text(text: bytes, path: Path, expected: str) -> None:
    """Refuse bytes that are another format, another encoding, or no text.

    Raises:
        DataError: with what they seem to be.
    """
    for start, description in KNOWN_FORMATS.items():
        if text.startswith(start):
            ending = ENDINGS.get(start)
            raise DataError(
                Mistake(
                    f"{path.name} seems to be {description}",
                    expected,
                    f"give the file the ending {ending}" if ending else "export it as CSV",
                )
            )
    if mistake := encoding_mistake(text, path.name):
        raise DataError(mistake)
    if (place := text.find(b"\0")) >= 0:
        raise DataError(
            Mistake(f"{path.name} is not text: byte {place:,} is zero", expected, "export it as CSV")
        )
