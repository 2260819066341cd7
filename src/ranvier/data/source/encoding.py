"""Bytes that should be UTF-8 and are not: which encoding they are likely in, and how to convert them."""

from __future__ import annotations

import codecs
import re

from ...errors import Mistake

LOOKED_AT = 1 << 18
"""How many bytes are looked at to tell the encoding."""

_MARKS = {  # the longer ones first
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_HIGH = re.compile(rb"[\x80-\xff]+")


def encoding_mistake(text: bytes, name: str, before: int = 0) -> Mistake | None:
    """Say what is wrong with ``text``, or None where it is UTF-8.

    Args:
        text: all bytes of a file of text, or a block of whole lines.
        name: of the file.
        before: how many lines of the file stand before ``text``, where it is a block of the file.
    """
    for mark, encoding in _MARKS.items():
        if text.startswith(mark):
            return Mistake(
                f"{name} is written in {encoding}, as its first bytes say",
                "UTF-8",
                _conversion(encoding, name),
            )
    if wide := _wide(text[:LOOKED_AT]):
        return Mistake(
            f"{name} seems to be written in {wide}: every second byte is zero",
            "UTF-8",
            _conversion(wide, name),
        )
    if text.isascii():
        return None
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = before + text.count(b"\n", 0, error.start) + 1
        near = text[max(0, error.start - LOOKED_AT // 2) : error.start + LOOKED_AT // 2]
        likely = likely_encoding(near)
        return Mistake(
            f"{name} is not UTF-8: line {line:,} holds the byte 0x{text[error.start]:02X}, and it is likely written "
            f"in {likely}",
            "UTF-8",
            _conversion(likely, name),
        )
    return None


def likely_encoding(text: bytes) -> str:
    """The encoding that bytes which are not UTF-8 are likely in: GB18030 (of which GBK is a part), CP1252 or Latin-1.

    In Chinese text nearly all bytes above 0x7F come in pairs; in Western text they stand alone among letters. CP1252
    has signs where Latin-1 has none, and the two agree on all letters.

    >>> likely_encoding("价格,北京".encode("gb18030")), likely_encoding("café".encode("latin-1"))
    ('GB18030', 'CP1252')
    """
    runs = [len(run) for run in _HIGH.findall(text)]
    paired = sum(length for length in runs if length % 2 == 0)
    if paired >= 0.9 * sum(runs) and _mostly_chinese(text):
        return "GB18030"
    try:
        text.decode("cp1252")
    except UnicodeDecodeError:
        return "Latin-1"
    return "CP1252"


def _mostly_chinese(text: bytes) -> bool:
    characters = [c for c in text.decode("gb18030", errors="replace") if c > "\x7f"]
    chinese = sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in characters)
    return chinese >= 0.9 * len(characters)


def _wide(text: bytes) -> str | None:
    """UTF-16 without a mark: of Western text, at least, every second byte is zero."""
    even, odd = text[0::2], text[1::2]
    if len(text) < 8:
        return None
    for encoding, zeros, others in (("UTF-16LE", odd, even), ("UTF-16BE", even, odd)):
        if zeros.count(0) > 0.5 * len(zeros) and not others.count(0):
            return encoding
    return None


def _conversion(encoding: str, name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    new = f"{stem}-utf8{dot}{ending}" if stem else f"{name}-utf8"
    return f"convert it: iconv -f {encoding} -t UTF-8 '{name}' > '{new}', or save it as UTF-8 in an editor"
