"""What was read: the columns, the ledger, the split."""

from __future__ import annotations

from .contents import Contents
from .markup import Html, details, join, number, section, table, tag

FEW = 30
"""So many columns are shown at once; more are folded away."""


def data_section(contents: Contents) -> Html:
    """The columns with kind, role and reason; what became of rows and cells; the parts."""
    schema, ledger, record = contents.schema, contents.ledger, contents.record
    used = sum(column["role"] == "input" for column in schema)
    names = [repr(name) for name in contents.targets or [record.get("target")]]
    learnt = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"
    said = tag(
        "p",
        f"{ledger['read']:,} rows were read from {record.get('origin', 'the data')}; "
        f"{contents.metrics['rows']['test']:,} of them were measured. Of the columns, which are those "
        f"of the training, {used} are inputs."
        if contents.command
        else f"{ledger['read']:,} rows with {len(schema)} columns were read from {record.get('origin', 'the data')}; "
        f"{used} columns are inputs, and {learnt} what is learnt.",
    )
    columns = table(
        "Columns: kind and role, and why",
        ["column", "role", "kind", "reason"],
        [(c["name"], c["role"], c["kind"] or "–", c["reason"]) for c in schema],
    )
    if len(schema) > FEW:
        columns = details(f"All {len(schema)} columns", columns)
    return section("data", "What was read", said, columns, _ledger(contents), _split(contents))


def _ledger(contents: Contents) -> Html:
    heading = tag("h3", "The ledger")
    entries = contents.ledger["entries"]
    if not entries:
        return join(heading, tag("p", "Each row, column and cell was used as it stood."))
    rows = [
        (e["outcome"], e["reason"], e["column"] or "–", number(e["count"]), _rows(e["rows"], e["count"]))
        for e in entries
    ]
    caption = "Ledger: what was not used as it stood"
    return join(heading, table(caption, ["outcome", "reason", "column", "count", "rows"], rows, [3]))


def _rows(rows: list[int], count: int) -> str:
    if not rows:
        return "–"
    return ", ".join(f"{row:,}" for row in rows[:5]) + (", …" if count > len(rows[:5]) else "")


def _split(contents: Contents) -> Html | str:
    counts = contents.metrics.get("rows")
    reason = contents.record.get("reasons", {}).get("split", "")
    heading = tag("h3", "The split")
    said = tag("p", f"{reason[:1].upper()}{reason[1:]}.") if reason else ""
    if not counts:
        return join(heading, said)
    if contents.command:
        return ""
    parts = [
        ("train", "the weights are fitted to these rows, and so is the preparation of the columns"),
        ("validation", "decides when to stop, and the thresholds below"),
        ("test", "used once, for the measure below"),
        ("dropped", "see the ledger"),
        ("read", "all of them together"),
    ]
    rows = [(part, number(counts[part]), use) for part, use in parts]
    return join(heading, said, table("Rows in each part", ["part", "rows", "use"], rows, [1]))
