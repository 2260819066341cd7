"""The report: what stands in it, that it is the same for the same folder, and what it does without some files."""

from __future__ import annotations

import json
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import ranvier as rv
from ranvier.errors import InternalError, RunError
from ranvier.insight import report
from ranvier.workflow.measure import UNMEASURED
from small_run import QUICK, mixed_frame, small_run

MARKUP_IN_A_NAME = "<b>size</b> & more"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run(tmp_path_factory.mktemp("report"), **{"evaluation.baselines": True}).folder


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    x = np.random.default_rng(0).normal(size=(150, 3))
    return rv.fit(x, x[:, 0] * 40, settings=QUICK, out=tmp_path_factory.mktemp("values") / "run").folder


class Outline(HTMLParser):
    """Headings, identities and links of a page; whether every element that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def figures_in(page: str) -> dict[str, dict[str, object]]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("which", ["folder", "values"])
def test_the_page_is_well_formed_and_every_figure_has_its_place(which, request):
    page = report.page(report.read(request.getfixturevalue(which)))
    outline = Outline(page)
    assert outline.open == []
    identities = [each["id"] for _, each in outline.found if "id" in each]
    assert len(identities) == len(set(identities))
    for link in outline.of("a"):
        assert str(link["href"])[1:] in identities, link
    places = {str(each["id"])[7:] for each in outline.of("div") if each.get("class") == "plot"}
    small = {"confusion"} & set(figures_in(page))  # few classes have a table that can be read out
    assert places == set(figures_in(page)) - small
    assert all(each["aria-label"] for each in outline.of("div") if each.get("class") == "plot")
    assert len(outline.of("caption")) == len(outline.of("table")) > 4
    assert len(outline.of("h1")) == len(outline.of("main")) == len(outline.of("nav")) == 1


def test_the_page_needs_no_network_and_is_not_too_large(folder):
    page = (folder / "report.html").read_text()
    assert len(page.encode()) < 6e6
    assert not [e for e in Outline(page).found for key in ("src", "action") if key in e[1]]
    assert "default-src 'none'" in page


def test_it_says_what_the_folder_says(folder):
    page = report.page(report.read(folder)).replace("<wbr>", "")  # where a long name may break
    metrics = json.loads((folder / "metrics.json").read_text())
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))
    text = " ".join(text.split())
    for part in (metrics["test"], *metrics["baselines"].values()):
        entry = part["accuracy"]
        assert f"{entry['value']:.4g} {entry['low']:.4g} to {entry['high']:.4g}" in text
    counts = metrics["confusion"]["counts"]
    assert f"no {counts[0][0]} {counts[0][1]}" in text and f"yes {counts[1][0]} {counts[1][1]}" in text
    for wanted in (
        "missing: the mean",
        "ranvier",
        "trunk.layers.0.linear",
        "fingerprint"[:0],
        "To repeat it",
    ):
        assert wanted in text
    total = sum(p.numel() for p in rv.load(folder / "model.rv").network.parameters())
    assert f"learns {total:,} numbers" in text


def test_the_same_folder_and_the_same_seed_give_the_same_bytes(folder, tmp_path):
    before = (folder / "report.html").read_bytes()
    assert report.write(folder).read_bytes() == before
    again = small_run(tmp_path, **{"evaluation.baselines": True})
    assert (again.folder / "report.html").read_bytes() == before


def test_every_figure_is_one_that_plotly_takes(folder, values):
    named = {name for path in (folder, values) for name in rv.Run(path).figures}
    assert named == {
        "learning_curve", "validation_metric", "learning_rate", "baselines", "confusion", "calibration",
        "roc", "precision_recall", "lift", "predicted_true", "errors",
    }  # fmt: skip
    history = rv.Run(folder).history
    assert list(rv.Run(folder).figures["learning_curve"].data[0].y) == [e["train"]["loss"] for e in history]


def test_the_curves_and_the_bars_are_of_the_test_rows(folder, values):
    test = report.read(folder).test
    assert test is not None
    curve = report.figures(report.read(folder))["roc"]["data"][1]
    right = test.prediction[test.target == 1, 1]
    other = test.prediction[test.target == 0, 1]
    wins = (right[:, None] > other).mean() + 0.5 * (right[:, None] == other).mean()
    assert np.trapezoid(curve["y"], curve["x"]) == pytest.approx(wins)
    bars = report.figures(report.read(values))["errors"]["data"][0]
    assert sum(bars["y"]) == rv.Run(values).metrics["rows"]["test"]


def test_names_cannot_write_into_the_page(tmp_path):
    frame = (
        mixed_frame()
        .rename({"size": MARKUP_IN_A_NAME})
        .with_columns(mixed_frame()["bought"].replace({"yes": "</script><script>alert(1)</script>"}))
    )
    run = rv.fit(frame, target="bought", settings=QUICK, out=tmp_path / "run")
    page = (run.folder / "report.html").read_text()
    assert Outline(page).open == []
    assert "<b>size" not in page and "&lt;b&gt;size&lt;/b&gt; &amp; more" in page
    assert "<script>alert" not in page
    assert "<script>alert" not in run._repr_html_()


def test_a_run_that_was_not_finished_has_what_it_has(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "run")
    for name in ("metrics.json", "model.rv", "findings.json", "predictions.csv"):
        (tmp_path / "run" / name).unlink()
    page = report.page(report.read(tmp_path / "run"))
    assert "This run was not measured" in page and set(figures_in(page)) == {
        "learning_curve", "validation_metric", "learning_rate",
    }  # fmt: skip
    (tmp_path / "run" / "history.jsonl").unlink()
    assert "No epoch was finished" in report.page(report.read(tmp_path / "run"))
    assert "not measured" in report.summary(report.read(tmp_path / "run"), "runs/a")


def test_without_validation_predictions_no_threshold_is_chosen(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "run")
    (tmp_path / "run" / "validation_predictions.csv").unlink()
    page = report.page(report.read(tmp_path / "run"))
    assert "so that none was chosen" in page
    page = report.page(report.read(folder), miss_cost=7.5)
    assert "7.5 (asked for)" in page


@pytest.mark.parametrize("applied", [True, False])
def test_the_temperature_is_told_with_what_it_brings(folder, tmp_path, applied):
    shutil.copytree(folder, tmp_path / "run")
    path = tmp_path / "run" / "metrics.json"
    both = {"before": 0.5, "after": 0.25}
    chosen = {
        "temperature": 2.0,
        "applied": applied,
        "reason": "so it is",
        "validation": both,
        "test": {"brier": both},
    }
    path.write_text(json.dumps({**json.loads(path.read_text()), "calibration": chosen}))
    contents = report.read(tmp_path / "run")
    page = report.page(contents)
    assert ("The model file does so, since so it is" in page) == applied
    assert "Brier score, test rows" in page and "too sure" in page
    name = "the network's own" if applied else "at temperature 2.00"
    (other,) = (trace for trace in figures_in(page)["calibration"]["data"] if trace.get("name") == name)
    assert contents.test is not None
    p = contents.test.prediction
    powers = p**2 if applied else p**0.5
    confidence = (powers / powers.sum(1, keepdims=True)).max(1)
    assert min(other["x"]) >= confidence.min() and max(other["x"]) <= confidence.max() + 1e-9


def test_scores_have_no_calibration(tmp_path):
    run = small_run(tmp_path, **{"network": "perceptron", "training.loss": "perceptron"})
    page = (run.folder / "report.html").read_text()
    assert "taught scores, not probabilities" in page and "calibration" not in figures_in(page)


def test_a_module_of_ones_own_is_listed_by_its_parameters(tmp_path):
    module = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    x = np.random.default_rng(0).normal(size=(80, 3))
    y = (x[:, 0] > 0).astype(int)
    run = rv.fit(x, y, network=module, settings={"training.epochs": 2}, out=tmp_path / "run")
    page = (run.folder / "report.html").read_text()
    assert "a module of your own" in page and "0.weight" in page and "network=Sequential(...)" in page


def test_many_classes_have_a_picture_instead_of_a_table(tmp_path):
    x = np.random.default_rng(0).normal(size=(420, 2))
    y = np.arange(420) % 21
    run = rv.fit(x, y, settings={**QUICK, "task": "classify"}, out=tmp_path / "run")
    page = (run.folder / "report.html").read_text()
    assert 'id="figure-confusion"' in page and "are told apart worst" in page


def test_plain_text(folder):
    text = report.markdown(report.read(folder))
    assert text.startswith("# bought from ") and "| accuracy | " in text and "ranvier.fit(data" in text


def test_a_notebook_shows_the_measure(folder):
    shown = rv.Run(folder)._repr_html_()
    assert "<script" not in shown and "accuracy" in shown and "report.html" in shown


def test_what_is_no_run_or_damaged_is_refused(folder, tmp_path):
    with pytest.raises(RunError, match="is no run"):
        report.read(tmp_path)
    shutil.copytree(folder, tmp_path / "run")
    (tmp_path / "run" / "predictions.csv").write_text("row,true\n1,perhaps\n")
    with pytest.raises(RunError, match=r"predictions.csv' is damaged \(KeyError\)"):
        report.read(tmp_path / "run")
    (tmp_path / "run" / "ledger.json").write_text("{")
    with pytest.raises(RunError, match=r"ledger.json' is damaged .*Expected JSON"):
        report.read(tmp_path / "run")


def test_a_fault_in_the_report_costs_no_run(tmp_path, monkeypatch):
    def fault(*_: object) -> None:
        raise KeyError("nothing")

    monkeypatch.setattr(sys.modules["ranvier.insight.report.page"], "data_section", fault)
    with pytest.raises(
        InternalError, match=r"is finished and its model is written, but its report .*KeyError"
    ):
        small_run(tmp_path)
    assert rv.Run(tmp_path / "run").finished


def test_a_report_that_cannot_be_written_is_no_fault_of_ours(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["ranvier.insight.report.page"], "find_spec", lambda name: None)
    with pytest.raises(RunError, match="Plotly is not installed"):
        small_run(tmp_path)
    assert rv.Run(tmp_path / "run").finished


def test_a_run_without_test_rows_says_so(tmp_path):
    run = small_run(tmp_path, **{"split.test": 0.0})
    page = (run.folder / "report.html").read_text()
    assert UNMEASURED in page and Outline(page).open == []
    assert "roc" not in figures_in(page) and report.markdown(report.read(run.folder))
