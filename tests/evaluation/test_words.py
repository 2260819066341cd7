"""TF-IDF of words and pairs against scikit-learn's, and texts in the linear baseline."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from ranvier.evaluation import words as words_module
from ranvier.evaluation.baselines import Columns, linear
from ranvier.evaluation.words import Grams, Words

TEXTS = ["a b a c", "b c", "", "c c b a", "a b", "d"]
OTHERS = ["a b e", "", "c a"]


def words_of(texts: list[str]) -> Words:
    """Each letter is a word; its place in the alphabet is its id."""
    rows = [[ord(letter) - 96 for letter in text.split()] for text in texts]
    starts = np.cumsum([0, *map(len, rows)])
    return Words(np.array([one for row in rows for one in row], dtype=np.int64), starts)


def test_the_matrix_is_scikit_learns() -> None:
    oracle = TfidfVectorizer(ngram_range=(1, 2), min_df=2, token_pattern=r"\S+").fit(TEXTS)
    grams = Grams.fit(words_of(TEXTS))
    names = list(oracle.get_feature_names_out())
    number = {name: _number(name) for name in names}
    order = sorted(range(len(names)), key=lambda place: number[names[place]])
    assert [number[names[place]] for place in order] == grams.known.tolist()
    for texts in (TEXTS, OTHERS):
        expected = oracle.transform(texts).toarray()[:, order]
        np.testing.assert_allclose(grams.matrix(words_of(texts)).toarray(), expected)


def _number(name: str) -> int:
    first, *second = (ord(letter) - 96 for letter in name.split())
    return first << 32 | second[0] if second else first


def test_rows_are_taken_as_they_are() -> None:
    taken = words_of(TEXTS).take(np.array([3, 2, 0]))
    assert (taken.ids.tolist(), taken.starts.tolist()) == ([3, 3, 2, 1, 1, 2, 1, 3], [0, 4, 4, 8])


def test_of_many_words_those_of_most_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words_module, "MOST", 3)
    assert Grams.fit(words_of(TEXTS)).known.tolist() == [1, 2, 3]


def columns(texts: list[str], numbers: np.ndarray | None = None) -> Columns:
    given = np.zeros((len(texts), 0)) if numbers is None else numbers
    return Columns(given, np.zeros((len(texts), 0), dtype=np.int64), (), words_of(texts))


def test_the_linear_baseline_reads_texts_alone_and_beside_numbers() -> None:
    generator = np.random.default_rng(0)
    target = np.arange(120) % 2
    texts = [" ".join(generator.choice(list("abcd"), 6)) + (" y" if one else " z") for one in target]
    for numbers in (None, generator.normal(size=(120, 2))):
        rest = None if numbers is None else numbers[100:]
        train = columns(texts[:100], None if numbers is None else numbers[:100])
        result = linear(train, target[:100], columns(texts[100:], rest), 2)
        assert (result.prediction.argmax(axis=1) == target[100:]).all()
        assert "TF-IDF of" in result.description
    values = linear(columns(texts[:100]), target[:100] * 3.0, columns(texts[100:]), None)
    assert np.abs(values.prediction - target[100:] * 3.0).max() < 1.0


def test_texts_without_words_say_nothing() -> None:
    result = linear(columns([""] * 4), np.array([0, 1, 1, 1]), columns([""]), 2)
    np.testing.assert_allclose(result.prediction, [[0.25, 0.75]])
