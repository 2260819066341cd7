"""Integrated gradients, asked of networks whose answer is known, and of every network of texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from torch import Tensor, nn

from ranvier.assemble import Architecture
from ranvier.catalog import NETWORKS, load
from ranvier.data.kinds.text import Text
from ranvier.data.kinds.tokens import TokenLists
from ranvier.insight.attribution import Attribution, attribution

TEXTS = pl.DataFrame({"a": ["one two", "two three four one two", "four"], "b": ["five", "one", ""]})
READERS = [
    name
    for name in NETWORKS
    if getattr(load("networks", name), "role", "") == "sequence" and "text" in load("networks", name).reads
]


def of(network: nn.Module, kind: Text, row: int, output: int = 0) -> Attribution:
    ids = kind.transform(TEXTS)[row : row + 1]
    found = attribution(network, {"text": ids}, "text", kind.unknown(ids), lambda z: z[:, output])
    assert found is not None
    return found


@pytest.mark.parametrize("name", READERS)
def test_the_values_add_up_to_what_the_words_do(name: str) -> None:
    kind = Text.fit(TEXTS)
    network = Architecture(name, {"text": kind.features()}, 3).build(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    found = of(network, kind, 1)
    network.eval()
    ids = kind.transform(TEXTS)[1:2]
    if name != "ngrams":  # which begins from no words at all
        with torch.no_grad():
            total = network({"text": ids})[0, 0] - network({"text": kind.unknown(ids)})[0, 0]
        assert found.total == pytest.approx(float(total), abs=1e-5)
    assert found.error <= 0.05 * abs(found.total) + 1e-5
    assert len(found.values) == ids.shape[1]
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_of_a_bag_each_value_is_what_the_word_or_the_pair_adds() -> None:
    kind = Text.fit(TEXTS)
    network = Architecture("ngrams", {"text": kind.features()}, 2).build(0).eval()
    reader = network.encoders["text"].network  # type: ignore[union-attr]
    with torch.no_grad():
        reader.weight.normal_(generator=torch.Generator().manual_seed(0))
    ids = kind.transform(TEXTS)[1:2]
    found = of(network, kind, 1, output=1)
    added = reader.grams(ids, ids != 0)[0, :, :, 1]
    assert found.values == pytest.approx(added.detach().numpy(), rel=1e-5, abs=1e-7)
    assert found.values[0, 1] == 0.0 and found.error < 1e-6
    assert found.total == pytest.approx(
        float((network({"text": ids})[0, 1] - network.head.bias[1]).detach()), rel=1e-5
    )


def test_where_the_score_is_linear_a_value_is_weight_times_change() -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.places = nn.Embedding(9, 4), nn.Embedding(9, 4)
            self.out = nn.Linear(4, 1)

        def forward(self, text: Tensor) -> Tensor:
            places = self.places(torch.arange(text.shape[1]))
            y: Tensor = self.out((self.table(text) + places).sum(dim=1))
            return y

    kind = Text.fit(TEXTS)
    own = Mean()
    network = Architecture("own", {"text": kind.features()}, 1).build(0, own)
    found = of(network, kind, 0)
    ids = kind.transform(TEXTS)[0:1]
    change = own.table(ids)[0] - own.table(kind.unknown(ids))[0]
    assert found.values == pytest.approx((change @ own.out.weight[0]).detach().numpy(), abs=1e-6)
    assert found.values[2] == 0.0 and ids[0, 2] == kind.separator  # it stands in both


def test_what_looks_nothing_up_has_no_values() -> None:
    class Count(nn.Module):
        def forward(self, text: Tensor) -> Tensor:
            return (text > 3).float().sum(dim=1, keepdim=True)

    kind = Text.fit(TEXTS)
    network = Architecture("own", {"text": kind.features()}, 1).build(0, Count())
    ids = kind.transform(TEXTS)[0:1]
    assert attribution(network, {"text": ids}, "text", kind.unknown(ids), lambda z: z[:, 0]) is None


def test_a_curved_score_is_followed_along_the_whole_way() -> None:
    """Of F = (sum of vectors)^2 each value is known; the slope at the end alone would give twice as much."""

    class Square(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding.from_pretrained(torch.arange(9.0)[:, None])

        def forward(self, text: Tensor) -> Tensor:
            y: Tensor = self.table(text).sum(dim=1) ** 2
            return y

    kind = Text.fit(TEXTS)
    network = Architecture("own", {"text": kind.features()}, 1).build(0, Square())
    ids = kind.transform(TEXTS)[1:2]
    found = of(network, kind, 1)
    first, last = kind.unknown(ids)[0].double().numpy(), ids[0].double().numpy()
    assert found.values == pytest.approx((last - first) * (first.sum() + last.sum()), rel=1e-5)
    assert found.total == pytest.approx(last.sum() ** 2 - first.sum() ** 2)


def test_other_columns_stay_and_tokens_with_their_spelling_are_followed() -> None:
    frame = pl.DataFrame({"words": [["A", "bird", "sang"], ["b"]]})
    kind = TokenLists.fit(frame)
    blocks = {"tokens": kind.features(), "number": {"width": 1}}
    network = Architecture("lstm", blocks, 2, positions="tokens").build(0).eval()
    block = kind.transform(frame)[0:1]
    inputs = {"tokens": block, "number": torch.tensor([[2.0]])}
    found = attribution(network, inputs, "tokens", kind.unknown(block), lambda z: z[:, 1, 0])
    assert found is not None and found.values.shape == (3,)
    with torch.no_grad():
        nothing = network({**inputs, "tokens": kind.unknown(block)})[0, 1, 0]
        total = network(inputs)[0, 1, 0] - nothing
    assert found.total == pytest.approx(float(total), abs=1e-6)
    assert found.error < 1e-5 and np.abs(found.values).min() > 0


def test_what_is_asked_and_what_is_read_have_values_in_the_places_of_the_row() -> None:
    kind = replace(Text.fit(TEXTS), passage="a")
    network = Architecture("reader", {"text": kind.features()}, 2, positions="text").build(0).eval()
    ids = kind.transform(TEXTS)[1:2]  # two three four one two | one
    found = attribution(network, {"text": ids}, "text", kind.unknown(ids), lambda z: z[:, 1, 0])
    assert found is not None and found.values.shape == (7,)
    assert found.error <= 0.02 * abs(found.total) + 1e-6
    assert found.values[5] == 0.0 and (np.delete(found.values, 5) != 0).all()
    table = network.encoders["text"].embedding.weight  # type: ignore[union-attr]
    with torch.no_grad():
        table[ids[0, 6]] = table[1]  # what is asked is nothing unknown now, nor is that word of the passage
    again = attribution(network, {"text": ids}, "text", kind.unknown(ids), lambda z: z[:, 1, 0])
    assert again is not None and np.flatnonzero(again.values == 0.0).tolist() == [3, 5, 6]
