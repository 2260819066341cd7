"""What is told of single tokens: by how much each moved the prediction of some rows, and what it looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.kinds import Kind
from ..data.ragged import Ragged
from ..data.token_texts import Shown, kind_of_tokens, shown
from ..delivery.model import forward
from ..evaluation.mistakes import worst_rows
from ..insight.attribution import attribution
from ..network.sequences import mask_of
from ..tasks import Task
from .attended import maps_of, rounded, window
from .attributed_scores import BY_FORM, Asked, asked_of
from .prepared import Prepared

WORST, RIGHT = 5, 3
"""So many rows that are furthest off are told, and so many right ones, evenly spread."""

TOKENS = 2_000
"""Rows are told as long as they have so many tokens together, so that it takes a few seconds at most."""

SHOWN = 150
"""So many tokens of a row are shown: where there are more, those next to one another that move it most."""

STRONGEST = 4
"""So many tokens are named for the prediction, and so many against it."""

MAPPED = 2
"""Of so many rows of both sorts attention is told."""


@dataclass(frozen=True)
class Rows:
    """N rows whose target is known.

    Args:
        task: of one target.
        kinds: of the inputs, by name.
        inputs: by name the block of each (N, ...).
        truth: (N, ...), as the task has it.
        numbers: (N,) of the rows in the source, from 1.
        frame: the rows as they were read.
    """

    task: Task
    kinds: Mapping[str, Kind]
    inputs: Mapping[str, Any]
    truth: NDArray[Any]
    numbers: NDArray[np.int64]
    frame: pl.DataFrame


def of_test(prepared: Prepared) -> Rows:
    """The test rows of a run with one target."""
    part, task = prepared.parts["test"], prepared.task
    truth, numbers = task.truth(part.target), part.rows.numpy() + 1
    return Rows(task, prepared.preparation.blocks, part.inputs, truth, numbers, prepared.frame("test"))


def tells(task: Task, kinds: Mapping[str, Kind]) -> bool:
    """Whether there is anything to be told: tokens are read, and the predictions have one of the forms."""
    return kind_of_tokens(kinds) is not None and task.forms[0] in BY_FORM


def told(
    rows: Rows,
    predicted: NDArray[Any],
    network: nn.Module,
    own: Callable[[Tensor], Tensor] = lambda outputs: outputs,
) -> dict[str, Any]:
    """What moved the predictions of some rows, as JSON values.

    Args:
        rows: of which it is told.
        predicted: (N, ...) of these rows, as they are measured.
        network: in use.
        own: from the outputs of the network to those of this target.

    Returns:
        ``attributions`` with ``bag``, whether n-grams are told; ``left_out``, how many rows were too long to be told;
        ``empty``, how many have no tokens; and ``rows`` (``_row``). In place of these ``unreached``, where the vectors
        of the tokens cannot be reached. Nothing where no tokens are read.
    """
    task, kind = rows.task, kind_of_tokens(rows.kinds)
    if kind is None or not tells(task, rows.kinds) or not len(rows.numbers):
        return {}
    there = _lengths(rows.inputs[kind.name]) > 0
    chosen = _chosen(rows.truth, predicted, there)
    bag = any(hasattr(module, "grams") for module in network.modules())
    found: list[dict[str, Any]] = []
    tokens = 0
    for place, right in chosen:
        inputs = {name: block[torch.tensor([place])] for name, block in rows.inputs.items()}
        block = inputs[kind.name]
        count = int(mask_of(block).sum())
        tokens += count
        if tokens > TOKENS and found:
            break
        inputs[kind.name] = block[:, :count]
        outputs = task.joined(own(forward(network, inputs)))
        asked = asked_of(task, rows.truth[place], predicted[place], outputs)
        mapped = sum(row["right"] == right for row in found) < MAPPED
        text = shown(kind, rows.frame[place], inputs[kind.name])
        row = _row(text, kind, network, inputs, asked, lambda y: task.joined(own(y)), mapped)
        if row is None:
            return {"attributions": {"unreached": True}}
        found.append({"row": int(rows.numbers[place]), "right": right, **row})
    left_out, empty = len(chosen) - len(found), int((~there).sum())
    return {"attributions": {"bag": bag, "rows": found, "left_out": left_out, "empty": empty}}


def _lengths(block: Any) -> NDArray[np.int64]:
    """(N,) how many tokens each row has."""
    lengths = block.lengths if isinstance(block, Ragged) else mask_of(block).sum(dim=1)
    return np.asarray(lengths.cpu().numpy())


def _chosen(truth: NDArray[Any], predicted: NDArray[Any], there: NDArray[np.bool_]) -> list[tuple[int, bool]]:
    """The places of the rows that are told, which have tokens, with whether they are right ones; both by turns."""
    order = worst_rows(truth, predicted, len(truth))
    values = predicted.ndim == 1 and predicted.dtype.kind == "f"
    bad = order[: len(order) // 2] if values else order  # of values the better half stands for what is right
    rest = np.setdiff1d(np.flatnonzero(there), bad)
    bad = bad[there[bad]]
    spread = np.linspace(0, len(rest) - 1, min(RIGHT, len(rest))).round().astype(int)
    worst, right = bad[:WORST].tolist(), rest[spread].tolist()
    turns = [(place, one) for pair in zip(worst, right) for place, one in zip(pair, (False, True))]
    more = (worst[len(right) :], right[len(worst) :])
    return turns + [(place, one) for left, one in zip(more, (False, True)) for place in left]


def _row(
    text: Shown,
    kind: Any,
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    asked: Asked,
    joined: Callable[[Tensor], Tensor],
    mapped: bool,
) -> dict[str, Any] | None:
    """What is told of one row; None where the vectors of its tokens cannot be reached.

    ``said``, ``true`` and ``about``; ``asked``, the token that is asked about, where one is; ``total``, what all tokens
    add together, and ``error``, by how much the sum of the values misses it; ``tokens``, how many are read, and
    ``unread``; ``hidden``, how many stand before and behind those that are shown, with the sum of their values;
    ``pieces``: what stands before a token, the token, its value, and "unknown", "asked" or ""; ``strongest``: tokens or
    n-grams for it and against it; ``maps`` of attention.
    """
    block = inputs[kind.name]
    count = len(text.tokens)
    told: dict[str, Any] = {"said": asked.said, "true": asked.true, "about": asked.about}
    if asked.place is not None:
        told["asked"] = text.tokens[asked.place]
    found = attribution(
        network, inputs, kind.name, kind.unknown(block), lambda outputs: asked.score(joined(outputs))
    )
    if found is None:
        return None
    values = _of_tokens(found.values)
    first = window(np.abs(values), SHOWN, asked.place)
    last = min(count, first + SHOWN)
    sides = (slice(0, first), slice(last, count))
    told |= {
        "total": rounded(found.total),
        "error": rounded(found.error),
        "tokens": count,
        "unread": text.unread,
        "hidden": [[len(values[side]), rounded(values[side].sum())] for side in sides],
        "pieces": _pieces(text, values, first, last, asked.place),
        "strongest": _strongest(text, found.values),
    }
    return {**told, "maps": maps_of(network, inputs, kind.name, text.tokens, values)} if mapped else told


def _of_tokens(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) what each token adds; of n-grams (T, 2) a pair is half of each of its words."""
    if values.ndim == 1:
        return values
    half = values[:, 1] / 2
    added: NDArray[np.float64] = values[:, 0] + half + np.append(half[1:], 0.0)
    return added


