"""What every network for forecasts keeps."""

from __future__ import annotations

import pytest
import torch

from ranvier.assemble import forecasts
from ranvier.catalog import NETWORKS, load
from ranvier.data.series.windows import LEVELS
from ranvier.losses import Quantile
from ranvier.network.forecasting import Forecaster
from ranvier.spec import Spec

NAMES = [name for name in NETWORKS if getattr(load("networks", name), "role", None) == "forecast"]
READERS = [name for name in NETWORKS if forecasts(name, by_windows=True)]
"""With the networks of series, which a forecast may name too."""
LENGTH, CHANNELS, HORIZON = 9, 2, 4

each = pytest.mark.parametrize("name", NAMES)


def network(name, seed=0, length=LENGTH, channels=CHANNELS):
    found = Forecaster(length=length, channels=channels, horizon=HORIZON, levels=len(LEVELS), network=name)
    found.reset(torch.Generator().manual_seed(seed))
    return found


def windows(rows=6, seed=0):
    return {"series": torch.randn(rows, LENGTH, CHANNELS, generator=torch.Generator().manual_seed(seed))}


@each
def test_shapes_and_settings(name):
    member = load("networks", name)
    Spec.from_settings(member.defaults)
    inner = member(LENGTH, CHANNELS, HORIZON, 5)
    assert inner(torch.randn(3, LENGTH, CHANNELS)).shape == (3, HORIZON, 5)
    assert network(name)(windows()).shape == (6, HORIZON * len(LEVELS))


def small(name):
    """A network with what is known ahead in its second channel, as small as it can be."""
    options = {"inception": {"blocks": 1, "filters": 2}, "transformer": {"layers": 1}}.get(name, {})
    hidden = {"hidden": 8} if name in ("rnn", "lstm", "gru") else {}
    found = Forecaster(
        length=LENGTH,
        channels=3,
        horizon=HORIZON,
        levels=len(LEVELS),
        network={"name": name, **options, **hidden},
        known=[1],
    )
    found.reset(torch.Generator().manual_seed(0))
    return found.eval()


@pytest.mark.parametrize("name", READERS)
def test_it_reads_what_is_known_ahead_and_nothing_else_of_the_horizon(name):
    found, block = (
        small(name),
        torch.randn(2, LENGTH + HORIZON, 3, generator=torch.Generator().manual_seed(1)),
    )
    said = found({"series": block}).view(2, HORIZON, -1)
    if name != "nhits":  # whose biases of the knots begin elsewhere
        torch.testing.assert_close(said, block[:, LENGTH - 1, :1, None].expand_as(said))
    torch.nn.init.normal_(found.effect[-1].weight, generator=torch.Generator().manual_seed(2))
    said = found({"series": block}).view(2, HORIZON, -1)
    other = block.clone()
    other[:, LENGTH:, [0, 2]] += 1.0
    assert torch.equal(found({"series": other}).view_as(said), said)
    other[:, LENGTH + 1, 1] += 1.0
    moved = (found({"series": other}).view_as(said) - said).abs().amax(dim=(0, 2)) > 1e-6
    assert moved.tolist() == [False, True, False, False]


@each
@pytest.mark.parametrize("length", [1, 2, 31])
def test_any_length_and_one_channel(name, length):
    found = network(name, length=length, channels=1)
    assert found({"series": torch.randn(2, length, 1)}).isfinite().all()


@each
def test_overfits_a_few_windows_and_every_parameter_learns(name):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found, inputs = network(name), windows(4)
        target = torch.cat([torch.ones(4, 1), torch.zeros(4, 1), torch.randn(4, HORIZON)], dim=1)
        optimizer = torch.optim.Adam(found.parameters(), lr=0.01)
        silent = {key for key, _ in found.named_parameters()}
        for _ in range(600):
            optimizer.zero_grad()
            Quantile()(found(inputs), target).mean().backward()
            silent -= {key for key, p in found.named_parameters() if p.grad is not None and p.grad.any()}
            optimizer.step()
        found.eval()
        assert not silent
        assert Quantile()(found(inputs), target).mean() < 0.15


@each
def test_reset_draws_from_its_generator_alone_and_states_travel(name):
    one, two = network(name, seed=1), network(name, seed=1)
    for a, b in zip(one.parameters(), two.parameters()):
        assert torch.equal(a, b)
    two.widening += 1.0
    one.load_state_dict(two.state_dict())
    assert torch.equal(one.eval()(windows()), two.eval()(windows()))


@each
def test_rows_do_not_touch_each_other(name):
    found, inputs = network(name).eval(), windows()["series"]
    alone = torch.cat([found({"series": inputs[i : i + 1]}) for i in range(6)])
    torch.testing.assert_close(found({"series": inputs}), alone)


@each
def test_before_it_learns_it_says_the_last_value_or_near_it(name):
    found, inputs = network(name).eval(), windows()
    last = inputs["series"][:, -1, 0]
    said = found(inputs).view(6, HORIZON, -1)
    assert (said - last[:, None, None]).abs().max() < 3.0


def test_widening_moves_each_level():
    found, inputs = network("dlinear"), windows()
    before = found(inputs).view(6, HORIZON, -1)
    found.widening.copy_(torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))
    after = found(inputs).view(6, HORIZON, -1)
    torch.testing.assert_close(after - before, found.widening.expand_as(before))


def test_quantiles_that_cross_are_put_in_order_before_they_are_moved_apart():
    found = network("dlinear").eval()
    with torch.no_grad():
        found.network.trend.bias.view(HORIZON, -1).copy_(torch.tensor([0.0, 3.0, 2.0, 1.0, 4.0]))
    found.widening.copy_(torch.tensor([-9.0, -9.0, 0.0, 9.0, 9.0]))
    said = found(windows()).view(6, HORIZON, -1) - windows()["series"][:, -1:, :1]
    torch.testing.assert_close(said, torch.tensor([-9.0, -8.0, 2.0, 12.0, 13.0]).expand_as(said))
    with torch.no_grad():
        found.network.trend.bias.view(HORIZON, -1).copy_(torch.tensor([0.0, 1.0, 5.0, 3.0, 4.0]))
    middle = (found(windows()).view(6, HORIZON, -1) - windows()["series"][:, -1:, :1])[:, :, 2]
    torch.testing.assert_close(middle, torch.full_like(middle, 3.0))


def test_shorter_and_padded_windows_stand_still_before_they_begin():
    found = network("nhits", channels=1).eval()
    whole = torch.cat([torch.full((1, 4, 1), 5.0), torch.arange(5.0).view(1, 5, 1) + 5.0], dim=1)
    short = whole[:, 4:]
    torch.testing.assert_close(found({"series": short}), found({"series": whole}))
    padded = torch.cat([short, torch.full((1, 4, 1), torch.nan)], dim=1)
    torch.testing.assert_close(found({"series": padded}), found({"series": whole}))
