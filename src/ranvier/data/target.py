"""The target's kind: what is classified is a category, what is measured is a number, what has several names labels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..catalog import TARGET_KINDS, load
from ..errors import Mistake
from .kinds.tokens import cut
from .kinds.values import is_readable, read_numbers, read_text
from .tagged import counts, wrong_tags
from .unfit import are_dates, comparable, is_numeric

MOST_CLASSES = 20
"""Whole numbers with at most so many distinct values are classes."""

LEAST_PER_CLASS = 5
"""Whole numbers must occur so often, on average, to be classes (two distinct ones always are)."""

KINDS = ("number", "category", "boolean", "labels", "text", "tokens")
"""The kinds that a target may be said to have."""


SURE_OF_LABELS = 0.9
"""The confidence from which a target is taken for sets of labels."""


COUNTS = "; if they count something, the task 'count' may suit them better"
"""What is said of whole numbers of at least 0 that vary as counts do, or more."""


def target_kind(
    values: pl.Series, kind: str | None, task: str | None, declared: str | None
) -> tuple[str, str]:
    """Choose the kind of the target column.

    Args:
        values: its raw values (N).
        kind: what the user says, if anything.
        task: the task that the user names, if any.
        declared: the kind that the source knows, if any.

    Returns:
        ``category``, ``number`` or ``labels``, and the reason as a clause; numbers that may be counts stay numbers, and
        the reason says so. Two-valued targets are categories too,
        so that the order of the classes is kept in one place.
    """
    if kind:
        return as_target(kind), "said by you"
    if task:
        return TARGET_KINDS[task], f"the task is {task}"
    if declared:
        return as_target(declared), "as the source declares"
    sets = load("kinds", "labels").infer(values)
    if sets.confidence >= SURE_OF_LABELS:
        return "labels", sets.reason
    present = comparable(values)
    if is_numeric(present):
        numbers, _ = read_numbers(present)
        finite = numbers[np.isfinite(numbers)]
        distinct = len(np.unique(finite))
        whole = len(finite) == len(numbers) and bool(np.all(finite == np.round(finite)))
        if (
            whole
            and distinct <= MOST_CLASSES
            and (distinct <= 2 or distinct * LEAST_PER_CLASS <= len(finite))
        ):
            return "category", f"whole numbers, {distinct} distinct"
        reason = str(load("kinds", "number").infer(values).reason)
        counted = whole and len(finite) > 0 and finite.min() >= 0 and finite.var() > finite.mean()
        return "number", reason + (COUNTS if counted else "")
    return "category", str(load("kinds", "category").infer(values).reason)


def target_mistakes(name: str, values: pl.Series, kind: str) -> Iterable[Mistake]:
    """Say why nothing can be learnt of a target column.

    Args:
        name: of the column.
        values: its raw values (N).
        kind: ``category``, ``number``, ``labels``, ``text`` or ``tokens``.
    """
    if kind == "tokens":
        yield from _tag_mistakes(name, values)
    elif kind == "labels":
        yield from _label_mistakes(name, values)
    elif not is_readable(values) or are_dates(values):
        what = "dates or times" if is_readable(values) else f"values of type {values.dtype}"
        yield Mistake(f"target {name!r} holds {what}", "classes or numbers", "no task predicts these yet")
    elif not len(comparable(values)):
        yield Mistake(f"target {name!r} has no values", "classes or numbers")
    elif kind == "number":
        yield from _number_mistakes(name, values)
    elif kind == "category":
        yield from _category_mistakes(name, values)


def is_missing(values: pl.Series) -> NDArray[np.bool_]:
    """(N,) where a raw target value is missing; an empty list is a set without labels, and is there."""
    text = read_text(values) if is_readable(values) else values
    return np.asarray(text.is_null().to_numpy())


def unusable(values: pl.Series, kind: str | None) -> dict[str, NDArray[np.bool_]]:
    """(N,) which raw values of a target of ``kind`` cannot be learnt, by the reason."""
    wrong = {"the target is missing": is_missing(values)}
    if kind == "tokens":
        wrong["the target is missing"] = cut(values).is_null().to_numpy()
        wrong |= wrong_tags(values)
    if kind == "number":
        numbers, malformed = read_numbers(values)
        wrong["the target is not a number"] = malformed
        wrong["the target is not finite"] = np.isinf(numbers)
    return wrong


def as_target(kind: str) -> str:
    """The kind that a target of ``kind`` is learnt as: two-valued ones are categories."""
    return "category" if kind == "boolean" else kind


def _number_mistakes(name: str, values: pl.Series) -> Iterable[Mistake]:
    numbers, malformed = read_numbers(values)
    finite = numbers[np.isfinite(numbers)]
    if int(malformed.sum()) > len(finite) or not len(finite):
        wrong = read_text(values).filter(pl.Series(malformed | np.isinf(numbers)))
        yield Mistake(
            f"target {name!r} is to be a number, but {len(wrong):,} of its {len(values):,} values are not finite "
            f"numbers, such as {wrong[0]!r}",
            "numbers",
            "leave the task out, or choose classify, to learn classes",
        )
    elif finite.min() == finite.max():
        yield Mistake(
            f"target {name!r} is {finite[0]:g} in every row",
            "at least two different values",
            "choose another target",
        )


def _tag_mistakes(name: str, values: pl.Series) -> Iterable[Mistake]:
    if counts(values) is None:
        yield Mistake(
            f"target {name!r} holds values of type {values.dtype}",
            "tags: lists of text, or text with white space between the tags of a row",
        )
        return
    tags = cut(values).explode().drop_nulls().alias("tag").value_counts(name="count", sort=True)
    if not tags.height:
        yield Mistake(f"target {name!r} has no values", "a tag for each token of a row")
    elif tags.height == 1:
        yield Mistake(
            f"target {name!r} has a single tag, {tags['tag'][0]!r}", "at least two", "choose another target"
        )
    elif int((once := tags["count"] == 1).sum()) * 2 > tags.height:
        yield Mistake(
            f"target {name!r} looks like text: {int(once.sum()):,} of its {tags.height:,} tags occur once",
            "tags that occur several times",
            "choose another target",
        )


def _label_mistakes(name: str, values: pl.Series) -> Iterable[Mistake]:
    fitted = load("kinds", "labels").fit(values.to_frame(), fewest=1)
    marks = fitted.transform(values.filter(~pl.Series(is_missing(values))).to_frame())
    if not fitted.labels[0] or not len(marks):
        yield Mistake(f"target {name!r} has no labels", "sets of labels, such as 'drama;crime'")
    elif bool((marks == marks[0]).all()):
        yield Mistake(
            f"target {name!r} has the same labels in every row",
            "at least two different sets of labels",
            "choose another target",
        )


def _category_mistakes(name: str, values: pl.Series) -> Iterable[Mistake]:
    classes = read_text(values).drop_nulls().alias("class").value_counts(name="count", sort=True)
    once = int((classes["count"] == 1).sum())
    if classes.height == 1:
        yield Mistake(
            f"target {name!r} has a single class, {classes['class'][0]!r}",
            "at least two classes",
            "choose another target",
        )
    elif once * 2 > classes.height:
        numeric = is_numeric(comparable(values))
        yield Mistake(
            f"target {name!r} looks like an identifier or text: {once:,} of its {classes.height:,} classes occur once",
            "classes that occur several times",
            "choose another target" + (", or the task regress to learn a number" if numeric else ""),
        )
