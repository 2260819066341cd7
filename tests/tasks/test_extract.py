"""The best span of a passage: held against all spans that there are, and learnt."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.assemble import Architecture
from ranvier.data.tokens import Tokens
from ranvier.losses.positions import SpanCrossEntropy
from ranvier.network.passages import PassageEncoder, inside
from ranvier.tasks.extract import Extract


@pytest.mark.parametrize("longest", [1, 3, 20])
def test_the_best_pair_is_that_of_all_pairs(longest: int) -> None:
    generator = torch.Generator().manual_seed(longest)
    outputs = 2 * torch.randn(6, 9, 2, generator=generator)
    outputs[1, 4:] = torch.nan
    outputs[3] = torch.nan
    found = Extract("y", longest).decode(outputs)
    for row, (first, last, chance) in zip(outputs.tolist(), found.tolist()):
        scores = {
            (a, b): begin[0] + end[1]
            for a, begin in enumerate(row)
            for b, end in enumerate(row)
            if a <= b < a + longest and not math.isnan(begin[0] + end[1])
        }
        if not scores:
            assert (first, last, chance) == (-1, -1, 0)
            continue
        best = max(scores, key=scores.__getitem__)
        assert (first, last) == best
        assert chance == pytest.approx(math.exp(scores[best]) / sum(map(math.exp, scores.values())), rel=1e-5)


def test_the_loss_is_the_mean_of_two_cross_entropies() -> None:
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(4, 5, 2, generator=generator)
    outputs[1, 3:] = torch.nan
    target = torch.tensor([[1, 4], [0, 2], [-1, -1], [3, 3]])
    found = SpanCrossEntropy()(outputs, target)
    for row in (0, 1, 3):
        there = outputs[row][~outputs[row].isnan().any(1)]
        each = [torch.nn.functional.cross_entropy(there[:, k], target[row, k]) for k in (0, 1)]
        assert float(found[row]) == pytest.approx(float(sum(each)) / 2, rel=1e-6)
    assert float(found[2]) == 0


def test_spans_are_quoted_as_they_stand() -> None:
    tokens = Tokens.fit(["the old town of bern"], lower=True)
    outputs = torch.zeros(3, 5, 2)
    outputs[0, 1, 0] = outputs[0, 2, 1] = 9.0
    outputs[1, 4] = 9.0
    outputs[2] = torch.nan
    passages = pl.Series(["The Old Town of Bern", "the old\ttown of (Bern)", None])
    said = Extract("said", 4).quotes(outputs, passages, tokens)
    assert said.columns == ["said", "said_start", "said_end", "said_score"]
    assert said["said"].to_list() == ["Old Town", "(", ""]
    assert said["said_start"].to_list() == [4, 16, None] and said["said_end"].to_list() == [12, 17, None]


def test_answers_may_be_as_long_as_in_training() -> None:
    values = pl.Series("y", ["a b", "one two three", "x y z w v"])
    assert Extract.fit(values, np.array([0, 1])).longest == 3
    assert Extract.fit(values, np.array([0]), tokens=Tokens("bytes")).longest == 3
    assert Extract.fit(values, np.array([2]), tokens=Tokens("words")).longest == 5


class TestPassageEncoder:
    """Ids 2 to 6 are tokens, 7 separates the columns; from 8 on they are unknown."""

    BLOCK = torch.tensor([[2, 3, 7, 4, 3, 5, 0], [6, 7, 2, 6, 0, 0, 0], [2, 7, 0, 0, 0, 0, 0]])

    @pytest.mark.parametrize("network", ["lstm", "transformer"])
    def test_it_gives_the_places_of_the_passage_alone(self, network: str) -> None:
        encoder = PassageEncoder(8, 3.0, {"name": network}, passage=1, columns=2).eval()
        assert inside(self.BLOCK, passage=1, separator=7).int().tolist() == [
            [0, 0, 0, 1, 1, 1, 0],
            [0, 0, 1, 1, 0, 0, 0],
            [0] * 7,
        ]
        assert encoder.there(self.BLOCK).tolist() == [[True] * 3, [True, True, False], [False] * 3]
        found = encoder.positions(self.BLOCK)
        assert found.shape == (3, 3, encoder.width)
        alone = encoder.positions(self.BLOCK[1:2, :4])
        torch.testing.assert_close(found[1:2, :2], alone, atol=1e-5, rtol=1e-5)

    def test_the_first_column_may_be_the_passage_and_may_be_alone(self) -> None:
        first = PassageEncoder(8, 3.0, "lstm", passage=0, columns=2)
        assert first.there(self.BLOCK).sum(dim=1).tolist() == [2, 1, 1]
        alone = PassageEncoder(8, 3.0, "lstm", passage=0, columns=1)
        assert alone.there(self.BLOCK).sum(dim=1).tolist() == [6, 4, 2]

    def test_a_token_is_marked_where_the_other_side_has_it_too(self) -> None:
        encoder = PassageEncoder(8, 3.0, "lstm", passage=1, columns=2).eval()
        with torch.no_grad():
            encoder.embedding.weight.zero_()
            encoder.marks.weight.copy_(torch.arange(4.0)[:, None].expand(-1, 128))
        seen: list[torch.Tensor] = []
        encoder.network.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        encoder.positions(self.BLOCK)
        assert seen[0][0, :, 0].tolist() == [0, 1, 0, 2, 3, 2, 0]
        assert seen[0][1, :4, 0].tolist() == [1, 0, 2, 3]
        encoder.positions(
            torch.tensor([[8, 9, 1, 7, 8, 10, 1]])
        )  # the same unknown word, others, and untold ones
        assert seen[1][0, :, 0].tolist() == [1, 0, 0, 0, 3, 2, 2]

    def test_the_architecture_builds_it_where_a_passage_is_named(self) -> None:
        blocks = {"text": {"size": 8, "length": 4.0, "passage": [1, 2]}}
        network = Architecture({"name": "lstm", "hidden": 8}, blocks, 2, "text").build(0)
        outputs = network({"text": self.BLOCK})
        assert outputs.shape == (3, 3, 2)
        assert outputs.isnan().any(2).tolist() == [[False] * 3, [False, False, True], [True] * 3]
