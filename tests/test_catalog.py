"""The catalogues: every line leads somewhere, and a wrong name gets a good answer."""

from __future__ import annotations

import importlib

import pytest

from ranvier.catalog import CATALOGUES, ENCODERS, KINDS, SAMPLES, load, singular, unknown
from ranvier.errors import SpecError, did_you_mean

PATHS = {name: members for name, members in CATALOGUES.items() if name != "samples"}
"""The samples' values say what they are; all others are import paths."""

LINES = [(catalogue, name) for catalogue, members in PATHS.items() for name in members]


@pytest.mark.parametrize(("catalogue", "name"), LINES, ids=lambda value: value)
def test_every_line_leads_to_a_member(catalogue, name):
    member = load(catalogue, name)
    path, _, attribute = CATALOGUES[catalogue][name].partition(":")
    module = importlib.import_module(path)
    assert member is (getattr(module, attribute) if attribute else module)
    assert (member.__doc__ or "").strip(), "a member says what it is"


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_names_are_words_that_can_be_typed(catalogue):
    assert all(name.isidentifier() and name == name.lower() for name in CATALOGUES[catalogue])


def test_every_kind_has_an_encoder():
    assert set(KINDS) <= set(ENCODERS)


def test_every_sample_says_its_size_and_target():
    assert all("target" in line and line[0].isdigit() for line in SAMPLES.values())


@pytest.mark.parametrize(
    ("catalogue", "one"),
    [
        ("sources", "source"),
        ("samples", "sample"),
        ("kinds", "kind"),
        ("encoders", "encoder"),
        ("networks", "network"),
        ("activations", "activation"),
        ("initializers", "initializer"),
        ("losses", "loss"),
        ("tasks", "task"),
        ("metrics", "metric"),
        ("baselines", "baseline"),
        ("optimizers", "optimizer"),
        ("schedules", "schedule"),
        ("objectives", "objective"),
        ("checks", "check"),
        ("wiring_checks", "wiring check"),
        ("training_checks", "training check"),
    ],
)
def test_a_wrong_name_is_answered_in_the_singular(catalogue, one):
    assert singular(catalogue) == one
    with pytest.raises(SpecError, match=rf"^There is no {one} called 'qqqq'\. There are: "):
        load(catalogue, "qqqq")


def test_every_catalogue_has_its_singular_tested():
    mark = next(
        m for m in test_a_wrong_name_is_answered_in_the_singular.pytestmark if m.name == "parametrize"
    )
    assert {catalogue for catalogue, _ in mark.args[1]} == set(CATALOGUES)


@pytest.mark.parametrize(
    ("name", "choices", "answer"),
    [
        ("adm", ["adam", "adamw"], "did you mean 'adam'?"),
        ("ADAM", ["adam", "sgd"], "did you mean 'adam'?"),
        ("survived", ["Survived", "Age"], "did you mean 'Survived'?"),
        ("f1", ["f1_macro", "f1_weighted", "mse"], "did you mean 'f1_macro' or 'f1_weighted'?"),
        ("x", ["age", "sex"], "there are: age, sex"),
        ("x", [], "there are none"),
        ("", ["age"], "there are: age"),
        (
            "x",
            [f"column_{i}" for i in range(23)],
            "there are: " + ", ".join(f"column_{i}" for i in range(20)) + " and 3 more",
        ),
        ("x", iter(["age"]), "there are: age"),
    ],
)
def test_did_you_mean(name, choices, answer):
    assert did_you_mean(name, choices) == answer


def test_a_member_is_not_unknown():
    assert unknown("optimizers", "adam") is None
