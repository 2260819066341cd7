"""Encoders and the head."""

from __future__ import annotations

import pytest
import torch

from ranvier.network import Embeddings, Head, Numbers, OneHot
from ranvier.network.encoders import dimension


def test_numbers_pass():
    encoder, block = Numbers(width=3), torch.randn(4, 3)
    assert encoder.outputs == 3
    assert encoder(block) is block
    assert encoder.spans == [(0, 1), (1, 2), (2, 3)]


def test_one_hot_by_hand():
    encoder = OneHot(cardinalities=[3, 1, 2])
    assert encoder.outputs == 3
    assert encoder.spans == [(0, 2), (2, 2), (2, 3)]
    block = torch.tensor([[0, 0, 0], [1, 0, 1], [2, 0, 0]])
    assert encoder(block).tolist() == [[0, 0, 0], [1, 0, 1], [0, 1, 0]]
    assert encoder(block).dtype == torch.float32
    assert list(encoder.state_dict()) == []


def test_embeddings_put_few_categories_one_hot_and_embed_the_rest():
    encoder = Embeddings(cardinalities=[3, 50, 4, 12])
    assert encoder.outputs == 2 + 3 + dimension(50) + dimension(12)
    block = torch.tensor([[2, 49, 0, 7], [0, 0, 3, 11], [1, 17, 1, 0]])
    features = encoder(block)
    assert features.shape == (3, encoder.outputs)
    assert encoder.spans == [(0, 2), (5, 5 + 14), (2, 5), (19, 19 + 6)]
    columns = [features[:, start:end] for start, end in encoder.spans]
    assert columns[0].tolist() == [[0, 1], [0, 0], [1, 0]]
    assert columns[2].tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert torch.equal(columns[1], encoder.tables[0].weight[block[:, 1]])
    assert torch.equal(columns[3], encoder.tables[1].weight[block[:, 3]])


def test_what_is_missing_or_unseen_adds_nothing_at_first_but_can_be_learnt():
    encoder = Embeddings(cardinalities=[3, 50])
    features = encoder(torch.zeros(2, 2, dtype=torch.int64))
    assert not features.any()
    features.sum().backward()
    assert encoder.tables[0].weight.grad[0].tolist() == [2.0] * dimension(50)
    assert not encoder.tables[0].weight.grad[1:].any()


def test_vectors_are_about_as_long_as_one_hot_ones_and_come_from_the_generator():
    encoder = Embeddings(cardinalities=[500])
    table = encoder.tables[0].weight
    assert table[1:].norm(dim=1).mean().item() == pytest.approx(1.0, abs=0.05)
    drawn = []
    for seed in (1, 1, 2):
        encoder.reset(torch.Generator().manual_seed(seed))
        drawn.append(table.detach().clone())
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("limit", [0, 4, 100])
def test_the_limit_is_an_option(limit):
    encoder = Embeddings(cardinalities=[4, 20], one_hot_up_to=limit)
    widths = [n - 1 if n <= limit else dimension(n) for n in (4, 20)]
    assert encoder.outputs == sum(widths)
    assert [end - start for start, end in encoder.spans] == widths
    assert encoder(torch.tensor([[3, 19]])).shape == (1, sum(widths))


def test_an_index_beyond_the_categories_is_an_error():
    with pytest.raises(IndexError):
        Embeddings(cardinalities=[50])(torch.tensor([[50]]))


def test_dimension_is_the_stated_rule():
    # 1.6 * 100^0.56 = 1.6 * 10^1.12 = 21.09
    assert dimension(100) == 21
    assert dimension(10**6) == 600


def test_head_is_a_linear_map():
    head = Head(4, 3)
    x = torch.randn(2, 4)
    torch.testing.assert_close(head(x), x @ head.linear.weight.T + head.linear.bias)
    assert (head.outputs, head.role) == (3, "head")
    bound = (6 / 7) ** 0.5
    assert 0 < head.linear.weight.abs().max() <= bound
