"""ROUGE, by values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.evaluation.metrics import Metric
from ranvier.evaluation.translations import rouge_1, rouge_2, rouge_l

TRUTH, SAID = "the cat sat on the mat", "the the the cat lay on a mat"
"""6 and 8 words, of which the, the, cat, on, mat are common; of 5 and 7 pairs "the cat" alone; the longest common
subsequence is "the cat on mat"."""


def of(metric: Metric, *pairs: tuple[str, str], weights: list[float] | None = None) -> float:
    truth, said = (np.array(each) for each in zip(*pairs))
    return float(metric.function(truth, said, np.array([weights or [1.0] * len(pairs)]))[0])


@pytest.mark.parametrize(
    ("metric", "value"), [(rouge_1, 2 * 5 / 14), (rouge_2, 2 * 1 / 12), (rouge_l, 2 * 4 / 14)]
)
def test_a_word_counts_as_often_as_both_texts_have_it(metric: Metric, value: float) -> None:
    assert of(metric, (TRUTH, SAID)) == pytest.approx(value)
    assert of(metric, (SAID, TRUTH)) == pytest.approx(value)
    assert of(metric, (TRUTH, TRUTH)) == 1.0
    assert of(metric, (TRUTH, "")) == 0.0
    assert of(metric, (TRUTH, SAID), (TRUTH, TRUTH), weights=[3.0, 1.0]) == pytest.approx((3 * value + 1) / 4)


def test_two_words_in_a_row_are_not_two_words_apart() -> None:
    assert of(rouge_1, ("red wine", "wine red")) == 1.0
    assert of(rouge_2, ("red wine", "wine red")) == 0.0
    assert of(rouge_2, ("red wine glass", "a red wine")) == pytest.approx(1 / 2)


def test_texts_too_short_to_count_are_right_where_they_are_equal() -> None:
    assert of(rouge_1, ("", "")) == of(rouge_2, ("", "")) == of(rouge_2, ("red", "red")) == 1.0
    assert of(rouge_2, ("red", "blue")) == of(rouge_2, ("", "blue")) == 0.0
