"""What the words of the worst mistakes did: each text with the words that spoke for its true class, and against it."""

from __future__ import annotations

from typing import Any

from .contents import Contents
from .markup import Html, escape, join, section, table, tag

STRONGEST = 3
"""So many words are named beside the text."""


def words_section(contents: Contents) -> Html | str:
    """The texts of the worst mistakes; nothing where no column of texts was read."""
    texts: dict[str, list[list[Any]]] = contents.metrics.get("mistakes", {}).get("words", {})
    if not texts:
        return ""
    classes = bool(contents.metrics.get("classes"))
    what = "for the true class, and against it" if classes else "for a larger value, and for a smaller one"
    said = (
        f"Each word was made unknown, and the prediction made again: green words spoke {what}, red; the numbers say by "
        + ("how much of the probability." if classes else "how much.")
    )
    largest = max((abs(effect) for words in texts.values() for _, effect in words), default=0.0) or 1.0
    header = ["row", "most for it", "most against it", "text"]
    rows = [
        [row, _strongest(words, 1), _strongest(words, -1), _shown(words, largest)]
        for row, words in texts.items()
    ]
    caption = "What the words of the worst mistakes did"
    return section("words", "What words did", tag("p", said), table(caption, header, rows, [0]))


def _strongest(words: list[list[Any]], sign: int) -> str:
    """The words with the largest effects of that sign, each once."""
    effects: dict[str, float] = {}
    for word, effect in words:
        effects[word] = max(effects.get(word, 0.0), sign * effect)
    named = sorted(((effect, word) for word, effect in effects.items() if effect > 0), reverse=True)[
        :STRONGEST
    ]
    return ", ".join(f"{word} ({sign * effect:+.2g})" for effect, word in named) or "–"


def _shown(words: list[list[Any]], largest: float) -> Html:
    return join(*(_tinted(word, effect / largest, effect) for word, effect in words))


def _tinted(word: str, share: float, effect: float) -> Html:
    if abs(share) < 0.05:
        return escape(word)
    colour = "0,158,115" if share > 0 else "213,94,0"
    style = f"background:rgba({colour},{min(0.1 + abs(share) * 0.4, 0.5):.2f})"
    return tag("span", word, style=style, title=f"{effect:+.3g}")
