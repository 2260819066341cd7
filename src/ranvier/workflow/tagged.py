"""What is told of a run that tags: the worst rows, errors by length, and of tokens that training never showed."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..data.kinds.tokens import cut
from ..evaluation.columns import BaselineResult
from ..evaluation.mistakes import worst_rows
from ..evaluation.tag_baselines import lexicon, usual_tag
from ..evaluation.tagging import right_tags
from ..tasks.tag import Tag
from .prepared import Prepared

WORST = 10
"""So many rows that were tagged worst are told."""

LONG = 80
"""So many tokens of a row are shown."""

LENGTHS = (1, 6, 11, 16, 21, 31, 41, 61)
"""Rows are told apart by how many tokens they have: from each of these to below the next."""


def baselines(prepared: Prepared) -> dict[str, BaselineResult]:
    """The most frequent tag, and that of each token of the first column of tokens, on the test rows."""
    task, parts = prepared.task, prepared.parts
    target = task.truth(parts["train"].target)
    train, test = (tokens(prepared.frame(part), prepared) for part in ("train", "test"))
    return {"trivial": usual_tag(target, test), "lexicon": lexicon(train, target, test)}


def tokens(frame: pl.DataFrame, prepared: Prepared) -> list[list[str]]:
    """The tokens of each row, of the first column that holds such."""
    column = prepared.preparation.blocks["tokens"].columns[0]
    return [row or [] for row in cut(frame[column]).to_list()]


def told(prepared: Prepared, predicted: NDArray[Any]) -> dict[str, Any]:
    """What is said of the test rows, as JSON values; nothing where nothing is tagged.

    Args:
        prepared: of the run.
        predicted: (N,) the tags that the network gives the test rows.

    Returns:
        ``tagged`` with ``lengths`` (rows, tokens and right ones by length), ``unseen`` (tokens that no training row
        has, and how many are right) and ``worst`` (the tokens of some rows, with what was true and said).
    """
    task, part = prepared.task, prepared.parts["test"]
    if not isinstance(task, Tag) or not len(part):
        return {}
    truth, words = task.truth(part.target), tokens(prepared.frame("test"), prepared)
    known = {word for row in tokens(prepared.frame("train"), prepared) for word in row}
    lengths = np.array([len(row) for row in truth])
    right = np.array([right_tags(*pair) for pair in zip(truth, predicted)])
    bins = np.searchsorted(LENGTHS, lengths, side="right") - 1
    fresh = [
        true == said
        for row, tags, guess in zip(words, truth, predicted)
        for word, true, said in zip(row, tags, guess)
        if word not in known
    ]
    return {
        "tagged": {
            "lengths": [
                {
                    "from": low,
                    "to": LENGTHS[place + 1] - 1 if place + 1 < len(LENGTHS) else int(lengths.max()),
                    "rows": int((bins == place).sum()),
                    "tokens": int(lengths[bins == place].sum()),
                    "right": int(right[bins == place].sum()),
                }
                for place, low in enumerate(LENGTHS)
                if (bins == place).any()
            ],
            "unseen": {"tokens": len(fresh), "accuracy": float(np.mean(fresh)) if fresh else None},
            "worst": [
                {
                    "row": int(part.rows[row]) + 1,
                    "tokens": words[row][:LONG],
                    "true": list(truth[row][:LONG]),
                    "said": list(predicted[row][:LONG]),
                    "left_out": max(0, len(truth[row]) - LONG),
                }
                for row in worst_rows(truth, predicted, WORST).tolist()
            ],
        },
    }
