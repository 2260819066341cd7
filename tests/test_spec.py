"""The spec: what is accepted, and one good sentence for everything that is not."""

from __future__ import annotations

import re
from typing import Any, get_type_hints

import pytest
import tomli_w

from limits_outside import outside
from ranvier.catalog import CATALOGUES
from ranvier.errors import SpecError
from ranvier.limits import members
from ranvier.settings import ROLES
from ranvier.spec import Section, Spec, setting_names


def said(settings: dict[str, Any]) -> list[str]:
    """The sentences about ``settings``; none where they are accepted."""
    try:
        Spec.from_settings(settings)
    except SpecError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


FULL = {
    "source": "titanic.csv",
    "target": "survived",
    "seed": 7,
    "columns": {"name": "ignored", "age": {"kind": "number", "role": "input"}, "class": "category"},
    "split": {"validation": 0.1, "test": 0.25, "stratify": False},
    "network": {"name": "mlp", "hidden": [8, 4], "dropout": 0.0},
    "training": {
        "loss": "focal",
        "optimizer": {"name": "momentum", "momentum": 0.8},
        "learning_rate": "find",
        "batch_size": "all",
        "epochs": 3,
        "time": 90.0,
    },
    "regularization": {"l2": 0.01, "class_weights": {"yes": 2.0, "no": 1.0}, "average": "ema", "clip": 1.0},
    "stopping": {"metric": "accuracy", "patience": 0},
    "evaluation": {
        "baselines": False,
        "resamples": 100,
        "slices": ["sex"],
        "costs": {"false_positive": 1.0, "false_negative": 5.0},
    },
    "execution": {"device": "cpu", "threads": 2, "plan": "exact", "backpropagation": "autograd"},
}


@pytest.mark.parametrize("settings", [{}, FULL, {"network": "own"}, {"columns": {"a": {}}}])
def test_settings_come_back_as_they_were(settings):
    spec = Spec.from_settings(settings)
    written = spec.settings()
    assert Spec.from_settings(written) == spec
    assert Spec.from_settings(written).settings() == written
    tomli_w.dumps(written)
    for key, value in settings.items():
        if key in ("source", "target", "seed", "network"):
            assert written[key] == value


def test_dotted_and_nested_settings_are_the_same():
    assert Spec.from_settings(
        {"training.optimizer.name": "adam", "training.optimizer.beta1": 0.8}
    ) == Spec.from_settings({"training": {"optimizer": {"name": "adam", "beta1": 0.8}}})


def test_replacing_a_setting_keeps_the_others():
    spec = Spec.from_settings(FULL).replace(
        {"columns.name": "input", "training.optimizer.momentum": 0.7, "seed": 8}
    )
    written = spec.settings()
    assert written["columns"] == {**FULL["columns"], "name": "input"}
    assert written["training"]["optimizer"] == {"name": "momentum", "momentum": 0.7}
    assert (written["seed"], written["target"]) == (8, "survived")
    assert spec.replace({"training.optimizer": "adam"}).training.optimizer.options == {}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(90, 90), ("90", 90), ("60s", 60), ("5m", 300), ("1.5h", 5400), (" 2 m ", 120), (0.5, 0.5)],
)
def test_times(given, seconds):
    assert Spec.from_settings({"training.time": given}).training.time == seconds


@pytest.mark.parametrize("given", ["soon", "1..5", "5d", "", "-5s", "0s", 0, -1, True, [5], float("inf")])
def test_a_time_that_is_none(given):
    (sentence,) = said({"training.time": given})
    assert sentence == (
        f"Setting 'training.time' is {given!r}. "
        "Expected a time above 0: seconds, or text such as '90s', '5m' or '1.5h'."
    )


@pytest.mark.parametrize("role", ROLES)
def test_a_word_for_a_column_may_be_a_role(role):
    column = Spec.from_settings({"columns.a": role}).columns["a"]
    assert (column.role, column.kind) == (role, None)


