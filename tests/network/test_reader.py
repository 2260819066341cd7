"""The reader of passages: its formulas by hand, what changes nothing, and what it can learn."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from ranvier.assemble import Architecture, reads
from ranvier.catalog import NETWORKS, load
from ranvier.losses.positions import SpanCrossEntropy
from ranvier.network.reader import Reader
from ranvier.spec import Spec

SIZE = 8
BLOCK = torch.tensor([[2, 3, 9, 7, 4, 3, 5, 9], [6, 7, 2, 6, 4, 0, 0, 0], [2, 7, 0, 0, 0, 0, 0, 0]])
"""Ids 2 to 6 are tokens, 7 separates the columns, 9 is an unknown word; the passage is the second column."""


def reader(seed: int = 0, **options: Any) -> Reader:
    network = Reader(SIZE, 4.0, passage=1, columns=2, **{"width": 6, "hidden": 5, **options})
    network.reset(torch.Generator().manual_seed(seed))
    return network


def whole(**options: Any) -> Any:
    blocks = {"text": {"size": SIZE, "length": 4.0, "passage": [1, 2]}}
    return Architecture({"name": "reader", **options}, blocks, 2, "text").build(0)


def test_it_is_the_only_network_of_its_role() -> None:
    assert [name for name in NETWORKS if getattr(load("networks", name), "role", "") == "reader"] == [
        "reader"
    ]
    assert reads("reader") == ("text",)
    Spec.from_settings(Reader.defaults)


@torch.no_grad()
def test_its_features_are_those_of_the_formulas() -> None:
    network = reader().eval()
    question, passage = [2, 3, 9], [4, 3, 5, 9]
    table, marks = network.embedding.weight, network.marks.weight
    e_p, e_q = (torch.stack([table[one if one < SIZE else 1] for one in ids]) for ids in (passage, question))

    def lstm(part: Any, x: Tensor) -> Tensor:
        return part(x.unsqueeze(0), torch.ones(1, len(x), dtype=torch.bool))[0]

    aligned = []
    for one in e_p:
        scores = [float(network.align(one).relu() @ network.align(other).relu()) for other in e_q]
        weights = [math.exp(score / math.sqrt(6)) for score in scores]
        aligned.append(sum(w / sum(weights) * other for w, other in zip(weights, e_q)))
    m_p = torch.stack([marks[int(one in question)] for one in passage])
    m_q = torch.stack([marks[int(one in passage)] for one in question])
    p = lstm(network.reading, torch.cat([e_p + m_p, torch.stack(aligned)], dim=1))
    u = lstm(network.asking, e_q + m_q)
    q = (u @ network.asked.weight[0]).softmax(0) @ u
    expected = torch.cat([p * network.bilinear(q), p], dim=1)
    torch.testing.assert_close(network.positions(BLOCK)[0], expected, atol=1e-5, rtol=1e-5)
    assert network.outputs == network.width == 20


def test_padding_and_other_rows_change_nothing() -> None:
    network = reader().eval()
    found = network.positions(BLOCK)
    assert found.shape == (3, 4, network.width) and found.isfinite().all()
    assert network.there(BLOCK).sum(dim=1).tolist() == [4, 3, 0]
    torch.testing.assert_close(found[1:2, :3], network.positions(BLOCK[1:2, :5]), atol=1e-5, rtol=1e-5)


def test_unknown_words_are_alike_only_where_they_are_the_same() -> None:
    network = reader().eval()
    first = network.positions(torch.tensor([[9, 7, 9, 10]]))
    torch.testing.assert_close(first, network.positions(torch.tensor([[12, 7, 12, 11]])))
    assert not torch.allclose(first, network.positions(torch.tensor([[9, 7, 11, 10]])))
    assert not torch.allclose(
        first, network.positions(torch.tensor([[1, 7, 1, 1]]))
    )  # nothing tells them apart


def test_a_passage_may_stand_first_or_alone() -> None:
    both = Reader(SIZE, 4.0, passage=0, columns=2)
    assert both.positions(BLOCK).shape[1] == 3 and both.there(BLOCK).sum(dim=1).tolist() == [3, 1, 1]
    alone = Reader(SIZE, 4.0, passage=0, columns=1)
    assert alone.there(BLOCK).sum(dim=1).tolist() == [8, 5, 2]
    assert alone.positions(BLOCK).isfinite().all()


def test_every_parameter_receives_a_gradient_and_the_generator_decides_them() -> None:
    network = whole(width=6, hidden=5, layers=2)
    SpanCrossEntropy()(network({"text": BLOCK}), torch.tensor([[0, 1], [2, 2], [-1, -1]])).sum().backward()
    assert [key for key, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []
    one, two, other = (reader(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not torch.equal(one["asked.weight"], other["asked.weight"])


@pytest.mark.parametrize("new", [False, True])
def test_it_learns_to_find_what_stands_behind_the_word_that_is_asked_for(new: bool) -> None:
    """Each passage has three pairs of words; of words that are new a network can only see that they are the same."""
    generator = torch.Generator().manual_seed(3)

    def drawn(count: int, new: bool) -> tuple[Tensor, Tensor]:
        rows, spans = [], []
        for _ in range(count):
            order = torch.randperm(20, generator=generator)[:6] + (23 if new else 2)
            asked = int(torch.randint(3, (1,), generator=generator))
            rows.append([int(order[2 * asked]), 22, *order.tolist()])
            spans.append([2 * asked + 1, 2 * asked + 1])
        return torch.tensor(rows), torch.tensor(spans)

    blocks = {"text": {"size": 23, "length": 8.0, "passage": [1, 2]}}
    architecture = Architecture(
        {"name": "reader", "width": 16, "hidden": 16, "dropout": 0.0}, blocks, 2, "text"
    )
    network = architecture.build(0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(150):
        inputs, target = drawn(32, new)
        optimizer.zero_grad()
        SpanCrossEntropy()(network({"text": inputs}), target).mean().backward()
        optimizer.step()
    inputs, target = drawn(200, new)
    said = network.eval()({"text": inputs}).argmax(dim=1)
    assert float((said == target).all(dim=1).double().mean()) > 0.95
