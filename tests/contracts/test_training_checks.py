"""The contract of a training check: fires on a sick training with place and evidence, is silent on its healthy twin."""

from __future__ import annotations

import re

import pytest

from check_contract import each_code_belongs_to_one_check, has_severity_and_page, is_whole
from ranvier.catalog import TRAINING_CHECKS, load
from ranvier.insight.watching import examine
from sick_trainings import SICK_TRAININGS


def test_each_code_belongs_to_one_check():
    each_code_belongs_to_one_check()
    assert set(SICK_TRAININGS) == set(TRAINING_CHECKS), "each check has a sick training and its healthy twin"


@pytest.mark.parametrize("name", TRAINING_CHECKS)
class TestTrainingCheck:
    def test_its_code_severity_and_page(self, name):
        check = load("training_checks", name)
        assert re.fullmatch(r"RV2\d\d", check.code)
        has_severity_and_page(check)

    def test_it_fires_on_a_sick_training_with_place_and_evidence(self, name):
        check = load("training_checks", name)
        make, place, evidence = SICK_TRAININGS[name]
        (finding,) = check.run(make(True))
        is_whole(finding, check, [place], evidence)

    def test_nothing_is_said_of_the_healthy_twin(self, name):
        assert examine(SICK_TRAININGS[name][0](False)) == []

    def test_it_can_be_left_out(self, name):
        code, recording = load("training_checks", name).code, SICK_TRAININGS[name][0](True)
        assert code in {finding.code for finding in examine(recording)}
        assert code not in {finding.code for finding in examine(recording, without=(code,))}
