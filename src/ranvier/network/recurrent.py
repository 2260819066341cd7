"""Recurrent networks: what was seen so far is held in a state h, which each position changes.

Legend: B rows, T positions, D inputs, H hidden units; sigma is the logistic function, * is element by element. Of a
gate g the weights are W_g = [U_g, V_g]: the rows of g in ``hidden`` are U_g (H, H), which meets h_(t-1), and those in
``input`` are V_g (H, D), which meets x_t; [h, x] is one after the other.

    rnn    h_t  = tanh(V x_t + U h_(t-1) + b)                                            (Elman 1990)

    lstm   i_t  = sigma(W_i [h_(t-1), x_t] + b_i)          input gate      (Hochreiter & Schmidhuber 1997; with the
           f_t  = sigma(W_f [h_(t-1), x_t] + b_f)          forget gate      forget gate of Gers et al. 2000)
           C~_t = tanh (W_C [h_(t-1), x_t] + b_C)
           o_t  = sigma(W_o [h_(t-1), x_t] + b_o)          output gate
           C_t  = f_t * C_(t-1) + i_t * C~_t
           h_t  = o_t * tanh(C_t)

    gru    z_t  = sigma(W_z [h_(t-1), x_t] + b_z)          update gate                   (Cho et al. 2014)
           r_t  = sigma(W_r [h_(t-1), x_t] + b_r)          reset gate
           h~_t = tanh (W_h [r_t * h_(t-1), x_t] + b_h)                    reset before the product
           h~_t = tanh (V_h x_t + b_h + r_t * (U_h h_(t-1) + c_h))         reset after it (cuDNN's and torch's)
           h_t  = (1 - z_t) * h_(t-1) + z_t * h~_t

ONNX and torch write h_t = z_t * h_(t-1) + (1 - z_t) * h~_t: their z is 1 - z here, so that W_z and b_z have the other
sign. The rows of the gates lie in the order in which they stand above.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..limits import Count, Fraction
from .initializers import orthogonal, xavier_uniform

Cell = Literal["rnn", "lstm", "gru_before", "gru_after"]

GATES = {"rnn": 1, "lstm": 4, "gru_before": 3, "gru_after": 3}


class Direction(nn.Module):
    """One layer that reads from the first position to the last.

    It has G H (D + H + 1) parameters, G being 1 for rnn, 4 for lstm and 3 for gru, and H more where the reset comes
    after the product.

    Args:
        cell: which equations.
        inputs: D.
        hidden: H.
    """

    def __init__(self, cell: Cell, inputs: int, hidden: int) -> None:
        super().__init__()
        self.cell = cell
        self.size = hidden
        rows = GATES[cell] * hidden
        self.input = nn.Parameter(torch.zeros(rows, inputs))
        self.hidden = nn.Parameter(torch.zeros(rows, hidden))
        self.bias = nn.Parameter(torch.zeros(rows))
        self.after = nn.Parameter(torch.zeros(hidden)) if cell == "gru_after" else None  # c_h

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew: V_g by Xavier's rule, U_g orthogonal; biases 0.

        The forget gate's bias is 1, so that an lstm remembers until it has learnt to forget (Gers et al. 2000).
        """
        for gate in torch.split(self.input.data, self.size):
            xavier_uniform(gate, generator)
        for gate in torch.split(self.hidden.data, self.size):
            orthogonal(gate, generator)
        with torch.no_grad():
            self.bias.zero_()
            if self.cell == "lstm":
                self.bias[self.size : 2 * self.size] = 1.0
            if self.after is not None:
                self.after.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) to h_1 ... h_T, (B, T, H); h_0 is 0."""
        if self.cell == "gru_before":
            return self._reset_before(x)
        state = x.new_zeros(1, len(x), self.size)
        none = torch.zeros_like(self.bias)  # torch adds two biases where one does
        weights = [self.input, self.hidden, self.bias, none]
        if self.cell == "rnn":
            return torch.rnn_tanh(x, state, weights, True, 1, 0.0, False, False, True)[0]
        if self.cell == "lstm":
            return torch.lstm(x, [state, state], weights, True, 1, 0.0, False, False, True)[0]
        second = none if self.after is None else torch.cat([none[self.size :], self.after])
        weights = [*map(_for_torch, weights[:3]), second]
        return torch.gru(x, state, weights, True, 1, 0.0, False, False, True)[0]

    def step(self, x: Tensor, state: Tensor) -> Tensor:
        """One position: x_t (B, D) and what is held, (B, H), of an lstm h and C (B, 2 H), to what is held then."""
        size = self.size
        h = state[:, :size]
        from_x = functional.linear(x, self.input, self.bias)
        if self.cell == "rnn":
            return torch.addmm(from_x, h, self.hidden.t()).tanh()
        if self.cell == "lstm":
            i, f, candidate, o = torch.addmm(from_x, h, self.hidden.t()).chunk(4, dim=1)
            c = f.sigmoid() * state[:, size:] + i.sigmoid() * candidate.tanh()
            return torch.cat([o.sigmoid() * c.tanh(), c], dim=1)
        gates, from_x = torch.split(from_x, [2 * size, size], dim=1)
        z, r = torch.addmm(gates, h, self.hidden[: 2 * size].t()).sigmoid().chunk(2, dim=1)
        seen = self.hidden[2 * size :].t()
        held = (r * h) @ seen if self.after is None else r * torch.addmm(self.after, h, seen)
        return _between(h, (from_x + held).tanh(), z)

    def _reset_before(self, x: Tensor) -> Tensor:
        """Position by position, for torch has no kernel of this kind; the products with x are one."""
        size = self.size
        from_x = functional.linear(x, self.input, self.bias).transpose(0, 1)  # (T, B, 3 H)
        gates, candidates = torch.split(from_x, [2 * size, size], dim=2)
        to_gates, to_candidate = self.hidden[: 2 * size].t(), self.hidden[2 * size :].t()
        h, found = x.new_zeros(len(x), size), []
        for gate, candidate in zip(gates.unbind(0), candidates.unbind(0)):
            z, r = torch.addmm(gate, h, to_gates).sigmoid().chunk(2, dim=1)
            h = _between(h, torch.addmm(candidate, r * h, to_candidate).tanh(), z)
            found.append(h)
        return torch.stack(found, dim=1)


def _between(h: Tensor, new: Tensor, z: Tensor) -> Tensor:
    """z of the way from h to what is new; h keeps its precision where the products have another one."""
    return torch.lerp(h, new.to(h.dtype), z.to(h.dtype))


class Recurrent(nn.Module):
    """Layers of one cell, each reading the outputs of the one before; in both directions where asked.

    A row's outputs do not depend on its padding, nor on what else is in the batch: backwards it is read from its own
    last position.

    Args:
        cell: which equations.
        inputs: D.
        hidden: H of each layer and direction.
        layers: how many.
        bidirectional: whether each layer also reads from the last position to the first (Schuster & Paliwal 1997).
        dropout: the share of a layer's outputs that is set to zero in training, but for the last layer's.

    Attributes:
        outputs, pooled: E = H, or 2 H in both directions: forwards, then backwards.
    """

    role: ClassVar[str] = "sequence"
    reads: ClassVar[tuple[str, ...]] = ("text", "series", "audio")

    def __init__(
        self, cell: Cell, inputs: int, hidden: int, layers: int, bidirectional: bool, dropout: float
    ) -> None:
        super().__init__()
        self.outputs = self.pooled = hidden * (1 + bidirectional)
        widths = [inputs] + [self.outputs] * (layers - 1)
        self.forwards = nn.ModuleList(Direction(cell, width, hidden) for width in widths)
        self.backwards = nn.ModuleList(Direction(cell, width, hidden) for width in widths if bidirectional)
        self.dropout = nn.Dropout(dropout)
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for direction in (*self.forwards, *self.backwards):
            direction.reset(generator)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to (B, T, E), which is 0 in the padding.

        Args:
            x: what is in its padding does not matter.
            mask: (B, T), true where a row has a position; its padding is at its end.
        """
        y, there = x, mask.unsqueeze(2)
        order = turned(mask).unsqueeze(2) if len(self.backwards) else None
        for level, layer in enumerate(self.forwards):
            y = torch.where(there, y, 0.0)  # what stands in padding reaches nothing, not even as 0 times nan
            if level:
                y = self.dropout(y)
            both = [layer(y)]
            if order is not None:
                back = self.backwards[level](y.gather(1, order.expand_as(y)))
                both.append(back.gather(1, order.expand_as(back)))
            y = torch.cat(both, dim=2)
        return torch.where(there, y, 0.0)

    def pool(self, y: Tensor, mask: Tensor) -> Tensor:
        """(B, T, E) to (B, E): the state after a row's last position; backwards, after its first."""
        if not y.shape[1]:
            return y.new_zeros(len(y), self.outputs)
        end = (mask.sum(dim=1) - 1).clamp(min=0)
        last = y[torch.arange(len(y), device=y.device), end]  # (B, E)
        if not len(self.backwards):
            return last
        half = self.outputs // 2
        return torch.cat([last[:, :half], y[:, 0, half:]], dim=1)


