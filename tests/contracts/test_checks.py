"""The contract of a check: fires on sick data with the right place and evidence, and is silent on its healthy twin."""

from __future__ import annotations

import re

import pytest

from check_contract import each_code_belongs_to_one_check, has_severity_and_page, is_whole
from ranvier.catalog import CHECKS, load
from ranvier.insight.checks import examine
from ranvier.spec import Spec
from sick_data import SICK


def test_each_code_belongs_to_one_check():
    each_code_belongs_to_one_check()
    assert set(SICK) == set(CHECKS), "each check has sick data and its healthy twin"


@pytest.mark.parametrize("name", CHECKS)
class TestCheck:
    def test_its_code_severity_and_sentence(self, name):
        check = load("checks", name)
        assert re.fullmatch(r"RV[13]\d\d", check.code)
        assert check.__doc__ and "\n" not in check.__doc__.strip()

    def test_it_has_a_page(self, name):
        has_severity_and_page(load("checks", name))

    def test_it_fires_on_sick_data_with_place_and_evidence(self, name):
        check = load("checks", name)
        make, place, evidence = SICK[name]
        (finding,) = check.run(make(True))
        is_whole(finding, check, place, evidence)
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
