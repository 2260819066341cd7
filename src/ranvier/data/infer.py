"""The schema of a table, inferred from its values where the user has not said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
import polars as pl

from ..catalog import KINDS, TARGET_KINDS, load, unknown
from ..errors import DataError, Mistake, SpecError, did_you_mean, raise_if_any
from ..spec import ColumnSpec, Role
from .by_target import told_by_targets
from .kinds import Guess
from .kinds.values import is_readable, read_numbers
from .ledger import Ledger
from .schema import Column, Schema
from .side_by_side import side_by_side
from .table import Table
from .tagged import lacking
from .target import KINDS as KINDS_OF_TARGETS
from .target import as_target, target_kind, target_mistakes
from .unfit import COUNTS, NESTED, unfit

SAMPLED_CELLS = 500_000
FEWEST_SAMPLED = 5_000
"""How many cells of a table, and at least how many rows, are looked at to tell the kinds of inputs; the reason says
so where there are more rows."""

TRIED = 1_000
"""So many values tell that a column is not of a kind that takes long to read."""

PLAIN = ("number", "boolean")
"""The kinds that plain numbers may be of, unless the user says another."""

LEAST = 0.1
"""A kind is taken only if its confidence is at least this."""

TAGGED = "sentences with a token and its tag a line are read from a file whose name ends in .conll"

_ONCE: tuple[Role, ...] = ("target", "group", "time", "weight", "part")


def infer_schema(
    table: Table,
    columns: Mapping[str, ColumnSpec],
    target: str | Sequence[str] | None,
    task: str | Mapping[str, str] | None,
    ledger: Ledger,
) -> Schema:
    """Say which kind and role each column has, and why.

    What the user says comes first, then what the source declares, then the kind that fits the values best. A column
    from which nothing can be learnt is set aside, unless the user calls it an input or names its kind: one value
    throughout, no values, an identifier, dates that can be read in two ways.

    Args:
        table: the rows as they were read.
        columns: what the user says of single columns, or of all whose names fit a pattern such as ``x*``.
        target: the name of the target, or of several; a text with commas between names is several, where no column has
            that name. None takes the columns whose role is target, or the one the source knows.
        task: a member of the catalogue for every target, or one for single targets; None tells it by the target.
        ledger: what is set aside is written here.

    Raises:
        SpecError: a name or a role is wrong, or there is no target; all mistakes are reported together.
        DataError: the target cannot be learnt, no input is left, or weights are not numbers of at least 0.
    """
    columns = expanded(columns, table.frame.columns)
    names = _targets(table, columns, target)
    raise_if_any(SpecError, _request_mistakes(table, columns, names, task))
    sample = sample_of(table.frame)
    told = told_by_targets(table, columns, names, {name: task_of(task, name) for name in names})

    def infer(column: str) -> Column:
        said, declared = columns.get(column, ColumnSpec()), table.declared.get(column)
        values = table.frame[column]
        if column in told:
            return Column(column, told[column][0], "target" if column in names else "input", told[column][1])
        if column not in names:
            return column_of(values, sample[column], said, declared)
        kind, reason = target_kind(values, said.kind, task_of(task, column), declared)
        return Column(column, kind, "target", reason)

    found = side_by_side(infer, table.frame.columns, table.frame.height * table.frame.width)
    found = [replace(one, size=_size(columns.get(one.name, ColumnSpec()).size)) for one in _spare(found)]
    for one in found:
        if one.role == "ignored":
            ledger.note("set aside", one.reason, column=one.name)
    schema = Schema(tuple(found))
    raise_if_any(SpecError, _size_mistakes(schema))
    raise_if_any(DataError, _data_mistakes(table, schema))
    return schema


def expanded(columns: Mapping[str, ColumnSpec], names: Sequence[str]) -> dict[str, ColumnSpec]:
    """What is said of single columns, with each pattern (``x*``) put as the columns that fit it and are not named.

    >>> said = ColumnSpec(kind="series")
    >>> sorted(expanded({"x*": said, "x2": ColumnSpec(role="ignored")}, ["x1", "x2", "y"]))
    ['x1', 'x2']
    """
    found: dict[str, ColumnSpec] = {}
    for name, said in columns.items():
        fitting = [each for each in names if fnmatchcase(each, name) and each not in columns]
        if "*" in name and name not in names and fitting:
            found |= dict.fromkeys(fitting, said)
        else:
            found[name] = said
    return found


def _targets(
    table: Table, columns: Mapping[str, ColumnSpec], target: str | Sequence[str] | None
) -> tuple[str, ...]:
    """The names of the targets: those that are asked for, those of that role, or the one that the source knows."""
    if isinstance(target, str):
        several = tuple(part.strip() for part in target.split(","))
        return several if target not in table.frame.columns and len(several) > 1 else (target,)
    of_role = [name for name, said in columns.items() if said.role == "target"]
    known = [table.target] if table.target else []
    return tuple(target or of_role or known)


def written(columns: Mapping[str, ColumnSpec], target: str | Sequence[str] | None) -> set[str]:
    """The columns that are read as they are written: the targets, and those that the user says something of.

    >>> sorted(written({"size": ColumnSpec(kind="category")}, "price, rooms"))
    ['price', 'price, rooms', 'rooms', 'size']
    """
    named = (target, *target.split(",")) if isinstance(target, str) else target or ()
    return {*columns, *(one.strip() for one in named)}


def task_of(task: str | Mapping[str, str] | None, target: str) -> str | None:
    """The task that the user names for one target."""
    return task.get(target) if isinstance(task, Mapping) else task


def _request_mistakes(
    table: Table,
    columns: Mapping[str, ColumnSpec],
    targets: Sequence[str],
    task: str | Mapping[str, str] | None,
) -> Iterable[Mistake]:
    """Say what is wrong with what the user asks for, before any value is looked at."""
    names = table.frame.columns
    for target in targets:
        if target not in names:
            yield Mistake(
                f"{table.origin} has no column {target!r}, the target", remedy=did_you_mean(target, names)
            )
    if twice := [name for name in dict.fromkeys(targets) if list(targets).count(name) > 1]:
        yield Mistake(f"target {twice[0]!r} is named twice", "each target once")
    for name in task if isinstance(task, Mapping) else ():
        if name not in targets:
            yield Mistake(f"a task is named for {name!r}, which is no target", f"one of {', '.join(targets)}")
    for name, said in columns.items():
        if name not in names:
            yield Mistake(f"{table.origin} has no column {name!r}", remedy=did_you_mean(name, names))
        if said.kind and (mistake := unknown("kinds", said.kind)):
            yield mistake
        if said.known:
            yield Mistake(
                f"column {name!r} is said to be known in the {said.known}, and nothing is forecast",
                "columns beside a forecast",
                "add --task forecast, or take it back",
            )
        if said.order and name not in targets:
            yield Mistake(
                f"column {name!r} is given an order, and is not the target",
                "an order of the classes of the target",
            )
        if name in targets and said.role not in (None, "target"):
            yield Mistake(
                f"column {name!r} is the target and has the role {said.role!r} too", remedy="take one back"
            )
    for role in _ONCE:
        having = {name for name, said in columns.items() if said.role == role}
        if role == "target":
            having = {*having, *targets} if having - set(targets) else set()
        if len(having) > 1:
            shown = ", ".join(map(repr, sorted(having)))
            yield Mistake(f"several columns have the role {role!r}: {shown}", "one of them")
    if table.parts is not None and any(said.role == "part" for said in columns.values()):
        yield Mistake(
            "a column has the role 'part', and the parts are given as places of their own", "one of the two"
        )
    if not targets:
        hint = TAGGED if task == "tag" else did_you_mean("", names)
        yield Mistake(f"no target is named for {table.origin}", "the column to be predicted", hint)
    for asked in dict.fromkeys(task_of(task, target) for target in targets):
        if asked and (mistake := unknown("tasks", asked)):
            yield mistake
    for target in targets:
        kind, asked = columns.get(target, ColumnSpec()).kind, task_of(task, target)
        if kind in KINDS and kind not in KINDS_OF_TARGETS:
            yield Mistake(f"the target's kind is {kind!r}", f"one of {', '.join(KINDS_OF_TARGETS)}")
        elif kind and asked in TARGET_KINDS and as_target(kind) != TARGET_KINDS[asked]:
            yield Mistake(
                f"the task is {asked}, and the target's kind is {kind!r}", f"the kind {TARGET_KINDS[asked]!r}"
            )


def _size(said: int | list[int] | None) -> tuple[int, int] | None:
    """Height and width, where a side or both are said."""
    return None if said is None else (said, said) if isinstance(said, int) else (said[0], said[-1])


def _size_mistakes(schema: Schema) -> Iterable[Mistake]:
    """Say so where a size is said of what are no pictures, or pictures are to have different sizes."""
    sized = [column for column in schema.columns if column.size]
    for column in sized:
        if column.kind != "image":
            yield Mistake(
                f"a size is said of column {column.name!r}, whose kind is {column.kind!r}", "pictures"
            )
    if len({column.size for column in sized if column.kind == "image"}) > 1:
        yield Mistake("the columns of pictures are to have different sizes", "one size for all")


def column_of(values: pl.Series, sample: pl.Series, said: ColumnSpec, declared: str | None) -> Column:
    """Find kind and role of a column that is not the target."""
    name = values.name
    if said.role == "ignored":
        return Column(name, said.kind, "ignored", "said by you")
    role: Role = said.role or "input"
    if said.kind:
        return Column(name, said.kind, role, "said by you")
    if declared:
        return Column(name, declared, role, f"{declared}, as the source declares")
    kind, guess = _best(sample)
    if said.role is None and (reason := unfit(values, sample, kind, guess)):
        return Column(name, None, "ignored", reason)
    if kind == "boolean" and len(sample) < len(values):  # a third value may stand in the other rows
        of_all = load("kinds", "boolean").infer(values)
        kind, guess = (kind, of_all) if of_all.confidence == guess.confidence else _best(values)
        sample = values
    reason = guess.reason
    if len(sample) < len(values):
        reason += f", in {len(sample):,} sampled rows"
    if said.role is None and guess.confidence < LEAST:
        return Column(name, None, "ignored", f"no kind fits it: {reason}")
    fits = guess.confidence > 0
    return Column(
        name, kind if fits else None, role, f"{reason}; the role is said by you" if said.role else reason
    )


def _best(values: pl.Series) -> tuple[str, Guess]:
    """The kind with the highest confidence; of equals the first in the catalogue's order."""
    guesses: dict[str, Guess] = {"number": load("kinds", "number").infer(values)}
    numeric = guesses["number"].confidence >= 0.97  # each value is one, and so not written in another way
    few = values.gather_every(len(values) // TRIED) if len(values) >= 2 * TRIED else values
    for kind in PLAIN if numeric else KINDS:
        if kind in guesses:
            continue
        slow = kind == "quantity"  # so it is tried on a few values before all
        guesses[kind] = load("kinds", kind).infer(few if slow else values)
        if slow and guesses[kind].confidence:
            guesses[kind] = load("kinds", kind).infer(values)
    best = max(guesses, key=lambda kind: guesses[kind].confidence)
    return best, guesses[best]


def _spare(columns: list[Column]) -> list[Column]:
    """Take back the columns that count the rows where there is no other input: x = 1, 2, 3, ... may be the question."""
    if any(column.role == "input" for column in columns):
        return columns
    reason = f"{COUNTS}, but there is no other input"
    return [Column(c.name, "number", "input", reason) if c.reason == COUNTS else c for c in columns]


def sample_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Some of the rows, in their order; the same ones each time."""
    rows = max(FEWEST_SAMPLED, SAMPLED_CELLS // frame.width)
    if frame.height <= rows:
        return frame
    places = np.random.Generator(np.random.PCG64(0)).choice(frame.height, rows, replace=False)
    return frame[np.sort(places)]


def _data_mistakes(table: Table, schema: Schema) -> Iterable[Mistake]:
    """Say why nothing can be learnt from these values."""
    for name in schema.targets:
        yield from target_mistakes(name, table.frame[name], str(schema[name].kind))
    for name in schema.targets:
        if schema[name].kind == "tokens" and all(schema[one].kind != "tokens" for one in schema.inputs):
            yield lacking(
                table.frame, name, [one for one in table.frame.columns if one not in schema.targets]
            )
    if not schema.inputs:
        others = [column for column in schema.columns if column.role == "ignored"]
        why = "; ".join(f"{column.name}: {column.reason}" for column in others[:5])
        yield Mistake(
            f"{table.origin} has no input beside the target {schema.target!r}" + (f" ({why})" if why else ""),
            "at least one column to learn from",
            "give a column the role 'input', if it is one after all"
            if others
            else "check the separator of the file",
        )
    for column in schema.inputs:
        kind = schema[column].kind
        if kind is None or not (is_readable(table.frame[column]) or kind in NESTED):
            what = table.frame[column].dtype
            yield Mistake(
                f"column {column!r} ({what}) cannot be an input: no kind reads its values", remedy="ignore it"
            )
    for column in schema.named("weight"):
        values = table.frame[column]
        weights = read_numbers(values)[0] if is_readable(values) else np.full(len(values), np.nan)
        bad = int((~(np.isfinite(weights) & (weights >= 0))).sum())
        if bad:
            yield Mistake(
                f"weight {column!r} has {bad:,} values that are not numbers of at least 0", "a weight a row"
            )
        elif not weights.any():
            yield Mistake(f"weight {column!r} is 0 in every row", "a weight above 0 in some row")
