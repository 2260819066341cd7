"""A training that begins with a model file: pretrained texts, tables and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from safetensors import torch as safetensors
from sklearn.datasets import load_digits
from typer.testing import CliRunner

import ranvier as rv
from ranvier.cli import app
from ranvier.delivery.beginning import read_beginning
from ranvier.delivery.language import LanguageModel, load, load_language
from ranvier.delivery.members import read_members
from ranvier.delivery.model import Model
from ranvier.errors import Interrupted, ModelFileError, RunError, SpecError
from ranvier.network.adapters import Adapted
from small_run import StopAt

ANIMALS, PLACES = ("cat", "dog", "hen", "cow"), ("door", "gate", "well", "hill")
TEXT = "".join(
    f"the {ANIMALS[i % 4]} {['sat', 'ran'][i // 3 % 2]} by the {PLACES[i * 7 % 4]} .\n" for i in range(500)
)
BERT: dict[str, Any] = {
    "task": "pretrain",
    "network": {"name": "bert", "layers": 1, "width": 16, "heads": 2},
    "training.epochs": 2,
    "training.batch_size": 4,
}
SHORT: dict[str, Any] = {"training.epochs": 2, "evaluation.report": False, "evaluation.baselines": False}
GPT = {
    **SHORT,
    "task": "generate",
    "network": {"name": "gpt", "layers": 1, "width": 16, "heads": 2, "length": 16},
    "training.epochs": 1,
    "training.batch_size": 8,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begin")
    (folder / "animals.txt").write_text(TEXT)
    return folder


@pytest.fixture(scope="module")
def pretrained(place: Path) -> rv.Run:
    return rv.fit(place / "animals.txt", settings=BERT, out=place / "read")


def sentences(count: int = 120) -> pl.DataFrame:
    draw = np.random.default_rng(0)
    rows = [
        (f"the {ANIMALS[a]} and the {ANIMALS[b]} were near the {PLACES[c]} number {i}", ANIMALS[a])
        for i, (a, b, c) in enumerate(draw.integers(0, 4, (count, 3)))
    ]
    return pl.DataFrame(rows, schema=["words", "first"], orient="row")


def begun_with(run: rv.Run, out: Path, **more: Any) -> rv.Run:
    settings = {**SHORT, "start.model": str(run.folder / "model.rv"), **more}
    return rv.fit(sentences(), target="first", settings=settings, out=out)


def test_hidden_words_are_told_and_measured(pretrained: rv.Run) -> None:
    metrics = pretrained.metrics
    assert metrics["task"] == "pretrain" and set(metrics["test"]) == {"perplexity", "accuracy"}
    assert set(pretrained.history[0]["validation"]) == {"loss", "accuracy"}
    assert "each token's frequency" in metrics["verdict"]
    assert "perplexity" in str(pretrained) and (pretrained.folder / "report.html").exists()
    assert pretrained.history[-1]["validation"]["loss"] < pretrained.history[0]["validation"]["loss"]


def test_its_model_file_is_read_again_and_writes_nothing(pretrained: rv.Run, tmp_path: Path) -> None:
    path = pretrained.folder / "model.rv"
    model = load(path)
    assert str(model) == "tell hidden tokens by words"
    assert model.save(tmp_path / "again.rv").read_bytes() == path.read_bytes()
    with pytest.raises(ModelFileError, match="does not write text: it can tell hidden tokens by words"):
        load_language(path)


def test_a_stopped_pretraining_ends_with_the_same_bytes(
    pretrained: rv.Run, place: Path, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted, match="Stopped after step 11"):
        rv.fit(place / "animals.txt", settings=BERT, out=tmp_path / "run", watchers=[StopAt(11)])
    rv.resume(tmp_path / "run")
    for name in ("model.rv", "metrics.json"):
        assert (tmp_path / "run" / name).read_bytes() == (pretrained.folder / name).read_bytes(), name


def test_the_whole_of_a_pretrained_network_goes_on(pretrained: rv.Run, tmp_path: Path) -> None:
    run = begun_with(pretrained, tmp_path / "run")
    assert run.spec.network.name == "bert" and run.spec.network.options["width"] == 16
    said = run.record["reasons"]["start.model"]
    assert "tensors from" in said and "new: head.linear.weight, head.linear.bias" in said
    assert "all of it learns" in said and f"begun     {said}" in str(run)
    assert run.record["reasons"]["network"].startswith("that of ")
    kind: Any = run.model.preparation.blocks["text"]
    assert kind.tokens == load(pretrained.folder / "model.rv").tokens


@pytest.mark.parametrize("how", ["frozen", "adapters"])
def test_what_was_loaded_stays_and_little_learns(pretrained: rv.Run, tmp_path: Path, how: str) -> None:
    run = begun_with(pretrained, tmp_path / "run", **{"start.how": how, "start.rank": 2})
    before = read_beginning(pretrained.folder / "model.rv").weights
    after = read_beginning(run.folder / "model.rv").weights
    changed = {name for name in before if name in after and not torch.equal(before[name], after[name])}
    own = {name for name in changed if not name.startswith("head.")}
    said = run.record["reasons"]["start.model"]
    if how == "frozen":
        assert not own and "only what is new" in said
    else:
        assert own and all(".blocks." in name and name.endswith("weight") for name in own)
        assert "only 6 adapters of rank 2 and what is new" in said
        assert not any(isinstance(module, Adapted) for module in run.model.network.modules())
    assert isinstance(load(run.folder / "model.rv"), Model)


@pytest.mark.parametrize("how", ["whole", "adapters"])
def test_a_run_that_began_with_a_file_is_resumed_exactly(
    pretrained: rv.Run, tmp_path: Path, how: str
) -> None:
    whole = begun_with(pretrained, tmp_path / "whole", **{"start.how": how})
    settings = {**SHORT, "start.model": str(pretrained.folder / "model.rv"), "start.how": how}
    with pytest.raises(Interrupted, match="Stopped after step 3"):
        rv.fit(sentences(), target="first", settings=settings, out=tmp_path / "run", watchers=[StopAt(3)])
    rv.resume(tmp_path / "run", sentences())
    assert (tmp_path / "run" / "model.rv").read_bytes() == (whole.folder / "model.rv").read_bytes()


def test_a_run_does_not_go_on_with_another_file(pretrained: rv.Run, place: Path, tmp_path: Path) -> None:
    file = tmp_path / "first.rv"
    file.write_bytes((pretrained.folder / "model.rv").read_bytes())
    settings = {**SHORT, "start.model": str(file)}
    with pytest.raises(Interrupted, match="Stopped after step 2"):
        rv.fit(sentences(), target="first", settings=settings, out=tmp_path / "run", watchers=[StopAt(2)])
    model = load(file)
    with torch.no_grad():
        next(model.network.parameters()).add_(1.0)
    model.save(file)
    with pytest.raises(RunError, match="is not the model that this run began with"):
        rv.resume(tmp_path / "run", sentences())


def flowers() -> pl.DataFrame:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(150, 3))
    return pl.DataFrame(x, schema=["a", "b", "c"]).with_columns(
        kind=pl.Series(np.where(x[:, 0] + x[:, 1] > 0, "up", "down"))
    )


def test_a_table_goes_on_with_its_head_where_the_target_is_the_same(tmp_path: Path) -> None:
    settings = {**SHORT, "network": {"name": "mlp", "hidden": [8]}}
    first = rv.fit(flowers(), target="kind", settings=settings, out=tmp_path / "first")
    start = {**SHORT, "start.model": str(first.folder / "model.rv")}
    again = rv.fit(flowers(), target="kind", settings=start, out=tmp_path / "again")
    said = again.record["reasons"]["start.model"]
    assert "new" not in said and again.spec.network.options == {"hidden": [8]}
    other = flowers().with_columns(kind=pl.col("kind").replace({"up": "high"}))
    third = rv.fit(other, target="kind", settings=start, out=tmp_path / "third")
    assert "new: head." in third.record["reasons"]["start.model"]
    with pytest.raises(SpecError, match="all of the network was loaded: nothing would learn"):
        rv.fit(flowers(), target="kind", settings={**start, "start.how": "frozen"}, out=tmp_path / "a")
    with pytest.raises(SpecError, match="has no blocks of a Transformer that were loaded"):
        rv.fit(other, target="kind", settings={**start, "start.how": "adapters"}, out=tmp_path / "b")


def test_a_file_of_which_nothing_fits_is_refused(pretrained: rv.Run, tmp_path: Path) -> None:
    settings = {**SHORT, "start.model": str(pretrained.folder / "model.rv"), "network": "mlp"}
    with pytest.raises(SpecError, match="No weight of .* fits this network"):
        rv.fit(flowers(), target="kind", settings=settings, out=tmp_path / "run")
    with pytest.raises(ModelFileError, match="There is no file"):
        rv.fit(flowers(), target="kind", settings={"start.model": "gone.rv"}, out=tmp_path / "run")


def test_a_table_longer_than_that_of_the_file_is_said_to_be_new_in_part(
    pretrained: rv.Run, tmp_path: Path
) -> None:
    two = sentences().with_columns(more=pl.col("words").str.replace("near", "far from"))
    settings = {**SHORT, "start.model": str(pretrained.folder / "model.rv")}
    run = rv.fit(two, target="first", settings=settings, out=tmp_path / "run")
    assert "only the first rows of: encoders.text.embedding.weight" in run.record["reasons"]["start.model"]


def test_a_network_that_sees_no_places_tells_no_hidden_words(place: Path) -> None:
    with pytest.raises(SpecError, match="The network 'ngrams' does not tell hidden words"):
        rv.fit(place / "animals.txt", settings={"task": "pretrain", "network": "ngrams"})


def test_another_network_that_reads_texts_is_pretrained_too(place: Path, tmp_path: Path) -> None:
    settings = {**BERT, **SHORT, "training.epochs": 1, "network": {"name": "lstm", "hidden": 8}}
    run = rv.fit(place / "animals.txt", settings=settings, out=tmp_path / "run")
    assert run.metrics["test"]["perplexity"]["value"] > 1


def test_a_text_that_is_written_goes_on_from_a_file(place: Path, tmp_path: Path) -> None:
    first = rv.fit(place / "animals.txt", settings=GPT, out=tmp_path / "first")
    again = {**SHORT, "task": "generate", "start.model": str(first.folder / "model.rv")}
    run = rv.fit(
        place / "animals.txt",
        settings={**again, "training.epochs": 1, "training.batch_size": 8},
        out=tmp_path / "again",
    )
    assert (
        run.spec.network.options["width"] == 16 and "all of it learns" in run.record["reasons"]["start.model"]
    )
    assert run.history[0]["validation"]["loss"] < first.history[0]["validation"]["loss"]
    with pytest.raises(SpecError, match="text.tokens is 'words', and .* reads text by characters"):
        rv.fit(place / "animals.txt", settings={**again, "text.tokens": "words"}, out=tmp_path / "other")


def test_hidden_words_of_another_text_are_measured(pretrained: rv.Run, place: Path) -> None:
    found = rv.evaluate(pretrained, place / "animals.txt")
    assert set(found.test) == {"perplexity", "accuracy"} and "perplexity: " in found.verdict


@pytest.fixture(scope="module")
def adapted(pretrained: rv.Run, place: Path) -> rv.Run:
    return begun_with(pretrained, place / "adapted", **{"start.how": "adapters", "start.rank": 2})


class TestAdaptersApart:
    """A run with adapters holds these, the new head, and the name of the model that they are of."""

    def test_the_file_holds_adapters_and_the_head_alone(self, adapted: rv.Run, pretrained: rv.Run) -> None:
        contents = read_members(adapted.folder / "model.rv")
        names = set(safetensors.load(contents["weights.safetensors"]))
        head = {name for name in names if name.startswith("head.")}
        others = names - head
        assert head == {"head.linear.weight", "head.linear.bias"}
        assert len(others) == 12 and all(".blocks." in n and n.endswith((".up", ".down")) for n in others)
        small, whole = (
            len(read_members(r.folder / "model.rv")["weights.safetensors"]) for r in (adapted, pretrained)
        )
        assert small < whole / 2
        assert "the model file holds these alone" in adapted.record["reasons"]["start.model"]

    def test_it_predicts_what_the_whole_predicts(self, adapted: rv.Run, tmp_path: Path) -> None:
        whole = rv.load(adapted.save(tmp_path / "whole.rv"))
        assert isinstance(whole, Model) and whole.base is None
        said = adapted.predict(sentences())
        assert said.equals(whole.predict(sentences()))
        measured = pl.read_csv(adapted.folder / "predictions.csv")
        rows = measured["row"].to_numpy() - 1
        probabilities = [name for name in said.columns if "=" in name]
        np.testing.assert_allclose(
            said[rows][probabilities].to_numpy(), measured[probabilities].to_numpy(), atol=1e-6
        )

    def test_the_whole_needs_no_other_file_and_takes_none(
        self, adapted: rv.Run, pretrained: rv.Run, tmp_path: Path
    ) -> None:
        path = adapted.save(tmp_path / "whole.rv")
        assert isinstance(load(path), Model)
        with pytest.raises(ModelFileError, match="holds a whole model. Expected no base. Leave --from out"):
            load(path, base=pretrained.folder / "model.rv")

    def test_its_base_is_found_beside_it_or_named(
        self, adapted: rv.Run, pretrained: rv.Run, tmp_path: Path
    ) -> None:
        base = pretrained.folder / "model.rv"
        content = base.read_bytes()
        small = tmp_path / "small.rv"
        small.write_bytes((adapted.folder / "model.rv").read_bytes())
        other = tmp_path / "other.rv"
        other.write_bytes(adapted.save(tmp_path / "whole.rv").read_bytes())
        named = tmp_path / "named.rv"
        named.write_bytes(content)
        said = adapted.predict(sentences())
        base.rename(base.with_suffix(".away"))
        try:
            with pytest.raises(
                ModelFileError, match="holds adapters of the model .*, which is not there. Expected"
            ):
                load(small)
            with pytest.raises(
                ModelFileError, match="and .*other.rv' is another one. Expected the file that its"
            ):
                load(small, base=other)
            with pytest.raises(ModelFileError, match="There is no file"):
                load(small, base=tmp_path / "none.rv")
            assert load(small, base=named).predict(sentences()).equals(said)  # type: ignore[union-attr]
            named.rename(tmp_path / "model.rv")
            assert load(small).predict(sentences()).equals(said)  # type: ignore[union-attr]
            found = rv.evaluate(small, sentences(), base=tmp_path / "model.rv")
            assert found.rows["test"] == 120
        finally:
            base.with_suffix(".away").rename(base)

    def test_the_commands_name_its_base(self, adapted: rv.Run, pretrained: rv.Run, tmp_path: Path) -> None:
        table, small = tmp_path / "rows.csv", tmp_path / "apart" / "small.rv"
        small.parent.mkdir()
        small.write_bytes((adapted.folder / "model.rv").read_bytes())
        base = tmp_path / "base.rv"
        (pretrained.folder / "model.rv").rename(base)
        sentences().write_csv(table)
        try:
            missing = CliRunner().invoke(app, ["predict", str(small), str(table)])
            assert isinstance(missing.exception, ModelFileError)
            said = CliRunner().invoke(app, ["predict", str(small), str(table), "--from", str(base)])
            assert said.exit_code == 0 and said.stdout.startswith("first,first=cat")
            measured = CliRunner().invoke(app, ["evaluate", str(small), str(table), "--from", str(base)])
            assert measured.exit_code == 0 and "120 rows measured" in measured.stdout
        finally:
            base.rename(pretrained.folder / "model.rv")

    def test_a_further_training_begins_with_it(self, adapted: rv.Run, tmp_path: Path) -> None:
        again = begun_with(adapted, tmp_path / "again", **{"start.how": "adapters", "start.rank": 1})
        assert "new" not in again.record["reasons"]["start.model"].replace("what is new", "")
        assert again.predict(sentences()).equals(rv.load(again.save(tmp_path / "w.rv")).predict(sentences()))  # type: ignore[union-attr]


def test_a_text_that_is_written_learns_adapters(place: Path, tmp_path: Path) -> None:
    first = rv.fit(place / "animals.txt", settings=GPT, out=tmp_path / "first")
    start = {"start.model": str(first.folder / "model.rv"), "start.how": "adapters", "start.rank": 1}
    again = {name: value for name, value in GPT.items() if name != "network"}
    run = rv.fit(place / "animals.txt", settings={**again, **start}, out=tmp_path / "run")
    assert all(
        name.endswith((".up", ".down"))
        for name in safetensors.load(read_members(run.folder / "model.rv")["weights.safetensors"])
    )
    whole = load(run.save(tmp_path / "whole.rv"))
    assert isinstance(whole, LanguageModel)
    assert whole.generate("the cat", 20, seed=1) == run.model.generate("the cat", 20, seed=1)
    with pytest.raises(ModelFileError, match="which is not there"):
        (first.folder / "model.rv").rename(tmp_path / "gone.rv")
        load_language(run.folder / "model.rv")
    assert load_language(run.folder / "model.rv", tmp_path / "gone.rv").base is None


@pytest.mark.parametrize("how", ["whole", "frozen"])
def test_pictures_of_other_classes_go_on_from_a_file(tmp_path: Path, how: str) -> None:
    pixels, digits = load_digits(return_X_y=True)
    pictures = (15 * pixels.reshape(-1, 8, 8)).astype(np.uint8)
    low = digits < 5
    first = rv.fit(pictures[low], digits[low].astype(str), settings=SHORT, out=tmp_path / "first")
    start = {**SHORT, "start.model": str(first.folder / "model.rv"), "start.how": how}
    run = rv.fit(pictures[~low], digits[~low].astype(str), settings=start, out=tmp_path / "run")
    said = run.record["reasons"]["start.model"]
    assert said.startswith("18 of 20 tensors from") and "new: head.linear.weight, head.linear.bias" in said
    assert run.spec.network.name == "compact" and run.record["reasons"]["network"].startswith("that of ")
    before, after = (read_beginning(each.folder / "model.rv").weights for each in (first, run))
    held = [name for name in before if not name.startswith("head.") and "num_batches" not in name]
    kept = [name for name in held if torch.equal(before[name], after[name])]
    assert kept == (held if how == "frozen" else [])
    assert set(run.predict(pictures[~low][:50])["y"].to_list()) <= {5, 6, 7, 8, 9}
