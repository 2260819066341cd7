"""rv.check: the program is left as it was, shapes of input, mistakes, and single checks at their edges."""

from __future__ import annotations

import copy
import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import ranvier as rv
from ranvier.errors import SpecError
from ranvier.insight.wiring.recorder import Recorder
from sick_programs import Small, measured, rows


def codes(*program, **options):
    return [finding.code for finding in rv.check(*program, **options)]


def test_everything_is_left_as_it_was():
    network = Small(norm=nn.BatchNorm1d(8))
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    x, y = rows()
    F.cross_entropy(network(x), y).backward()
    optimizer.step()
    weights, moments = copy.deepcopy(network.state_dict()), copy.deepcopy(optimizer.state_dict())
    gradients = [p.grad.clone() for p in network.parameters()]
    drawn = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()

    # the loss closes over the user's own network, and so its backward pass reaches the user's own weights
    def loss(outputs, target):
        return F.cross_entropy(outputs, target) + 0.01 * network.head.weight.square().sum()

    assert rv.check(network, loss, (x, y), optimizer) == []

    assert network.training
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), weights.values(), strict=True)
    )
    assert str(optimizer.state_dict()) == str(moments)
    assert all(torch.equal(p.grad, g) for p, g in zip(network.parameters(), gradients, strict=True))
    assert torch.equal(torch.get_rng_state(), drawn[0])
    assert random.getstate() == drawn[1]
    assert (np.random.get_state()[1] == drawn[2]).all()
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    network.zero_grad(set_to_none=True)
    rv.check(network, loss, (x, y))
    assert all(p.grad is None for p in network.parameters())


def test_the_same_program_gives_the_same_findings():
    network = Small(after=lambda net, z: net.head(z.detach()))
    one, two = (rv.check(network, nn.CrossEntropyLoss(), rows()) for _ in range(2))
    assert one == two and one


@pytest.mark.parametrize("form", [tuple, list, dict])
def test_several_inputs_as_positions_and_as_names(form):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(4, 3), nn.Embedding(5, 3)

        def forward(self, left, right):
            return self.left(left) + self.right(right).softmax(0)

    x, y = rows()
    parts = {"left": x, "right": torch.arange(len(y)) % 5}
    given = parts if form is dict else form(parts.values())
    assert codes(Two(), nn.CrossEntropyLoss(), (given, y)) == ["RV224"]


def test_at_most_64_rows_go_through_the_network_and_all_targets_are_read():
    seen = []

    class Counting(nn.Linear):
        def forward(self, x):
            seen.append(len(x))
            return super().forward(x)

    x, y = torch.randn(1000, 4, generator=torch.Generator().manual_seed(0)), torch.arange(1000) % 3
    y[17] = 3
    (finding,) = rv.check(Counting(4, 3), nn.CrossEntropyLoss(), (x, y))
    assert set(seen) == {64}
    assert (finding.code, finding.evidence["high"]) == ("RV213", 3)


def test_no_optimizer_no_finding_about_it():
    network = Small()
    other = torch.optim.SGD(Small().parameters(), 0.1)
    assert codes(network, nn.CrossEntropyLoss(), rows()) == []
    assert codes(network, nn.CrossEntropyLoss(), rows(), other) == ["RV219"]
    assert codes(network, nn.CrossEntropyLoss(), rows(), other, without=("RV219",)) == []


def test_a_change_in_place_and_a_loss_without_gradient():
    def after(net, z):
        hidden = torch.sigmoid(z)
        outputs = net.head(hidden)
        hidden.add_(1)
        return outputs

    (finding,) = rv.check(Small(after=after), nn.CrossEntropyLoss(), rows())
    assert (finding.code, finding.evidence["operation"]) == ("RV218", "add_")
    assert "'head'" in finding.place
    (finding,) = rv.check(Small(), lambda o, t: (o.argmax(1) - t).float().square().mean(), rows())
    assert (finding.code, finding.severity) == ("RV218", "error")


def test_a_network_that_is_frozen_altogether_is_not_called_cut():
    assert codes(Small().requires_grad_(False), nn.CrossEntropyLoss(), rows()) == ["RV230"]


