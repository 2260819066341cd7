"""The options of the catalogues' members, against limits that are read from their annotations."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field

from limits_outside import outside
from ranvier import options
from ranvier.catalog import CATALOGUES
from ranvier.limits import Count, Fraction, NonNegative, Positive, Share, Words, describe, limits_of, members
from ranvier.spec import Choice

SETTINGS = {
    "networks": "network",
    "losses": "training.loss",
    "optimizers": "training.optimizer",
    "schedules": "training.schedule",
}
MEMBERS = [(catalogue, name) for catalogue in SETTINGS for name in CATALOGUES[catalogue]]


def annotations(catalogue: str, name: str) -> dict[str, Any]:
    return {key: hint for key, (_, hint) in options._options(options.load(catalogue, name)).items()}


def said(catalogue: str, name: str, given: dict[str, Any]) -> list[str]:
    choice = Choice(name=name, options=given)
    return [str(mistake) for mistake in options.mistakes(catalogue, choice, SETTINGS[catalogue])]


@pytest.mark.parametrize(("catalogue", "name"), MEMBERS)
def test_each_option_states_its_type_and_its_default_keeps_it(catalogue, name):
    hints, given = annotations(catalogue, name), options.defaults(catalogue, name)
    assert Any not in hints.values(), "an option without an annotation cannot be checked"
    assert set(given) == set(hints), "an option that a user may leave out has a default"
    assert said(catalogue, name, {key: value for key, value in given.items() if value is not None}) == []


@pytest.mark.parametrize(("catalogue", "name"), MEMBERS)
def test_a_value_just_outside_is_a_mistake_that_names_the_setting(catalogue, name):
    for key, hint in annotations(catalogue, name).items():
        for bad in outside(hint):
            found = said(catalogue, name, {key: bad})
            assert len(found) == 1, f"{key}={bad!r} gave {found}"
            assert found[0].startswith(f"Setting '{SETTINGS[catalogue]}.{key}' is "), found


@pytest.mark.parametrize(("catalogue", "name"), MEMBERS)
def test_an_option_that_is_not_there_is_a_mistake(catalogue, name):
    (found,) = said(catalogue, name, {"qqqq": 1})
    one = {"losses": "loss"}.get(catalogue, catalogue[:-1])
    capital = one.capitalize()
    assert found.startswith(f"{capital} {name!r} has no option 'qqqq' (in '{SETTINGS[catalogue]}'). ")
    assert "It has no options; leave it out." in found or "There are: " in found


def test_all_mistakes_of_a_choice_come_together():
    found = said("optimizers", "adam", {"beta1": 1.0, "beta3": 0.5, "epsilon": "small"})
    assert found == [
        "Optimizer 'adam' has no option 'beta3' (in 'training.optimizer'). Did you mean 'beta2'?",
        "Setting 'training.optimizer.beta1' is 1.0. Expected a number from 0 to below 1.",
        "Setting 'training.optimizer.epsilon' is 'small'. Expected a number above 0.",
    ]


def test_an_unknown_member_is_refused_before_its_options_are_read():
    from ranvier.errors import SpecError

    with pytest.raises(SpecError, match="There is no loss called 'mee'"):
        list(options.mistakes("losses", Choice(name="mee"), "training.loss"))


def test_a_value_is_not_converted_since_it_is_given_on_as_it_stands():
    assert said("networks", "mlp", {"dropout": "0.1"}) == [
        "Setting 'network.dropout' is '0.1'. Expected a number from 0 to below 1."
    ]
    assert said("networks", "mlp", {"hidden": [64.0]}) != []
    assert said("networks", "mlp", {"hidden": (64, 32)}) == []
    assert said("networks", "mlp", {"dropout": 0}) == []


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "a whole number"),
        (float, "a number"),
        (bool, "true or false"),
        (str, "text"),
        (list, "a list"),
        (Count, "a whole number of at least 1"),
        (NonNegative, "a number of at least 0"),
        (Positive, "a number above 0"),
        (Fraction, "a number from 0 to below 1"),
        (Share, "a number above 0 and of at most 1"),
        (Annotated[int, Ge(0), Lt(10)], "a whole number from 0 to 9"),
        (Annotated[float, Ge(1), Le(2)], "a number from 1 to 2"),
        (Annotated[float, Lt(5)], "a number below 5"),
        (Annotated[float, Le(5)], "a number of at most 5"),
        (Annotated[float, Gt(1e-10)], "a number above 1e-10"),
        (Annotated[int, Field(ge=100)], "a whole number of at least 100"),
        (Annotated[int, Field(ge=0)] | None, "a whole number of at least 0"),
        (Positive | Literal["find"] | None, "a number above 0, or 'find'"),
        (Literal["none", "ema"], "'none' or 'ema'"),
        (Literal["a", "b", "c"], "one of 'a', 'b', 'c'"),
        (list[Count], "a list in which each is a whole number of at least 1"),
        (dict[str, NonNegative], "a table in which each value is a number of at least 0"),
        (dict[str, Any], "a table"),
        (Annotated[str, Words("the name of a city")], "the name of a city"),
        (complex, "a value of type complex"),
        (Any, "any value"),
    ],
)
def test_describe(annotation, words):
    assert describe(annotation) == words


@pytest.mark.parametrize(
    ("annotation", "bad"),
    [
        (Count, [0, 1.5, True]),
        (Fraction, [1.0, math.nextafter(0.0, -1.0)]),
        (Share, [0.0, math.nextafter(1.0, 2.0)]),
        (Literal["a", "b"], ["no such word"]),
        (list[Count], [[0], 5]),
        (bool, ["maybe"]),
    ],
)
def test_the_generator_of_bad_values(annotation, bad):
    made = outside(annotation)
    assert all(any(value == one and type(value) is type(one) for one in made) for value in bad)


def test_the_generator_leaves_out_what_another_member_of_a_union_allows():
    assert "find" not in outside(Positive | Literal["find"])
    assert 1.5 not in outside(Count | float)


def test_limits_and_members():
    ((kind, metadata),) = members(Annotated[Count, Lt(9)] | None)
    assert kind is int
    assert limits_of(metadata) == {"ge": 1, "lt": 9}
