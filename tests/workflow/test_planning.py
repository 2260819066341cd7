"""How the plan of a run is settled, written down and followed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import ranvier as rv
from ranvier.errors import Mistake, SpecError
from ranvier.execution import plan, trial
from ranvier.spec import read_toml
from ranvier.training import dispatch
from ranvier.workflow import carrying_out as fitting
from ranvier.workflow import language, learn, request, settle
from ranvier.workflow.inspect import inspect
from small_run import mixed_frame, small_run


def execution(run: rv.Run) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings of execution, and the reasons of those that were chosen."""
    read = read_toml(run.folder / "run.toml")
    reasons = read["record"]["reasons"]
    return read["execution"], {k[10:]: v for k, v in reasons.items() if k.startswith("execution.")}


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Every run counts as long enough for trials; nothing is remembered from before; there are two threads."""
    monkeypatch.setattr(trial, "LEAST", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


def test_a_short_run_is_settled_by_rule(tmp_path: Path) -> None:
    settings, reasons = execution(small_run(tmp_path))
    assert settings["backpropagation"] == "explicit" and settings["precision"] == "float32"
    assert reasons["backpropagation"] == "all derivatives are written out"
    assert settings["threads"] == 1


def test_exact_pins_plain_pytorch(tmp_path: Path, long: None) -> None:
    settings, reasons = execution(small_run(tmp_path, **{"execution.plan": "exact"}))
    assert (settings["backpropagation"], settings["precision"]) == ("autograd", "float32")
    assert reasons["backpropagation"] == "the plan is 'exact'"


def test_a_long_run_is_measured_once_and_remembered(tmp_path: Path, long: None) -> None:
    before = torch.get_num_threads(), torch.get_rng_state()
    runs = [small_run(tmp_path / name) for name in "ab"]
    (first, measured), (second, recalled) = map(execution, runs)
    assert first == second
    assert measured["backpropagation"].startswith("measured: ")
    assert recalled["backpropagation"] == f"{measured['backpropagation']}, on this machine before"
    assert (runs[0].folder / "model.rv").read_bytes() == (runs[1].folder / "model.rv").read_bytes()
    assert torch.get_num_threads() == before[0] and torch.equal(torch.get_rng_state(), before[1])


def test_what_the_user_sets_is_not_tried(tmp_path: Path, long: None) -> None:
    pinned = {"execution.backpropagation": "autograd", "execution.threads": 1}
    settings, reasons = execution(small_run(tmp_path, **pinned))
    assert (settings["backpropagation"], settings["threads"]) == ("autograd", 1)
    assert not {"backpropagation", "threads"} & reasons.keys()


def test_a_module_of_ones_own_is_not_touched_by_trials(tmp_path: Path, long: None) -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.calls = nn.Linear(4, 3), 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += self.training
            outputs: torch.Tensor = self.layer(x)
            return outputs

    own = Own()
    settings = {"training.epochs": 2, "evaluation.baselines": False, "training.batch_size": 50}
    run = rv.fit("sample:iris", network=own, settings=settings, out=tmp_path / "run")
    assert own.calls == 2 * 2  # 97 rows: two steps an epoch, and nothing else
    settled, reasons = execution(run)
    assert settled["backpropagation"] == "autograd"
    assert reasons["backpropagation"].startswith("measured: ")


def test_16_bits_are_taken_on_request_and_go_by_autograd(tmp_path: Path) -> None:
    settings, reasons = execution(small_run(tmp_path, **{"execution.precision": "bfloat16"}))
    assert settings["backpropagation"] == "autograd"
    assert reasons["backpropagation"] == "no product of the network is written out in 16 bits"


def test_16_bits_by_hand(tmp_path: Path) -> None:
    wide = {"name": "mlp", "hidden": [70, 66]}
    asked = {"execution.precision": "bfloat16", "training.epochs": 2, "network": wide}
    settings, reasons = execution(small_run(tmp_path, **asked))
    assert settings["backpropagation"] == "explicit"
    assert reasons["backpropagation"] == "all derivatives are written out"


def test_16_bits_by_hand_are_refused(tmp_path: Path) -> None:
    asked = {"execution.precision": "bfloat16", "execution.backpropagation": "explicit"}
    with pytest.raises(
        SpecError, match="is 'explicit', and no product of the network is written out in 16 bits"
    ):
        small_run(tmp_path, **asked)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_follows_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = small_run(tmp_path, **{"execution.backpropagation": "autograd"})
    (run.folder / "model.rv").unlink()
    (run.folder / "checkpoint.safetensors").unlink()
    followed = []
    train = fitting.train
    monkeypatch.setattr(
        fitting, "train", lambda *a, plan, **o: (followed.append(plan), train(*a, plan=plan, **o))
    )
    rv.resume(run.folder, mixed_frame())
    assert followed[0].backpropagation == "autograd"


@pytest.mark.parametrize(
    "asked, said",
    [
        (
            {"execution.dispatch": "compiled", "execution.backpropagation": "explicit"},
            "execution.dispatch is 'compiled', and execution.backpropagation 'explicit'",
        ),
        ({"execution.dispatch": "cuda_graphs"}, "and the network is not on a graphics card"),
        ({"execution.dispatch": "compiled"}, "and there is no C\\+\\+ compiler"),
    ],
)
def test_a_dispatch_that_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], said: str
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SpecError, match=said):
        small_run(tmp_path, **asked)
    assert not (tmp_path / "run").exists()


def test_a_network_that_cannot_be_compiled_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(network: Any, inputs: Any) -> Any:
        def call(inputs: Any) -> Any:
            raise SpecError(Mistake("it cannot be compiled"))

        return call

    monkeypatch.setattr(request, "compiler_missing", lambda device: "")
    monkeypatch.setitem(dispatch.WAYS, "compiled", fails)
    with pytest.raises(SpecError, match="It cannot be compiled"):
        small_run(tmp_path, **{"execution.dispatch": "compiled"})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("quick", [True, False])
def test_a_run_that_repays_it_tries_compiling(
    tmp_path: Path, long: None, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    """What is compiled is the network itself here, or takes longer."""

    def compiled(network: nn.Module, inputs: Any) -> Any:
        def call(inputs: Any) -> Any:
            if not quick:
                time.sleep(0.01)
            return network(inputs)

        return call

    monkeypatch.setattr(plan, "COMPILING", (0.0, 0.0))
    monkeypatch.setattr(plan, "compiler_missing", lambda device: "")
    monkeypatch.setattr(trial, "CLEARLY", 1000.0 if quick else 0.95)
    monkeypatch.setitem(dispatch.WAYS, "compiled", compiled)
    settings, reasons = execution(small_run(tmp_path, **{"execution.backpropagation": "autograd"}))
    assert settings["dispatch"] == ("compiled" if quick else "eager")
    assert reasons["dispatch"].startswith("measured: ") and "autograd" in reasons["dispatch"]


def test_what_a_card_repays_is_set_up_anew_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card is the processor here."""
    devices: list[str | None] = []
    by_corpus = language.set_up

    def on_a_card(spec: Any, *given: Any, **options: Any) -> Any:
        devices.append(spec.execution.device)
        return set_up(spec.replace({"execution.device": "cpu"}), *given, **options)

    def of_text(spec: Any, prepared: Any) -> Any:
        devices.append(spec.execution.device)
        return by_corpus(spec.replace({"execution.device": "cpu"}), prepared)

    set_up = learn.set_up
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    monkeypatch.setattr(settle, "TOO_SMALL_FOR_A_CARD", 0.0)
    monkeypatch.setattr(learn, "set_up", on_a_card)
    monkeypatch.setattr(language, "set_up", of_text)
    inspect(mixed_frame(), target="bought", settings={"network": "mlp"})
    (tmp_path / "text.txt").write_text("The cat sat by the door.\n" * 200)
    inspect(tmp_path / "text.txt", settings={"task": "generate"})
    assert devices == ["cpu", "cuda"] * 2
