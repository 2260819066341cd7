"""Pieces of HTML: everything that a section is put together from. Each takes plain text and escapes it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(value: Any) -> Html:
    """``value`` as HTML; what is HTML already stays as it is.

    >>> escape("a < b"), escape(Html("<b>c</b>"))
    ('a &lt; b', '<b>c</b>')
    """
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def tag(name: str, content: Any = "", **attributes: Any) -> Html:
    """An element; a trailing underscore of an attribute is dropped, other ones are dashes.

    >>> tag("p", "a & b", class_="note")
    '<p class="note">a &amp; b</p>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>{escape(content)}</{name}>")


def join(*parts: Any) -> Html:
    """Parts one after the other; empty ones are left out."""
    return Html("\n".join(escape(part) for part in parts if part))


def section(identity: str, title: str, *parts: Any) -> Html:
    """A part of the page with its heading, which the list of contents leads to."""
    heading = tag("h2", title, id=f"{identity}-title")
    return tag("section", join(heading, *parts), id=identity, aria_labelledby=f"{identity}-title")


LONG = 80
"""A cell with a text of so many characters is given room: beside narrow ones it would become a tall one."""


def table(
    caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Sequence[int] = ()
) -> Html:
    """A table whose first cell of a row is the row's heading.

    Args:
        caption: what it holds; it is read out, too.
        header: of the columns.
        rows: of cells.
        numbers: the columns that stand to the right.
    """

    def look(column: int, cell: Any) -> dict[str, str]:
        if column in numbers:
            return {"class_": "number"}
        return {"class_": "prose"} if type(cell) is str and len(cell) >= LONG else {}

    head = join(*(tag("th", text, scope="col", **look(i, text)) for i, text in enumerate(header)))
    body = [
        tag(
            "tr",
            join(
                tag("th", row[0], scope="row", **look(0, row[0])),
                *(tag("td", cell, **look(i, cell)) for i, cell in enumerate(row[1:], 1)),
            ),
        )
        for row in rows
    ]
    whole = tag(
        "table", join(tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", join(*body)))
    )
    return tag("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def figure(name: str, caption: str, description: str) -> Html:
    """The place of the figure ``name``, which the page's script draws.

    Args:
        caption: what is to be seen, for everybody.
        description: what it shows, in words, for who does not see it.
    """
    drawing = tag("div", "", id=f"figure-{name}", class_="plot", role="img", aria_label=description)
    return tag("figure", join(drawing, tag("figcaption", caption)))


def details(summary: str, *parts: Any) -> Html:
    """What is folded away until it is asked for."""
    return tag("details", join(tag("summary", summary), *parts))


def number(value: Any, digits: int = 4) -> str:
    """A number with so many significant digits; a dash where there is none.

    >>> number(0.123456), number(12345), number(None), number(86123.9)
    ('0.1235', '12,345', '–', '86,124')
    """
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.{digits}g}"


def interval(entry: Mapping[str, Any]) -> str:
    """A measured value with its 95% interval, or why it has none.

    >>> interval({"value": 0.9, "low": 0.85, "high": 0.94})
    '0.9 (0.85 to 0.94)'
    >>> interval({"value": 0.9, "low": None, "reason": "one row has no interval"})
    '0.9 (no interval: one row has no interval)'
    """
    value, told = _parts(entry)
    return f"{value} ({told})" if told else value


def measured(entry: Mapping[str, Any]) -> Html:
    """The same in two lines, for the cell of a table.

    >>> measured({"value": 0.9, "low": 0.85, "high": 0.94})
    '0.9 <small>0.85 to 0.94</small>'
    """
    value, told = _parts(entry)
    return Html(f"{escape(value)} <small>{escape(told)}</small>") if told else escape(value)


def _parts(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The value, and its interval or what is to be said instead."""
    reason = entry.get("reason") or ""
    if entry["value"] is None:
        return "not defined", reason
    if entry["low"] is None:
        return number(entry["value"]), reason and f"no interval: {reason}"
    return number(entry["value"]), f"{number(entry['low'])} to {number(entry['high'])}"


def words(name: str) -> str:
    """A name of the catalogue as text.

    >>> words("roc_auc"), words("balanced_accuracy")
    ('ROC AUC', 'balanced accuracy')
    """
    short = {
        "roc_auc": "ROC AUC",
        "rmse": "RMSE",
        "mse": "MSE",
        "mae": "MAE",
        "mape": "MAPE",
        "mcc": "MCC",
        "mase": "MASE",
        "smape": "sMAPE",
        "pinball": "pinball loss",
        "bleu": "BLEU",
        "chrf": "chrF",
        "rouge_1": "ROUGE-1",
        "rouge_2": "ROUGE-2",
        "rouge_l": "ROUGE-L",
    }
    return short.get(
        name,
        {"r2": "R²", "brier": "Brier score", "cohen_kappa": "Cohen's kappa"}.get(
            name, name.replace("_", " ")
        ),
    )
