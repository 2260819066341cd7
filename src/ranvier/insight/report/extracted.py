"""What was extracted: spans marked in their passages, beside the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .contents import Contents
from .markup import Html, escape, join, number, section, table, tag


def extracted_section(contents: Contents) -> Html | str:
    """Some rows and those that were answered worst; nothing where nothing is extracted."""
    told = contents.metrics.get("extracted")
    if not told:
        return ""
    intro = (
        "Some test rows, evenly spread, and then those whose answer shares fewest words with the true one. In the "
        "passages the true answer is "
    )
    parts = (intro, tag("u", "underlined"), ", and what the network found is ", tag("mark", "marked"), ".")
    said = tag("p", Html("".join(map(escape, parts))))
    rows = [
        [
            number(row["row"]),
            row["asked"],
            _marked(row["text"]),
            row["true"],
            join(tag("div", row["said"]), tag("div", f"({row['score']:.2f})")),
        ]
        for row in told["rows"]
    ]
    header = ["row", "asked", told["passage"], "true", "found, and how probable"]
    return section(
        "extracted", "What was found", said, table("Passages and what was found", header, rows, [0])
    )


def _marked(pieces: Sequence[Sequence[Any]]) -> Html:
    found = []
    for text, true, said in pieces:
        inner = tag("u", text) if true else escape(text)
        found.append(tag("mark", inner) if said else inner)
    return Html("".join(found))
