"""What scikit-learn's checks do not ask: mixed frames, types of classes, weights, seeds, the file, its own tools."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import ranvier as rv
from ranvier.errors import DivergedError, ModelFileError, SpecError
from ranvier.sklearn import NetworkClassifier, NetworkRegressor

SMALL: dict[str, Any] = {"network": {"name": "mlp", "hidden": [16]}, "epochs": 20, "learning_rate": 0.02}


def classifier(**parameters: Any) -> NetworkClassifier:
    return NetworkClassifier(**{"random_state": 0, **SMALL, **parameters})


def regressor(**parameters: Any) -> NetworkRegressor:
    return NetworkRegressor(**{"random_state": 0, **SMALL, **parameters})


def points(rows: int = 60, classes: int = 2) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Rows of three numbers, the class of which the first tells."""
    X = np.random.default_rng(0).normal(size=(rows, 3))
    return X, np.argsort(np.argsort(X[:, 0])) * classes // rows


def mixed(rows: int = 150) -> tuple[pd.DataFrame, Any]:
    """Numbers with gaps, words, categories and truths; the words and the truths tell the class."""
    generator = np.random.default_rng(0)
    size = generator.normal(size=rows)
    size[::7] = np.nan
    words = np.array(["red", "green", "blue"])[generator.integers(0, 3, rows)].astype(object)
    truths = generator.random(rows) < 0.5
    y = np.where((words == "red") ^ truths, "yes", "no")
    words[3] = None
    frame = pd.DataFrame(
        {"size": size, "colour": words, "new": truths, "grade": generator.integers(0, 9, rows)}
    )
    return frame.assign(shape=pd.Categorical(np.array(["1", "2"])[generator.integers(0, 2, rows)])), y


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_mixed_columns_is_learnt_as_it_is(library: str) -> None:
    frame, y = mixed()
    X = frame if library == "pandas" else pl.from_pandas(frame)
    fitted = classifier(epochs=60).fit(X, y)
    assert fitted.score(X, y) > 0.9
    kinds = {column.name: column.kind for column in fitted.model_.schema.columns}
    expected = {
        "size": "number",
        "colour": "category",
        "new": "boolean",
        "grade": "number",
        "shape": "category",
    }
    assert expected.items() <= kinds.items()
    assert fitted.feature_names_in_.tolist() == list(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(X[list(frame)[::-1]])


def test_settings_say_what_a_column_is() -> None:
    frame, y = mixed()
    settings = {"columns": {"grade": "category", "size": "ignored"}}
    fitted = classifier(epochs=2, settings=settings).fit(frame, y)
    kinds = {column.name: (column.kind, column.role) for column in fitted.model_.schema.columns}
    assert kinds["grade"] == ("category", "input") and kinds["size"][1] == "ignored"
    assert any(entry["column"] == "size" for entry in fitted.ledger_["entries"])


@pytest.mark.parametrize(
    "classes",
    [
        np.array([3, -1, 10]),
        np.array(["b", "a", "c"]),
        np.array(["b", "a", "c"], dtype=object),
        np.array(["10", "9", "100"]),  # NumPy sorts them as text, a model file as numbers
        np.array(["b", "b ", "NA"]),  # a model file cannot tell these apart by their texts
        np.array([1.0, 2.0, 3.0]),
        np.array([False, True]),
    ],
    ids=lambda classes: f"{classes.dtype}-{classes[0]}",
)
def test_classes_come_back_in_the_type_they_had(classes: np.ndarray[Any, Any]) -> None:
    X, index = points(classes=len(classes))
    y = classes[index]
    fitted = classifier(epochs=40).fit(X, y)
    assert fitted.classes_.dtype == fitted.predict(X).dtype == y.dtype
    assert fitted.classes_.tolist() == sorted(classes.tolist())
    assert fitted.score(X, y) > 0.8
    assert fitted.predict_proba(X).sum(axis=1) == pytest.approx(1)


def test_the_random_state_decides_alone() -> None:
    X, y = points()
    first, again = (classifier(random_state=3).fit(X, y).predict_proba(X) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, classifier(random_state=4).fit(X, y).predict_proba(X))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    classifier(random_state=np.random.RandomState(3)).fit(X, y)
    assert torch.equal(before, torch.get_rng_state())
    np.random.seed(0)
    drawn = classifier(random_state=None).fit(X, y).predict_proba(X)
    np.random.seed(0)
    assert np.array_equal(drawn, classifier(random_state=None).fit(X, y).predict_proba(X))


def test_the_order_of_the_rows_changes_nothing() -> None:
    X, y = points(120)
    shuffled = np.random.default_rng(1).permutation(120)
    assert classifier().fit(X, y).model_file_ == classifier().fit(X[shuffled], y[shuffled]).model_file_


def test_weights_that_are_whole_repeat_rows_and_others_weigh() -> None:
    X, y = points(40)
    half = np.where(y == 1, 0.25, 1.0)
    plain, weighted = (classifier().fit(X, y, weight).predict_proba(X)[:, 1] for weight in (None, half))
    assert weighted.mean() < plain.mean() - 0.05
    twice = np.where(y == 1, 2, 1)
    fitted = classifier().fit(X, y, twice)
    repeated = classifier().fit(np.repeat(X, twice, axis=0), np.repeat(y, twice))
    assert np.array_equal(fitted.predict_proba(X), repeated.predict_proba(X))
    assert "a row of weight k is taken k times" in str(fitted.ledger_)
    large = classifier().fit(X, y, twice * 1000.0)  # not repeated: it would be 60,000 rows
    assert large.ledger_["read"] == 40
    without = classifier().fit(X, y, np.where(np.arange(40) < 5, 0, 0.5))
    assert without.ledger_["dropped"] == 5


def test_a_class_whose_rows_weigh_nothing_is_known_and_never_said() -> None:
    X, y = points(classes=3)
    fitted = classifier().fit(X, y, (y != 1).astype(float))
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert (fitted.predict_proba(X)[:, 1] == 0).all()


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (np.zeros(60), "at least one non-zero number"),
        (np.linspace(-1, 1, 60), "must not be negative, and the lowest is -1"),
        (np.arange(60) < 30, "y holds 1 class where the weight is above 0, 0"),
    ],
)
def test_weights_that_cannot_be(weight: Any, match: str) -> None:
    X, _ = points()
    with pytest.raises(ValueError, match=match):
        classifier().fit(X, np.arange(60) // 30, weight)


def test_a_pickle_holds_the_model_file_and_no_live_network() -> None:
    frame, y = mixed()
    fitted = classifier().fit(frame, y)
    content = pickle.dumps(fitted)
    assert fitted.model_file_ in content and b"torch.nn" not in content
    assert np.array_equal(pickle.loads(content).predict_proba(frame), fitted.predict_proba(frame))
    with pytest.raises(ModelFileError, match="is no model file, or is damaged"):
        pickle.loads(content.replace(fitted.model_file_[:4], b"none"))
    assert not hasattr(clone(fitted), "model_file_")


def test_the_model_file_can_be_saved_and_speaks_the_labels(tmp_path: Path) -> None:
    frame, y = mixed()
    fitted = classifier(epochs=60).fit(frame, y)
    model = rv.load(fitted.save(tmp_path / "mine.rv"))
    predicted = model.predict(frame)
    assert predicted["y"].to_list() == fitted.predict(frame).tolist()
    assert predicted["y=yes"].to_numpy() == pytest.approx(fitted.predict_proba(frame)[:, 1], abs=1e-5)


def test_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    X, y = points()
    pickle.loads(pickle.dumps(classifier().fit(X, y))).predict(X)
    with pytest.raises(DivergedError, match="not finite|was nan|was inf|The loss"):
        classifier(learning_rate=1e30, optimizer="gradient_descent").fit(X, y)
    assert [path.name for path in tmp_path.rglob("*")] == ["temporary"]


def test_it_works_inside_scikit_learns_tools() -> None:
    X, y = points(90)
    pipeline = make_pipeline(StandardScaler(), classifier())
    assert cross_val_score(pipeline, X, y, cv=3).min() > 0.7
    grid = {"epochs": np.array([1, 30]), "network": ["linear", {"name": "mlp", "hidden": [8]}]}
    search = GridSearchCV(classifier(), grid, cv=2).fit(X, y)
    assert search.best_params_["epochs"] == 30 and search.best_estimator_.n_iter_ == 30
    frame, labels = mixed(90)
    assert len(cross_val_score(classifier(epochs=3), frame, labels, cv=3)) == 3


def test_rows_are_held_out_only_where_there_are_enough() -> None:
    X, y = points(100)
    few, many = classifier().fit(X[:99], y[:99]), classifier().fit(X, y)
    assert few.history_[-1]["validation"] == {} and few.n_iter_ == 20
    assert "accuracy" in many.history_[-1]["validation"]
    held = classifier(settings={"split.validation": 0.3, "stopping.patience": 1}, epochs=200).fit(
        X[:99], y[:99]
    )
    assert held.n_iter_ < 200


def test_a_few_rows_are_enough() -> None:
    X, _ = points(4)
    assert classifier(epochs=200).fit(X[:2], [0, 1]).predict(X[:2]).tolist() == [0, 1]
    assert classifier(epochs=200).fit(X, list("abcd")).predict(X).tolist() == list("abcd")
    assert regressor(epochs=200).fit(X, np.full(4, 7.0)).predict(X) == pytest.approx(7, abs=0.1)


def test_regression_is_in_the_unit_of_y() -> None:
    X, _ = points(120)
    y = 5000 + 300 * X[:, 0]
    fitted = regressor(epochs=60).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert np.array_equal(fitted.predict(X[:1]), fitted.predict(X)[:1])


@pytest.mark.parametrize("network", [None, "mlp", "linear"])
def test_what_is_said_of_a_row_does_not_depend_on_the_rows_beside_it(network: str | None) -> None:
    X, _ = points(30)
    fitted = regressor(network=network, epochs=2).fit(X, 5000 + X[:, 0])
    alone = np.concatenate([fitted.predict(row[None]) for row in X])
    assert alone == pytest.approx(fitted.predict(X), rel=1e-12)


@pytest.mark.parametrize(
    ("X", "y", "match"),
    [
        (np.ones((3, 2)), np.ones((3, 2, 2)), "Found array with dim 3"),
        (pd.DataFrame({"a": [1.0, 2.0]}), np.ones((2, 2, 2)), "Found array with dim 3"),
        (pd.DataFrame({"a": [1.0]}), [1.0], r"X has 1 sample\(s\), and a network needs at least 2"),
        (pd.DataFrame({"a": [1.0, 2.0]}), [1.0, np.nan], "Input y contains NaN"),
        (pd.DataFrame({"a": [1.0, 2.0]}), [1.0], "inconsistent numbers of samples"),
        (
            np.array([["a"], ["b"]]),
            [1.0, 2.0],
            "could not convert string to float|dtype='numeric' is not compatible",
        ),
    ],
)
def test_data_that_cannot_be_learnt(X: Any, y: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        regressor().fit(X, y)


def test_a_classifier_has_one_target() -> None:
    for X in (np.ones((3, 2)), pd.DataFrame({"a": [1.0, 2.0, 3.0]})):
        with pytest.raises(ValueError, match="y should be a 1d array"):
            classifier().fit(X, np.ones((3, 2)))


def test_one_class_is_none() -> None:
    with pytest.raises(ValueError, match="y holds 1 class, 'a', and a classifier needs at least 2 classes"):
        classifier().fit(np.eye(3), ["a", "a", "a"])


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"settings": {"target": "y"}}, "Settings name 'target', which an estimator is given"),
        (
            {"settings": {"training.epochs": 3}},
            "'epochs' is given, and 'training.epochs' stands in the settings",
        ),
        ({"settings": {"seed": 3}}, "'random_state' is given, and 'seed' stands in the settings"),
        ({"settings": {"split.validaton": 3}}, "no setting 'split.validaton'"),
        ({"epochs": 0}, "Setting 'training.epochs' is 0"),
        ({"network": "mpl"}, "no network called 'mpl'"),
        ({"network": {"name": "mlp", "hiden": [3]}}, "no option 'hiden'"),
        ({"settings": {"stopping.patience": 3}}, "patience is 3, and there are no validation rows to watch"),
    ],
)
def test_parameters_that_are_wrong(parameters: dict[str, Any], match: str) -> None:
    X, y = points()
    with pytest.raises(SpecError, match=match):
        classifier(**parameters).fit(X, y)


