"""The Transformer and GPT: against torch's own layers, and by what a mask and a cache must leave as it is."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ranvier.errors import SpecError
from ranvier.network.gpt import GPT
from ranvier.network.transformer import Block, Places, Transformer

B, T, E, H = 3, 6, 16, 4
LENGTHS = torch.tensor([6, 3, 1])
MASK = torch.arange(T) < LENGTHS[:, None]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def copied(ours: nn.Module, block: Block) -> None:
    """The weights of a block into torch's layer of an encoder or decoder."""
    pairs = [("self_attn", block.attention), ("multihead_attn", block.crossing)]
    for name, attention in pairs:
        if attention is not None:
            theirs = getattr(ours, name)
            projections = (attention.query, attention.key, attention.value)
            theirs.in_proj_weight.data = torch.cat([p.weight for p in projections]).detach()
            theirs.in_proj_bias.data = torch.cat([p.bias for p in projections]).detach()
            theirs.out_proj.load_state_dict(attention.joined.state_dict())
    ours.linear1.load_state_dict(block.feed[0].state_dict())
    ours.linear2.load_state_dict(block.feed[2].state_dict())
    order = [0, 1] if block.crossing is None else [0, 2, 1]
    for number, place in enumerate(order, 1):
        getattr(ours, f"norm{number}").load_state_dict(block.norms[place].state_dict())


@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_is_torchs_layer_forward_and_backward(norm: str, asks: bool) -> None:
    block = Block(E, H, norm=norm, activation="relu", asks=asks)
    for seed, parameter in enumerate(block.parameters()):
        parameter.data = drawn(*parameter.shape, seed=seed) * 0.3
    kind = nn.TransformerDecoderLayer if asks else nn.TransformerEncoderLayer
    torchs = kind(E, H, 4 * E, dropout=0.0, batch_first=True, norm_first=norm == "pre")
    copied(torchs, block)
    x = drawn(B, T, E, seed=50).requires_grad_()
    memory, seen = drawn(B, 4, E, seed=51), torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]]).bool()
    causal = ~torch.ones(T, T, dtype=torch.bool).tril()
    if asks:
        mine = block(x, causal=True, memory=memory, memory_mask=seen)
        theirs = torchs(x, memory, tgt_mask=causal, memory_key_padding_mask=~seen)
        counted = torch.ones(B, T, dtype=torch.bool)
    else:
        mine, theirs, counted = block(x, MASK), torchs(x, src_key_padding_mask=~MASK), MASK
    mine[counted].square().sum().backward()
    gradient, x.grad = x.grad, None
    theirs[counted].square().sum().backward()
    assert torch.allclose(mine[counted], theirs[counted], atol=1e-5)
    assert torch.allclose(gradient, x.grad, atol=1e-5 * float(gradient.abs().max()))
    mine, theirs = block.feed[0].weight.grad, torchs.linear1.weight.grad
    assert torch.allclose(mine, theirs, atol=1e-5 * float(theirs.abs().max()))


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_padding_changes_no_place_that_is_there(positions: str, norm: str) -> None:
    network = Transformer(5, layers=2, width=E, heads=H, positions=positions, norm=norm).eval()
    x = drawn(B, T, 5)
    whole = network(x, MASK)
    assert whole.shape == (B, T, network.outputs)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = network(x[row : row + 1, :length], MASK[row : row + 1, :length])
        assert torch.allclose(whole[row, :length], alone[0], atol=1e-5)


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal"])
def test_the_order_matters(positions: str) -> None:
    network = Transformer(5, layers=1, width=E, heads=H, positions=positions).eval()
    for seed, parameter in enumerate(network.parameters()):
        parameter.data = drawn(*parameter.shape, seed=seed) * 0.3
    x, mask = drawn(1, T, 5), torch.ones(1, T, dtype=torch.bool)
    swapped = x[:, [1, 0, *range(2, T)]]
    assert not torch.allclose(network(x, mask)[0, 5], network(swapped, mask)[0, 5], atol=1e-4)


@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
def test_longer_sequences_than_foreseen_have_places_too(positions: str) -> None:
    short, long = Places(positions, E, H, 3), Places(positions, E, H, 40)
    x = drawn(1, 20, E)
    for mine, theirs in zip(short(x, 5), long(x, 5)):
        assert (mine is theirs is None) or torch.equal(mine, theirs)


def test_rotary_positions_need_pairs() -> None:
    with pytest.raises(
        SpecError, match=r"4 heads of 12 features have 3 each.*For example network.width = 16"
    ):
        Transformer(5, width=12, heads=4)


def test_learned_places_beyond_the_last_are_taken_for_it() -> None:
    places = Places("learned", E, H, 3)
    places.reset(torch.Generator().manual_seed(0))
    given, _ = places(torch.zeros(1, 5, E))
    assert torch.equal(given[0, 4], given[0, 2]) and not torch.equal(given[0, 1], given[0, 2])


