"""The contract of a training check: fires on a sick training with place and evidence, is silent on its healthy twin."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ranvier.catalog import CHECKS, TRAINING_CHECKS, WIRING_CHECKS, load
from ranvier.insight.watching import examine
from sick_trainings import SICK_TRAININGS

PAGES = Path(__file__).parents[2] / "docs" / "findings"


def test_each_code_belongs_to_one_check():
    codes = [load("training_checks", name).code for name in TRAINING_CHECKS]
    others = [load("checks", name).code for name in CHECKS]
    others += [load("wiring_checks", name).code for name in WIRING_CHECKS]
    assert len({*codes, *others}) == len(codes) + len(others)
    assert set(SICK_TRAININGS) == set(TRAINING_CHECKS), "each check has a sick training and its healthy twin"


@pytest.mark.parametrize("name", TRAINING_CHECKS)
class TestTrainingCheck:
    def test_its_code_severity_and_page(self, name):
        check = load("training_checks", name)
        assert re.fullmatch(r"RV2\d\d", check.code)
        assert check.severity in ("info", "warning", "error")
        page = (PAGES / f"{check.code}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# {check.code}: ")
        for heading in ("Why it matters", "Evidence", "Remedy", "How to switch it off"):
            assert f"\n## {heading}\n" in page
        assert check.severity in page.split("##")[0]
        assert f"({check.code}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")

    def test_it_fires_on_a_sick_training_with_place_and_evidence(self, name):
        check = load("training_checks", name)
        make, place, evidence = SICK_TRAININGS[name]
        (finding,) = check.run(make(True))
        assert (finding.code, finding.severity) == (check.code, check.severity)
        assert place in finding.place
        assert set(evidence) <= set(finding.evidence)
        assert finding.cause.endswith(".") and finding.remedy.endswith(".")
        json.dumps(finding.as_dict(), allow_nan=False)

    def test_nothing_is_said_of_the_healthy_twin(self, name):
        assert examine(SICK_TRAININGS[name][0](False)) == []

    def test_it_can_be_left_out(self, name):
        code, recording = load("training_checks", name).code, SICK_TRAININGS[name][0](True)
        assert code in {finding.code for finding in examine(recording)}
        assert code not in {finding.code for finding in examine(recording, without=(code,))}
