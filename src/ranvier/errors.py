"""Every error that Ranvier raises on purpose, and the one shape of its sentence.

    RanvierError            exit 1   a fault of ours
    ├── InternalError       exit 1   something that must hold does not (a ledger that does not add up)
    ├── Interrupted         exit 130 the user stopped a run, which is saved and can go on
    └── UserError           exit 2   the user can mend it
        ├── SpecError       what was asked: a setting, a name, an option
        ├── DataError       what was given: a file, a column, a row
        ├── ModelFileError  a model file that is unreadable, changed, or of another version
        ├── RunError        a run folder that cannot be created, read or resumed
        └── DivergedError   training stopped because the loss was no longer finite

An error holds one or several mistakes, each of which says what happened, what was expected and what to do, so
that all the mistakes of one request are reported together.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong.

    Args:
        happened: what was found, without a full stop: ``titanic.csv has no column 'survivd'``.
        expected: what would have been right: ``one of its 8 columns``. May be empty.
        remedy: what to do: ``did you mean 'survived'?``. May be empty.
    """

    happened: str
    expected: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        """Join the parts into sentences.

        >>> print(Mistake("epochs is -3", "a whole number of at least 1", "leave it out for the default"))
        Epochs is -3. Expected a whole number of at least 1. Leave it out for the default.
        """
        parts = [self.happened, f"expected {self.expected}" if self.expected.strip() else "", self.remedy]
        return " ".join(_sentence(part) for part in parts if part.strip())


class RanvierError(Exception):
    """The root of all errors that Ranvier raises on purpose."""

    exit_code = 1

    def __init__(self, *mistakes: Mistake | str) -> None:
        self.mistakes = tuple(m if isinstance(m, Mistake) else Mistake(m) for m in mistakes)
        super().__init__("\n".join(str(m) for m in self.mistakes))

    def __reduce__(self) -> tuple[type[RanvierError], tuple[Mistake, ...]]:
        """Keep the single mistakes when the error crosses to another process."""
        return type(self), self.mistakes


class InternalError(RanvierError):
    """Something that Ranvier guarantees does not hold: a fault of ours."""


class Interrupted(RanvierError):
    """The user stopped a run with Ctrl-C; it is saved and can go on."""

    exit_code = 130


class UserError(RanvierError):
    """Something that the user can mend."""

    exit_code = 2


class SpecError(UserError):
    """What was asked cannot be done: a setting, a name or an option is wrong."""


class DataError(UserError):
    """What was given cannot be used: a file, a column or a row is wrong."""


class ModelFileError(UserError):
    """A model file is unreadable, has been changed, or does not agree with itself."""


class RunError(UserError):
    """A run folder cannot be created, read or resumed."""


class DivergedError(UserError):
    """Training stopped because the loss was no longer finite."""


def raise_if_any(error: type[RanvierError], mistakes: Iterable[Mistake]) -> None:
    """Raise ``error`` with all ``mistakes``, if there are any."""
    if found := tuple(mistakes):
        raise error(*found)


def _sentence(text: str) -> str:
    text = text.strip()
    if text[:1].islower() and not _starts_with_code(text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def _starts_with_code(text: str) -> bool:
    """Tell whether the first word is a file, path or setting, whose letters must stay as they are."""
    first = text.split(maxsplit=1)[0]
    return any(mark in first.rstrip(".,:;?!") for mark in "./\\_=:'\"`") or any(
        c.isupper() for c in first[1:]
    )


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """A question that names the nearest choice, or a list of the choices where none is near.

    >>> did_you_mean("survivd", ["age", "survived"])
    "did you mean 'survived'?"
    >>> did_you_mean("x", ["age", "survived"])
    'there are: age, survived'
    >>> did_you_mean("f1", ["f1_macro", "f1_weighted", "mse"])
    "did you mean 'f1_macro' or 'f1_weighted'?"
    """
    choices = list(choices)
    if not choices:
        return "there are none"
    lowered = {choice.lower(): choice for choice in choices}
    near = difflib.get_close_matches(name.lower(), lowered, n=1)
    if near:
        return f"did you mean {lowered[near[0]]!r}?"
    longer = [choice for choice in choices if len(name) > 1 and choice.lower().startswith(name.lower())]
    if 0 < len(longer) < 4:
        return f"did you mean {' or '.join(map(repr, longer))}?"
    shown = ", ".join(choices[:20]) + (f" and {len(choices) - 20} more" if len(choices) > 20 else "")
    return f"there are: {shown}"
