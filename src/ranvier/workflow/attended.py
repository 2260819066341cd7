"""Where a network looked in one row, as far as the report draws it: the maps of its attention, cut to a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ..network.attention import read_maps

WINDOW = 24
"""So many tokens next to one another are drawn on each side: those that moved the prediction most."""


def maps_of(
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    block: str,
    tokens: Sequence[str],
    values: NDArray[np.float64],
) -> list[dict[str, Any]]:
    """The maps of the layers that look from tokens of a row to tokens of the row; nothing where there are none.

    Args:
        network: in use.
        inputs: the blocks of the row.
        block: that of the tokens.
        tokens: (T,).
        values: (T,) by how much each moved the prediction.

    Returns:
        Of each layer ``looking`` and ``seen``: for both sides the ``tokens`` of the window, ``first``, the number of
        the first among all of that side, and ``of``, how many these are; and ``heads``. Of each head ``lines``: of each
        token that looks, in percent, how much at each that is seen; ``strongest``: which looks most, at which, and how
        much; ``within``: the share of what the tokens of the window look at that stays within it.
    """
    found = []
    for name, maps in read_maps(network, inputs).items():
        if not name.startswith(("network.", f"encoders.{block}.")):
            continue
        weights = maps[0].double().cpu().numpy()  # (H, T, S)
        sides = _sides(network, inputs[block], block, weights.shape[1:])
        if not sides:
            continue
        (from_, rows), (to, columns) = (_side(which, tokens, values) for which in sides)
        found.append(
            {
                "looking": from_,
                "seen": to,
                "heads": [_head(head[rows, columns], from_["tokens"], to["tokens"]) for head in weights],
            }
        )
    return found


def _sides(network: Any, ids: Tensor, block: str, shape: tuple[int, ...]) -> list[NDArray[np.int64]]:
    """The places of the row that the lines of a map are of, and its columns; nothing where that is not known."""
    if shape == (ids.shape[1], ids.shape[1]):
        return [np.arange(ids.shape[1])] * 2
    if not hasattr(network.encoders[block], "parts"):
        return []
    return [part[0].cpu().numpy() - 1 for part in network.encoders[block].parts(ids)]


def _side(
    which: NDArray[np.int64], tokens: Sequence[str], values: NDArray[np.float64]
) -> tuple[dict[str, Any], slice]:
    """What is told of a side of a map, and its window."""
    first = window(np.abs(values[which]), WINDOW)
    shown = slice(first, min(len(which), first + WINDOW))
    return {"tokens": [tokens[at] or "·" for at in which[shown]], "first": first, "of": len(which)}, shown


def _head(weights: NDArray[np.float64], looking: list[str], seen: list[str]) -> dict[str, Any]:
    at, to = np.unravel_index(int(weights.argmax()), weights.shape)
    return {
        "lines": [" ".join(str(round(100 * weight)) for weight in line) for line in weights.tolist()],
        "strongest": [looking[at], seen[to], rounded(weights.max())],
        "within": rounded(weights.sum(axis=1).mean()),
    }


def window(sizes: NDArray[np.float64], wide: int, within: int | None = None) -> int:
    """The first of so many places next to one another whose sizes are largest together, and which hold one place."""
    if len(sizes) <= wide:
        return 0
    sums = np.convolve(sizes, np.ones(wide), mode="valid")
    if within is not None:
        starts = np.arange(len(sums))
        sums = np.where((starts <= within) & (within < starts + wide), sums, -1.0)
    return int(sums.argmax())


def rounded(value: Any) -> float:
    """To three digits.

    >>> rounded(0.123456)
    0.123
    """
    return float(f"{float(value):.3g}")