def test_a_seed_may_stand_in_the_settings() -> None:
    X, y = points()
    one, other = (classifier(random_state=None, settings={"seed": seed}).fit(X, y) for seed in (3, 3))
    assert one.model_file_ == other.model_file_


def test_a_module_of_ones_own_is_copied_and_travels_along() -> None:
    X, y = points()
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    before = module[0].weight.detach().clone()
    fitted = classifier(network=module, epochs=60).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert torch.equal(module[0].weight, before)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(X), fitted.predict_proba(X))


def test_the_rate_can_be_found_and_progress_told(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = points(120)
    classifier(learning_rate="find", epochs=2, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("epoch 2: training loss ")
    assert ", validation accuracy " in lines[1]


def test_a_name_of_a_column_may_be_that_of_the_target() -> None:
    X, y = points()
    frame = pd.DataFrame(X, columns=["y", "weight", "z"])
    fitted = classifier(epochs=40).fit(frame, y, np.full(60, 0.5))
    assert fitted.model_.task.target == "y_" and fitted.score(frame, y) > 0.8
    numbered = classifier().fit(pd.DataFrame(X), y)
    assert not hasattr(numbered, "feature_names_in_")
    assert np.array_equal(numbered.predict(X), numbered.predict(pd.DataFrame(X)))


@pytest.mark.parametrize("framed", [False, True])
def test_several_numbers_a_row_are_learnt_by_one_network(framed: bool) -> None:
    X = np.random.default_rng(0).normal(size=(150, 3))
    y = np.stack([X[:, 0] + X[:, 1], 10 * X[:, 2]], axis=1)
    rows = pd.DataFrame(X, columns=["a", "b", "c"]) if framed else X
    one = NetworkRegressor({"name": "mlp", "hidden": [32], "dropout": 0.0}, epochs=60, random_state=0)
    one.fit(rows, pd.DataFrame(y) if framed else y)
    assert one.predict(rows).shape == (150, 2)
    assert one.score(rows, y) > 0.9
    again = pickle.loads(pickle.dumps(one))
    assert np.array_equal(again.predict(rows), one.predict(rows))
    assert clone(one).fit(rows, y[:, 0]).predict(rows).shape == (150,)
