"""What moved single predictions: texts with the tokens that spoke for what was said, and against it; and attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .contents import Contents
from .maps import attention_map
from .markup import Html, details, escape, join, number, section, tag

FAINT = 0.05
"""Less than that share of the largest value of a row is not coloured."""

MARKS = {"unknown": "the network does not know this word", "asked": "the token that is asked about"}


UNREACHED = (
    "It is not told: the network does not look the numbers of its words up in an nn.Embedding, at whose vectors "
    "integrated gradients (Sundararajan et al. 2017) are taken."
)


def words_section(contents: Contents) -> Html | str:
    """The texts of some rows; nothing where no tokens were read."""
    found = contents.metrics.get("attributions")
    if found and found.get("unreached"):
        return section("words", "What words did", tag("p", UNREACHED))
    if not found or not found["rows"]:
        return ""
    rows = found["rows"]
    worst = [_row(row) for row in rows if not row["right"]]
    right = [_row(row) for row in rows if row["right"]]
    near = (
        "Rows that were not far off" if contents.metrics.get("form") in ("values", "counts") else "Right ones"
    )
    return section(
        "words",
        "What words did",
        *_method(found),
        join(tag("h3", "The worst mistakes"), *worst) if worst else "",
        join(tag("h3", near), *right) if right else "",
    )


def _method(found: Mapping[str, Any]) -> list[Html]:
    """How the values were found, how exact they are, and what the colours say."""
    rows = found["rows"]
    off = max((row["error"] / abs(row["total"]) for row in rows if row["total"]), default=0.0)
    if found["bag"]:
        how = (
            "The network adds up a number for each word and each pair of neighbours; a pair is shown half with each of "
            "its words. The numbers are integrated gradients (Sundararajan et al. 2017) of these, from none of them to "
            "all; where texts are all there is, they are exactly what each adds."
        )
    else:
        how = (
            "The numbers are integrated gradients (Sundararajan et al. 2017): the slope of the score by each token's "
            "vector, along the way from a text of unknown words to this one."
        )
    exact = (
        "The numbers of a row add up to what its words do to the score together; by how much the sum misses it "
        f"(the completeness error) is {'less than 0.1%' if off < 0.001 else f'{off:.1%}'} of it at most."
    )
    colours = join(
        Html("The score is a difference of the network's outputs (of values, the value itself). Words on "),
        tag("span", "green, underlined", class_="for", style="--share:.8"),
        Html(" spoke for what is named with the row, those on "),
        tag("span", "orange, underlined with dots", class_="against", style="--share:.8"),
        Html(
            " against it; the stronger the colour, the more. Words in italics are not known to the network. "
            "The pointer on a word shows its number."
        ),
    )
    left = [
        tag("p", said)
        for count, said in (
            (
                found["empty"],
                f"{number(found['empty'])} of the test rows have no text; they are not among these.",
            ),
            (
                found["left_out"],
                f"{found['left_out']} more rows would stand here if these texts were shorter.",
            ),
        )
        if count
    ]
    return [tag("p", join(how, exact)), tag("p", colours), *left]


def _row(row: Mapping[str, Any]) -> Html:
    which = f"Row {number(row['row'])}" + (f", “{row['asked']}”" if "asked" in row else "")
    head = f"{which}: predicted {row['said']}, true {row['true']}"
    named = "; ".join(
        f"{what} {', '.join(f'“{name}” {value:+.2g}' for name, value in side)}"
        for what, side in zip(("most for it", "most against it"), row["strongest"])
        if side
    )
    told = f"{row['about'][:1].upper()}{row['about'][1:]}: {row['total']:+.3g} by all words together" + (
        f"; {named}" if named else ""
    )
    return tag(
        "div",
        join(tag("h4", head), tag("p", f"{told}."), _text(row), _numbers(row), _attention(row)),
        class_="moved",
    )


def _text(row: Mapping[str, Any]) -> Html:
    """The text, with what is not shown of it in words."""
    largest = max((abs(value) for _, _, value, _ in row["pieces"]), default=0.0) or 1.0
    pieces = [
        escape(before) + _tinted(token, value, value / largest, mark)
        for before, token, value, mark in row["pieces"]
    ]
    before, after = (_left_out(*side) for side in row["hidden"])
    unread = (
        tag("small", f"[{number(row['unread'])} more words are not read by the network]")
        if row["unread"]
        else ""
    )
    return tag("p", Html(f"{before}{''.join(pieces)}{after} {unread}"), class_="text")


def _left_out(count: int, total: float) -> Html | str:
    return tag("small", f" […{number(count)} words, {total:+.2g} together…] ") if count else ""


def _tinted(token: str, value: float, share: float, mark: str) -> Html:
    note = f" ({MARKS[mark]})" if mark else ""
    attributes: dict[str, str] = {"title": f"{value:+.3g}{note}"}
    classes = [mark] if mark else []
    if abs(share) >= FAINT:
        classes.append("for" if share > 0 else "against")
        attributes["style"] = f"--share:{abs(share):.2f}"
    if classes:
        attributes["class_"] = " ".join(classes)
    return tag("span", token, **attributes)


def _numbers(row: Mapping[str, Any]) -> Html:
    """The same as text, for who has no pointer or sees no colours."""
    told = " · ".join(f"{token} {value:+.2g}" for _, token, value, _ in row["pieces"])
    return details(f"The numbers of {len(row['pieces'])} of {number(row['tokens'])} words", tag("p", told))


def _attention(row: Mapping[str, Any]) -> Html | str:
    """The maps of every layer and head."""
    layers = row.get("maps")
    if not layers:
        return ""
    looking, seen = (_which(layers[0][side]) for side in ("looking", "seen"))
    said = (
        f"Each line is a word that looks ({looking}), each column a word that it looks at ({seen}): the stronger the "
        "colour, the more. Attention is where the network looks, and not by itself what moves it."
    )
    drawn = [
        attention_map(
            layer["looking"]["tokens"],
            layer["seen"]["tokens"],
            [list(map(int, line.split())) for line in head["lines"]],
            _caption(n, h, head),
        )
        for n, layer in enumerate(layers, 1)
        for h, head in enumerate(layer["heads"], 1)
    ]
    counts = f"{_counted(len(layers), 'layer')} of {_counted(len(layers[0]['heads']), 'head')}"
    return details(
        f"Where it looked: attention of {counts}", tag("p", said), tag("div", join(*drawn), class_="maps")
    )


def _which(side: Mapping[str, Any]) -> str:
    """Which words are drawn of those on one side."""
    first, count = side["first"], len(side["tokens"])
    return f"all {count}" if count == side["of"] else f"{first + 1:,} to {first + count:,} of {side['of']:,}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _caption(layer: int, head: int, told: Mapping[str, Any]) -> str:
    looks, seen, weight = told["strongest"]
    outside = f"; {1 - told['within']:.0%} goes to words that are not drawn" if told["within"] < 0.995 else ""
    return f"Layer {layer}, head {head}: most by {looks!r} at {seen!r}, {weight:.0%}{outside}"