@pytest.mark.parametrize(
    ("settings", "sentences"),
    [
        (
            {"training.learning_rate": -1},
            ["Setting 'training.learning_rate' is -1. Expected a number above 0, or 'find'."],
        ),
        (
            {"training.learning_rate": {"a": 1}},
            ["Setting 'training.learning_rate' is {'a': 1}. Expected a number above 0, or 'find'."],
        ),
        (
            {"training.learning_rate": float("nan")},
            ["Setting 'training.learning_rate' is nan. Expected a finite number above 0, or 'find'."],
        ),
        (
            {"training.batch_size": "al"},
            ["Setting 'training.batch_size' is 'al'. Expected a whole number of at least 1, or 'all'."],
        ),
        (
            {"training.epochs": 1.5},
            ["Setting 'training.epochs' is 1.5. Expected a whole number of at least 1."],
        ),
        (
            {"training.epochs": True},
            ["Setting 'training.epochs' is True. Expected a whole number of at least 1."],
        ),
        (
            {"regularization.l2": -0.1},
            ["Setting 'regularization.l2' is -0.1. Expected a number of at least 0."],
        ),
        (
            {"regularization.average": "x"},
            ["Setting 'regularization.average' is 'x'. Expected 'none' or 'ema'."],
        ),
        (
            {"regularization.class_weights": "balancd"},
            [
                "Setting 'regularization.class_weights' is 'balancd'. Expected 'none' or 'balanced', or a table in "
                "which each value is a number of at least 0."
            ],
        ),
        (
            {"regularization.class_weights": {"yes": -1, "float": 1, "no": "x"}},
            [
                "Setting 'regularization.class_weights.yes' is -1. Expected a number of at least 0.",
                "Setting 'regularization.class_weights.no' is 'x'. Expected a number of at least 0.",
            ],
        ),
        ({"split.stratify": "maybe"}, ["Setting 'split.stratify' is 'maybe'. Expected true or false."]),
        ({"split.test": 0.9}, ["Setting 'split.test' is 0.9. Expected a number from 0 to below 0.9."]),
        (
            {"split.test": 0.6, "split.validation": 0.5},
            [
                "Settings 'split.validation' and 'split.test' are 1.1 together. Expected a sum below 1, so that "
                "rows are left for training."
            ],
        ),
        ({"seed": -1}, ["Setting 'seed' is -1. Expected a whole number from 0 to 4,294,967,295."]),
        ({"source": 1}, ["Setting 'source' is 1. Expected text. Write it in quotes: \"'1'\"."]),
        ({"source": ["a"]}, ["Setting 'source' is ['a']. Expected text."]),
        ({"target": 1}, ["Setting 'target' is 1. Expected text, or a list of names."]),
        ({"target": []}, ["Setting 'target' is []. Expected text, or a list of names."]),
        ({"task": {"a": 1}}, ["Setting 'task.a' is 1. Expected text. Write it in quotes: \"'1'\"."]),
        ({"training": 5}, ["Setting 'training' is 5. Expected a table of settings."]),
        ({"network": 5}, ["Setting 'network' is 5. Expected a name, or a name with options."]),
        (
            {"network.hidden": [3]},
            ["Setting 'network' has no name. Expected 'network.name' beside its options."],
        ),
        ({"network": {}}, ["Setting 'network' has no name. Expected 'network.name' beside its options."]),
        ({"network": {"name": "mlp", "options": 5}}, ["Setting 'network.options' is 5. Expected a table."]),
        (
            {"columns": 5},
            ["Setting 'columns' is 5. Expected a table of column names, each with a kind or a role."],
        ),
        (
            {"columns.age": 5},
            [
                "Setting 'columns.age' is 5. Expected a kind, a role, or a table of kind, role, order, size and known."
            ],
        ),
        (
            {"columns.age.knd": "number"},
            ["There is no setting 'columns.age.knd'. Did you mean 'columns.age.kind'?"],
        ),
        ({"columns.age": "nubmer"}, ["Column 'age' cannot be of kind 'nubmer'. Did you mean 'number'?"]),
        ({"columns.age": "inpt"}, ["Column 'age' cannot be of kind 'inpt'. Did you mean 'input'?"]),
        (
            {"columns.age.role": "inpt"},
            [
                "Setting 'columns.age.role' is 'inpt'. Expected one of 'input', 'target', 'group', 'time', 'weight', "
                "'part', 'ignored'."
            ],
        ),
        ({"epochs": 3}, ["There is no setting 'epochs'. Did you mean 'training.epochs'?"]),
        ({"training.epoch": 3}, ["There is no setting 'training.epoch'. Did you mean 'training.epochs'?"]),
        ({"optimiser": "adam"}, ["There is no setting 'optimiser'. Did you mean 'training.optimizer'?"]),
        ({"sede": 3}, ["There is no setting 'sede'. Did you mean 'seed'?"]),
        ({"training.loss": "mee"}, ["There is no loss called 'mee'. Did you mean 'mse'?"]),
        ({"training.optimizer": "adm"}, ["There is no optimizer called 'adm'. Did you mean 'adam'?"]),
        ({"training.schedule": "cosin"}, ["There is no schedule called 'cosin'. Did you mean 'cosine'?"]),
        ({"network": "mpl"}, ["There is no network called 'mpl'. Did you mean 'mlp'?"]),
        ({"task": "clasify"}, ["There is no task called 'clasify'. Did you mean 'classify'?"]),
        (
            {"stopping.metric": "f1"},
            ["There is no metric called 'f1'. Did you mean 'f1_macro' or 'f1_weighted'?"],
        ),
        (
            {"source": "x" * 200, "target": list(range(100))},
            [
                "Setting 'target' is ["
                + ", ".join(map(str, range(100)))[:75]
                + " ... Expected text, or a list of names."
            ],
        ),
    ],
    ids=lambda value: str(next(iter(value.items())))[:40] if isinstance(value, dict) else "",
)
def test_one_good_sentence(settings, sentences):
    assert said(settings) == sentences


