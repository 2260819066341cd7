"""The contract of a wiring check: fires on a sick program with place and evidence, is silent on its healthy twin."""

from __future__ import annotations

import re

import pytest

from check_contract import each_code_belongs_to_one_check, has_severity_and_page, is_whole
from ranvier.catalog import WIRING_CHECKS, load
from ranvier.insight.wiring import examine
from sick_programs import SICK_PROGRAMS


def test_each_code_belongs_to_one_check():
    each_code_belongs_to_one_check()
    assert set(SICK_PROGRAMS) == set(WIRING_CHECKS), "each check has a sick program and its healthy twin"


@pytest.mark.parametrize("name", WIRING_CHECKS)
class TestWiringCheck:
    def test_its_code_severity_and_page(self, name):
        check = load("wiring_checks", name)
        assert re.fullmatch(r"RV2\d\d", check.code)
        has_severity_and_page(check)

    def test_it_fires_on_a_sick_program_with_place_and_evidence(self, name):
        check = load("wiring_checks", name)
        make, place, evidence = SICK_PROGRAMS[name]
        (finding,) = check.run(make(True))
        is_whole(finding, check, [place], evidence)

    def test_nothing_is_said_of_the_healthy_twin(self, name):
        assert examine(SICK_PROGRAMS[name][0](False)) == []

    def test_it_can_be_left_out(self, name):
        code, program = load("wiring_checks", name).code, SICK_PROGRAMS[name][0](True)
        assert code in {finding.code for finding in examine(program)}
        assert code not in {finding.code for finding in examine(program, without=(code,))}
