"""What is told of a run that extracts: the baselines, and spans marked in their passages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from torch import nn

from ..data.kinds.values import read_text
from ..data.passages import normal
from ..delivery.model import forward
from ..evaluation.answers import most_frequent_text
from ..evaluation.columns import BaselineResult
from ..evaluation.extracts import overlap, sentence
from ..tasks.extract import Extract
from .prepared import Prepared

WORST, OTHERS = 12, 6
"""So many test rows whose answer was found worst are told, and so many others, evenly spread."""

AROUND = 200
"""So many characters of the passage are told before the first and behind the last of both answers."""


def baselines(prepared: Prepared) -> dict[str, BaselineResult]:
    """The most frequent answer, and what the most fitting sentence adds to the question, on the test rows."""
    task, kind = prepared.task, passage_kind(prepared)
    answers = task.truth(prepared.parts["train"].target)
    train, test = (
        normal(prepared.frame(part)[kind.passage]).fill_null("").to_list() for part in ("train", "test")
    )
    found = {"trivial": most_frequent_text(answers, len(test))}
    asked = _asked(prepared)
    if len(kind.columns) > 1:
        found["sentence"] = sentence(train, test, asked)
    return found


def passage_kind(prepared: Prepared) -> Any:
    """The fitted texts, which know the passage."""
    return prepared.preparation.blocks["text"]


def told(prepared: Prepared, network: nn.Module) -> dict[str, Any]:
    """What is said of the test rows, as JSON values; nothing where nothing is extracted.

    Returns:
        ``extracted`` with ``passage``, the column's name, and ``rows``: of each its number ``row``, ``asked``,
        ``true`` and ``said``, ``score``, ``f1``, and the ``text`` around both answers in pieces: [piece, whether it is
        of the truth, whether it is of what was said].
    """
    task, part = prepared.task, prepared.parts["test"]
    if not isinstance(task, Extract) or not len(part):
        return {}
    kind = passage_kind(prepared)
    passages = normal(prepared.frame("test")[kind.passage]).fill_null("")
    quoted = task.quotes(forward(network, part.inputs), passages, kind.tokens)
    truth = task.truth(part.target).tolist()
    said = quoted[task.target].to_list()
    scores = np.array([overlap(*pair) for pair in zip(truth, said)])
    spread = np.linspace(0, len(part) - 1, OTHERS + 2).round().astype(int)[1:-1].tolist()
    worst = [row for row in np.argsort(scores, kind="stable").tolist() if scores[row] < 1.0][:WORST]
    asked, starts, ends = _asked(prepared), quoted.to_series(1).to_list(), quoted.to_series(2).to_list()
    rows = []
    for row in dict.fromkeys([*spread, *worst]):
        at = passages[row].find(truth[row])
        marked = [(at, at + len(truth[row])), (starts[row] or 0, ends[row] or 0)]
        rows.append(
            {
                "row": int(part.rows[row]) + 1,
                "asked": asked[row],
                "true": truth[row],
                "said": said[row],
                "score": round(float(quoted.to_series(3)[row]), 4),
                "f1": round(float(scores[row]), 4),
                "text": pieces(passages[row], *marked),
            }
        )
    return {"extracted": {"passage": kind.passage, "rows": rows}}


def pieces(text: str, true: tuple[int, int], said: tuple[int, int]) -> list[list[Any]]:
    """The text around two spans, cut where one begins or ends; an ellipsis stands where text is left out.

    >>> pieces("Bern lies here", (0, 4), (0, 9))
    [['Bern', True, True], [' lies', False, True], [' here', False, False]]
    """
    first, last = max(0, min(true[0], said[0]) - AROUND), min(len(text), max(true[1], said[1]) + AROUND)
    cuts = sorted({first, last, *(at for span in (true, said) for at in span if first <= at <= last)})
    found: list[list[Any]] = [["…", False, False]] if first else []
    for a, b in pairwise(cuts):
        found.append([text[a:b], true[0] <= a < true[1], said[0] <= a < said[1]])
    return [*found, ["…", False, False]] if last < len(text) else found


def _asked(prepared: Prepared) -> list[str]:
    """What is asked in each test row: all texts but the passage."""
    kind, frame = passage_kind(prepared), prepared.frame("test")
    others = [read_text(frame[name]).fill_null("").to_list() for name in kind.columns if name != kind.passage]
    return [" | ".join(row) for row in zip(*others)] if others else [""] * frame.height