def _pieces(
    text: Shown, values: NDArray[np.float64], first: int, last: int, asked: int | None
) -> list[list[Any]]:
    pieces: list[list[Any]] = []
    for at in range(first, last):
        if not text.tokens[at] and pieces:  # of the same character
            pieces[-1][2] = rounded(pieces[-1][2] + values[at])
            continue
        mark = "asked" if at == asked else "unknown" if text.unknown[at] else ""
        pieces.append([text.before[at], text.tokens[at], rounded(values[at]), mark])
    return pieces


def _strongest(text: Shown, values: NDArray[np.float64]) -> list[list[list[Any]]]:
    """The tokens, or n-grams, with the largest sums over all their places: for the prediction, and against it."""
    sums: defaultdict[str, float] = defaultdict(float)
    alone = values if values.ndim == 1 else values[:, 0]
    for token, value in zip(text.tokens, alone.tolist()):
        sums[token] += value
    if values.ndim == 2:
        for at in range(1, len(text.tokens)):
            sums[f"{text.tokens[at - 1]} {text.tokens[at]}"] += float(values[at, 1])
    order = sorted(sums.items(), key=lambda entry: -entry[1])
    return [
        [[name, rounded(value)] for name, value in side[:STRONGEST] if sign * value > 0]
        for side, sign in ((order, 1), (order[::-1], -1))
    ]
