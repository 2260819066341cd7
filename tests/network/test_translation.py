"""Networks that translate, against NumPy's arithmetic and torch's own Transformer; the search, against all texts."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ranvier.network.recurrent import Direction
from ranvier.network.translation import (
    RecurrentTranslator,
    TransformerTranslator,
    Translator,
    search,
)
from ranvier.network.translation.lexicon import Lexicon
from ranvier.network.translation.search import penalty
from reference import translation_numpy

SOURCE, TARGET = 9, 7
TEXTS = torch.tensor([[3, 4, 5, 2], [8, 2, 0, 0], [5, 5, 6, 0]])
SAID = torch.tensor([[6, 2, 3], [6, 5, 4], [6, 4, 4]])
SMALL: dict[str, dict[str, Any]] = {
    "bahdanau": {"attention": "bahdanau", "width": 4, "hidden": 5},
    "luong": {"attention": "luong", "width": 4, "hidden": 5},
    "lstm": {"cell": "lstm", "attention": "bahdanau", "width": 4, "hidden": 5},
    "lstm luong": {"cell": "lstm", "attention": "luong", "width": 4, "hidden": 5, "layers": 2},
    "transformer": {"layers": 2, "width": 8, "heads": 2},
    "published": {"layers": 2, "width": 8, "heads": 2, "positions": "sinusoidal", "norm": "post"},
}
ENTRIES = (
    torch.tensor([3, 2, 3, 8, 5]),
    torch.tensor([2, 5, 4, 3, 5]),
    torch.tensor([0.6, 1.0, 0.4, 0.01, 0.3]),
)
"""Of a lexicon the ids of the source, what they may mean, and the chances."""

each = pytest.mark.parametrize("name", SMALL)


def built(name: str, lexicon: bool = True, **more: Any) -> Any:
    kind = RecurrentTranslator if "attention" in SMALL[name] else TransformerTranslator
    found = kind(SOURCE, TARGET, **{**SMALL[name], **more}).double().eval()
    found.reset(torch.Generator().manual_seed(1))
    with torch.no_grad():
        for parameter in found.parameters():  # so that no bias is 0, and no softmax nearly even
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)) * 0.3)
    if lexicon:
        found.lexicon.fill(*ENTRIES)
    return found


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru_before", "gru_after"])
def test_a_step_is_what_a_whole_sequence_does(cell) -> None:
    layer = Direction(cell, 3, 4).double()
    layer.reset(torch.Generator().manual_seed(0))
    nn.init.normal_(layer.bias, generator=torch.Generator().manual_seed(1))
    if layer.after is not None:
        nn.init.normal_(layer.after, generator=torch.Generator().manual_seed(2))
    x = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    state, found = x.new_zeros(2, 8 if cell == "lstm" else 4), []
    for t in range(5):
        state = layer.step(x[:, t], state)
        found.append(state[:, :4])
    torch.testing.assert_close(torch.stack(found, dim=1), layer(x))


@pytest.mark.parametrize("name", ["bahdanau", "luong", "lstm"])
def test_recurrent_forward_and_gradient_are_those_of_the_formulas(name: str) -> None:
    network = built(name, lexicon=False)
    cell, attention = network.cell, SMALL[name]["attention"]
    weights = {key: value.detach().numpy().copy() for key, value in network.named_parameters()}
    meant = torch.randn(3, 3, TARGET, generator=torch.Generator().manual_seed(5), dtype=torch.float64)

    def by_hand(weights: dict[str, np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        rows = []
        for source, said in zip(TEXTS.tolist(), SAID.tolist()):
            own = [one for one in source if one]
            rows.append(translation_numpy.logits(cell, attention, own, said, weights))
        return np.array([row[0] for row in rows]), [row[1] for row in rows]

    outputs = network(TEXTS, SAID)
    expected, maps = by_hand(weights)
    np.testing.assert_allclose(outputs.detach().numpy(), expected, atol=1e-10)
    for row, found in zip(network.maps(TEXTS, SAID).detach().numpy(), maps):
        np.testing.assert_allclose(row[:, : found.shape[1]], found, atol=1e-10)
        assert not row[:, found.shape[1] :].any()
    (outputs * meant).sum().backward()
    generator = np.random.default_rng(0)
    for key, parameter in network.named_parameters():  # along a direction drawn for each parameter
        way = generator.normal(size=parameter.shape)
        sides = []
        for sign in (1e-5, -1e-5):
            moved = by_hand({**weights, key: weights[key] + sign * way})[0]
            sides.append((moved * meant.numpy()).sum())
        assert parameter.grad is not None
        slope = float((parameter.grad.numpy() * way).sum())
        assert slope == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-6), key


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_transformer_is_torchs_forward_and_backward(norm: str) -> None:
    ours = TransformerTranslator(
        SOURCE, TARGET, layers=2, width=8, heads=2, positions="sinusoidal", norm=norm, activation="relu"
    ).double()
    ours.eval()
    shape: dict[str, Any] = {"batch_first": True, "norm_first": norm == "pre", "dtype": torch.float64}
    layer = nn.TransformerEncoderLayer(8, 2, 32, 0.0, **shape)
    last = nn.LayerNorm(8, dtype=torch.float64) if norm == "pre" else None
    encoder = nn.TransformerEncoder(layer, 2, last, enable_nested_tensor=False)
    torchs = nn.Transformer(8, 2, 2, 2, 32, 0.0, custom_encoder=encoder, **shape).eval()
    if norm == "post":
        torchs.decoder.norm = None
    _give(ours, torchs)
    inner = [ours.places[side](table(ids))[0] for side, table, ids in _read(ours)]
    nothing = TEXTS == 0
    causal = nn.Transformer.generate_square_subsequent_mask(3, dtype=torch.float64)
    seen = torchs(*inner, tgt_mask=causal, src_key_padding_mask=nothing, memory_key_padding_mask=nothing)
    found, expected = ours(TEXTS, SAID), seen @ ours.target.weight.T
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)
    meant = torch.randn(found.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    own = torch.autograd.grad((found * meant).sum(), [ours.source.weight, ours.target.weight])
    other = torch.autograd.grad((expected * meant).sum(), [ours.source.weight, ours.target.weight])
    for mine, theirs in zip(own, other):
        torch.testing.assert_close(mine, theirs, atol=1e-9, rtol=1e-9)


def _read(ours: Any) -> list[tuple[int, Any, Tensor]]:
    return [(0, ours.source, TEXTS), (1, ours.target, SAID)]


def _give(ours: Any, torchs: Any) -> None:
    """Give torch's layers our weights."""
    for mine, theirs, order in (
        *((one, two, (0, 1)) for one, two in zip(ours.encoder, torchs.encoder.layers)),
        *((one, two, (0, 2, 1)) for one, two in zip(ours.decoder, torchs.decoder.layers)),
    ):
        pairs = [(mine.attention, theirs.self_attn)]
        if mine.crossing is not None:
            pairs.append((mine.crossing, theirs.multihead_attn))
        for one, two in pairs:
            two.in_proj_weight.data = torch.cat([one.query.weight, one.key.weight, one.value.weight]).detach()
            two.in_proj_bias.data = torch.cat([one.query.bias, one.key.bias, one.value.bias]).detach()
            two.out_proj.load_state_dict(one.joined.state_dict())
        theirs.linear1.load_state_dict(mine.feed[0].state_dict())
        theirs.linear2.load_state_dict(mine.feed[2].state_dict())
        for number, place in enumerate(order, 1):
            nn.init.normal_(mine.norms[place].weight, generator=torch.Generator().manual_seed(number))
            getattr(theirs, f"norm{number}").load_state_dict(mine.norms[place].state_dict())


