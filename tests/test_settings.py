"""Settings as they are written: dotted, nested, from TOML and from the command line."""

from __future__ import annotations

import datetime

import pytest

from ranvier.errors import SpecError
from ranvier.settings import merge, nest, parse_setting, read_toml


@pytest.mark.parametrize(
    ("settings", "nested"),
    [
        ({}, {}),
        ({"seed": 3}, {"seed": 3}),
        ({"training.epochs": 3, "training.time": "5m"}, {"training": {"epochs": 3, "time": "5m"}}),
        ({"training": {"epochs": 3}, "training.time": 9}, {"training": {"epochs": 3, "time": 9}}),
        ({"training": {"optimizer.name": "adam"}}, {"training": {"optimizer": {"name": "adam"}}}),
        (
            {"training.optimizer": "momentum", "training.optimizer.momentum": 0.8},
            {"training": {"optimizer": {"name": "momentum", "momentum": 0.8}}},
        ),
        (
            {"training.optimizer.momentum": 0.8, "training.optimizer": "momentum"},
            {"training": {"optimizer": {"name": "momentum", "momentum": 0.8}}},
        ),
        (
            {"network": "mlp", "network.hidden": [3], "network.dropout": 0.5},
            {"network": {"name": "mlp", "hidden": [3], "dropout": 0.5}},
        ),
        ({"columns": {"a.b": "number"}}, {"columns": {"a.b": "number"}}),
        ({"columns.age": "number"}, {"columns": {"age": "number"}}),
        ({"columns": {0: "number"}}, {"columns": {"0": "number"}}),
        (
            {"regularization.class_weights": {"1.0": 2, 0: 1}},
            {"regularization": {"class_weights": {"1.0": 2, "0": 1}}},
        ),
        (
            {"regularization": {"class_weights": {"1.5": 2}}},
            {"regularization": {"class_weights": {"1.5": 2}}},
        ),
    ],
)
def test_nest(settings, nested):
    assert nest(settings) == nested


def test_a_name_that_is_not_text_is_refused():
    with pytest.raises(
        SpecError, match=r"A setting is called 5\. Expected text, such as 'training\.epochs'\."
    ):
        nest({5: 1})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"seed": 1}, {"seed": 2}, {"seed": 2}),
        ({"seed": 1}, {"task": "regress"}, {"seed": 1, "task": "regress"}),
        (
            {"training": {"epochs": 1, "time": 2}},
            {"training": {"time": 3}},
            {"training": {"epochs": 1, "time": 3}},
        ),
        # a choice: another name drops the options, the same name keeps them
        ({"network": {"name": "mlp", "dropout": 0.2}}, {"network": "linear"}, {"network": "linear"}),
        (
            {"network": {"name": "mlp", "dropout": 0.2}},
            {"network": "mlp"},
            {"network": {"name": "mlp", "dropout": 0.2}},
        ),
        (
            {"network": {"name": "mlp", "dropout": 0.2}},
            {"network": {"name": "linear"}},
            {"network": {"name": "linear"}},
        ),
        ({"network": "mlp"}, {"network": {"dropout": 0.2}}, {"network": {"name": "mlp", "dropout": 0.2}}),
        (
            {"network": {"name": "mlp", "dropout": 0.2}},
            {"network": {"dropout": 0.3, "hidden": [4]}},
            {"network": {"name": "mlp", "dropout": 0.3, "hidden": [4]}},
        ),
        (
            {"network": {"name": "mlp", "options": {"dropout": 0.2}}},
            {"network": {"hidden": [4]}},
            {"network": {"name": "mlp", "dropout": 0.2, "hidden": [4]}},
        ),
        ({"network": "mlp"}, {"network": None}, {"network": None}),
        ({"training": {"loss": "mse"}}, {"training": {"loss": "mae"}}, {"training": {"loss": "mae"}}),
        # columns may be called like anything that has a meaning elsewhere
        (
            {"columns": {"name": "category", "age": "number"}},
            {"columns": {"name": "ignored"}},
            {"columns": {"name": {"kind": "category", "role": "ignored"}, "age": "number"}},
        ),
        (
            {"columns": {"loss": "number"}},
            {"columns": {"loss": "category"}},
            {"columns": {"loss": {"kind": "category"}}},
        ),
        (
            {"columns": {"network": "number"}},
            {"columns": {"network": {"role": "group"}}},
            {"columns": {"network": {"kind": "number", "role": "group"}}},
        ),
        (
            {"columns": {"a": {"kind": "number", "role": "group"}}},
            {"columns": {"a": "category"}},
            {"columns": {"a": {"kind": "category", "role": "group"}}},
        ),
        ({"columns": {"a": "number"}}, {"columns": {"a": 5}}, {"columns": {"a": 5}}),
    ],
)
def test_merge(base, over, merged):
    assert merge(base, over) == merged


def test_merging_changes_neither_side():
    base, over = {"training": {"epochs": 1}}, {"training": {"time": 2}}
    merge(base, over)
    assert (base, over) == ({"training": {"epochs": 1}}, {"training": {"time": 2}})


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("training.epochs=20", "training.epochs", 20),
        ("training.learning_rate=1e-3", "training.learning_rate", 0.001),
        ("training.time=5m", "training.time", "5m"),
        (" a = true ", "a", True),
        ("a=adam", "a", "adam"),
        ("a='x y'", "a", "x y"),
        ('a="5"', "a", "5"),
        ("a=x=y", "a", "x=y"),
        ("a=", "a", ""),
        ("a=[1, 2]", "a", [1, 2]),
        ('a={"x.y" = 2}', "a", {"x.y": 2}),
        ("a=/data/x.csv", "a", "/data/x.csv"),
        ("a=2020-01-31", "a", datetime.date(2020, 1, 31)),
    ],
)
def test_parse_setting(text, key, value):
    assert parse_setting(text) == (key, value)


@pytest.mark.parametrize("text", ["", "epochs", "=3", "  =3"])
def test_a_setting_without_a_value_is_refused(text):
    with pytest.raises(
        SpecError, match=r"^--set '.*' names no value\. Expected KEY=VALUE, such as training\.epochs=20\."
    ):
        parse_setting(text)


def test_read_toml(tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(
        '\ufeffseed = 3\n[network]\nname = "mlp"\n'.encode()
    )  # Windows editors write a byte-order mark
    assert read_toml(path) == {"seed": 3, "network": {"name": "mlp"}}


def test_read_toml_refuses(tmp_path):
    with pytest.raises(
        SpecError, match=r"There is no file '.*none\.toml'\. Expected a TOML file of settings\."
    ):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("seed 3")
    with pytest.raises(
        SpecError, match=r"'.*bad\.toml' cannot be read as TOML \(.*line 1.*\)\. Expected a TOML file"
    ):
        read_toml(tmp_path / "bad.toml")
    (tmp_path / "latin.toml").write_bytes(b"a = '\xe9'")
    with pytest.raises(SpecError, match=r"'.*latin\.toml' cannot be read as TOML \(.*decode.*\)"):
        read_toml(tmp_path / "latin.toml")
    with pytest.raises(SpecError, match=r"cannot be read as TOML"):
        read_toml(tmp_path)
