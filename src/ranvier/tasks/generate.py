"""Writing text: what a corpus is learnt for."""

from __future__ import annotations

from typing import ClassVar


class Generate:
    """Write text: say what comes next, token by token. It is learnt from a corpus of plain text, without a target."""

    name: ClassVar[str] = "generate"
    metric: ClassVar[str] = "bits_per_character"
