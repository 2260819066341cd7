"""How the rows of an evaluation differ from the training rows."""

from __future__ import annotations

from .contents import Contents
from .markup import Html, details, join, number, section, table, tag


def drift_section(contents: Contents) -> Html | str:
    """The columns that differ, in words, the largest difference first; then the numbers of all. Empty for a run."""
    if not contents.command or contents.forecasts is not None:  # windows are in units of their own
        return ""
    told = contents.drift
    if not told:
        said = (
            "The model file does not say what its training rows were like, so that nothing can be compared."
        )
        return section("drift", "New rows and training rows", tag("p", said))
    listed = [
        tag(
            "li",
            join(
                tag(
                    "p",
                    join(
                        tag("span", _badge(each["size"]), class_=f"badge {_colour(each['size'])}"),
                        tag("strong", each["column"]),
                    ),
                ),
                tag("p", each["told"]),
            ),
        )
        for each in told["columns"]
        if each["told"]
    ]
    rows = [
        (
            each["column"],
            number(each["index"], 3),
            number(each["chance"], 2),
            *(f"{100 * each[name]:.3g}%" for name in ("missing", "unseen", "below", "above")),
        )
        for each in told["columns"]
    ]
    header = ["column", "stability index", "p", "missing", "new words", "below training", "above training"]
    explained = tag(
        "p",
        "The index says how much a column differs (0.1 is noticeable, 0.25 large), p how likely that much is by chance "
        f"(corrected for the number of columns). {told['rows']:,} new rows were compared with "
        f"{told['training_rows']:,} training rows, which the model file knows as counts.",
    )
    left = told["left_out"]
    missing = tag("p", f"Not compared: {', '.join(map(repr, left))}.") if left else ""
    return section(
        "drift",
        "New rows and training rows",
        tag("p", tag("strong", told["verdict"])),
        tag("ul", join(*listed), class_="findings") if listed else "",
        explained,
        missing,
        details(
            f"All {len(rows)} columns", table("Columns, the most different first", header, rows, range(1, 7))
        ),
    )


def _badge(size: str) -> str:
    return {"large": "large", "noticeable": "noticeable"}.get(size, "note")


def _colour(size: str) -> str:
    return {"large": "error", "noticeable": "warning"}.get(size, "info")
