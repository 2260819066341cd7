"""What is told of single tokens: by how much each moved the prediction of some test rows, and what it looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.ragged import Ragged
from ..delivery.model import forward
from ..evaluation.mistakes import worst_rows
from ..insight.attribution import attribution
from ..network.attention import read_maps
from ..network.sequences import mask_of
from .attributed_scores import FORMS, Asked, asked_of
from .prepared import Prepared
from .token_texts import Shown, shown

WORST, RIGHT = 5, 3
"""So many rows that are furthest off are told, and so many right ones, evenly spread."""

TOKENS = 3_000
"""Rows are told as long as they have so many tokens together, so that it takes a few seconds at most."""

SHOWN = 150
"""So many tokens of a row are shown: where there are more, those next to one another that move it most."""

STRONGEST = 4
"""So many tokens are named for the prediction, and so many against it."""

MAPPED, WINDOW = 2, 24
"""Of so many rows of both sorts attention is told, of so many tokens next to one another."""


def told(
    prepared: Prepared,
    predicted: NDArray[Any],
    network: nn.Module,
    own: Callable[[Tensor], Tensor] = lambda outputs: outputs,
) -> dict[str, Any]:
    """What moved the predictions of some test rows, as JSON values.

    Args:
        prepared: of one target.
        predicted: (N, ...) of the test rows, as they are measured.
        network: in use.
        own: from the outputs of the network to those of this target.

    Returns:
        ``attributions`` with ``bag``, whether n-grams are told; ``left_out``, how many rows were too long to be told;
        ``empty``, how many have no tokens; and ``rows`` (``_row``). Nothing where no tokens are read, or their vectors
        cannot be reached.
    """
    task, part = prepared.task, prepared.parts["test"]
    kind = _kind(prepared)
    if kind is None or task.forms[0] not in FORMS or not len(part):
        return {}
    truth = task.truth(part.target)
    there = _lengths(part.inputs[kind.name]) > 0
    chosen, frame = _chosen(truth, predicted, there), prepared.frame("test")
    bag = any(hasattr(module, "grams") for module in network.modules())
    rows: list[dict[str, Any]] = []
    tokens = 0
    for place, right in chosen:
        inputs = part.take(torch.tensor([place])).inputs
        block = inputs[kind.name]
        count = int(mask_of(block).sum())
        tokens += count
        if tokens > TOKENS and rows:
            break
        inputs[kind.name] = block[:, :count]
        outputs = task.joined(own(forward(network, inputs)))
        asked = asked_of(task, truth[place], predicted[place], outputs)
        mapped = sum(row["right"] == right for row in rows) < MAPPED
        text = shown(kind, frame[place], inputs[kind.name])
        row = _row(text, kind, network, inputs, asked, lambda y: task.joined(own(y)), mapped)
        if row is None:
            return {}
        rows.append({"row": int(part.rows[place]) + 1, "right": right, **row})
    left_out, empty = len(chosen) - len(rows), int((~there).sum())
    return {"attributions": {"bag": bag, "rows": rows, "left_out": left_out, "empty": empty}}


def _lengths(block: Any) -> NDArray[np.int64]:
    """(N,) how many tokens each row has."""
    lengths = block.lengths if isinstance(block, Ragged) else mask_of(block).sum(dim=1)
    return np.asarray(lengths.cpu().numpy())


def _kind(prepared: Prepared) -> Any:
    """The fitted kind of what is read token by token; None where there is none."""
    blocks: Mapping[str, Any] = prepared.preparation.blocks
    return blocks.get("text") or blocks.get("tokens")


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
    first = _window(np.abs(values), SHOWN, asked.place)
    last = min(count, first + SHOWN)
    sides = (slice(0, first), slice(last, count))
    told |= {
        "total": _short(found.total),
        "error": _short(found.error),
        "tokens": count,
        "unread": text.unread,
        "hidden": [[len(values[side]), _short(values[side].sum())] for side in sides],
        "pieces": _pieces(text, values, first, last, asked.place),
        "strongest": _strongest(text, found.values),
    }
    return {**told, "maps": _maps(network, inputs, text, values, kind.name)} if mapped else told


def _of_tokens(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T,) what each token adds; of n-grams (T, 2) a pair is half of each of its words."""
    if values.ndim == 1:
        return values
    half = values[:, 1] / 2
    added: NDArray[np.float64] = values[:, 0] + half + np.append(half[1:], 0.0)
    return added


def _window(sizes: NDArray[np.float64], wide: int, within: int | None = None) -> int:
    """The first of so many places next to one another whose sizes are largest together, and which hold one place."""
    if len(sizes) <= wide:
        return 0
    sums = np.convolve(sizes, np.ones(wide), mode="valid")
    if within is not None:
        starts = np.arange(len(sums))
        sums = np.where((starts <= within) & (within < starts + wide), sums, -1.0)
    return int(sums.argmax())


def _pieces(
    text: Shown, values: NDArray[np.float64], first: int, last: int, asked: int | None
) -> list[list[Any]]:
    pieces: list[list[Any]] = []
    for at in range(first, last):
        if not text.tokens[at] and pieces:  # of the same character
            pieces[-1][2] = _short(pieces[-1][2] + values[at])
            continue
        mark = "asked" if at == asked else "unknown" if text.unknown[at] else ""
        pieces.append([text.before[at], text.tokens[at], _short(values[at]), mark])
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
        [[name, _short(value)] for name, value in side[:STRONGEST] if sign * value > 0]
        for side, sign in ((order, 1), (order[::-1], -1))
    ]


def _maps(
    network: nn.Module, inputs: Mapping[str, Tensor], text: Shown, values: NDArray[np.float64], block: str
) -> dict[str, Any]:
    """The attention of a row: ``tokens`` of the window, ``first``, and ``layers`` of ``heads``; nothing without any.

    Of each head ``lines``: of each token of the window, in percent, how much it looks at each of them; ``strongest``:
    the token that looks, the one that it looks at, and how much; ``seen``: the share that stays within the window.
    """
    count = len(text.tokens)
    layers = [
        each[0].double().cpu().numpy()
        for name, each in read_maps(network, inputs).items()
        if name.startswith(("network.", f"encoders.{block}.")) and each.shape[-2:] == (count, count)
    ]
    if not layers:
        return {}
    first = _window(np.abs(values), WINDOW)
    window = slice(first, min(count, first + WINDOW))
    tokens = [token or "·" for token in text.tokens[window]]
    told = []
    for layer in layers:
        heads = []
        for weights in layer[:, window, window]:
            looks, seen = np.unravel_index(int(weights.argmax()), weights.shape)
            heads.append(
                {
                    "lines": [
                        " ".join(str(round(100 * weight)) for weight in line) for line in weights.tolist()
                    ],
                    "strongest": [tokens[looks], tokens[seen], _short(weights.max())],
                    "seen": _short(weights.sum(axis=1).mean()),
                }
            )
        told.append(heads)
    return {"tokens": tokens, "first": first, "layers": told}


def _short(value: Any) -> float:
    return float(f"{float(value):.3g}")
