"""Settings as they are written: nested or dotted, from a TOML file, from ``--set KEY=VALUE`` or from Python.

What a setting means, and whether its value is right, is the business of ``spec``; here they are only read, brought
into one nested shape, and laid over one another.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from .errors import Mistake, SpecError

Role = Literal["input", "target", "group", "time", "weight", "part", "ignored"]
ROLES: tuple[Role, ...] = ("input", "target", "group", "time", "weight", "part", "ignored")

CHOICES = ("network", "training.loss", "training.optimizer", "training.schedule")
"""The settings that name a member of a catalogue, with its options beside the name."""

FREE = ("columns", "task", "regularization.class_weights")
"""The settings whose keys are a user's own names, in which a dot is only a dot."""


def nest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into nested mappings; a choice that is given by name takes options beside it.

    >>> nest({"training.optimizer": "momentum", "training.optimizer.momentum": 0.8})
    {'training': {'optimizer': {'name': 'momentum', 'momentum': 0.8}}}

    Raises:
        SpecError: the name of a setting is not text.
    """
    return _nest(settings, "")


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings ``base`` with ``over`` laid on them.

    A choice of another name drops the options of the old one; what is said of a column is added to what was said.

    >>> merge({"network": {"name": "mlp", "dropout": 0.2}}, {"network": "linear"})
    {'network': 'linear'}
    >>> merge({"columns": {"name": "category"}}, {"columns": {"name": "ignored"}})
    {'columns': {'name': {'kind': 'category', 'role': 'ignored'}}}
    """
    return _merge(base, over, "")


def parse_setting(text: str) -> tuple[str, Any]:
    """Read one ``--set KEY=VALUE``; the value is TOML, or else a bare string.

    >>> parse_setting("network.hidden=[64, 32]")
    ('network.hidden', [64, 32])
    >>> parse_setting("training.optimizer=momentum")
    ('training.optimizer', 'momentum')

    Raises:
        SpecError: there is no ``=`` in the text.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(Mistake(f"--set {text!r} names no value", "KEY=VALUE, such as training.epochs=20"))
    try:
        return key.strip(), _toml().loads(f"value = {value}")["value"]
    except ValueError:
        return key.strip(), value.strip()


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings.

    Raises:
        SpecError: the file is missing, or is not TOML.
    """
    expected = "a TOML file of settings"
    try:
        return dict(_toml().loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise SpecError(Mistake(f"there is no file {str(path)!r}", expected)) from None
    except (OSError, ValueError) as error:
        raise SpecError(Mistake(f"{str(path)!r} cannot be read as TOML ({error})", expected)) from None


def _toml() -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib


def _nest(settings: Mapping[str, Any], place: str) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in settings.items():
        if not isinstance(key, str):
            raise SpecError(Mistake(f"a setting is called {key!r}", "text, such as 'training.epochs'"))
        inner: Any = value
        here = f"{place}{key}"
        if isinstance(value, Mapping):
            inner = {str(k): v for k, v in value.items()} if here in FREE else _nest(value, f"{here}.")
        for part in reversed(key.split(".")):
            inner = {part: inner}
        nested = _merge(nested, inner, place)
    return nested


def _merge(base: Mapping[str, Any], over: Mapping[str, Any], place: str) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        here, old = f"{place}{key}", merged.get(key)
        if key not in merged:
            merged[key] = value
        elif here in CHOICES:
            merged[key] = _merge_choice(old, value)
        elif place == "columns.":
            merged[key] = _merge_column(old, value)
        elif isinstance(value, Mapping) and isinstance(old, Mapping):
            merged[key] = _merge(old, value, f"{here}.")
        else:
            merged[key] = value
    return merged


def _merge_choice(old: Any, new: Any) -> Any:
    before, after = _flat_choice(old), _flat_choice(new)
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return new
    if "name" in before and after.get("name", before["name"]) != before["name"]:
        return new
    both = {**before, **after}
    name = {"name": both["name"]} if "name" in both else {}
    return {**name, **both}  # the name stands first


def _flat_choice(choice: Any) -> Any:
    if isinstance(choice, str):
        return {"name": choice}
    if isinstance(choice, Mapping) and isinstance(choice.get("options"), Mapping):
        return {**{k: v for k, v in choice.items() if k != "options"}, **choice["options"]}
    return choice


def _merge_column(old: Any, new: Any) -> Any:
    before, after = ({"role" if c in ROLES else "kind": c} if isinstance(c, str) else c for c in (old, new))
    return {**before, **after} if isinstance(before, Mapping) and isinstance(after, Mapping) else new


PASSWORD = "${DATABASE_PASSWORD}"
"""What stands for the password of a database wherever its address is written."""


def masked(address: str) -> str:
    """An address that may be shown and kept: its password is named as an environment variable, and not said.

    >>> masked("postgresql://me:secret@host/shop?table=sales")
    'postgresql://me:${DATABASE_PASSWORD}@host/shop?table=sales'
    >>> masked("postgresql://me:${MINE}@host/shop"), masked("data.csv")
    ('postgresql://me:${MINE}@host/shop', 'data.csv')
    """
    found = re.match(r"(\w[\w+]*://[^:/@?]*:)([^?]*)(@.*)", address, re.DOTALL)
    if not found or re.fullmatch(r"\$\{\w+\}", found[2]):
        return address
    return f"{found[1]}{PASSWORD}{found[3]}"