def test_the_nearest_setting_is_suggested_or_those_at_that_place_are_named():
    assert said({"split.xyz": 1}) == [
        "There is no setting 'split.xyz'. There are: split.validation, split.test, split.stratify, split.seed."
    ]
    assert said({"qqqq": 1})[0].startswith("There is no setting 'qqqq'. There are: source, target, ")


def test_all_mistakes_of_a_request_come_together():
    found = said(
        {
            "training.learning_rate": -1,
            "training.optimizer": "adm",
            "epochs": 3,
            "columns.age": "nubmer",
            "network.hidden": [3],
            "split": {"test": 0.6, "validation": 0.6},
        }
    )
    assert len(found) == 6
    assert {re.sub(r"^(\w+ ){1,5}'([^']+)'.*", r"\2", sentence) for sentence in found} == {
        "training.learning_rate",
        "adm",
        "epochs",
        "age",
        "network",
        "split.validation",
    }


@pytest.mark.parametrize("name", ["loss", None])
def test_what_may_be_watched_besides_a_metric(name):
    assert said({"stopping.metric": name}) == []


@pytest.mark.parametrize("name", setting_names())
def test_a_value_just_outside_is_a_mistake_that_names_the_setting(name):
    for bad in outside(annotation(name)):
        found = said({name: bad})
        assert found, f"{name}={bad!r} was accepted"
        assert all(
            name in sentence or "called" in sentence or "Column 'a'" in sentence for sentence in found
        ), found
        assert not any(
            word in " ".join(found) for word in ("Input should", "valid ", "constrained", "literal[")
        ), found


@pytest.mark.parametrize("name", setting_names())
def test_a_setting_may_be_left_to_ranvier(name):
    spec = Spec.from_settings({})
    for part in name.split("."):
        spec = getattr(spec, part)
    if spec is None:
        assert said({name: None}) == []


def annotation(name: str) -> Any:
    model: Any = Spec
    *sections, last = name.split(".")
    for section in sections:
        model = next(kind for kind, _ in members(get_type_hints(model)[section]) if issubclass(kind, Section))
    return get_type_hints(model, include_extras=True)[last]


def test_every_setting_is_named_once_and_each_can_be_set():
    names = setting_names()
    assert len(names) == len(set(names)) > 20
    assert {"seed", "columns", "network", "training.optimizer", "split.test", "execution.threads"} <= set(
        names
    )


def test_a_spec_is_frozen():
    spec = Spec.from_settings({})
    with pytest.raises(ValueError, match="frozen"):
        spec.seed = 3  # type: ignore[misc]


def test_every_catalogue_that_a_setting_names_is_checked():
    named = {"networks": "network", "losses": "training.loss", "optimizers": "training.optimizer"}
    named |= {"schedules": "training.schedule", "tasks": "task", "metrics": "stopping.metric"}
    for catalogue, setting in named.items():
        for member in CATALOGUES[catalogue]:
            assert said({setting: member}) == []
        (sentence,) = said({setting: "qqqq"})
        assert " called 'qqqq'. There are: " in sentence
