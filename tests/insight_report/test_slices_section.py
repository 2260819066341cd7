"""What the page says of groups of rows where there are none."""

from __future__ import annotations

from types import SimpleNamespace

from ranvier.insight.report.slices import slices_section


def test_a_table_without_groups_says_so() -> None:
    found = {"metric": "accuracy", "looked_at": 0, "smallest": 30, "columns": [], "left_out": ["picture"]}
    page = slices_section(SimpleNamespace(metrics={"slices": {**found, "worst": [], "named": {}}}))
    assert (
        "<p>There is no group of at least 30 test rows to look at (not picture, whose kind has no groups).</p>"
        in page
    )