def rnn(
    inputs: int,
    *,
    hidden: Count = 128,
    layers: Count = 1,
    bidirectional: bool = True,
    dropout: Fraction = 0.0,
) -> Recurrent:
    """The simple recurrent network, whose gradient vanishes or explodes over many positions."""
    return Recurrent("rnn", inputs, hidden, layers, bidirectional, dropout)


def lstm(
    inputs: int,
    *,
    hidden: Count = 128,
    layers: Count = 1,
    bidirectional: bool = True,
    dropout: Fraction = 0.0,
) -> Recurrent:
    """Long short-term memory: a cell C beside the state, which gates write, keep and read."""
    return Recurrent("lstm", inputs, hidden, layers, bidirectional, dropout)


def gru(
    inputs: int,
    *,
    hidden: Count = 128,
    layers: Count = 1,
    bidirectional: bool = True,
    dropout: Fraction = 0.0,
    reset: Literal["before", "after"] = "before",
) -> Recurrent:
    """The gated recurrent unit; ``reset`` comes before the product with U_h, as published, or after it (quicker)."""
    cell: Cell = "gru_before" if reset == "before" else "gru_after"
    return Recurrent(cell, inputs, hidden, layers, bidirectional, dropout)


def _marked(function: Callable[..., Recurrent], rate: float) -> None:
    defaults = {"training.learning_rate": rate, "regularization.clip": 1.0}
    vars(function).update(role=Recurrent.role, reads=Recurrent.reads, defaults=defaults)


_marked(rnn, 1e-3)
_marked(lstm, 2e-3)
_marked(gru, 2e-3)


def turned(mask: Tensor) -> Tensor:
    """The positions (B, T) at which each row stands when it is turned round, its padding staying behind it.

    >>> turned(torch.tensor([[True, True, True], [True, True, False]])).tolist()
    [[2, 1, 0], [1, 0, 2]]
    """
    positions = torch.arange(mask.shape[1], device=mask.device).expand(mask.shape)
    return torch.where(mask, mask.sum(dim=1, keepdim=True) - 1 - positions, positions)


def _for_torch(weight: Tensor) -> Tensor:
    """Of the rows z, r, h~ those of torch's gates, which are r, 1 - z, h~."""
    z, r, candidate = weight.chunk(3)
    return torch.cat([r, -z, candidate])