@each
def test_token_by_token_gives_what_all_at_once_gives(name: str) -> None:
    network = built(name)
    state, found = network.begin(TEXTS), []
    for token in SAID.unbind(1):
        logits, state = network.next(token, state)
        found.append(logits)
    torch.testing.assert_close(torch.stack(found, dim=1), network(TEXTS, SAID))


@each
def test_a_row_is_the_same_alone_and_padded(name: str) -> None:
    network = built(name)
    together = network(TEXTS, SAID)
    alone = network(TEXTS[1:2, :2], SAID[1:2])
    torch.testing.assert_close(together[1:2], alone)
    maps = network.maps(TEXTS, SAID)
    assert maps.shape == (3, 3, 4)
    torch.testing.assert_close(maps.sum(dim=2), torch.ones(3, 3, dtype=torch.float64))
    assert not maps[1, :, 2:].any()


@each
def test_a_row_without_a_source_has_finite_logits(name: str) -> None:
    network = built(name)
    assert network(torch.tensor([[0, 0], [3, 0]]), SAID[:2]).isfinite().all()


@each
@pytest.mark.parametrize("strength", [0.0, 0.6, 2.0])
def test_a_wide_beam_finds_the_best_of_all_texts(name: str, strength: float) -> None:
    network, end, longest = built(name), TARGET - 1, 4
    values, every = [], []
    for length in range(longest):  # of the ids 0 and 1 none is written
        texts = [[*text, end] for text in itertools.product(range(2, end), repeat=length)]
        said = torch.tensor([[end, *text[:-1]] for text in texts])
        for row in TEXTS:
            logs = network(row.expand(len(texts), -1), said).detach().log_softmax(dim=2)
            sums = logs.gather(2, torch.tensor(texts)[:, :, None]).sum(dim=(1, 2))
            values.append(sums / penalty(torch.tensor(length + 1), strength))
        every += texts
    totals = torch.stack([torch.cat(values[row::3]) for row in range(3)])
    best = [every[place][:-1] for place in totals.argmax(dim=1).tolist()]
    found = search(network, TEXTS, torch.full((3,), longest), end, beams=64, strength=strength)
    assert [[one for one in row if one >= 0] for row in found.tolist()] == best


