"""A network for questions on a passage: it compares the two, and says of each place of the passage what stands there.

The Document Reader of D. Chen, A. Fisch, J. Weston & A. Bordes, Reading Wikipedia to answer open-domain questions, ACL
2017, section 3.2. Legend: B rows, T places of all columns and of the separators between them, P places of the longest
passage, Q of the longest question, W the width of a token's vector, H hidden units of each direction.

    f_i  = sum_j a_ij E(q_j),  a_ij = softmax_j(relu(A E(p_i)) . relu(A E(q_j)) / sqrt(W))      the aligned question
    p    = lstm([E(p_i) + m_i, f_i])         m_i says whether the question has the token p_i    (P, 2 H)
    q    = sum_j b_j u_j,  u = lstm(E(q_j) + m_j),  b_j = softmax_j(w . u_j)                    (2 H)
    y_i  = [p_i * V q, p_i]                                                                     (P, 4 H)

A linear map of y_i, which the head is, gives the paper's bilinear term p_i W q for the beginning and for the end; the
rows of each W are those of V, scaled. The paper has three layers of 128 and vectors that were learnt from much text;
its further features of a token (part of speech, entity, frequency) need other programs and are left out.
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import relu

from ..limits import Count, Fraction
from .attention import Looks, attention
from .initializers import initialize
from .layers import embedding, linear
from .passages import UNKNOWN, OfPassage, front
from .recurrent import Recurrent
from .sequences import mask_of


class Reader(OfPassage):
    """Ids of a passage and of what is asked to features of each place of the passage.

    Args:
        size: as ``OfPassage`` takes it.
        length: how many tokens a row has on average.
        passage: the place of the passage among the columns; all others are the question.
        columns: how many there are. Where there is one, nothing is asked: f and q are zero.
        width: W.
        hidden: H.
        layers: of each of the two recurrent networks.
        dropout: the share of the numbers of all vectors of tokens and places that is set to zero in training.

    Attributes:
        outputs: 4 H.
        width: 4 H.
    """

    role: ClassVar[str] = "reader"
    reads_ids: ClassVar[bool] = True
    defaults: ClassVar[dict[str, object]] = {"training.learning_rate": 2e-3, "regularization.clip": 1.0}

    def __init__(
        self,
        size: int,
        length: float,
        passage: int,
        columns: int,
        *,
        width: Count = 64,
        hidden: Count = 64,
        layers: Count = 1,
        dropout: Fraction = 0.2,
    ) -> None:
        super().__init__(size, passage, columns)
        self.embedding = embedding(size, width)
        self.marks = embedding(2, width)
        self.align, self.looks = linear(width, width), Looks()
        self.dropout = nn.Dropout(dropout)
        self.reading = Recurrent("lstm", 2 * width, hidden, layers, True, dropout)
        self.asking = Recurrent("lstm", width, hidden, layers, True, dropout)
        self.asked = linear(2 * hidden, 1, bias=False)  # w
        self.bilinear = linear(2 * hidden, 2 * hidden)  # V
        self.outputs = self.width = 4 * hidden
        recurrent = sum(p.numel() for part in (self.reading, self.asking) for p in part.parameters())
        self.multiplications = round(length * recurrent)
        self.spans = [(0, self.outputs)]
        self.reset(torch.default_generator)

    @staticmethod
    def pace(rows: int) -> tuple[int, int, int]:
        """Batch size, epochs and patience for so many training rows.

        >>> [Reader.pace(rows) for rows in (200, 2_500, 100_000)]
        [(8, 40, 8), (32, 16, 4), (64, 5, 3)]
        """
        rows = max(rows, 1)
        batch = min(64, max(8, 2 ** round(math.log2(rows / 80 + 1))), rows)
        epochs = max(5, min(40, round(40_000 / rows)))
        return batch, epochs, max(3, epochs // 5 if epochs > 20 else epochs // 4)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        for table in (self.embedding, self.marks):  # as torch draws them: it takes half the epochs
            table.weight.data.normal_(generator=generator)
        for layer in (self.align, self.asked, self.bilinear):
            initialize(layer, generator, initializer="xavier_uniform", gain=1.0)
        self.reading.reset(generator)
        self.asking.reset(generator)

    def parts(self, block: Tensor) -> tuple[Tensor, Tensor]:
        """(B, P) and (B, Q) where each token of the passage and of the question stands, from 1; 0 behind them.

        In this order ``embedding`` is asked for their vectors.
        """
        of_passage, places = self.inside(block), torch.ones_like(block).cumsum(dim=1)
        return front(places, of_passage), front(places, self._of_question(block, of_passage))

    def positions(self, block: Tensor) -> Tensor:
        """Ids (B, T) to the features of each token of the passage (B, P, 4 H)."""
        of_passage = self.inside(block)
        passage = front(block, of_passage)  # (B, P)
        question = front(block, self._of_question(block, of_passage))  # (B, Q)
        here, there = mask_of(passage), mask_of(question)
        same = (passage.unsqueeze(2) == question.unsqueeze(1)) & (passage > UNKNOWN).unsqueeze(2)  # (B, P, Q)
        p, q = self._vectors(passage), self._vectors(question)
        aligned, weights = attention(relu(self.align(p)), relu(self.align(q)), q, there.unsqueeze(1))
        self.looks(weights)
        p = self.reading(torch.cat([p + self.marks(same.any(dim=2).long()), aligned], dim=2), here)
        q = self.asking(q + self.marks(same.any(dim=1).long()), there)
        p, q = self.dropout(p), self.dropout(q)
        whole, _ = attention(q.new_ones(1, 1), self.asked(q), q, there.unsqueeze(1))  # (B, 1, 2 H)
        return torch.cat([p * self.bilinear(whole), p], dim=2)

    def forward(self, block: Tensor) -> Tensor:
        """As ``positions``."""
        return self.positions(block)

    def _of_question(self, block: Tensor, of_passage: Tensor) -> Tensor:
        return mask_of(block) & ~of_passage & (block != self.separator)

    def _vectors(self, ids: Tensor) -> Tensor:
        vectors: Tensor = self.dropout(self.embedding(self.known(ids)))
        return vectors
