"""ranvier generate, and train on plain text, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ranvier.cli import app
from ranvier.delivery.language import load_language

TEXT = "".join(
    f"The {['cat', 'dog', 'hen'][i % 3]} sat by the {['door', 'gate'][i % 2]}.\n" for i in range(200)
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    (folder / "animals.txt").write_text(TEXT)
    small = ["layers=1", "width=16", "heads=2", "length=16"]
    options = ["--network", "gpt", *(word for one in small for word in ("--set", f"network.{one}"))]
    command = ["train", str(folder / "animals.txt"), "--task", "generate", "--epochs", "1", *options]
    done = CliRunner().invoke(app, [*command, "--out", str(folder / "run")])
    assert done.exit_code == 0, done.output
    assert "write text by characters" in done.output and "kneser_ney" in done.output
    seen = CliRunner().invoke(app, ["inspect", *command[1:4], "--json"])
    assert json.loads(seen.output)["tokens"]["level"] == "characters"
    return folder / "run" / "model.rv"


def test_what_is_written_follows_the_prompt_and_is_the_models(model: Path) -> None:
    options = [
        "--prompt",
        "The cat",
        "--tokens",
        "30",
        "--temperature",
        "0.8",
        "--top-p",
        "0.9",
        "--top-k",
        "9",
    ]
    said = [
        CliRunner().invoke(app, ["generate", str(model), *options, "--seed", "1"]).output for _ in range(2)
    ]
    expected = load_language(model).generate("The cat", 30, temperature=0.8, top_p=0.9, top_k=9, seed=1)
    assert said == [f"The cat{expected}\n"] * 2 and len(expected) == 30


def test_programs_are_told_in_json(model: Path) -> None:
    told = json.loads(CliRunner().invoke(app, ["generate", str(model), "--tokens", "5", "--json"]).output)
    assert told["prompt"] == "\n" and len(told["written"]) == 5 and told["seed"] == 0


def test_what_cannot_be_is_refused(model: Path) -> None:
    assert CliRunner().invoke(app, ["generate", str(model), "--top-p", "1.5"]).exit_code == 2
    refused = CliRunner().invoke(app, ["generate", str(model), "--prompt", "猫"])
    assert "characters that the training text did not: '猫'" in str(refused.exception)
