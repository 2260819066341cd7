"""Which ``raise`` of Ranvier's own errors the tests exercise.

The sites are read from the source with ``ast``; the ones that ran are recorded by wrapping the two constructors.
Tracing would find the same lines, at ten times the tests' time.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ranvier import errors

PACKAGE = Path(errors.__file__).parent

Record = tuple[str, int, str]
"""A file, a line, and what was made there: ``Mistake`` or the name of an error."""


@dataclass(frozen=True)
class Site:
    """A place in the source where a mistake or an error is made."""

    path: str
    first: int
    last: int
    made: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.first}: {self.made}({self.sentence!r})"


def error_names() -> set[str]:
    """The names of Ranvier's errors."""
    found, waiting = set(), [errors.RanvierError]
    while waiting:
        error = waiting.pop()
        found.add(error.__name__)
        waiting += error.__subclasses__()
    return found


def sites(root: Path = PACKAGE) -> list[Site]:
    """Every place below ``root`` where a ``Mistake`` or one of Ranvier's errors is made."""
    return [
        site for path in sorted(root.rglob("*.py")) for site in sites_of(path.read_text("utf-8"), str(path))
    ]


def sites_of(source: str, path: str) -> Iterator[Site]:
    """The same for one file's text."""
    wanted = error_names() | {"Mistake"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := _called(node)) in wanted:
            yield Site(path, node.lineno, node.end_lineno or node.lineno, name, _sentence(node))


def unexercised(all_sites: Iterable[Site], records: Iterable[Record]) -> list[Site]:
    """The sites that no record falls into; of an error and the mistakes in its arguments, only the mistakes."""
    left = set(all_sites)
    by_place: dict[tuple[str, str], list[Site]] = {}
    for site in left:
        by_place.setdefault((site.path, site.made), []).append(site)
    for path, line, made in set(records):
        hit = [site for site in by_place.get((path, made), []) if site.first <= line <= site.last]
        if hit:
            left.discard(min(hit, key=lambda site: (site.last - site.first, site.first)))
    inner = [site for site in left if not any(_lies_within(other, site) for other in left)]
    return sorted(inner, key=lambda site: (site.path, site.first))


def _lies_within(inner: Site, outer: Site) -> bool:
    narrower = outer.made != "Mistake" == inner.made
    return narrower and inner.path == outer.path and outer.first <= inner.first <= inner.last <= outer.last


def start_recording(records: set[Record]) -> Callable[[], None]:
    """Note in ``records`` where each mistake and error is made; returns what stops it."""
    originals = {made: made.__init__ for made in (errors.RanvierError, errors.Mistake)}
    for made, original in originals.items():
        made.__init__ = _recording(original, records)  # type: ignore[method-assign]

    def stop() -> None:
        for made, original in originals.items():
            made.__init__ = original  # type: ignore[method-assign]

    return stop


def _recording(original: Callable[..., None], records: set[Record]) -> Callable[..., None]:
    @functools.wraps(original)
    def init(self: object, *args: object, **kwargs: object) -> None:
        frame = _maker(sys._getframe(1), self)
        records.add((frame.f_code.co_filename, frame.f_lineno, type(self).__name__))
        original(self, *args, **kwargs)

    return init


def _maker(frame: FrameType, made: object) -> FrameType:
    """The frame that made it: above the constructors of subclasses."""
    while frame.f_back and frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is made:
        frame = frame.f_back
    return frame


def _called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _sentence(node: ast.Call) -> str:
    """The literal parts of the first argument, with ... for what is filled in."""
    if not node.args:
        return "..."
    first = node.args[0]
    parts = first.values if isinstance(first, ast.JoinedStr) else [first]
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "..." for p in parts)
