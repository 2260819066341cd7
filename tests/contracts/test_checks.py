"""The contract of a check: fires on sick data with the right place and evidence, and is silent on its healthy twin."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ranvier.catalog import CHECKS, load
from ranvier.insight.checks import examine
from ranvier.spec import Spec
from sick_data import SICK

PAGES = Path(__file__).parents[2] / "docs" / "findings"


def test_each_code_belongs_to_one_check():
    codes = [load("checks", name).code for name in CHECKS]
    assert len(set(codes)) == len(codes)
    assert set(SICK) == set(CHECKS), "each check has sick data and its healthy twin"


@pytest.mark.parametrize("name", CHECKS)
class TestCheck:
    def test_its_code_severity_and_sentence(self, name):
        check = load("checks", name)
        assert re.fullmatch(r"RV[13]\d\d", check.code)
        assert check.severity in ("info", "warning", "error")
        assert check.__doc__ and "\n" not in check.__doc__.strip()

    def test_it_has_a_page(self, name):
        check = load("checks", name)
        page = (PAGES / f"{check.code}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {check.code}: ")
        for heading in ("Why it matters", "Evidence", "Remedy", "How to switch it off"):
            assert f"\n## {heading}\n" in page
        assert check.severity in page.split("##")[0]
        assert f"({check.code}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")

    def test_it_fires_on_sick_data_with_place_and_evidence(self, name):
        check = load("checks", name)
        make, place, evidence = SICK[name]
        (finding,) = check.run(make(True))
        assert (finding.code, finding.severity) == (check.code, check.severity)
        for part in place:
            assert part in finding.place
        assert set(evidence) <= set(finding.evidence)
        assert finding.cause.endswith(".") and finding.remedy.endswith(".")
        json.dumps(finding.as_dict(), allow_nan=False)
        Spec.from_settings(dict(finding.settings))

    def test_it_is_silent_on_the_healthy_twin(self, name):
        assert list(load("checks", name).run(SICK[name][0](False))) == []

    def test_no_other_check_warns_of_the_healthy_twin(self, name):
        assert [f for f in examine(SICK[name][0](False)) if f.severity != "info"] == []

    def test_the_same_data_gives_the_same_findings(self, name):
        check, make = load("checks", name), SICK[name][0]
        case = make(True)
        before = case.table.frame.clone()
        assert list(check.run(case)) == list(check.run(case)) == list(check.run(make(True)))
        assert case.table.frame.equals(before)

    def test_it_can_be_left_out(self, name):
        code = load("checks", name).code
        case = SICK[name][0](True)
        assert code in {finding.code for finding in examine(case)}
        assert code not in {finding.code for finding in examine(case, without=(code,))}
