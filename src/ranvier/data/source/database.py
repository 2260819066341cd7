"""Tables and queries of databases: SQLite with the standard library, others through polars."""

from __future__ import annotations

import os
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import polars as pl

from ...errors import DataError, Mistake, did_you_mean, raise_if_any
from ...settings import PASSWORD, masked
from ..ledger import Ledger
from ..table import Table
from .columns import to_series
from .file import ends_of, ends_with, path_of
from .fingerprint import fingerprint
from .native import check_names, native_table, reason

if TYPE_CHECKING:
    import sqlite3

ENDINGS = (".db", ".sqlite", ".sqlite3")
MAGIC = b"SQLite format 3\x00"
SQLITE = "sqlite:///"
OTHERS = (
    "postgresql",
    "postgres",
    "mysql",
    "mariadb",
    "mssql",
    "oracle",
    "redshift",
    "clickhouse",
    "snowflake",
    "trino",
)
"""The databases that polars may read, with a package beside it."""

_REQUEST = re.compile(r"(.*?)[?&](table|query)=(.*)", re.DOTALL)
_EXAMPLE = "sqlite:///FILE?table=NAME, or sqlite:///FILE?query=SELECT ..."


@dataclass(frozen=True)
class Request:
    """What is asked of a database.

    Args:
        address: without what is asked of it.
        table: the name of a table; empty where a query is given, or nothing.
        query: an SQL query; empty where a table is named, or nothing.
    """

    address: str
    table: str = ""
    query: str = ""


def claims(location: object) -> bool:
    """Tell whether ``location`` is an address such as ``sqlite:///shop.db?table=sales``, or a SQLite file's path."""
    if isinstance(location, str) and "://" in location:
        return location.partition("://")[0].partition("+")[0].lower() in ("sqlite", *OTHERS)
    return ends_with(location, ENDINGS)


def read(location: object, ledger: Ledger) -> Table:
    """Read a table, or the rows that a query gives. Nothing is written to a SQLite file.

    Numbers keep their types; a column in which numbers and text are mixed becomes text.

    Args:
        location: ``sqlite:///FILE?table=NAME`` or ``sqlite:///FILE?query=SELECT ...`` (four slashes begin an absolute
            path), where the request is taken as it stands or, where it holds no white space, with ``%20`` and the
            like decoded; the path of a SQLite file with a single table; or such an address of another database.
        ledger: the number of rows is added to it.

    Raises:
        DataError: the file is missing or no database, there is no such table, the query is wrong, there are no rows,
            or the package that reads another database is missing.
    """
    text = str(location)
    if "://" not in text:
        return _read_sqlite(Request(text), path_of(text), ledger)
    request = parse(text)
    if not text.lower().startswith("sqlite"):
        return _read_other(request, ledger)
    if not request.address.lower().startswith(SQLITE):
        raise DataError(Mistake(f"{text!r} names no file: it has too few slashes", _EXAMPLE))
    return _read_sqlite(request, path_of(unquote(request.address[len(SQLITE) :])), ledger)


def parse(address: str) -> Request:
    """Take an address apart.

    >>> parse("sqlite:///shop.db?table=sales")
    Request(address='sqlite:///shop.db', table='sales', query='')
    >>> parse("sqlite:///shop.db?query=select%20a%20from%20sales").query
    'select a from sales'
    """
    found = _REQUEST.fullmatch(address)
    if not found:
        return Request(address)
    asked = found[3].strip()
    asked = asked if re.search(r"\s", asked) else unquote(asked)
    return Request(found[1], **{found[2]: asked})


def _read_sqlite(request: Request, path: Path, ledger: Ledger) -> Table:
    import sqlite3  # which some builds of Python lack

    first, _ = ends_of(path)
    if first != MAGIC:
        raise DataError(Mistake(f"{path.name} is not a SQLite database", remedy="name the file that is one"))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            query = request.query or _all_rows(connection, request.table, path.name)
            frame = _fetch(connection, query, path.name)
    except sqlite3.Error as error:
        what = (
            f"the query {request.query!r} fails on {path.name}"
            if request.query
            else f"{path.name} cannot be read"
        )
        raise DataError(Mistake(f"{what} ({reason(error)})", remedy=_remedy(request))) from None
    origin = path.name + (f" {request.table}" if request.table else "")
    return native_table(frame, ledger, origin, fingerprint(frame))


