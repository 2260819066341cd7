"""The columns of a forecast: the value, its time, the name of its series, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
import polars as pl

from ..assemble import forecasts
from ..catalog import NETWORKS, load
from ..data.infer import column_of, expanded, sample_of
from ..data.ledger import Ledger
from ..data.schema import Column, Schema
from ..data.series.covariates import READ, WORDS, Covariate, Covariates, Known, calendar_of
from ..data.series.lines import Columns, Line, time_column
from ..data.series.steps import Step
from ..data.series.windows import Bounds
from ..data.table import Table
from ..errors import DataError, Mistake, SpecError, did_you_mean, raise_if_any
from ..spec import OWN_NETWORK, ColumnSpec, Spec

MOST_WORDS = 64
"""A category of more words is not read beside a forecast: each is a channel."""


def is_forecast(spec: Spec) -> bool:
    """Whether the task that is asked for is a forecast."""
    return spec.task == "forecast" or (isinstance(spec.task, dict) and "forecast" in spec.task.values())


def columns_of(spec: Spec, table: Table) -> Columns:
    """Which columns say what.

    Raises:
        SpecError: with all that is wrong.
    """
    names = table.frame.columns
    said = expanded(spec.columns, names)
    raise_if_any(SpecError, _request_mistakes(spec, said, table))
    target = spec.target if isinstance(spec.target, str) else (spec.target or [str(table.target)])[0]
    roles: dict[str, list[str]] = {}
    for name, one in said.items():
        roles.setdefault(str(one.role), []).append(name)
    group = roles.get("group", [None])[0]
    others = [name for name in names if name != target and name != group]
    left = [name for name in others if name not in roles.get("ignored", [])]
    time = roles.get("time", [None])[0] or time_column(table.frame.select(left), [])
    columns = Columns(str(target), time, group)
    raise_if_any(SpecError, _known_mistakes(spec, said, columns))
    return columns


def schema_of(spec: Spec, table: Table, columns: Columns, ledger: Ledger) -> Schema:
    """Which kind and role each column has; those that a forecast does not read are set aside.

    Raises:
        SpecError: a column that is called an input cannot be read beside a forecast.
    """
    said, sample = expanded(spec.columns, table.frame.columns), sample_of(table.frame)
    found, mistakes = [], []
    for name in table.frame.columns:
        one = said.get(name, ColumnSpec())
        if name == columns.target:
            found.append(Column(name, "number", "target", "it is forecast from its own past"))
        elif name == columns.time:
            found.append(Column(name, "date", "time", "said by you" if one.role else "its values are times"))
        elif name == columns.group:
            found.append(Column(name, "category", "group", "it tells the series apart"))
        else:
            column = column_of(table.frame[name], sample[name], one, table.declared.get(name))
            reason = _unread(column, table.frame[name])
            if reason and (one.role == "input" or one.kind or (one.known and name in spec.columns)):
                mistakes.append(
                    Mistake(
                        f"column {name!r} cannot stand beside a forecast: {reason}",
                        f"columns of the kinds {', '.join(READ)}",
                        "leave it out, or say another kind",
                    )
                )
            found.append(Column(name, None, "ignored", reason) if reason else column)
            if found[-1].role == "ignored":
                ledger.note("set aside", found[-1].reason, column=name)
    raise_if_any(SpecError, mistakes)
    return Schema(tuple(found))


def covariates_of(
    spec: Spec,
    table: Table,
    schema: Schema,
    columns: Columns,
    lines: Sequence[Line],
    bounds: Sequence[Bounds],
    step: Step,
) -> Covariates:
    """What stands beside the value, fitted to the training rows."""
    said = expanded(spec.columns, table.frame.columns)
    rows = [line.rows[: ends.train] for line, ends in zip(lines, bounds)]
    train = table.frame[np.sort(np.concatenate([each[each >= 0] for each in rows]))]
    each = []
    for name in schema.inputs:
        kind = load("kinds", str(schema[name].kind)).fit(train.select(name))
        known: Known = said.get(name, ColumnSpec()).known or "past"
        if columns.group and _is_static(table.frame, name, columns.group):
            known = "series"
        each.append(Covariate(name, kind, known))
    if not reads_ahead(spec):
        each = [Covariate(one.column, one.kind, "past") for one in each]
    wanted = spec.forecast.calendar
    places = [line.first + np.arange(ends.train) for line, ends in zip(lines, bounds)]
    usual = step.unit == "second" and reads_ahead(spec)  # of months the season says as much
    calendar = calendar_of(step, places) if wanted or (wanted is None and usual) else ()
    if wanted and not calendar:
        raise DataError(
            Mistake(
                f"forecast.calendar is true, and the times go through no day, week, month or year twice, at a step "
                f"of {step}",
                "a column of dates, the training part of which is long enough",
                "leave the calendar out",
            )
        )
    return Covariates(tuple(each), calendar)


def described(schema: Schema, covariates: Covariates, rows: int, ledger: Ledger) -> Schema:
    """The schema with, of each input, when it is known, which the ledger is told as well."""
    words = {one.column: WORDS[one.known] for one in covariates.each}
    for told in dict.fromkeys(words.values()):
        names = ", ".join(name for name, known in words.items() if known == told)
        ledger.note("kept", f"read beside the target, {told}", rows, names)
    return Schema(
        tuple(
            Column(one.name, one.kind, one.role, f"{one.reason}; {words[one.name]}")
            if one.name in words
            else one
            for one in schema.columns
        )
    )


def reads_ahead(spec: Spec) -> bool:
    """Whether the network that is asked for can read what is known of the future."""
    name = spec.network.name if spec.network else None
    return name is None or name == OWN_NETWORK or forecasts(name, by_windows=True)


def _is_static(frame: pl.DataFrame, name: str, group: str) -> bool:
    """Whether a column says one thing of each series, and not the same of all."""
    each = frame.group_by(group).agg(pl.col(name).n_unique().alias("count"))
    return bool((each["count"] == 1).all()) and frame[name].n_unique() > 1


def _unread(column: Column, values: pl.Series) -> str:
    """Why a column is not read beside a forecast; nothing where it is."""
    if column.role == "ignored":
        return column.reason
    if column.kind not in READ:
        return f"its kind is {column.kind!r}" if column.kind else column.reason
    if column.kind == "category" and (count := values.n_unique()) > MOST_WORDS:
        return f"{count:,} different words, more than the {MOST_WORDS} that a forecast reads"
    return ""


def _request_mistakes(spec: Spec, said: Mapping[str, ColumnSpec], table: Table) -> Iterable[Mistake]:
    names = table.frame.columns
    target = [spec.target] if isinstance(spec.target, str) else spec.target or [table.target or ""]
    if len(target) > 1:
        yield Mistake(
            "several targets are named for a forecast", "one column of numbers", "forecast one at a time"
        )
    elif not target[0]:
        yield Mistake(
            f"no target is named for {table.origin}", "the column to be forecast", did_you_mean("", names)
        )
    elif target[0] not in names:
        yield Mistake(
            f"{table.origin} has no column {target[0]!r}, the target", remedy=did_you_mean(target[0], names)
        )
    for name, one in said.items():
        if name not in names:
            yield Mistake(f"{table.origin} has no column {name!r}", remedy=did_you_mean(name, names))
        if one.role in ("weight", "part"):
            yield Mistake(
                f"column {name!r} has the role {one.role!r}, which a forecast does not read", "no such role"
            )
    for role in ("time", "group"):
        having = [name for name, one in said.items() if one.role == role]
        if len(having) > 1:
            yield Mistake(
                f"several columns have the role {role!r}: {', '.join(map(repr, having))}", "one of them"
            )
    if table.parts is not None:
        yield Mistake(
            "the parts of a forecast are given as places of their own",
            "one table, whose last points are held out",
            "name one file, and the shares: split.validation, split.test",
        )
    if spec.execution.stream:
        yield Mistake("execution.stream is true, and a forecast holds its series in memory", "no streaming")


def _known_mistakes(spec: Spec, said: Mapping[str, ColumnSpec], columns: Columns) -> Iterable[Mistake]:
    """What is wrong with what is said to be known; a pattern speaks of the columns beside the forecast alone."""
    roles = {columns.target: "target", columns.time: "time", columns.group: "name of the series"}
    for name, one in spec.columns.items():
        if not one.known:
            continue
        if name not in said:
            fitting = [each for each in said if fnmatchcase(each, name) and each not in spec.columns]
            if set(fitting) <= set(roles):
                yield Mistake(
                    f"columns.{name}.known={one.known} fits {', '.join(map(repr, fitting))} alone, which is to be "
                    "forecast, or tells the times or the series",
                    "a pattern that columns beside the forecast fit",
                )
        elif name in roles:
            remedy = "its calendar is read with forecast.calendar=true" if name == columns.time else ""
            yield Mistake(
                f"column {name!r} is the {roles[name]}, and is said to be known in the {one.known}",
                "columns beside the forecast",
                remedy,
            )
        elif one.role == "ignored":
            yield Mistake(
                f"column {name!r} is left out, and is said to be known in the {one.known}", "one of both"
            )
    ahead = [f"columns.{name}.known" for name, one in spec.columns.items() if one.known == "future"]
    ahead += ["forecast.calendar"] if spec.forecast.calendar else []
    if ahead and spec.network and not reads_ahead(spec):
        able = [name for name in NETWORKS if forecasts(name, by_windows=True)]
        yield Mistake(
            f"the network {spec.network.name!r} cannot read what is known of the future, which {ahead[0]} says",
            f"one of {', '.join(able)}",
        )