def test_probabilities_as_targets_and_ignored_classes_are_no_fault():
    x, y = rows()
    assert codes(Small(), nn.CrossEntropyLoss(), (x, F.one_hot(y, 3).float())) == []
    assert codes(Small(), nn.CrossEntropyLoss(), (x, torch.where(torch.arange(63) < 9, -100, y))) == []
    assert (
        codes(Small(), nn.CrossEntropyLoss(ignore_index=7), (x, torch.where(torch.arange(63) < 9, 7, y)))
        == []
    )
    assert codes(Small(), nn.CrossEntropyLoss(), (x, y[:, None])) == ["RV213"]
    assert codes(Small(), nn.CrossEntropyLoss(), (x, y.float())) == ["RV213"]


def test_layers_that_are_frozen_on_purpose_and_left_out_of_the_optimizer_are_no_fault():
    network = Small()
    network.first.requires_grad_(False)
    optimizer = torch.optim.SGD(network.head.parameters(), 0.1)
    assert codes(network, nn.CrossEntropyLoss(), rows(), optimizer) == []


def test_units_that_are_alike():
    network = Small()
    for weights in (network.first.weight, network.first.bias, network.head.weight):
        nn.init.constant_(weights, 0.1)
    (finding,) = rv.check(network, nn.CrossEntropyLoss(), rows())
    assert (finding.code, finding.evidence["alike"]) == ("RV226", ["first.weight"])


def test_the_measured_slopes_of_a_right_gradient_are_one():
    slopes = {p.name: p.slope for p in measured(Small(norm=nn.LayerNorm(8))).parameters}
    assert slopes.keys() == dict(Small(norm=nn.LayerNorm(8)).named_parameters()).keys()
    assert all(slope == pytest.approx(1, abs=1e-3) for slope in slopes.values())


def test_a_program_that_needs_single_precision_has_no_slopes():
    network = Small(after=lambda net, z: net.head(z + torch.zeros(8, dtype=torch.float32).unsqueeze(0)))
    assert measured(network).parameters[0].slope == pytest.approx(1, abs=1e-3)
    single = Small(after=lambda net, z: F.linear(z, torch.ones(3, 8)) + net.head(z))
    assert {p.slope for p in measured(single).parameters} == {None}


def test_the_recorder_says_which_layer_failed():
    network = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Linear(3, 3)))
    recorder = Recorder(network)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), recorder.watching():
        network(rows()[0])
    assert recorder.place == "1.0"
    assert not any(m._forward_hooks for m in network.modules())


def test_the_user_is_told_what_cannot_be_checked():
    x, y = rows()
    loss = nn.CrossEntropyLoss()
    with pytest.raises(SpecError, match=r"The network is a function\. Expected a torch\.nn\.Module"):
        rv.check(lambda rows: rows, loss, (x, y))
    with pytest.raises(SpecError, match=r"The batch is no pair\. Expected \(x, y\)"):
        rv.check(Small(), loss, x)
    with pytest.raises(SpecError, match=r"something else than tensors of rows\. Use torch\.as_tensor"):
        rv.check(Small(), loss, (x.numpy(), y))
    with pytest.raises(SpecError, match="X has 63 rows and y has 5"):
        rv.check(Small(), loss, (x, y[:5]))
    kept = Small()
    kept.outputs = kept(x)
    with pytest.raises(SpecError, match=r"The network cannot be copied: .*Check it before its first pass"):
        rv.check(kept, loss, (x, y))


def test_the_page_shows_what_its_program_prints(capsys):
    page = (Path(__file__).parents[2] / "docs" / "findings" / "README.md").read_text(encoding="utf-8")
    program, shown = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.DOTALL).groups()
    exec(compile(program, "README.md", "exec"), {})
    assert capsys.readouterr().out == shown


def test_a_last_layer_that_begins_at_zero_is_no_still_one():
    network = Small()
    nn.init.zeros_(network.head.weight)
    assert codes(network, nn.CrossEntropyLoss(), rows()) == []
    nn.init.zeros_(network.first.weight)
    nn.init.zeros_(network.first.bias)
    assert codes(network, nn.CrossEntropyLoss(), rows(), without=("RV234",)) == ["RV226"]
