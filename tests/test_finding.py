"""Findings."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ranvier.finding import Finding


def test_a_finding_as_text_and_as_json():
    finding = Finding(
        "RV201",
        "warning",
        "step 40",
        "The loss rose.",
        "Lower the rate.",
        {"loss": [1.0, 9.5]},
        {"training.learning_rate": 0.001},
    )
    assert str(finding) == "RV201 warning, step 40: The loss rose. Lower the rate."
    stored = json.loads(json.dumps(finding.as_dict()))
    assert stored["evidence"] == {"loss": [1.0, 9.5]}
    assert Finding(**stored) == finding


def test_findings_share_no_state_and_are_frozen():
    one, two = (Finding("RV101", "info", "column 'a'", "A.", "B.") for _ in range(2))
    assert one.evidence == two.evidence == {}
    assert one.evidence is not two.evidence
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.code = "RV102"  # type: ignore[misc]
