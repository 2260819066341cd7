"""The bag of n-grams against a model that counts with dictionaries."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import torch

from ranvier.assemble import Architecture
from ranvier.network.ngrams import Ngrams, Shift


def by_hand(network: Ngrams, text: list[int]) -> list[float]:
    """The documented sum, word by word."""
    grams = Counter([(0, one) for one in text] + list(pairwise(text)))
    weights = {gram: (1 + math.log(often)) * math.log(2 + max(gram)) for gram, often in grams.items()}
    norm = math.sqrt(sum(weight**2 for weight in weights.values()))
    total = [0.0] * network.pooled
    for (before, one), weight in weights.items():
        place = ((before * 1_000_003 + one) * 2_654_435_761) % 2**32 * network.buckets // 2**32
        total = [so_far + weight / norm * v for so_far, v in zip(total, network.weight[place].tolist())]
    return total


def test_the_sum_is_the_documented_one() -> None:
    network = Ngrams(50, 3).eval()
    torch.nn.init.normal_(network.weight, generator=torch.Generator().manual_seed(0))
    texts = [[5, 7, 5, 7, 49], [2], [], [1, 1]]
    ids = torch.tensor([text + [0] * (6 - len(text)) for text in texts])
    found = network.pool(network(ids, ids != 0), ids != 0)
    expected = torch.tensor([by_hand(network, text) if text else [0.0] * 3 for text in texts])
    torch.testing.assert_close(found, expected)


def test_words_and_pairs_are_left_out_in_training_alone() -> None:
    network, ids = Ngrams(50, 1, dropout=0.5), torch.arange(1, 41)[None]
    torch.nn.init.ones_(network.weight)
    torch.manual_seed(0)
    learnt, used = network(ids, ids != 0), network.eval()(ids, ids != 0)
    assert (learnt == 0).any()
    assert (used > 0).all()


def test_many_outputs_have_fewer_vectors() -> None:
    assert [len(Ngrams(9, outputs).weight) for outputs in (1, 20, 1000)] == [2**18, 2**18, 2**13]


def test_alone_it_is_linear_and_beside_others_it_gives_features() -> None:
    text = {"size": 30, "length": 4.0}
    alone = Architecture("ngrams", {"text": text}, 3).build(0)
    assert isinstance(alone.head, Shift)
    assert alone.encoders["text"].outputs == 3  # type: ignore[union-attr, operator]
    beside = Architecture("ngrams", {"number": {"width": 2}, "text": text}, 3).build(0)
    assert beside.encoders["text"].outputs == 16  # type: ignore[union-attr, operator]
