"""fit: whatever form the data has, one run; whatever is wrong, sentences and no folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import ranvier as rv
from ranvier.errors import DataError, DivergedError, InternalError, RunError, SpecError
from ranvier.workflow.inspect import inspect
from small_run import QUICK, mixed_frame, small_run


def quick(data: Any, out: Path, y: Any = None, **options: Any) -> rv.Run:
    settings = {**QUICK, **options.pop("settings", {})}
    return rv.fit(data, y, settings=settings, out=out / "run", **options)


def test_the_run_folder_holds_what_is_promised(tmp_path: Path) -> None:
    run = small_run(tmp_path, **{"evaluation.baselines": True})
    assert {path.name for path in run.folder.iterdir() if not path.name.startswith(".")} == {
        "run.toml", "schema.json", "ledger.json", "split.csv", "history.jsonl", "timing.jsonl",
        "checkpoint.safetensors", "findings.json", "metrics.json", "predictions.csv", "model.rv",
        "validation_predictions.csv", "report.html",
    }  # fmt: skip
    metrics = json.loads((run.folder / "metrics.json").read_text())
    assert metrics["task"] == "classify"
    for part in (metrics["test"], metrics["validation"], *metrics["baselines"].values()):
        accuracy = part["accuracy"]
        assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert set(metrics["baselines"]) == {"trivial", "linear", "trees"}
    rows = metrics["rows"]
    assert rows["read"] == 120 == rows["dropped"] + rows["train"] + rows["validation"] + rows["test"]
    assert metrics["verdict"] in str(run)
    assert isinstance(json.loads((run.folder / "findings.json").read_text()), list)
    assert len(pl.read_csv(run.folder / "predictions.csv")) == rows["test"]
    assert "seconds" not in (run.folder / "history.jsonl").read_text()


@pytest.mark.parametrize("form", ["polars", "pandas", "arrow", "csv", "pair"])
def test_every_form_of_data(tmp_path: Path, form: str) -> None:
    frame = mixed_frame()
    forms: dict[str, Any] = {"polars": frame, "pair": (frame.drop("bought"), frame["bought"])}
    if form == "pandas":
        forms[form] = pd.DataFrame(frame.to_dict(as_series=False))
    if form == "arrow":
        forms[form] = frame.to_arrow()
    if form == "csv":
        frame.write_csv(tmp_path / "rows.csv")
        forms[form] = tmp_path / "rows.csv"
    run = quick(forms[form], tmp_path, target="bought")
    predicted = run.predict(frame)
    assert predicted.columns == ["bought", "bought=no", "bought=yes"] and len(predicted) == 120


def test_arrays_with_test_rows_given_apart(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 2, 3))
    y = (x[:, 0, 0] > 0).astype(int)
    run = quick(x[:200], tmp_path, y[:200], test=(x[200:], y[200:]))
    assert run.metrics["rows"]["test"] == 100
    assert run.metrics["rows"]["train"] + run.metrics["rows"]["validation"] == 200
    assert run.predict(x[:4])["y"].to_list() == [int(v) for v in run.predict(x[:4])["y"]]
    assert rv.evaluate(run, x[200:], y[200:]).test == run.metrics["test"]


def test_regression_is_in_the_targets_own_unit(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 200)[:, None]
    run = quick(x, tmp_path, 5000 + 300 * x[:, 0], settings={"training.epochs": 60})
    assert run.metrics["test"]["rmse"]["value"] < 60
    assert run.predict(np.array([[0.5]]))["y"][0] == pytest.approx(5150, abs=100)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    runs = [small_run(tmp_path / str(i), seed=seed) for i, seed in enumerate((1, 1, 2))]
    for name in ("model.rv", "history.jsonl", "metrics.json", "split.csv", "predictions.csv", "run.toml"):
        contents = [(run.folder / name).read_bytes() for run in runs]
        assert contents[0] == contents[1], name
        assert contents[0] != contents[2], name


def test_a_run_is_its_own_config(tmp_path: Path) -> None:
    from ranvier.settings import read_toml

    run = small_run(tmp_path / "a", seed=4)
    settings = read_toml(run.folder / "run.toml")
    settings.pop("record")
    again = rv.fit(mixed_frame(), settings=settings, out=tmp_path / "b")
    assert (again.folder / "model.rv").read_bytes() == (run.folder / "model.rv").read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"training.optimizer": "muon", "training.schedule": "one_cycle"},
        {"training.learning_rate": "find", "training.batch_size": "all"},
        {"regularization.class_weights": "balanced", "training.loss": "focal"},
        {"regularization.class_weights": {"yes": 3.0}, "regularization.average": "ema"},
        {"network": {"name": "mlp", "norm": "batch", "hidden": [8, 8]}, "regularization.l1": 1e-4},
        {"network": "perceptron"},
        {"network": "tabm", "regularization.average": "ema"},
        {"network": "linear", "training.batch_size": 1, "training.optimizer": "gradient_descent"},
        {"training.schedule": "plateau", "stopping.metric": "roc_auc", "stopping.patience": 2},
    ],
)
def test_settings_that_must_work_together(tmp_path: Path, settings: dict[str, Any]) -> None:
    run = small_run(tmp_path, **settings)
    assert run.finished and run.history


def test_row_weights_and_groups_by_role(tmp_path: Path) -> None:
    frame = mixed_frame().with_columns(
        importance=pl.Series([1.0, 2.0] * 60), house=pl.Series([f"h{i // 4}" for i in range(120)])
    )
    columns = {"importance": "weight", "house": "group"}
    run = quick(frame, tmp_path, target="bought", settings={"columns": columns})
    parts = pl.read_csv(run.folder / "split.csv").sort("row")["part"].to_list()
    assert all(len(set(parts[i : i + 4])) == 1 for i in range(0, 120, 4))
    assert "importance" not in run.model.preparation.columns
    with pytest.raises(DataError, match="importance"):
        quick(
            frame.with_columns(importance=-1.0),
            tmp_path / "bad",
            target="bought",
            settings={"columns": columns},
        )


def test_all_mistakes_of_a_request_together_and_no_folder(tmp_path: Path) -> None:
    before_reading = {
        "network": {"name": "mlp", "hiden": [3]},
        "training.optimizer": {"name": "adam", "beta1": 2},
        "execution.device": "abacus",
    }
    with_the_data = {
        "training.loss": "mse",
        "stopping.metric": "rmse",
        "regularization.class_weights": {"perhaps": 2.0},
    }
    expected = {
        "'hiden'": before_reading, "beta1": before_reading, "'abacus'": before_reading,
        "Loss 'mse' does not suit": with_the_data, "'rmse' does not measure": with_the_data, "'perhaps'": with_the_data,
    }  # fmt: skip
    for settings in (before_reading, with_the_data):
        with pytest.raises(SpecError) as caught:
            small_run(tmp_path, **settings)
        assert len(caught.value.mistakes) == 3
        assert [words in str(caught.value) for words in expected] == [
            of is settings for of in expected.values()
        ]
    assert list(tmp_path.iterdir()) == []


def test_class_weights_without_classes(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="has no classes"):
        quick(
            np.eye(30), tmp_path, np.linspace(0, 1, 30), settings={"regularization.class_weights": "balanced"}
        )


def test_divergence_keeps_good_weights_and_says_where(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match="Training stopped: The loss was"):
        small_run(tmp_path, **{"training.optimizer": "gradient_descent", "training.learning_rate": 1e30})
    folder = tmp_path / "run"
    finding, *_ = json.loads((folder / "findings.json").read_text())
    assert finding["code"] == "RV201" and finding["evidence"]["rows"]
    assert all(torch.isfinite(p).all() for p in rv.load(folder / "model.rv").network.parameters())
    assert "last good weights" not in str(rv.Run(folder)) and finding["remedy"] in str(rv.Run(folder))


def test_a_network_no_better_than_the_trivial_answer_says_so(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    settings = {"evaluation.baselines": True, "network": "linear"}
    run = quick(generator.normal(size=(200, 2)), tmp_path, generator.integers(0, 2, 200), settings=settings)
    assert [finding["code"] for finding in run.findings] == ["RV301"]


def test_a_class_without_training_rows_is_found(tmp_path: Path) -> None:
    frame = mixed_frame()
    test = frame.head(20).with_columns(bought=pl.Series(["yes"] * 19 + ["perhaps"]))
    run = quick(frame.tail(100), tmp_path, target="bought", test=test)
    assert "RV101" in [finding["code"] for finding in run.findings]


class Wrong(torch.nn.Module):
    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(6, outputs)

    def forward(self, x: torch.Tensor) -> Any:
        return self.layer(x) if self.layer.out_features < 9 else (self.layer(x), x)


@pytest.mark.parametrize(
    ("module", "match"),
    [
        (torch.nn.Linear(5, 1), r"The network cannot take the data.*shape \(rows, 6\)"),
        (Wrong(5), "The network gives 5 outputs for the target 'bought'"),
        (Wrong(9), "The network gives tuple for 4 rows"),
    ],
)
def test_a_module_that_does_not_fit(tmp_path: Path, module: torch.nn.Module, match: str) -> None:
    with pytest.raises(SpecError, match=match):
        rv.fit(mixed_frame(), target="bought", network=module, out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_module_of_ones_own_learns(tmp_path: Path, outputs: int) -> None:
    settings = {"training.epochs": 40, "evaluation.baselines": False}
    run = rv.fit(
        mixed_frame(), target="bought", network=Wrong(outputs), settings=settings, out=tmp_path / "run"
    )
    assert run.history[-1]["train"]["loss"] < run.history[0]["train"]["loss"]
    loss = run.spec.training.loss
    assert loss is not None and loss.name == ("binary_cross_entropy" if outputs == 1 else "cross_entropy")
    assert run.record["module"].endswith("Wrong")


def test_no_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no data"):
        inspect(None)


def test_a_folder_in_use(tmp_path: Path) -> None:
    small_run(tmp_path)
    with pytest.raises(RunError, match="holds a run already"):
        small_run(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "note.txt").write_text("mine")
    with pytest.raises(RunError, match="is there already and is no run"):
        rv.fit(mixed_frame(), target="bought", out=tmp_path / "other")
    assert (tmp_path / "other" / "note.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written: file exists"):
        rv.fit(mixed_frame(), target="bought", settings=QUICK, out=tmp_path / "file" / "run")


def test_runs_are_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mixed_frame().write_csv("my rows.csv")
    runs = [rv.fit("my rows.csv", target="bought", settings=QUICK) for _ in range(2)]
    assert [str(run.folder) for run in runs] == ["runs/my-rows-1", "runs/my-rows-2"]
    from ranvier.workflow.listing import list_runs

    listed = list_runs("runs")
    assert [row["state"] for row in listed] == ["finished", "finished"]
    (tmp_path / "runs/my-rows-1/run.toml").write_text("seed = -1")
    assert "unreadable" in {row["state"].split(":")[0] for row in list_runs("runs")}


def test_save_copies_the_model(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    assert run.save(tmp_path / "mine.rv").read_bytes() == (run.folder / "model.rv").read_bytes()
    assert repr(run) == f"Run({str(run.folder)!r})"


def test_evaluate_says_what_it_left_out(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    new = mixed_frame().head(10).with_columns(bought=pl.Series(["yes"] * 8 + ["perhaps", None]))
    found = rv.evaluate(run.folder / "model.rv", new)
    assert found.rows == {"read": 10, "dropped": 2, "test": 8}
    assert "2 rows dropped: no target that the model knows" in str(found)
    with pytest.raises(DataError, match="has no column 'bought'"):
        rv.evaluate(run, new.drop("bought"))
    with pytest.raises(DataError, match="No row of .* has a target that the model knows"):
        rv.evaluate(run, new.tail(2))


def test_a_spec_that_is_not_settled_builds_nothing(tmp_path: Path) -> None:
    from ranvier.spec import Spec
    from ranvier.workflow.learn import set_up
    from ranvier.workflow.prepared import prepare

    spec = Spec.from_settings({"target": "bought"})
    with pytest.raises(InternalError, match="not settled"):
        set_up(spec, prepare(spec, mixed_frame()), None)


def test_a_perceptron_has_scores_and_no_probabilities(tmp_path: Path) -> None:
    run = small_run(tmp_path, network="perceptron")
    assert run.metrics["test"]["log_loss"]["value"] is None
    assert rv.evaluate(run, mixed_frame()).test["log_loss"]["value"] is None
    assert rv.evaluate(run, mixed_frame()).test["accuracy"]["value"] is not None


def test_a_target_called_as_a_column_of_the_predictions(tmp_path: Path) -> None:
    run = quick(mixed_frame().rename({"bought": "true"}), tmp_path, target="true")
    assert pl.read_csv(run.folder / "predictions.csv").columns == [
        "row",
        "true_",
        "true",
        "true=no",
        "true=yes",
    ]


def test_the_report_can_be_left_out(tmp_path: Path) -> None:
    run = small_run(tmp_path, **{"evaluation.report": False})
    assert not (run.folder / "report.html").exists()
    assert not (rv.resume(run.folder).folder / "report.html").exists()


def test_the_model_gives_the_probabilities_that_were_measured(tmp_path):
    x = np.random.default_rng(0).normal(size=(400, 3))
    y = (x[:, 0] + 0.5 * np.random.default_rng(1).normal(size=400) > 0).astype(int)
    settings = {
        "training.epochs": 10,
        "training.loss": "focal",
        "training.learning_rate": 0.02,
        "network": {"name": "mlp", "hidden": [8]},
    }
    settings |= {"evaluation.baselines": False, "split.validation": 0.3}
    run = rv.fit(x, y, settings=settings, out=tmp_path / "warm")
    told = run.metrics["calibration"]
    assert told["applied"] and run.model.temperature == told["temperature"] < 1, (
        "the focal loss teaches doubt"
    )
    assert run.metrics["test"]["log_loss"]["value"] == pytest.approx(told["test"]["log_loss"]["after"])
    assert told["test"]["log_loss"]["after"] < told["test"]["log_loss"]["before"]
    plain = rv.fit(x, y, settings={**settings, "evaluation.calibrate": False}, out=tmp_path / "plain")
    assert plain.model.temperature == 1.0 and "calibration" not in plain.metrics
    assert plain.metrics["test"]["log_loss"]["value"] == pytest.approx(told["test"]["log_loss"]["before"])
    assert plain.metrics["test"]["accuracy"] == run.metrics["test"]["accuracy"]
    stored = pl.read_csv(run.folder / "predictions.csv")
    answers = run.predict(x[stored["row"].to_numpy() - 1])
    np.testing.assert_allclose(answers.to_numpy()[:, 1:], stored.to_numpy()[:, 3:], atol=1e-6)


class FillsTheCard:
    """A watcher for which the graphics card has no memory left."""

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nand more")

    def on_epoch(self, state: Any, line: Any) -> None:
        pass


def test_a_card_that_is_too_small_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("The cat sat by the door.\n" * 200)
    language: dict[str, Any] = {
        "task": "generate",
        "network": {"name": "gpt", "layers": 1, "width": 16, "heads": 2},
    }
    said = (
        r"too little memory \(CUDA out of memory. Tried to allocate 2.00 GiB\).*Set training.batch_size lower"
    )
    with pytest.raises(RunError, match=said):
        quick(mixed_frame(), tmp_path, target="bought", watchers=[FillsTheCard()])
    with pytest.raises(RunError, match=said):
        rv.fit(tmp_path / "text.txt", settings=language, out=tmp_path / "gpt", watchers=[FillsTheCard()])
    rv.resume(tmp_path / "run", mixed_frame())  # all was saved
