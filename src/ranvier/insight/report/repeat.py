"""All that it takes to do this again: command, settings, reasons, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .contents import Contents
from .markup import Html, details, section, table, tag


def repeat_section(contents: Contents) -> Html:
    """The command, the settings with their reasons, and the versions."""
    reasons = contents.record.get("reasons", {})
    changed = _changed(contents.record)
    rows = [
        (name, _text(value), "; ".join([*filter(None, [reasons.get(name)]), *changed.pop(name, [])]))
        for name, value in flat(contents.settings)
    ]
    rows += [(name, "–", "; ".join(told)) for name, told in changed.items()]
    if not contents.settings.get("training", {}).get("loss") and "training.loss" in reasons:
        rows.append(("training.loss", "–", reasons["training.loss"]))
    settings = table("Settings, and why where they were chosen for you", ["setting", "value", "reason"], rows)
    if contents.command:
        listed = table("Versions and data", ["what", "version"], _versions(contents))
        return section("repeat", "To repeat it", tag("pre", contents.command, tabindex="0"), listed)
    return section(
        "repeat",
        "To repeat it",
        tag("p", "With the settings below in run.toml, the same versions and the same data:"),
        tag("pre", command(contents), tabindex="0"),
        details("Settings", settings),
        details("run.toml", tag("pre", contents.run_toml, tabindex="0")),
        table("Versions and data", ["what", "version"], _versions(contents)),
    )


def _changed(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """By setting, the values that it was given in the course of the run."""
    told: dict[str, list[str]] = {}
    for finding in record.get("healed", []):
        if since := finding["evidence"]["trial"].get("since_epoch"):
            for name, value in finding["settings"].items():
                told.setdefault(name, []).append(f"{value} after epoch {since}, for {finding['code']}")
    return told


def _versions(contents: Contents) -> list[tuple[str, str]]:
    record = contents.record
    return [*record.get("versions", {}).items(), ("data (SHA-256)", record.get("fingerprint", "–"))]


def command(contents: Contents) -> str:
    """What to type, or to write in Python where the data were Python objects or the network a module."""
    if contents.command:
        return contents.command
    own = contents.record.get("module")
    if contents.settings.get("source") and not own:
        return "ranvier train --config run.toml"
    data = repr(contents.settings["source"]) if contents.settings.get("source") else "data"
    target = f", target={contents.record.get('target')!r}" if contents.settings.get("source") is None else ""
    network = f", network={own.rpartition('.')[2]}(...)" if own else ""
    return (
        "from ranvier.settings import read_toml\n\n"
        'settings = read_toml("run.toml")\n'
        'settings.pop("record")\n'
        f"ranvier.fit({data}{target}{network}, settings=settings)"
    )


def flat(settings: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Settings one by one, dotted; a choice (a mapping with a name) stays whole."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and "name" not in value:
            yield from flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        options = ", ".join(f"{key} {each}" for key, each in value.items() if key != "name")
        return f"{value['name']} ({options})" if options else str(value["name"])
    return str(value)