def _remedy(request: Request) -> str:
    return (
        "mend the query; names with spaces stand in double quotation marks"
        if request.query
        else "copy it again"
    )


def _all_rows(connection: sqlite3.Connection, table: str, file: str) -> str:
    """The query for all rows of a table, or of the only one where none is named."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    names = [name for (name,) in found if not name.startswith("sqlite_")]
    if not table:
        if len(names) != 1:
            shown = f"the tables {', '.join(names[:10])}" if names else "no tables"
            raise DataError(Mistake(f"{file} holds {shown}", "one table to be named", f"write {_EXAMPLE}"))
        table = names[0]
    known = {name.lower(): name for name in names}
    if table.lower() not in known:
        raise DataError(Mistake(f"{file} has no table {table!r}", remedy=did_you_mean(table, names)))
    quoted = known[table.lower()].replace('"', '""')
    return f'SELECT * FROM "{quoted}"'


def _fetch(connection: sqlite3.Connection, query: str, file: str) -> pl.DataFrame:
    cursor = connection.execute(query)
    if cursor.description is None:
        raise DataError(Mistake(f"the query {query!r} gives no rows from {file}", "a SELECT"))
    names = [name for name, *_ in cursor.description]
    check_names(names, file)
    columns: list[list[Any]] = [[] for _ in names]
    while block := cursor.fetchmany(10_000):
        for column, values in zip(columns, zip(*block)):
            column += values
    return pl.DataFrame([_column(name, values) for name, values in zip(names, columns)])


def _column(name: str, values: list[Any]) -> pl.Series:
    """A column; bytes are kept, and no kind reads them."""
    if any(isinstance(value, bytes) for value in values):
        return pl.Series(
            name, [v.encode() if isinstance(v, str) else v for v in values], pl.Binary, strict=False
        )
    return to_series(name, values)[0]


def _read_other(request: Request, ledger: Ledger) -> Table:
    shown = masked(request.address)
    address = _expanded(request.address)
    if not request.table and not request.query:
        raise DataError(Mistake(f"{shown} names no table", "ADDRESS?table=NAME, or ADDRESS?query=SELECT ..."))
    query = request.query or f"SELECT * FROM {request.table}"
    try:
        frame = pl.read_database_uri(query, address)
    except ModuleNotFoundError as error:
        raise DataError(
            Mistake(
                f"the package {error.name or 'connectorx'!r}, which reads {shown.partition(':')[0]}, is not installed",
                remedy="install it with: pip install connectorx; or export the table as Parquet or CSV",
            )
        ) from None
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        said = reason(error).replace(address, shown).replace(_password(address), PASSWORD)
        raise DataError(
            Mistake(f"{shown} cannot be read ({said})", remedy="check address and query")
        ) from None
    return native_table(frame, ledger, f"{shown} {request.table}".strip(), fingerprint(frame))


def _password(address: str) -> str:
    """The password in an address; where there is none, what no sentence holds."""
    found = re.match(r"\w[\w+]*://[^:/@?]*:([^?]*)@", address)
    return found[1] if found and found[1] else "\0"


def _expanded(address: str) -> str:
    """The address with each ``${NAME}`` replaced by that environment variable.

    Raises:
        DataError: one is not set.
    """
    names = re.findall(r"\$\{(\w+)\}", address)
    raise_if_any(
        DataError,
        [
            Mistake(
                f"the address {masked(address)} names the environment variable {name}, which is not set",
                "the password there",
                f"export {name}=...",
            )
            for name in names
            if name not in os.environ
        ],
    )
    return re.sub(r"\$\{(\w+)\}", lambda found: quote(os.environ[found[1]], safe=""), address)
