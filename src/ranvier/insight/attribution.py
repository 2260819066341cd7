"""Which tokens moved a prediction: integrated gradients (Sundararajan, Taly & Yan, ICML 2017).

    a_t = sum_d (x_td - x'_td) integral_0^1 dF(x' + alpha (x - x')) / dx_td dalpha,      sum_t a_t = F(x) - F(x')

F is a score, a number that follows from the outputs. x_td is number d of the vector that the network of sequences
reads at place t (of a text the token's vector), and x' are those of a text as long, all of whose tokens are unknown.
(Zeros would not do: behind a norm of layers F hardly depends on how long the vectors are, and all hangs on the last bit
before zero.) Other columns stay as they are. The integral is a sum over Gauss and Legendre's points, and by how much
the sum of all a_t misses F(x) - F(x') says how exact it is. In a bag of n-grams x_t is what the token adds, alone and
with the one before it, and x' is zero: where texts are all there is, F is linear, and a_t is exact.

Legend: B rows, T places, D features of a place, K outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..network.in_use import device_of, in_use

POINTS, MOST = 8, 256
"""So many points the integral is a sum of, and so many at most where these are not exact enough: where a unit switches
on or off along the way, the slope jumps."""

PLACES = 12_288
"""A text that is longer has fewer of the latter points, so that all of them have so many places."""

EXACT = 0.02
"""An error of that share of F(x) - F(x') is exact enough."""

AT_ONCE = 16_384
"""So many places go through the network together."""

Score = Callable[[Tensor], Tensor]
"""From the outputs (B, ...) to a number for each row (B,)."""


@dataclass(frozen=True)
class Attribution:
    """What the places of one row add to a score.

    Args:
        values: (T,) what each place adds; of a bag of n-grams (T, 2), of the token and of it with the one before.
        total: F(x) - F(x').
        points: so many the integral is a sum of.
    """

    values: NDArray[np.float64]
    total: float
    points: int

    @property
    def error(self) -> float:
        """By how much the sum of the values misses ``total``."""
        return abs(float(self.values.sum()) - self.total)


def attribution(
    network: nn.Module, inputs: Mapping[str, Tensor], block: str, unknown: Tensor, score: Score
) -> Attribution | None:
    """What each place of a row adds to a score.

    Args:
        network: in use; ``Assembled``, or a module of the user's own that looks up the ids by ``nn.Embedding``.
        inputs: the blocks of one row.
        block: the name of that of the sequence, which has at least one place.
        unknown: the same block, all of whose tokens are unknown.
        score: F.

    Returns:
        Its values, or None where the vectors of the places cannot be reached.
    """
    device = device_of(network)
    row = {name: given.to(device) for name, given in inputs.items()}
    # cuDNN has no slopes of recurrent networks in use
    with in_use(network), torch.backends.cudnn.flags(enabled=False):
        path = _Path(network, row, block, unknown.to(device))
        return path.integrated(score) if path.last else None


class _Path:
    """The straight path from the vectors of unknown tokens to those of one row.

    Attributes:
        last: the vectors at its end (1, T, ...), by the module that takes them or gives them; of an encoder that looks
            them up in parts (``parts``) by the number of the part.
        first: those at its beginning.
    """

    def __init__(self, network: nn.Module, row: Mapping[str, Tensor], block: str, unknown: Tensor) -> None:
        self.network, self.row, self.block = network, row, block
        encoders: Any = getattr(network, "encoders", None)
        self.encoder: Any = encoders[block] if encoders is not None else None
        self.reader: Any = getattr(self.encoder, "network", None)
        self.bag = hasattr(self.reader, "grams")
        self.last = self._read(row[block])
        self.first = (
            {m: torch.zeros_like(x) for m, x in self.last.items()} if self.bag else self._read(unknown)
        )

    @torch.no_grad()
    def _read(self, ids: Tensor) -> dict[Hashable, Tensor]:
        """The vectors of a block of one row."""
        found: dict[Hashable, Tensor] = {}
        with self._hooked(ids, found.__setitem__):
            self.network({**self.row, self.block: ids})
        return found

    def integrated(self, score: Score) -> Attribution:
        """By few points, and by more where these are not exact enough."""
        with torch.no_grad():
            ends = self._scores(torch.tensor([0.0, 1.0]), score)[0]
        total = float(ends[1] - ends[0])
        more = min(MOST, max(4 * POINTS, PLACES // self.row[self.block].shape[1]))
        for points in (POINTS, more):
            found = Attribution(self._sum(points, score), total, points)
            if found.error <= EXACT * abs(total):
                break
        return found

    def _sum(self, points: int, score: Score) -> NDArray[np.float64]:
        """The values (T,) or (T, 2), as a sum of so many points."""
        nodes, weights = np.polynomial.legendre.leggauss(points)
        alphas, shares = torch.from_numpy((nodes + 1) / 2).float(), torch.from_numpy(weights / 2)
        together = max(1, AT_ONCE // self.row[self.block].shape[1])
        values: list[Any] = [0.0] * len(self.last)
        for some, own in zip(torch.split(alphas, together), torch.split(shares, together)):
            scores, scaled = self._scores(some, score)
            slopes = torch.autograd.grad(scores.sum(), scaled)
            for at, (slope, x, first) in enumerate(zip(slopes, self.last.values(), self.first.values())):
                each = (slope * (x - first)).sum(dim=-1).double().cpu()  # (B, T) or (B, T, 2)
                values[at] += torch.einsum("b,b...->...", own, each)
        return np.asarray(self._in_place(values).numpy())

    def _in_place(self, values: list[Tensor]) -> Tensor:
        """The values of all vectors, each at the place in the block that it is of."""
        if not hasattr(self.encoder, "parts"):
            return torch.stack(values).sum(dim=0)
        block = self.row[self.block]
        whole = torch.zeros(block.shape[1] + 1, dtype=torch.double)  # the first is of nothing
        for part, each in zip(self.encoder.parts(block), values):
            whole.index_add_(0, part[0].cpu(), each)
        return whole[1:]

    def _scores(self, alphas: Tensor, score: Score) -> tuple[Tensor, list[Tensor]]:
        """The scores (B,) at places of the path (B,), and the vectors (B, T, ...) that they follow from."""
        between = {
            m: torch.lerp(self.first[m], x, alphas.to(x).view(-1, *[1] * (x.ndim - 1))).requires_grad_(True)
            for m, x in self.last.items()
        }
        row = {name: given.expand(len(alphas), *given.shape[1:]) for name, given in self.row.items()}
        with self._hooked(self.row[self.block], lambda key, _: between.get(key)):
            return score(self.network(row)).double(), list(between.values())

    @contextmanager
    def _hooked(self, ids: Tensor, look: Callable[[Hashable, Tensor], Tensor | None]) -> Iterator[None]:
        """In one pass, show ``look`` the vectors of ``ids`` with their keys; it may give others for them."""
        parts = count()

        def read(module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
            other = look(module, given[0])
            return None if other is None else (other, *given[1:])

        def added(module: Any, given: tuple[Tensor, ...], _: Tensor) -> Tensor | None:
            other = look(module, module.grams(*given))
            return None if other is None else other.sum(dim=2)

        def looked_up(module: nn.Module, given: tuple[Tensor, ...], x: Tensor) -> Tensor | None:
            same = given[0].shape[1:] == ids.shape[1:] and bool((given[0] == ids).all())
            return look(module, x) if same else None

        if hasattr(self.encoder, "parts"):
            hooks = [self.encoder.embedding.register_forward_hook(lambda m, given, x: look(next(parts), x))]
        elif self.reader is None:
            tables = [module for module in self.network.modules() if isinstance(module, nn.Embedding)]
            hooks = [table.register_forward_hook(looked_up) for table in tables]
        elif self.bag:
            hooks = [self.reader.register_forward_hook(added)]
        else:
            hooks = [self.reader.register_forward_pre_hook(read)]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
