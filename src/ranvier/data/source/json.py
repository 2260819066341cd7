"""JSON: a record a line (JSON Lines), or a list of records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ...errors import DataError, Mistake
from ..ledger import Ledger
from ..table import Table
from .columns import to_series
from .file import ends_with, path_of
from .native import native_table
from .text import read_text

LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
LISTS = (".json", ".json.gz")
ENDINGS = LINES + LISTS

LACKING = "the record has no such key; the value is missing"

_NEWLINE, _SPACE = ord("\n"), ord(" ")


def claims(location: object) -> bool:
    """Tell whether ``location`` names a JSON file, by its ending."""
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read records: a line each, or the members of one list.

    The columns are the keys of all records. Numbers, booleans and text keep their types, and a mixture becomes text;
    a column of lists or of objects stays one. A record without one of the keys has no value there, which is written
    into the ledger; so is a blank line, which is dropped.

    Args:
        location: the path; the file may be gzipped.
        ledger: what was dropped or missing is written here.

    Raises:
        DataError: the file cannot be read as records; the sentence names the first line or record that is wrong.
    """
    path = path_of(location)
    text, fingerprint = read_text(path, "a JSON file")
    text = text.rstrip()
    if ends_with(path, LISTS) and not _is_lines(text, path.name):
        found: list[Any] = _parsed(text, path.name)
        rows = np.arange(len(found), dtype=np.int64)
        frame, lacking = _joined([_record(one, f"record {i:,}", path.name) for i, one in enumerate(found, 1)])
    else:
        blank = _blank_lines(text + b"\n")
        rows = np.flatnonzero(~blank)
        frame, lacking = _from_lines(text, rows, path.name)
        ledger.read += int(blank.sum())
        ledger.drop("a blank line", np.flatnonzero(blank).tolist())
    table = replace(native_table(frame, ledger, path.name, fingerprint.result()), rows=rows)
    for key, places in lacking.items():
        ledger.note("kept", LACKING, len(places), key, rows[places].tolist())
    return table


def _is_lines(text: bytes, file: str) -> bool:
    """Tell whether a text is a record a line, rather than one list.

    Raises:
        DataError: it is neither.
    """
    if text.lstrip().startswith(b"["):
        return False
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        return error.msg == "Extra data"
    except RecursionError:
        whole = {}
    raise DataError(
        Mistake(f"{file} holds {_what(whole)}", 'a list of records, or a record a line: {"age": 30, ...}')
    )


def _parsed(text: bytes | str, file: str, line: int = 1) -> Any:
    """What a JSON text, which begins in that line of the file, says.

    Raises:
        DataError: it is no JSON, or a key stands twice in one object.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        where, what = error.lineno + line - 1, f"{error.msg}, at character {error.colno:,}"
        raise DataError(
            Mistake(f"line {where:,} of {file} is not JSON ({what})", remedy="mend or remove it")
        ) from None
    except KeyError as error:
        raise DataError(
            Mistake(
                f"{file} holds the key {error.args[0]!r} twice in the record of line {line:,}",
                "each key once",
            )
        ) from None
    except RecursionError:
        raise DataError(Mistake(f"line {line:,} of {file} is nested too deeply")) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise KeyError(next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place])))
    return found


def _record(value: Any, where: str, file: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DataError(
            Mistake(f"{where} of {file} is {_what(value)}", "an object with a value for each column")
        )
    return value


def _what(value: Any) -> str:
    names = {dict: "one object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _blank_lines(text: bytes) -> NDArray[np.bool_]:
    """(N,) booleans: the line holds nothing but white space."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE) + 1
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    blank: NDArray[np.bool_] = ends - starts <= 1
    spaces = np.frombuffer(text, np.uint8)[starts] <= _SPACE
    for place in np.flatnonzero(spaces & ~blank):
        blank[place] = not text[starts[place] : ends[place]].strip()
    return blank


def _from_lines(
    text: bytes, rows: NDArray[np.int64], file: str
) -> tuple[pl.DataFrame, dict[str, NDArray[np.int64]]]:
    """The frame of the records, and for each key the places of the records without it.

    Polars reads them fast, and says little of what it fills or leaves out. So unless the text shows that each record
    has each key once, Python's reader goes over it too.
    """
    try:
        frame = pl.read_ndjson(text, infer_schema_length=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        frame = None
    if frame is not None and frame.height == len(rows) and _is_complete(text, frame):
        return frame, {}
    lines = text.split(b"\n")
    records = (
        _record(_parsed(lines[row], file, row + 1), f"line {row + 1:,}", file) for row in rows.tolist()
    )
    if frame is None or frame.height != len(rows):
        return _joined(list(records))
    return frame, _lacking((record.keys() for record in records), frame.columns)


def _is_complete(text: bytes, frame: pl.DataFrame) -> bool:
    """Tell whether each record surely has each key once: no value is missing, no key is left over."""
    keys = text.count(b'":') + text.count(b'" :')
    return keys == frame.height * frame.width and not sum(frame.null_count().row(0))


def _joined(records: list[dict[str, Any]]) -> tuple[pl.DataFrame, dict[str, NDArray[np.int64]]]:
    keys = list(dict.fromkeys(key for record in records for key in record))
    columns = [_column(key, [record.get(key) for record in records]) for key in keys]
    return pl.DataFrame(columns), _lacking((record.keys() for record in records), keys)


def _column(key: str, values: list[Any]) -> pl.Series:
    """A column; of lists and objects alone the text inside a structure, so that they are not taken for words."""
    nested = [isinstance(value, (list, dict)) for value in values]
    if not any(nested):
        return to_series(key, values)[0]
    if all(inside or value is None for inside, value in zip(nested, values)):
        return pl.Series(key, [None if value is None else {"json": json.dumps(value)} for value in values])
    texts = [json.dumps(value) if inside else value for inside, value in zip(nested, values)]
    return to_series(key, texts)[0]


def _lacking(records: Iterable[Iterable[str]], keys: Iterable[str]) -> dict[str, NDArray[np.int64]]:
    """For each key that some records lack, the places of these."""
    wanted = set(keys)
    found: dict[str, list[int]] = {key: [] for key in keys}
    for place, record in enumerate(records):
        for key in wanted.difference(record):
            found[key].append(place)
    return {key: np.array(places, np.int64) for key, places in found.items() if places}
