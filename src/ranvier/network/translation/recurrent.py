"""Encoder and decoder of recurrent cells, with attention between them.

The encoder reads the source in both directions: h_j is what it holds at token j. The decoder holds s_t; y_t is the
vector of the token that was said last, a the weights of the attention and c the sum of all h_j by them.

    bahdanau   e_j = v tanh(W s_(t-1) + U h_j),  a = softmax(e),  c = sum_j a_j h_j          (Bahdanau et al. 2015)
               s_t = cell([y_t, c], s_(t-1))
               o_t = the larger of each two of U_o s_t + V_o y_t + C_o c                       (maxout)

    luong      s_t = cell([y_t, o_(t-1)], s_(t-1))                                             (Luong et al. 2015:
               e_j = s_t W h_j,  a = softmax(e),  c = sum_j a_j h_j                             general, input feeding)
               o_t = tanh(W_c [c, s_t])

The logits are o_t times the vectors of all tokens, which are those that y_t is one of (Press & Wolf 2017), and what a
lexicon adds (``lexicon``).
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from ...limits import Count, Fraction
from ..attention import Looks
from ..initializers import initialize
from ..layers import embedding, linear
from ..recurrent import Cell, Direction, Recurrent
from .lexicon import Lexicon
from .pace import pace
from .search import State

CELLS: dict[str, Cell] = {"gru": "gru_before", "lstm": "lstm"}


class RecurrentTranslator(nn.Module):
    """Reads with two recurrent networks, and writes with a third that looks back by attention.

    Args:
        source: V_s.
        target: V.
        cell: of encoder and decoder.
        attention: which formulas.
        width: E of a token's vector, and of o.
        hidden: H of the decoder; of the encoder in each direction.
        layers: of the encoder.
        dropout: of the tokens' vectors, of what the encoder gives and of o.

    Attributes:
        multiplications: for one token on each side, about.
    """

    role: ClassVar[str] = "translator"
    defaults: ClassVar[dict[str, object]] = {"training.learning_rate": 2e-3, "regularization.clip": 1.0}
    pace = staticmethod(pace)

    def __init__(
        self,
        source: int,
        target: int,
        *,
        cell: Literal["gru", "lstm"] = "gru",
        attention: Literal["bahdanau", "luong"] = "bahdanau",
        width: Count = 192,
        hidden: Count = 256,
        layers: Count = 1,
        dropout: Fraction = 0.3,
    ) -> None:
        super().__init__()
        self.cell, self.additive, self.hidden = cell, attention == "bahdanau", hidden
        self.source, self.target = embedding(source, width), embedding(target, width)
        self.encoder = Recurrent(CELLS[cell], width, hidden, layers, True, dropout)
        read = self.encoder.outputs
        self.bridge = linear(read, hidden * (2 if cell == "lstm" else 1))
        self.decoder = Direction(CELLS[cell], width + (read if self.additive else width), hidden)
        self.keys = linear(read, hidden, bias=False)  # U, or W of luong
        self.query = linear(hidden, hidden, bias=False) if self.additive else None
        self.scale = linear(hidden, 1, bias=False) if self.additive else None
        given = hidden + read + (width if self.additive else 0)
        self.output = linear(given, 2 * width if self.additive else width, bias=False)
        self.lexicon, self.looks = Lexicon(source, target), Looks()
        self.dropout = nn.Dropout(dropout)
        self.multiplications = sum(p.numel() for p in self.parameters()) - self.source.weight.numel()
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, 0.0, 1 / math.sqrt(table.embedding_dim), generator=generator)
        self.encoder.reset(generator)
        self.decoder.reset(generator)
        for layer in (self.bridge, self.keys, self.query, self.scale, self.output):
            if layer is not None:
                initialize(layer, generator, initializer="xavier_uniform", gain=1.0)

    def begin(self, source: Tensor) -> State:
        """What is known once the source (B, S) is read."""
        mask = source != 0
        memory = self.encoder(self.dropout(self.source(source)), mask)
        held = self.bridge(self.encoder.pool(memory, mask)).tanh()  # (B, H), of an lstm (B, 2 H)
        memory = self.dropout(memory)
        said = memory.new_zeros(len(source), self.target.embedding_dim)
        keys = self.keys(memory)
        return {"source": source, "memory": memory, "keys": keys, "mask": mask, "held": held, "output": said}

    def next(self, said: Tensor, state: State) -> tuple[Tensor, State]:
        """The logits (B, V) of what comes after a token (B,) that was said, and what is known then."""
        state, weights = self._step(self.dropout(self.target(said)), state)
        return self._logits(state["output"]) + self.lexicon.step(state["source"], weights), state

    def forward(self, source: Tensor, said: Tensor) -> Tensor:
        """Ids (B, S) that are read and (B, T) that are said to logits (B, T, V)."""
        state, outputs, maps = self.begin(source), [], []
        for y in self.dropout(self.target(said)).unbind(1):
            state, weights = self._step(y, state)
            outputs.append(state["output"])
            maps.append(weights)
        added = self.lexicon(source, self.looks(torch.stack(maps, dim=1)))
        logits: Tensor = self._logits(torch.stack(outputs, dim=1)) + added
        return logits

    def maps(self, source: Tensor, said: Tensor) -> Tensor:
        """The weights (B, T, S) by which each token that is written looked at the source."""
        state, maps = self.begin(source), []
        for y in self.target(said).unbind(1):
            state, weights = self._step(y, state)
            maps.append(weights)
        return torch.stack(maps, dim=1)

    def _logits(self, output: Tensor) -> Tensor:
        logits: Tensor = output @ self.target.weight.T
        return logits

    def _step(self, y: Tensor, state: State) -> tuple[State, Tensor]:
        """One more token, whose vector is y (B, E); and the weights (B, S)."""
        if self.additive:
            seen, weights = self._attend(state["held"], state)
            held = self.decoder.step(torch.cat([y, seen], dim=1), state["held"])
            pairs = self.output(torch.cat([held[:, : self.hidden], y, seen], dim=1))
            output = pairs.view(len(y), -1, 2).amax(dim=2)
        else:
            held = self.decoder.step(torch.cat([y, state["output"]], dim=1), state["held"])
            seen, weights = self._attend(held, state)
            output = self.output(torch.cat([seen, held[:, : self.hidden]], dim=1)).tanh()
        return {**state, "held": held, "output": self.dropout(output)}, weights

    def _attend(self, held: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """c (B, 2 H) and a (B, S); both are 0 where there is no source."""
        s, keys, mask = held[:, : self.hidden], state["keys"], state["mask"]
        if self.query is not None and self.scale is not None:
            scores = self.scale((self.query(s).unsqueeze(1) + keys).tanh()).squeeze(2)
        else:
            scores = (keys @ s.unsqueeze(2)).squeeze(2)
        weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=1) * mask
        return (weights.unsqueeze(1) @ state["memory"]).squeeze(1), weights
