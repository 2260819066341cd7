"""Pydantic's validation errors in Ranvier's words.

Pydantic reports one error for each member of a union that it tried, in terms of its own types. A user is told once,
for each setting, what it is and what its annotation allows.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from .errors import Mistake, did_you_mean
from .limits import describe, members

Place = tuple[str, ...]
"""The parts of a setting's name."""


def mistakes_of(
    error: ValidationError, model: type[BaseModel], settings: Mapping[str, Any], names: Sequence[str]
) -> dict[Place, Mistake]:
    """One mistake for each setting that is wrong, by its place.

    Args:
        error: what pydantic said.
        model: the model that ``settings`` were validated against.
        settings: nested settings.
        names: the settings that there are, dotted, to suggest one from.
    """
    errors: dict[Place, list[Any]] = {}
    for each in error.errors():
        errors.setdefault(_place(each, settings), []).append(each)
    for place in [p for p in errors if any(q[: len(p)] == p and q != p for q in errors)]:
        del errors[place]  # another member of the union; what is wrong further in says more
    nameless = {place[:-1] for place, found in errors.items() if found[0]["type"] == "missing"}
    mistakes = {}
    for place, found in errors.items():
        where, first = ".".join(place), found[0]
        if first["type"] == "missing":
            parent = ".".join(place[:-1])
            mistakes[place[:-1]] = Mistake(f"setting {parent!r} has no name", f"{where!r} beside its options")
        elif first["type"] == "extra_forbidden":
            if place[:-1] not in nameless:  # else it is an option of the choice that lacks its name
                siblings = [".".join((*place[:-1], name)) for name in _fields(model, place[:-1])]
                mistakes[place] = Mistake(
                    f"there is no setting {where!r}", remedy=_suggestion(where, names, siblings)
                )
        else:
            mistakes[place] = value_mistake(where, _given(settings, place), _annotation(model, place), found)
    return mistakes


def value_mistake(where: str, value: Any, annotation: Any, errors: Iterable[Any]) -> Mistake:
    """Say that the value of the setting ``where`` is not what ``annotation`` allows.

    Args:
        where: the dotted name of the setting.
        value: what was given.
        annotation: what is allowed.
        errors: what pydantic said of it; a sentence from one of our own validators is kept.
    """
    errors = list(errors)
    happened = f"setting {where!r} is {_shown(value)}"
    said = [str(e["msg"]).removeprefix("Value error, ") for e in errors if e["type"] == "value_error"]
    if said:
        return Mistake(happened, remedy=" ".join(said))
    expected = describe(annotation)
    if any(e["type"] == "finite_number" for e in errors):
        expected = expected.replace("a number", "a finite number", 1)
    kinds = [kind for kind, _ in members(annotation)]
    in_quotes = kinds == [str] and isinstance(value, (int, float)) and not isinstance(value, bool)
    return Mistake(happened, expected, f"write it in quotes: \"'{value}'\"" if in_quotes else "")


def _place(error: Any, settings: Mapping[str, Any]) -> Place:
    """The place of an error in ``settings``; pydantic's names for the tried members of a union are left out."""
    place: list[str] = []
    value: Any = settings
    for part in error["loc"]:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
            place.append(str(part))
        elif error["type"] == "missing" and part == error["loc"][-1]:
            place.append(str(part))
    return tuple(place)


def _given(settings: Mapping[str, Any], place: Place) -> Any:
    """What the user gave at ``place``; pydantic names what a validator of ours has made of it."""
    value: Any = settings
    for part in place:
        value = value[part]
    return value


def _annotation(model: type[BaseModel], place: Place) -> Any:
    """The annotation of the setting at ``place``, or Any."""
    annotation: Any = model
    for part in place:
        annotation = next(_inside(annotation, part), Any)
    return annotation


def _inside(annotation: Any, part: str) -> Iterator[Any]:
    for kind, _ in members(annotation):
        if get_origin(kind) is dict:
            yield get_args(kind)[1]
        elif hasattr(kind, "model_fields") and part in kind.model_fields:
            yield get_type_hints(kind, include_extras=True)[part]


def _fields(model: type[BaseModel], place: Place) -> list[str]:
    """The names of the settings below ``place``."""
    return [
        name for kind, _ in members(_annotation(model, place)) for name in getattr(kind, "model_fields", {})
    ]


def _suggestion(where: str, names: Sequence[str], siblings: Sequence[str]) -> str:
    """Suggest a setting whose last part is the same or near, from the same place if there is one."""
    nested = "." in where
    if not nested and difflib.get_close_matches(where, names, n=1):
        return did_you_mean(where, names)
    everywhere = [*siblings, *names]
    for group, likeness in ((everywhere, 1.0), (siblings, 0.6), (everywhere, 0.6)):
        by_last = {_last(name): name for name in reversed(group)}  # the first of a name stays
        if found := difflib.get_close_matches(_last(where), by_last, n=1, cutoff=likeness):
            return f"did you mean {by_last[found[0]]!r}?"
    return "there are: " + ", ".join(siblings) if nested else did_you_mean(where, names)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."
