"""What the contracts of all kinds of checks ask alike: a check has code, severity and page, a finding all its parts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ranvier.catalog import CATALOGUES, load

PAGES = Path(__file__).parents[1] / "docs" / "findings"
KINDS = ("checks", "wiring_checks", "training_checks")


def each_code_belongs_to_one_check() -> None:
    """No two checks of any kind have one code."""
    codes = [load(kind, name).code for kind in KINDS for name in CATALOGUES[kind]]
    assert len(set(codes)) == len(codes)


def has_severity_and_page(check: Any) -> None:
    """The check has a severity, and a page with every section, which the list of pages links to."""
    assert check.severity in ("info", "warning", "error")
    page = (PAGES / f"{check.code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {check.code}: ")
    for heading in ("Why it matters", "Evidence", "Remedy", "How to switch it off"):
        assert f"\n## {heading}\n" in page
    assert check.severity in page.split("##")[0]
    assert f"({check.code}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


def is_whole(finding: Any, check: Any, place: Iterable[str], evidence: Iterable[str]) -> None:
    """The finding is the check's, names the place, has the evidence, and can be written as JSON."""
    assert (finding.code, finding.severity) == (check.code, check.severity)
    for part in place:
        assert part in finding.place
    assert set(evidence) <= set(finding.evidence)
    assert finding.cause.endswith(".") and finding.remedy.endswith(".")
    json.dumps(finding.as_dict(), allow_nan=False)
