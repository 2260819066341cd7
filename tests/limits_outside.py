"""Values just outside and just inside what an annotation allows, generated from the annotation itself."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args, get_origin

from ranvier.limits import limits_of, members


def outside(annotation: Any) -> list[Any]:
    """Values that no member of ``annotation`` allows: beyond each limit, and of other types."""
    return [
        bad
        for bad in _beyond(annotation)
        if not any(_allowed(bad, *member) for member in members(annotation))
    ]


def _beyond(annotation: Any) -> list[Any]:
    bad: list[Any] = [object()]
    for kind, metadata in members(annotation):
        limits = limits_of(metadata)
        if kind in (int, float):
            bad += [math.nan, math.inf, True, [], "no number"]
            bad += [
                _next(limits[name], kind, up) for name, up in (("ge", False), ("le", True)) if name in limits
            ]
            bad += [kind(limits[name]) for name in ("gt", "lt") if name in limits]
            bad += [1.5] if kind is int else []
        elif kind is bool:
            bad += ["maybe", 2, 0.5]
        elif kind is str:
            bad += [5, ["text"]]
        elif get_origin(kind) is Literal:
            bad += ["no such word", 5]
        elif get_origin(kind) in (list, tuple):
            bad += [5, *([inner] for inner in outside(get_args(kind)[0]))]
        elif get_origin(kind) is dict:
            bad += [5, *({"a": inner} for inner in outside(get_args(kind)[1]))]
    return bad


def _next(bound: float, kind: Any, up: bool) -> Any:
    if kind is int:
        return int(bound) + (1 if up else -1)
    return math.nextafter(float(bound), math.inf if up else -math.inf)


def _allowed(value: Any, kind: Any, metadata: tuple[Any, ...]) -> bool:
    """Whether another member of a union takes what is outside of one."""
    if get_origin(kind) is Literal:
        return any(value is word or (value == word and type(value) is type(word)) for word in get_args(kind))
    if kind in (int, float) and type(value) in (int, float) and math.isfinite(value):
        limits = limits_of(metadata)
        within = (
            value >= limits.get("ge", -math.inf),
            value > limits.get("gt", -math.inf),
            value <= limits.get("le", math.inf),
            value < limits.get("lt", math.inf),
        )
        return all(within) and (kind is float or float(value).is_integer())
    if get_origin(kind) is list and type(value) is list:
        return all(type(each) is get_args(kind)[0] for each in value)
    return isinstance(kind, type) and type(value) is kind