@each
def test_one_beam_takes_the_most_probable_token_each_time(name: str) -> None:
    network, end = built(name), TARGET - 1
    limits = torch.tensor([6, 2, 5])
    found = search(network, TEXTS, limits, end, beams=1)
    for row in range(3):
        said = [end]
        while True:
            logits = network(TEXTS[row : row + 1], torch.tensor([said]))[0, -1]
            logits[:2] = -torch.inf
            token = end if len(said) == limits[row] else int(logits.argmax())
            if token == end:
                break
            said.append(token)
        assert [one for one in found[row].tolist() if one >= 0] == said[1:]


@each
def test_what_else_is_in_the_batch_changes_no_translation(name: str) -> None:
    network, end = built(name), TARGET - 1
    limits = torch.tensor([9, 3, 7])
    together = search(network, TEXTS, limits, end, beams=3).tolist()
    for row in range(3):
        alone = search(network, TEXTS[row : row + 1], limits[row : row + 1], end, beams=3).tolist()[0]
        assert [one for one in together[row] if one >= 0] == [one for one in alone if one >= 0]


@each
def test_a_lexicon_adds_what_its_formula_says(name: str) -> None:
    network, plain = built(name), built(name, lexicon=False)
    added = (network(TEXTS, SAID) - plain(TEXTS, SAID)).detach().numpy()
    weights = network.maps(TEXTS, SAID).detach().numpy()
    for b, t, v in itertools.product(range(3), range(3), range(TARGET)):
        p = 0.0
        for source, target, chance in zip(*(each.tolist() for each in ENTRIES)):
            p += sum(chance * weights[b, t, j] for j in range(4) if TEXTS[b, j] == source and target == v)
        assert added[b, t, v] == pytest.approx(np.log(1 + p / 1e-3), rel=1e-5, abs=1e-9)


def test_a_lexicon_keeps_the_likeliest_meanings() -> None:
    lexicon = Lexicon(3, 40)
    chances = torch.rand(38, generator=torch.Generator().manual_seed(0))
    lexicon.fill(torch.full((38,), 2), torch.arange(2, 40), chances)
    best = chances.argsort(descending=True)[: lexicon.ids.shape[1]]
    assert lexicon.ids[2].tolist() == (best + 2).tolist()
    assert lexicon.chances[2].tolist() == chances[best].tolist()
    assert not lexicon.chances[:2].any()


def test_no_rows_have_no_texts() -> None:
    found = search(built("luong"), TEXTS[:0], torch.zeros(0, dtype=torch.long), TARGET - 1)
    assert found.shape == (0, 1)


@pytest.mark.parametrize("name", ["recurrent_translator", "transformer_translator"])
class TestWhole:
    @pytest.fixture
    def whole(self, name: str) -> Translator:
        options = {"width": 16, "dropout": 0.0}
        found = Translator(size=SOURCE, target=TARGET, network={"name": name, **options})
        found.reset(torch.Generator().manual_seed(0))
        found.network.lexicon.fill(*ENTRIES)
        return found

    def test_it_learns_a_few_texts_and_writes_them(self, whole: Translator) -> None:
        said = torch.tensor([[2, 3, 4, 6], [5, 6, -1, -1], [4, 4, 6, -1]])
        inputs = {"text": TEXTS, "said": said}
        optimizer = torch.optim.Adam(whole.parameters(), lr=0.01)
        silent = {key for key, _ in whole.named_parameters()}
        for _ in range(120):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(whole(inputs).flatten(0, 1), said.flatten(), ignore_index=-1)
            loss.backward()
            silent -= {key for key, p in whole.named_parameters() if p.grad is not None and p.grad.any()}
            optimizer.step()
        assert not silent and loss.item() < 0.05
        whole.eval()
        written = whole({"text": TEXTS})
        assert [row[~row.isnan()].tolist() for row in written] == [[2, 3, 4], [5], [4, 4]]

    def test_the_same_generator_draws_the_same_weights(self, whole: Translator) -> None:
        before = [p.clone() for p in whole.parameters()]
        whole.reset(torch.Generator().manual_seed(1))
        assert not all(torch.equal(a, b) for a, b in zip(before, whole.parameters()))
        whole.reset(torch.Generator().manual_seed(0))
        assert all(torch.equal(a, b) for a, b in zip(before, whole.parameters()))

    def test_golden_examples_are_logits_and_no_texts(self, whole: Translator) -> None:
        told = whole.eval().told({"text": TEXTS})
        assert told.shape == (3, 4 * TARGET) and told.isfinite().all()
