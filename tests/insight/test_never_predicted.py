"""A tag that no token is given is told of tokens, and its remedy is none of rows and classes."""

from __future__ import annotations

from types import SimpleNamespace

from ranvier.insight.checks.never_predicted import NeverPredicted


def found(form, support=12, precision=None):
    measured = {"NOUN": {"support": support, "precision": {"value": precision}}}
    task = SimpleNamespace(forms=(form,), target="tags")
    return list(NeverPredicted.run(SimpleNamespace(metrics={"classes": measured}, task=task)))


def test_of_tags_it_speaks_of_tokens():
    (finding,) = found("tags")
    assert finding.place == "tag 'NOUN' of column 'tags'"
    assert finding.cause == "No token of the test rows is given that tag, though 12 of them have it."
    assert "class_weights" not in finding.remedy
    assert not finding.settings
    assert not found("tags", support=9) and not found("tags", precision=0.5)


def test_of_classes_it_weighs_them():
    (finding,) = found("classes")
    assert finding.place == "class 'NOUN' of column 'tags'"
    assert finding.settings == {"regularization.class_weights": "balanced"}
