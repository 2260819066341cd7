"""Networks that read one text and write another: an encoder, and a decoder that asks it at each place.

Each is a class ``Network(source, target, *, options)`` of V_s ids that it reads and V ids that it writes. It has
``role = "translator"``, ``defaults`` and ``reset``, and

- ``forward(source (B, S), said (B, T)) -> (B, T, V)``: the logits of what comes after each token that was said;
- ``begin(source) -> State`` and ``next(said (B,), state) -> (logits (B, V), State)``: the same, a token at a time;
- ``maps(source, said) -> (B, T, S)``: by which weights each place of what is written looks at the source.

Ids 0 of the source pad. Legend: B rows, S tokens of the source, T tokens that are said, E features of a token.
"""

from __future__ import annotations

from .recurrent import RecurrentTranslator as RecurrentTranslator
from .search import State as State
from .search import search as search
from .transformer import TransformerTranslator as TransformerTranslator
from .translator import Translator as Translator
