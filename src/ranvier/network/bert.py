"""BERT: a Transformer that looks both ways, made to be trained on plain text first (Devlin et al. 2019).

It learns from a corpus to tell the tokens that were hidden (``--task pretrain``), and goes on from there on texts with
a target (``--from``). What differs from the paper: the norm comes before each part of a block, places are turned
(rotary positions), a text is the mean of its places in place of a first token, and there are no pairs of sentences.
"""

from __future__ import annotations

from ..limits import ActivationName, Count, Fraction
from .attention import Positions
from .transformer import Norm, Transformer


def bert(
    inputs: int,
    *,
    layers: Count = 4,
    width: Count = 128,
    heads: Count = 4,
    feed: Count = 4,
    dropout: Fraction = 0.1,
    activation: ActivationName = "gelu",
    norm: Norm = "pre",
    positions: Positions = "rotary",
) -> Transformer:
    """The Transformer of BERT, smaller; the arguments are those of ``Transformer``."""
    return Transformer(
        inputs,
        layers=layers,
        width=width,
        heads=heads,
        feed=feed,
        dropout=dropout,
        activation=activation,
        norm=norm,
        positions=positions,
    )


vars(bert).update(
    role=Transformer.role,
    reads=("text",),
    defaults=Transformer.defaults,
    rates={"adamw": 1e-3, "muon": 4e-3},
)