def small(positions: str = "rotary") -> GPT:
    network = GPT(11, layers=2, width=E, heads=H, length=8, positions=positions, dropout=0.0)
    network.reset(torch.Generator().manual_seed(1))
    return network


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal"])
def test_gpt_does_not_look_ahead(positions: str) -> None:
    network = small(positions)
    ids = torch.randint(0, 11, (2, 8), generator=torch.Generator().manual_seed(0))
    other = ids.clone()
    other[:, 5:] = (other[:, 5:] + 1) % 11
    assert torch.allclose(network(ids)[:, :5], network(other)[:, :5], atol=1e-6)
    assert not torch.allclose(network(ids)[:, 5:], network(other)[:, 5:], atol=1e-4)


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal"])
def test_gpt_says_the_same_from_its_cache(positions: str) -> None:
    network = small(positions)
    ids = torch.randint(0, 11, (2, 8), generator=torch.Generator().manual_seed(0))
    cache = network.memory(rows=2)
    with torch.no_grad():
        parts = [network(ids[:, a:b], cache) for a, b in [(0, 3), (3, 4), (4, 8)]]
    assert torch.allclose(torch.cat(parts, dim=1), network(ids), atol=1e-5)


def test_gpts_table_of_tokens_is_its_last_layer_too() -> None:
    network = small()
    assert (
        sum(p.numel() for p in network.parameters())
        == 11 * E + 2 * (4 * (E * E + E) + 8 * E * E + 5 * E + 4 * E) + 2 * E
    )
    network(torch.tensor([[3, 4]])).sum().backward()
    assert (network.embedding.weight.grad.abs().sum(dim=1) > 0).all()  # also of tokens that were not read


@pytest.mark.parametrize("network", [small(), Transformer(5, width=E, heads=H)], ids=["gpt", "transformer"])
def test_a_reset_draws_every_weight_from_its_generator(network: nn.Module) -> None:
    network.reset(torch.Generator().manual_seed(3))
    first = {name: value.clone() for name, value in network.state_dict().items()}
    network.reset(torch.Generator().manual_seed(3))
    assert all(torch.equal(value, first[name]) for name, value in network.state_dict().items())
    network.reset(torch.Generator().manual_seed(4))
    weights = [name for name, value in first.items() if value.ndim > 1]
    assert weights and not any(torch.equal(network.state_dict()[name], first[name]) for name in weights)


def test_gpt_learns_one_batch_by_heart() -> None:
    network = small()
    ids = torch.randint(0, 11, (2, 8), generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(150):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


def with_grams(grams: int = 4) -> GPT:
    network = GPT(11, layers=1, width=E, heads=H, length=8, dropout=0.0, grams=grams, rows=50)
    network.reset(torch.Generator().manual_seed(1))
    return network


def test_n_grams_do_not_look_ahead_and_are_the_same_from_a_memory() -> None:
    network = with_grams()
    ids = torch.randint(0, 11, (2, 8), generator=torch.Generator().manual_seed(0))
    other = ids.clone()
    other[:, 5:] = (other[:, 5:] + 1) % 11
    assert torch.allclose(network(ids)[:, :5], network(other)[:, :5], atol=1e-6)
    memory = network.memory(rows=2)
    with torch.no_grad():
        parts = [network(ids[:, a:b], memory) for a, b in [(0, 1), (1, 4), (4, 5), (5, 8)]]
    assert torch.allclose(torch.cat(parts, dim=1), network(ids), atol=1e-5)
    assert memory.ids.tolist() == ids[:, -3:].tolist()


def test_a_place_is_told_its_last_tokens_and_no_others() -> None:
    grams = with_grams().grams
    ids = torch.tensor([[1, 2, 3, 4, 5], [9, 2, 3, 4, 5]])
    rows = grams.places(ids)
    assert rows.shape == (2, 5, 3)
    assert torch.equal(rows[0, 4], rows[1, 4])  # the same four tokens
    assert rows[0, 3].tolist()[:2] == rows[1, 3].tolist()[:2] and rows[0, 3, 2] != rows[1, 3, 2]
    assert [int(column.min()) // 50 for column in rows.unbind(-1)] == [
        0,
        1,
        2,
    ]  # each length has its own rows


def test_n_grams_by_hand() -> None:
    two = (5 * 1_000_003 + 4 * 7_919 + 2) % (2**31 - 1)
    three = (two * 1_000_003 + 3 * 7_919 + 3) % (2**31 - 1)
    found = with_grams(3).grams.places(torch.tensor([[3, 4, 5]]))
    assert found[0, 2].tolist() == [two % 50, 50 + three % 50]
