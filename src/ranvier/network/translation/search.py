"""Which text is most probable: a beam search for many rows at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

State = dict[str, Tensor]
"""What a network knows of rows whose text is being written: tensors of which each has the rows as first dimension."""

SPECIAL = 2
"""The ids of padding and of the unknown come first; neither is ever written."""


def penalty(lengths: Tensor, strength: float) -> Tensor:
    """By what the log-probability of a text of so many tokens, its end among them, is divided (Wu et al. 2016, eq. 14).

    lp = ((5 + length) / 6)^strength; without it (0) short texts would be preferred, since each token costs.
    """
    return ((5 + lengths.double()) / 6) ** strength


@torch.no_grad()
def search(
    network: Any, source: Tensor, limits: Tensor, end: int, *, beams: int = 4, strength: float = 0.6
) -> Tensor:
    """The texts that a beam search finds.

    At each place the ``beams`` most probable beginnings are gone on with; one whose next token is ``end`` is done. A
    row stops where no beginning can become better than its best text, or ``beams`` texts are done. At its limit a text
    is ended.

    Args:
        network: a translator (``network.translation``), in evaluation mode.
        source: (B, S) ids, 0 in the padding.
        limits: (B,) the most tokens of each row's text, its end among them; at least 1.
        end: the id that ends a text, and stands before its first token.
        beams: how many beginnings are kept; 1 always takes the most probable token.
        strength: of the penalty on length.

    Returns:
        (B, T) ids of the most probable texts found, without their ends; -1 behind. T is at least 1.
    """
    rows = len(source)
    best = torch.full((rows,), -torch.inf, dtype=torch.float64, device=source.device)
    found = torch.full((rows, max(1, int(limits.max()) if rows else 1)), -1, device=source.device)
    if not rows:
        return found
    left = torch.arange(rows, device=source.device)  # the rows that are still searched
    done = torch.zeros(rows, dtype=torch.long, device=source.device)
    state = _repeated(network.begin(source), beams)
    scores = torch.full((rows, beams), -torch.inf, device=source.device)
    scores[:, 0] = 0.0  # all beams are the same as yet
    said = torch.full((rows, beams, 1), end, device=source.device)
    place = 0
    while len(left):
        place += 1
        logits, state = network.next(said[:, :, -1].flatten(), state)
        logs = logits.log_softmax(dim=1).view(len(left), beams, -1)
        scores = scores.to(logs.dtype)
        size = logs.shape[2]
        logs[:, :, :SPECIAL] = -torch.inf
        last = limits[left] <= place  # nothing but the end may follow
        ending = torch.arange(size, device=source.device) == end
        logs = logs.masked_fill(last[:, None, None] & ~ending, -torch.inf)
        sums = (scores.unsqueeze(2) + logs).flatten(1)  # (B, beams V)
        top, which = sums.topk(min(2 * beams, sums.shape[1]), dim=1)
        token, beam = which % size, which // size
        ends = (token == end) & top.isfinite()
        ends[:, beams:] = False
        closed = torch.where(ends, top / penalty(torch.tensor(place), strength), -torch.inf)
        value, at = closed.max(dim=1)
        better = value > best[left]
        chosen = said[torch.arange(len(left)), beam.gather(1, at[:, None])[:, 0], 1:]  # (B, place - 1)
        found[left[better]] = -1
        found[left[better], : place - 1] = chosen[better]
        best[left[better]] = value[better].double()
        done[left] += ends.sum(dim=1)
        top = top.masked_fill(token == end, -torch.inf)
        top, kept = top.topk(beams, dim=1)  # the first of those that do not end; in their order
        scores, token, beam = top, token.gather(1, kept), beam.gather(1, kept)
        hope = scores[:, 0] / penalty(limits[left], strength)
        open_ = (done[left] < beams) & (hope > best[left]) & ~last
        flat = (torch.arange(len(left), device=source.device)[:, None] * beams + beam)[open_].flatten()
        said = torch.cat([said.flatten(0, 1)[flat], token[open_].flatten()[:, None]], dim=1)
        said = said.view(-1, beams, place + 1)
        state = {name: held[flat] for name, held in state.items()}
        scores, left = scores[open_], left[open_]
    longest = max(1, int((found >= 0).sum(dim=1).max()))
    return found[:, :longest]


def _repeated(state: State, times: int) -> State:
    return {name: held.repeat_interleave(times, dim=0) for name, held in state.items()}
