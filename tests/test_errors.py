"""The shape of an error's sentence, and what survives on its way to the user."""

from __future__ import annotations

import copy
import pickle

import pytest

from ranvier import errors
from ranvier.errors import DataError, InternalError, Mistake, RanvierError, SpecError, UserError, raise_if_any


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (Mistake("it is wrong"), "It is wrong."),
        (Mistake("it is wrong", "better"), "It is wrong. Expected better."),
        (Mistake("it is wrong", remedy="mend it"), "It is wrong. Mend it."),
        (
            Mistake("it is wrong", "better", "did you mean 'x'?"),
            "It is wrong. Expected better. Did you mean 'x'?",
        ),
        (Mistake("it is wrong.", "better.", "Mend it!"), "It is wrong. Expected better. Mend it!"),
        (Mistake("  it is wrong ", "  ", " "), "It is wrong."),
        (Mistake("titanic.csv has no rows"), "titanic.csv has no rows."),
        (Mistake("data/a has no rows"), "data/a has no rows."),
        (Mistake("learning_rate is 0"), "learning_rate is 0."),
        (Mistake("training.epochs is 0"), "training.epochs is 0."),
        (Mistake("'a b' is no column"), "'a b' is no column."),
        (Mistake("pH is missing"), "pH is missing."),
        (Mistake("epochs: none given"), "Epochs: none given."),
        (Mistake("--set 'x' names no value"), "--set 'x' names no value."),
        (Mistake("3 rows are empty"), "3 rows are empty."),
        (Mistake("Ärger"), "Ärger."),
        (Mistake("表 is empty"), "表 is empty."),
        (Mistake("{0} % braces stay"), "{0} % braces stay."),
    ],
)
def test_sentence(mistake, sentence):
    assert str(mistake) == sentence


def test_an_error_holds_every_mistake():
    error = DataError(Mistake("a is wrong"), "b is wrong", Mistake("c is wrong", "d"))
    assert error.mistakes == (Mistake("a is wrong"), Mistake("b is wrong"), Mistake("c is wrong", "d"))
    assert str(error) == "A is wrong.\nB is wrong.\nC is wrong. Expected d."


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_error_crosses_to_another_process_whole(again):
    error = SpecError(Mistake("a is wrong", "b", "c"), Mistake("d is wrong"))
    other = again(error)
    assert type(other) is SpecError
    assert other.mistakes == error.mistakes
    assert str(other) == str(error)


def test_exit_codes_tell_the_user_s_mistake_from_ours():
    codes = {name: error.exit_code for name, error in vars(errors).items() if _is_error(error)}
    assert codes.pop("Interrupted") == 130
    assert {name for name, code in codes.items() if code == 1} == {"RanvierError", "InternalError"}
    assert {name for name, code in codes.items() if code == 2} == set(codes) - {
        "RanvierError",
        "InternalError",
    }
    assert issubclass(DataError, UserError)
    assert not issubclass(InternalError, UserError)


def test_the_tree_at_the_top_of_the_file_names_every_error():
    drawn = errors.__doc__ or ""
    for name, error in vars(errors).items():
        if _is_error(error):
            line = next((line for line in drawn.splitlines() if f" {name} " in f"{line} "), "")
            assert line, f"{name} is not drawn"
            if "exit" in line:
                assert f"exit {error.exit_code}" in line


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, RanvierError)


def test_raise_if_any_raises_all_or_nothing():
    raise_if_any(DataError, [])
    raise_if_any(DataError, iter(()))
    with pytest.raises(DataError, match=r"^A is wrong\.\nB is wrong\.$"):
        raise_if_any(DataError, (Mistake(f"{name} is wrong") for name in "ab"))
