"""A corpus of plain text to a model that writes: from Python, resumed, saved, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ranvier as rv
from ranvier.delivery.file import load as load_table
from ranvier.delivery.language import LanguageModel, load_language, token_nats
from ranvier.errors import DataError, DivergedError, Interrupted, ModelFileError, RunError, SpecError
from ranvier.insight import report
from ranvier.spec import Spec
from ranvier.workflow import language, language_settings
from small_run import StopAt, small_run

TEXT = "".join(
    f"The {['cat', 'dog', 'hen'][i % 3]} {['sat', 'ran'][i // 3 % 2]} by the {['door', 'gate', 'well'][i * 7 % 3]}.\n"
    for i in range(400)
)
SMALL: dict[str, Any] = {
    "task": "generate",
    "network": {"name": "gpt", "layers": 1, "width": 16, "heads": 2, "length": 16},
    "training.epochs": 2,
    "training.batch_size": 8,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    (folder / "animals.txt").write_text(TEXT)
    return folder


@pytest.fixture(scope="module")
def run(place: Path) -> rv.Run:
    return rv.fit(place / "animals.txt", settings=SMALL, out=place / "run")


def test_a_run_holds_what_a_run_holds_and_says_what_was_learnt(run: rv.Run) -> None:
    names = {path.name for path in run.folder.iterdir()}
    assert {"run.toml", "schema.json", "ledger.json", "split.csv", "tokens.json", "samples.json"} <= names
    assert {"history.jsonl", "metrics.json", "findings.json", "model.rv", "report.html"} <= names
    assert run.metrics["rows"] == {"read": 400, "dropped": 0, "train": 261, "validation": 60, "test": 79}
    told = str(run)
    assert "bits_per_character" in told and "kneser_ney" in told and "gpt for 'text'" in told
    assert set(run.history[0]["validation"]) == {"loss", "bits_per_character"}
    assert run.history[-1]["validation"]["loss"] < run.history[0]["validation"]["loss"]


def test_bits_are_those_of_the_models_own_likelihood(run: rv.Run, place: Path) -> None:
    model = run.model
    test = (place / "animals.txt").read_bytes()[-2_000:].decode()
    ids = model.tokens.encode(test)
    with torch.no_grad():
        logits = model.network({"text": torch.from_numpy(ids[None, :16])})
    expected = -(logits / model.temperature).log_softmax(-1)[0, 9, ids[10]].item()
    assert model.nats(ids)[9] == pytest.approx(expected, abs=1e-5)


def test_the_model_file_gives_the_same_text_and_the_same_bytes(run: rv.Run, tmp_path: Path) -> None:
    model = load_language(run.folder / "model.rv")
    said = model.generate("The ", 40, temperature=0.8, top_p=0.9, top_k=20, seed=1)
    assert said == run.model.generate("The ", 40, temperature=0.8, top_p=0.9, top_k=20, seed=1)
    assert (
        said != model.generate("The ", 40, temperature=0.8, top_p=0.9, top_k=20, seed=2) and len(said) == 40
    )
    assert model.save(tmp_path / "again.rv").read_bytes() == (run.folder / "model.rv").read_bytes()
    assert isinstance(rv.load(run.folder / "model.rv"), LanguageModel)
    assert str(model) == "generate text by characters"


@pytest.mark.parametrize("tokens", ["bytes", "words", "bpe", "unigram"])
def test_other_tokens_write_too(place: Path, tmp_path: Path, tokens: str) -> None:
    if tokens in ("bpe", "unigram"):
        pytest.importorskip("tokenizers")
    settings = {
        **SMALL,
        "training.epochs": 1,
        "text.tokens": tokens,
        "text.vocabulary": 300,
        "evaluation.report": False,
    }
    run = rv.fit(place / "animals.txt", settings=settings, out=tmp_path / "run")
    assert run.metrics["test"]["bits_per_character"]["value"] > 0
    pieces = list(run.model.stream("The cat", 30, language_sampling(), 3))
    assert "".join(pieces) == run.model.generate("The cat", 30, seed=3) and len(pieces) > 1


def test_the_validation_text_chooses_a_temperature_for_all_that_is_told(run: rv.Run, place: Path) -> None:
    told = run.metrics["calibration"]
    model = load_language(run.folder / "model.rv")
    assert model.temperature == told["temperature"] != 1.0
    assert told["after"] < told["before"]
    page = (run.folder / "report.html").read_text()
    assert "all its logits are divided by" in page
    ids = model.tokens.encode(TEXT[-2_000:])
    own = token_nats(model.network, ids)[0]
    assert model.nats(ids).mean() == pytest.approx(
        run.metrics["test"]["bits_per_character"]["value"] * math.log(2), rel=0.2
    )
    assert not np.allclose(own, model.nats(ids))
    hot = model.generate("The ", 40, temperature=0.9, seed=3)
    model.temperature, heat = 1.0, model.temperature
    assert model.generate("The ", 40, temperature=0.9 * heat, seed=3) == hot
    settings = {**SMALL, "evaluation.calibrate": False, "training.epochs": 1}
    plain = rv.fit(place / "animals.txt", settings=settings, out=place / "uncalibrated")
    assert "calibration" not in plain.metrics and plain.model.temperature == 1.0


@pytest.mark.parametrize("heat", [0, -1.0, "warm", True])
def test_a_temperature_that_is_none_is_refused(run: rv.Run, tmp_path: Path, heat: Any) -> None:
    model = load_language(run.folder / "model.rv")
    model.temperature = heat
    model.save(tmp_path / "model.rv")
    with pytest.raises(ModelFileError, match="its parts do not fit together .the temperature"):
        load_language(tmp_path / "model.rv")


def language_sampling() -> Any:
    from ranvier.network.language import Sampling

    return Sampling()


def test_a_run_that_was_stopped_ends_with_the_same_bytes(run: rv.Run, place: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="Stopped after step 50"):
        rv.fit(place / "animals.txt", settings=SMALL, out=tmp_path / "run", watchers=[StopAt(50)])
    assert "not finished" in str(rv.Run(tmp_path / "run"))
    rv.resume(tmp_path / "run")
    for name in ("model.rv", "history.jsonl", "metrics.json", "samples.json", "report.html"):
        assert (tmp_path / "run" / name).read_bytes() == (run.folder / name).read_bytes(), name
    (tmp_path / "run" / "report.html").unlink()
    assert rv.resume(tmp_path / "run").finished and (tmp_path / "run" / "report.html").exists()


def test_a_text_that_has_changed_is_not_resumed(place: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    with pytest.raises(Interrupted, match="Stopped after step 3"):
        rv.fit(path, settings=SMALL, out=tmp_path / "run", watchers=[StopAt(3)])
    path.write_text(TEXT.replace("cat", "cow"))
    with pytest.raises(RunError, match="The text in a.txt is not what this run was started with"):
        rv.resume(tmp_path / "run")


def test_a_loss_that_is_not_finite_ends_the_run(place: Path, tmp_path: Path) -> None:
    wild = {
        **SMALL,
        "training.learning_rate": 1e30,
        "training.optimizer": "gradient_descent",
        "training.schedule": "constant",
    }
    with pytest.raises(DivergedError, match="Training stopped"):
        rv.fit(place / "animals.txt", settings=wild, out=tmp_path / "run")
    assert load_language(tmp_path / "run" / "model.rv").card["warning"]


def test_the_report_shows_what_it_writes(run: rv.Run) -> None:
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    samples = json.loads((run.folder / "samples.json").read_text())
    assert len(samples) == 3 and all(s["prompt"] in TEXT and s["reference"] in TEXT for s in samples)
    assert "What it writes" in page and "the text itself" in page and "Kneser-Ney" in page
    assert report.read(run.folder).samples == samples


def test_without_held_out_text_nothing_is_measured(place: Path, tmp_path: Path) -> None:
    settings = {
        **SMALL,
        "training.epochs": 1,
        "split.validation": 0,
        "split.test": 0,
        "evaluation.baselines": False,
    }
    run = rv.fit(place / "animals.txt", settings=settings, out=tmp_path / "run")
    assert run.metrics["verdict"] == "There were no test rows to measure it on."
    assert (
        run.history[0]["validation"] == {} and len(json.loads((run.folder / "samples.json").read_text())) == 3
    )


def test_without_baselines_there_is_nothing_to_compare_with(place: Path, tmp_path: Path) -> None:
    run = rv.fit(
        place / "animals.txt",
        settings={**SMALL, "training.epochs": 1, "evaluation.baselines": False, "evaluation.report": False},
        out=tmp_path / "run",
    )
    assert run.metrics["baselines"] == {} and "no baseline" in run.metrics["verdict"]


def test_what_is_left_open_is_settled_with_a_reason(place: Path) -> None:
    spec = Spec.from_settings({"task": "generate", "source": str(place / "animals.txt")})
    prepared = language.prepare(spec)
    settled, learning = language.plan(spec, prepared)
    assert settled.spec.network.name == "gpt" and settled.spec.text.tokens == "characters"
    assert {"network", "text.tokens", "training.epochs", "execution.threads"} <= set(settled.reasons)
    assert len(learning.batches) * settled.spec.training.epochs > 100
    assert "write text by characters" in prepared.lines()[0]
    seen = rv.inspect(place / "animals.txt", settings={"task": "generate"})
    assert seen.as_dict()["settings"] == settled.spec.settings() and seen.as_dict()["split"]["train"] == 261
    assert "training.optimizer = {'name': 'muon', 'weight_decay': 0.1}  (suits a Transformer)" in str(seen)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"target": "text"}, "Target is set, and a corpus of text knows no such thing"),
        ({"network": "mlp"}, "The network 'mlp' does not write text"),
        (
            {"training.learning_rate": "find"},
            "training.learning_rate is a word",
        ),
        ({"network": {"name": "gpt", "layers": 0}}, "Setting 'network.layers' is 0"),
        ({"repeat": 3}, "Repeat is set"),
        ({"doctor.heal": True}, "doctor.heal is set"),
    ],
)
def test_settings_that_a_corpus_does_not_know_are_refused(
    place: Path, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SpecError, match=sentence):
        rv.fit(place / "animals.txt", settings={"task": "generate", **settings})


def test_other_requests_that_cannot_be_met(place: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="There is no text to learn from"):
        language.prepare(Spec.from_settings({"task": "generate"}))
    with pytest.raises(SpecError, match="The task 'generate' is given for the target 'a'"):
        rv.fit(place / "animals.txt", settings={"task": {"a": "generate"}})
    with pytest.raises(SpecError, match="'gpt' writes text, and cannot read the columns of a table"):
        small_run(tmp_path, network="gpt")


def test_texts_too_short_to_learn_from_are_refused(tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_text("One line only.\n")
    with pytest.raises(
        DataError, match=r"The training part of short.txt has \d+ tokens, and a window has 16"
    ):
        rv.fit(short, settings=SMALL)
    short.write_text("ab")
    with pytest.raises(DataError, match=r"has 1 tokens, and a window has 16|too short to be split"):
        rv.fit(short, settings=SMALL)
    short.write_text("a")
    with pytest.raises(DataError, match="short.txt is too short to be split: no line is left for training"):
        rv.fit(short, settings={**SMALL, "split.test": 0.8})


def test_prompts_that_the_model_cannot_read_are_refused(run: rv.Run) -> None:
    with pytest.raises(
        DataError, match="The prompt holds characters that the training text did not: '猫', '!'"
    ):
        run.model.generate("The 猫!")
    with pytest.raises(DataError, match="The prompt is empty"):
        run.model.generate("")


def test_models_of_tables_and_of_text_are_told_apart(run: rv.Run, tmp_path: Path) -> None:
    table = small_run(tmp_path)
    with pytest.raises(ModelFileError, match="does not write text: it can classify 'bought' from 3 columns"):
        load_language(table.folder / "model.rv")
    with pytest.raises(ModelFileError, match="is a language model, which goes on with a text"):
        load_table(run.folder / "model.rv")


@pytest.mark.parametrize(
    ("quick", "said", "cost", "precision"),
    [
        (True, {}, 10**9, "bfloat16"),
        (False, {}, 10**9, "float32"),
        (True, {}, 10**6, "float32"),
        (True, {"execution.plan": "exact"}, 10**9, "float32"),
        (True, {"execution.precision": "float32"}, 10**9, None),
    ],
)
def test_products_are_formed_in_16_bits_where_that_pays(
    monkeypatch: pytest.MonkeyPatch, quick: bool, said: dict[str, Any], cost: int, precision: str | None
) -> None:
    monkeypatch.setattr(language_settings, "has_16_bits", lambda device: quick)
    chosen = language_settings.plan_in(Spec.from_settings({"task": "generate", **said}), cost)
    assert chosen.get("execution.precision", (None, ""))[0] == precision


def test_small_texts_and_pieces_of_words_have_other_networks() -> None:
    spec = Spec.from_settings({"task": "generate"})
    shapes = [
        language_settings.settle(spec, count, True, level, "").spec
        for count, level in [(100_000, "characters"), (5_000_000, "characters"), (5_000_000, "bpe")]
    ]
    options = [shape.network.options for shape in shapes]
    assert [each.get("grams") for each in options] == [4, 5, None]
    assert [shape.training.batch_size for shape in shapes] == [16, 32, 32]
    assert options[0]["dropout"] > 0 == options[1]["dropout"]
    assert shapes[0].training.learning_rate < shapes[1].training.learning_rate


def test_another_text_is_measured_as_the_test_part_is(run: rv.Run, place: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.txt"
    test.write_text(TEXT[-2_500:])
    found = rv.evaluate(run, test)
    ids = run.model.tokens.encode(test.read_text())
    bits = run.model.nats(ids).mean() / 0.6931471805599453
    assert found.test["bits_per_character"]["value"] == pytest.approx(bits, rel=1e-3)
    assert found.rows["tokens"] == len(ids) and found.as_dict()["task"] == "generate"
    assert "on the test part of its training" in found.verdict and "tokens of" in str(found)
    strange = tmp_path / "strange.txt"
    strange.write_text("The cat sat by the ZOO.\n" * 5)
    told = rv.evaluate(run.folder / "model.rv", strange)
    assert told.test["bits_per_character"]["value"] > found.test["bits_per_character"]["value"]
    assert "does not: taken as unknown" in str(told)


def test_what_a_text_cannot_be_asked(run: rv.Run, place: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="(?s)Groups of rows are asked for.*A report is asked for"):
        rv.evaluate(run, place / "animals.txt", slices=["a"], out=tmp_path / "a.html")
    (tmp_path / "a.txt").write_text("T")
    with pytest.raises(DataError, match="a.txt has one token"):
        rv.evaluate(run, tmp_path / "a.txt")
