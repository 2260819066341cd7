"""What every network of sequences keeps: shapes, padding that changes nothing, gradients, learning from a batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from ranvier.assemble import Architecture
from ranvier.catalog import NETWORKS, load
from ranvier.network.sequences import mask_of, pool
from ranvier.spec import Spec

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("ngrams", {}),
    ("text_cnn", {}),
    ("text_cnn", {"filters": 5, "widths": [1, 2, 6], "dropout": 0.0}),
    ("transformer", {}),
    ("transformer", {"layers": 1, "width": 16, "heads": 2, "positions": "learned", "norm": "post"}),
    ("transformer", {"layers": 1, "width": 16, "heads": 1, "positions": "sinusoidal", "dropout": 0.0}),
    ("bert", {}),
    ("bert", {"layers": 1, "width": 16, "heads": 2, "norm": "post", "positions": "learned"}),
    ("inception", {}),
    ("inception", {"blocks": 3, "filters": 4, "kernels": [5, 2], "bottleneck": 3}),
    ("rnn", {"hidden": 8}),
    ("rnn", {"hidden": 6, "bidirectional": False, "layers": 2, "dropout": 0.1}),
    ("lstm", {"hidden": 8}),
    ("lstm", {"hidden": 6, "bidirectional": False, "layers": 2}),
    ("gru", {"hidden": 8}),
    ("gru", {"hidden": 6, "reset": "after", "layers": 2}),
    ("sound_cnn", {"channels": [4, 8], "hidden": 16}),
    ("sound_cnn", {"channels": [4], "hidden": 8, "hide": 0.0, "dropout": 0.0}),
]
"""Each network as it comes, and small ones with other options."""

ZERO = ("ngrams",)
"""Networks of which all weights are zero at first."""

INPUTS, IDS = 6, 20
LENGTHS = [5, 1, 9, 0, 3, 12]
FEATURES: dict[str, dict[str, Any]] = {
    "text": {"size": IDS, "length": 5.0},
    "series": {"channels": INPUTS, "length": 5},
    "audio": {"mean": [0.5] * INPUTS, "deviation": [2.0] * INPUTS, "length": 5.0},
}

each = pytest.mark.parametrize(("name", "options"), VARIANTS)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def by_ids(name: str) -> bool:
    return bool(getattr(load("networks", name), "reads_ids", False))


def built(name: str, options: dict[str, Any], seed: int = 0) -> Any:
    network = load("networks", name)(IDS if by_ids(name) else INPUTS, **options)
    network.reset(torch.Generator().manual_seed(seed))
    return network


def positions(name: str, width: int = max(LENGTHS)) -> tuple[torch.Tensor, torch.Tensor]:
    """What a network reads, with what is not there as it comes, and the mask."""
    generator = torch.Generator().manual_seed(1)
    mask = torch.arange(width) < torch.tensor(LENGTHS)[:, None]
    if by_ids(name):
        return torch.randint(1, IDS, mask.shape, generator=generator) * mask, mask
    return torch.randn(*mask.shape, INPUTS, generator=generator), mask


def whole(name: str, options: dict[str, Any], outputs: int = 3, seed: int = 0) -> Any:
    return Architecture({"name": name, **options}, {block_of(name): FEATURES[block_of(name)]}, outputs).build(
        seed
    )


def block_of(name: str) -> str:
    """The block that stands for what a network reads: texts where it reads them."""
    return next(block for block in FEATURES if block in load("networks", name).reads)


def taken(name: str) -> torch.Tensor:
    """Rows of that block, padded."""
    if block_of(name) == "text":
        return tokens()
    x, mask = positions(name)
    return x.masked_fill(~mask.unsqueeze(2), torch.nan)


def tokens(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    return torch.randint(1, IDS, mask.shape, generator=generator) * mask


def test_every_member_is_covered() -> None:
    assert {name for name, _ in VARIANTS} == {n for n in NETWORKS if load("networks", n).role == "sequence"}


@each
def test_shapes_role_and_what_it_reads(name, options):
    network, (x, mask) = built(name, options).eval(), positions(name)
    y = network(x, mask)
    assert y.shape == (*mask.shape, network.outputs)
    assert y.isfinite().all()
    assert pool(network, y, mask).shape == (len(mask), getattr(network, "pooled", network.outputs))
    assert set(network.reads) <= {"text", "series", "audio"}
    Spec.from_settings(getattr(network, "defaults", {}))


@each
def test_padding_changes_nothing(name, options):
    network, (x, mask) = built(name, options).eval(), positions(name)
    shorter = 9
    rows = torch.tensor(LENGTHS) <= shorter
    y, cut = network(x, mask), network(x[rows, :shorter], mask[rows, :shorter])
    there = mask[rows, :shorter]
    torch.testing.assert_close(y[rows, :shorter][there], cut[there], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(pool(network, y, mask)[rows], pool(network, cut, there), rtol=1e-4, atol=1e-5)


@each
def test_what_is_not_there_is_not_read(name, options):
    network, (x, mask) = built(name, options).eval(), positions(name)
    if by_ids(name):
        pytest.skip("what is not there is id 0")
    other = torch.where(mask.unsqueeze(2), x, 1e3)
    y, z = network(x, mask), network(other, mask)
    torch.testing.assert_close(y[mask], z[mask], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(pool(network, y, mask), pool(network, z, mask), rtol=1e-4, atol=1e-5)


@each
def test_rows_do_not_touch_each_other_when_used(name, options):
    network, block = whole(name, options).eval(), taken(name)
    alone = torch.cat([network({block_of(name): row[None]}) for row in block])
    torch.testing.assert_close(network({block_of(name): block}), alone, rtol=1e-4, atol=1e-5)


@each
def test_every_parameter_receives_a_gradient(name, options):
    network = whole(name, options)
    nn.functional.cross_entropy(
        network({block_of(name): taken(name)}), torch.arange(len(LENGTHS)) % 3
    ).backward()
    silent = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


@each
def test_it_runs_in_16_bits(name, options):
    network, block = whole(name, options).eval(), {block_of(name): taken(name)}
    with torch.autocast("cpu", torch.bfloat16):
        y = network(block)
    y.float().sum().backward()
    torch.testing.assert_close(y.float(), network(block), rtol=0.1, atol=0.1)


@each
def test_reset_draws_from_its_generator_alone(name, options):
    network = whole(name, options)
    network.reset(torch.Generator().manual_seed(1))
    first = {key: value.clone() for key, value in network.state_dict().items()}
    before = torch.get_rng_state()
    network.reset(torch.Generator().manual_seed(2))
    same = all(torch.equal(value, first[key]) for key, value in network.state_dict().items())
    assert same == (name in ZERO)
    network.reset(torch.Generator().manual_seed(1))
    assert all(torch.equal(value, first[key]) for key, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), before)


@each
def test_it_is_built_again_from_plain_values(name, options):
    network = whole(name, options, seed=4).eval()
    again = (
        Architecture({"name": name, **options}, {block_of(name): FEATURES[block_of(name)]}, 3).build(5).eval()
    )
    again.load_state_dict(network.state_dict())
    assert torch.equal(network({block_of(name): taken(name)}), again({block_of(name): taken(name)}))
    assert network.encoders[block_of(name)].multiplications > 0


@each
def test_overfits_one_batch(name, options):
    network, block, target = whole(name, options), taken(name), torch.arange(len(LENGTHS)) % 3
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(150):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network({block_of(name): block}), target).backward()
            optimizer.step()
    assert (network.eval()({block_of(name): block}).argmax(dim=1) == target).all()


@each
def test_it_reads_its_block_beside_numbers(name, options):
    blocks = {"number": {"width": 2}, block_of(name): FEATURES[block_of(name)]}
    network = Architecture({"name": name, **options}, blocks, 3).build(0).eval()
    inputs = {"number": torch.randn(len(LENGTHS), 2), block_of(name): taken(name)}
    assert network(inputs).shape == (len(LENGTHS), 3)
    assert mask_of(inputs[block_of(name)]).sum() == sum(LENGTHS)
