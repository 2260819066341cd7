"""The checkpoint: what does not fit is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from ranvier.errors import RunError
from ranvier.training.history import History, read_history
from ranvier.training.state import copy_weights

from .test_loop import Limits, fresh, run


def test_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no checkpoint at"):
        fresh().load(tmp_path / "checkpoint")


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_garbage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(content)
    with pytest.raises(RunError, match="is no checkpoint of this run"):
        fresh().load(path)


def test_a_checkpoint_without_an_average(tmp_path: Path) -> None:
    state = fresh()
    run(state, Limits(epochs=1))
    state.save(tmp_path / "checkpoint")
    with pytest.raises(RunError, match="is no checkpoint of this run"):
        fresh(average=True).load(tmp_path / "checkpoint")


def test_a_line_of_history_cut_off_by_a_kill_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert read_history(path) == []
    path.write_text('{"epoch": 1}\n{"epoch": 2}\n{"epo')
    assert [line["epoch"] for line in read_history(path)] == [1, 2]


def test_history_that_cannot_be_written(tmp_path: Path) -> None:
    state = fresh()
    history = History(tmp_path, state)
    (tmp_path / "history.jsonl").unlink()
    (tmp_path / "history.jsonl").mkdir()
    with pytest.raises(RunError, match="cannot be written: is a directory"):
        history.on_epoch(state, {"epoch": 1})


def test_a_copy_of_the_weights_may_have_the_memory_of_a_former_one() -> None:
    network = nn.Linear(3, 2)
    former = copy_weights(network)
    places = {name: tensor.data_ptr() for name, tensor in former.items()}
    with torch.no_grad():
        network.weight += 1.0
    former["bias"] = torch.zeros(7)  # of another shape: it is left
    later = copy_weights(network, former)
    assert torch.equal(later["weight"], network.weight) and torch.equal(later["bias"], network.bias)
    assert later["weight"].data_ptr() == places["weight"] != network.weight.data_ptr()
    assert later["bias"].data_ptr() not in (former["bias"].data_ptr(), network.bias.data_ptr())
