"""The options of a catalogue's members: read from their signatures, checked before anything is built.

A member's keyword-only parameters are what a user may set; its positional parameters are given by whoever builds it
(the widths of a network, the parameters of an optimizer). Their types and limits are their annotations.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, get_type_hints

from pydantic import ConfigDict, Field, ValidationError, create_model

from .catalog import load, singular
from .errors import Mistake, did_you_mean
from .spec import Choice
from .wording import value_mistake


def defaults(catalogue: str, name: str) -> dict[str, Any]:
    """The options of a member and their defaults; one without a default is given by whoever builds the member.

    >>> defaults("schedules", "cosine")
    {'warmup': 0.0, 'final': 0.0}
    """
    parameters = (parameter for parameter, _ in _options(load(catalogue, name)).values())
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def mistakes(catalogue: str, choice: Choice, setting: str) -> Iterable[Mistake]:
    """Say what is wrong with the options of ``choice``, which was asked for by the setting named ``setting``."""
    options = _options(load(catalogue, choice.name))
    for key in choice.options:
        if key not in options:
            yield Mistake(
                f"{singular(catalogue)} {choice.name!r} has no option {key!r} (in {setting!r})",
                remedy=did_you_mean(key, options) if options else "it has no options; leave it out",
            )
    for key, value in choice.options.items():
        if key in options:
            yield from _value_mistakes(f"{setting}.{key}", value, options[key][1])


def _value_mistakes(where: str, value: Any, annotation: Any) -> Iterable[Mistake]:
    """Check ``value`` as it stands: it is given to the member unchanged, so ``"3"`` or ``true`` is not a number."""
    checked = list(value) if isinstance(value, tuple) else value
    model = create_model("Option", __config__=_STRICT, value=(annotation, Field()))
    try:
        model.model_validate({"value": checked})
    except ValidationError as error:
        yield value_mistake(where, value, annotation, error.errors())


_STRICT = ConfigDict(arbitrary_types_allowed=True, strict=True, allow_inf_nan=False)


def _options(member: Any) -> dict[str, tuple[inspect.Parameter, Any]]:
    function = member.__init__ if inspect.isclass(member) else member
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    return {
        p.name: (p, hints.get(p.name, Any)) for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY
    }
