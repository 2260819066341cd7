"""IBM's model 1 against a plain loop over texts, and what the word table says."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import polars as pl
import pytest

from ranvier.evaluation.word_table import ROUNDS, WordTable, answers_of_tables, model_one

SOURCE = [[2, 3], [2, 4], [5, 4, 2], [], [3]]
TARGET = [[7, 8], [7, 9], [9, 6, 7, 7], [8], []]


def encoded(texts: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    ids = np.array([one for text in texts for one in text], dtype=np.int64)
    return ids, np.concatenate(([0], np.cumsum([len(text) for text in texts])))


def by_hand(rounds: int) -> dict[tuple[int, int], float]:
    """t(f | e), with a word 0 that stands in every source."""
    t: dict[tuple[int, int], float] = defaultdict(lambda: 1.0)
    for _ in range(rounds):
        counts: dict[tuple[int, int], float] = defaultdict(float)
        for source, target in zip(SOURCE, TARGET):
            for f in target:
                total = sum(t[e, f] for e in [0, *source])
                for e in [0, *source]:
                    counts[e, f] += t[e, f] / total
        sums: dict[int, float] = defaultdict(float)
        for (e, _f), count in counts.items():
            sums[e] += count
        t = defaultdict(float, {(e, f): count / sums[e] for (e, f), count in counts.items()})
    return dict(t)


def test_the_chances_are_those_of_a_plain_loop() -> None:
    found = model_one(encoded(SOURCE), encoded(TARGET))
    expected = by_hand(ROUNDS)
    entries = list(zip(found.source.tolist(), found.target.tolist()))
    assert entries == sorted(expected)
    assert found.chance == pytest.approx([expected[entry] for entry in entries])
    assert found.rows == len(SOURCE)


def test_no_words_have_no_chances() -> None:
    found = model_one(encoded([[], []]), encoded([[], []]))
    assert len(found.chance) == 0


def test_what_the_tables_say() -> None:
    english = pl.Series(["a house", "a book", "the book", None])
    french = pl.Series(["une maison", "un livre", "le livre", "rien"])
    said = answers_of_tables((english, french), pl.Series(["the house , zebra", None]))
    assert said["copy"].prediction.tolist() == ["the house , zebra", ""]
    assert said["word_table"].prediction[0].startswith("le maison")
    assert said["word_table"].prediction[0].endswith("zebra") and said["word_table"].prediction[1] == ""
    assert said["word_table"].description.startswith(
        "each word's most likely translation in the source's order"
    )
    assert WordTable.fit(english, french).rows == 4
