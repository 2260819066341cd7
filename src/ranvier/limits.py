"""The limits of settings, declared once as data.

Networks, losses, optimizers and schedules annotate their arguments with these types; ``options`` checks what a user
asks for against them, ``describe`` puts them into words, and the tests generate the values just outside.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator

from .catalog import unknown


@dataclass(frozen=True)
class Words:
    """Stands in an annotation and says what is expected there, where type and limits do not say it well."""

    text: str


Count = Annotated[int, Ge(1)]
"""A whole number of at least 1."""

NonNegative = Annotated[float, Ge(0.0)]
"""A number of at least 0."""

Positive = Annotated[float, Gt(0.0)]
"""A number above 0."""

Fraction = Annotated[float, Ge(0.0), Lt(1.0)]
"""A share from 0 to below 1, such as a dropout rate or a momentum."""

Share = Annotated[float, Gt(0.0), Le(1.0)]
"""A share above 0, up to 1."""


def _member(catalogue: str) -> AfterValidator:
    def check(name: str) -> str:
        if mistake := unknown(catalogue, name):
            raise ValueError(mistake.remedy)
        return name

    return AfterValidator(check)


ActivationName = Annotated[str, _member("activations"), Words("the name of an activation")]
"""A member of ``ACTIVATIONS``."""

InitializerName = Annotated[str, _member("initializers"), Words("the name of an initializer")]
"""A member of ``INITIALIZERS``."""


def describe(annotation: Any) -> str:
    """Say what values ``annotation`` allows; None is not mentioned, since a setting is then left out.

    >>> describe(Count)
    'a whole number of at least 1'
    >>> describe(Annotated[float, Ge(0.0), Lt(1.0)] | Literal["find"] | None)
    "a number from 0 to below 1, or 'find'"
    >>> describe(list[Count])
    'a list in which each is a whole number of at least 1'
    """
    words = [_one(member, tuple(metadata)) for member, metadata in members(annotation)]
    return ", or ".join(dict.fromkeys(words))


def members(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The types that a union allows, each with what ``Annotated`` says of it; None is left out.

    >>> list(members(Count | None))
    [(<class 'int'>, (Ge(ge=1),))]
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *said = get_args(annotation)
        yield from members(inner, (*said, *metadata))
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from members(member, metadata)
    elif annotation not in (None, type(None)):
        yield annotation, metadata


def limits_of(metadata: tuple[Any, ...]) -> dict[str, float]:
    """The bounds among what ``Annotated`` says: any of ``ge``, ``gt``, ``le`` and ``lt``.

    >>> limits_of((Ge(0), Lt(1)))
    {'ge': 0, 'lt': 1}
    """
    found: dict[str, float] = {}
    for said in metadata:
        found |= limits_of(tuple(getattr(said, "metadata", ())))  # pydantic's Field holds its limits so
        for bound in (Ge, Gt, Le, Lt):
            if isinstance(said, bound):
                name = bound.__name__.lower()
                found[name] = getattr(said, name)
    return found


def _one(kind: Any, metadata: tuple[Any, ...]) -> str:
    for said in metadata:
        if isinstance(said, Words):
            return said.text
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(map(repr, inside)) if len(inside) < 3 else "one of " + ", ".join(map(repr, inside))
    if origin in (list, tuple):
        return f"a list in which each is {describe(inside[0])}" if inside else "a list"
    if origin is dict:
        return "a table" if inside[1] is Any else f"a table in which each value is {describe(inside[1])}"
    if kind in (int, float):
        limits = limits_of(metadata)
        if kind is int and "lt" in limits:
            limits["le"] = limits.pop("lt") - 1
        return " ".join(
            word for word in ("a whole number" if kind is int else "a number", _bounds(limits)) if word
        )
    if kind in _WORDS:
        return _WORDS[kind]
    return str(getattr(kind, "expected", f"a value of type {getattr(kind, '__name__', kind)}"))


_WORDS = {bool: "true or false", str: "text", list: "a list", dict: "a table", Any: "any value"}


def _bounds(limits: Mapping[str, float]) -> str:
    said = {name: f"{bound:,.12g}" for name, bound in limits.items()}
    if "ge" in said and ("le" in said or "lt" in said):
        return f"from {said['ge']} to " + (said["le"] if "le" in said else f"below {said['lt']}")
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    return " and ".join(f"{words[name]} {said[name]}" for name in words if name in said)
