"""rv.watch: the training stays what it was, findings come once and are said, and what cannot be watched."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import ranvier as rv
from ranvier.errors import SpecError
from ranvier.insight.watching import examine
from ranvier.insight.watching.recording import Epoch, Recording
from sick_programs import Small, rows
from sick_trainings import deep


def loop(network, optimizer, steps=20):
    x, y = rows()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
    return network.state_dict()


def test_the_training_is_the_same_with_and_without():
    alone, watched = Small(norm=nn.BatchNorm1d(8)), Small(norm=nn.BatchNorm1d(8))
    watch = rv.watch(watched, optimizer := torch.optim.Adam(watched.parameters(), 0.01), say=None)
    seen = loop(watched, optimizer)
    expected = loop(alone, torch.optim.Adam(alone.parameters(), 0.01))
    assert all(torch.equal(a, b) for a, b in zip(seen.values(), expected.values(), strict=True))
    assert watch.findings == []
    assert [sample.step for sample in watch.recording.samples] == [1, 2, 4, 8, 16]


def test_after_64_steps_each_hundredth_is_sampled():
    network = nn.Linear(4, 3)
    watch = rv.watch(network, optimizer := torch.optim.SGD(network.parameters(), 0.1), say=None)
    loop(network, optimizer, 310)
    assert [s.step for s in watch.recording.samples] == [1, 2, 4, 8, 16, 32, 64, 100, 200, 300]


def test_what_a_sample_holds():
    network = Small()
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    before = copy.deepcopy(network.head.weight.detach())
    watch = rv.watch(network, optimizer, say=None)
    loop(network, optimizer, 1)
    (sample,) = watch.recording.samples
    assert [layer.name for layer in sample.layers] == ["first", "relu", "head"]
    head = sample.weights[-1]
    assert head.name == "head.weight"
    assert head.size == pytest.approx(float(before.square().mean() ** 0.5))
    assert head.update == pytest.approx(0.1 * head.gradient, rel=1e-4)
    assert head.update == pytest.approx(float((network.head.weight.detach() - before).square().mean() ** 0.5))


def test_a_finding_is_said_once_on_the_standard_error(capsys):
    network = deep(nn.Sigmoid)
    watch = rv.watch(network, optimizer := torch.optim.SGD(network.parameters(), 0.1), without=("RV260",))
    loop(network, optimizer)
    assert [finding.code for finding in watch.findings] == ["RV248"]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{watch.findings[0]}\n"


def test_a_code_can_be_left_out_and_said_elsewhere():
    network, said = deep(nn.Sigmoid), []
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    watch = rv.watch(network, optimizer, say=said.append, without=("RV248", "RV260"))
    loop(network, optimizer)
    assert watch.findings == said == []


def test_nothing_is_left_behind():
    network = Small()
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    watch = rv.watch(network, optimizer, say=None)
    x, _ = rows()
    with torch.no_grad():
        network(x)
    network(x)  # a pass that is not trained with
    watch.close()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    assert not optimizer._optimizer_step_pre_hooks and not optimizer._optimizer_step_post_hooks


def test_gradients_that_are_cleared_by_hand_in_place_or_summed_over_two_passes_are_no_fault():
    for clear in ("in place", "none", "every second"):
        network = Small()
        optimizer = torch.optim.SGD(network.parameters(), 0.01)
        watch = rv.watch(network, optimizer, say=None)
        x, y = rows()
        for step in range(20):
            F.cross_entropy(network(x), y).backward()
            if clear == "every second" and step % 2 == 0:
                continue
            optimizer.step()
            for parameter in network.parameters():
                parameter.grad = parameter.grad.zero_() if clear == "in place" else None
        assert watch.findings == [], clear


def test_a_recurrent_network_whose_outputs_are_a_pair():
    network = nn.LSTM(4, 3, batch_first=True)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    watch = rv.watch(network, optimizer, say=None)
    x, y = rows()
    for _ in range(10):
        optimizer.zero_grad()
        F.cross_entropy(network(x[:, None].expand(-1, 5, -1))[0][:, -1], y).backward()
        optimizer.step()
    assert watch.findings == [] and len(watch.recording.samples) == 4


def test_the_user_is_told_what_cannot_be_watched():
    network = Small()
    with pytest.raises(SpecError, match=r"The optimizer is a list\. Expected a torch optimizer"):
        rv.watch(network, list(network.parameters()))
    with pytest.raises(SpecError, match=r"The network is a function\. Expected a torch module"):
        rv.watch(lambda x: x, torch.optim.SGD(network.parameters(), 0.1))


def test_batches_of_other_sizes_and_inputs_of_another_network_are_no_order():
    network = nn.Linear(3, 2)
    watch = rv.watch(network, optimizer := torch.optim.SGD(network.parameters(), 0.1), say=None)
    generator = torch.Generator().manual_seed(0)
    for step in range(64):
        x = 5.0 + torch.randn((60, 7, 4)[step % 3], 3, generator=generator)
        optimizer.zero_grad()
        network((x + 100.0 * step).requires_grad_())
        network(x).sum().backward()
        optimizer.step()
    assert len(watch.recording.batches) == 32
    assert "RV262" not in {f.code for f in watch.findings}


def recorded(
    train: list[float], validation: list[float], groups: list[dict[str, float]] | None = None
) -> Recording:
    """Epochs of ten steps with these losses."""
    epochs = [
        Epoch(10 * n + 10, t, v, groups=(groups or [{}] * len(train))[n])
        for n, (t, v) in enumerate(zip(train, validation))
    ]
    return Recording(epochs=epochs)


def codes(recording: Recording) -> set[str]:
    return {finding.code for finding in examine(recording)}


def test_a_training_loss_that_swings_is_none_where_the_validation_loss_stays():
    swings = [1.0, 0.5] * 6
    assert "RV257" in codes(recorded(swings, swings))
    assert "RV257" not in codes(recorded(swings, [0.5, 0.49] * 6))


def test_a_group_whose_loss_rises_since_rows_are_learnt_by_heart_is_not_forgotten():
    groups = [{"a": a, "b": b} for a, b in [(2.0, 2.0), (0.2, 1.5), (0.2, 1.2), *[(2.5, 1.0)] * 5]]
    validation = [(each["a"] + each["b"]) / 2 for each in groups]
    assert "RV263" in codes(recorded([2.0, 1.5, *[0.8] * 6], validation, groups))
    assert "RV263" not in codes(recorded([2.0, 0.5, *[0.05] * 6], validation, groups))


def test_what_is_not_there_and_what_a_layer_makes_a_number_of_is_no_fault():
    class Filled(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.nan_to_num()

    network = nn.Sequential(Filled(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(network.parameters(), 0.01)
    watch = rv.watch(network, optimizer, say=None)
    x = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    x[0, 0] = torch.nan
    for _ in range(4):
        optimizer.zero_grad()
        network(x).square().mean().backward()
        optimizer.step()
    watch.close()
    assert [sample.layers[0].bad_inputs for sample in watch.recording.samples] == [True] * 3
    assert codes(watch.recording) == set()
