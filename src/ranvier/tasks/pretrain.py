"""Learning from plain text what a later training begins with."""

from __future__ import annotations

from typing import ClassVar


class Pretrain:
    """Tell the tokens of a text that were hidden, from those on both sides (Devlin et al. 2019).

    It is learnt from a corpus of plain text, without a target; what comes of it is what ``--from`` begins with.
    """

    name: ClassVar[str] = "pretrain"
    metric: ClassVar[str] = "perplexity"
