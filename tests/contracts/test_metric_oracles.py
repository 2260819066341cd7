"""Every metric of the catalogue equals scikit-learn's or torchmetrics', on random rows and on degenerate ones."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.catalog import METRICS, load
from ranvier.errors import DataError
from ranvier.evaluation import tagging
from ranvier.evaluation.more_metrics import pinball
from reference.metric_oracles import ORACLES

CLASSES = (2, 3, 7)
IN_FLOAT32 = ("span_f1", "expected_calibration_error", "character_error_rate", "word_error_rate")
"""What torchmetrics counts in float32."""
CASES = (
    "random",
    "ties",
    "a class absent",
    "one class",
    "constant prediction",
    "all right",
    "all wrong",
    "one row",
    "two rows",
)


def classes_of(case, classes, generator):
    """Target (N,), probabilities (N, C) and whole weights (N,), some of them 0."""
    rows = {"one row": 1, "two rows": 2}.get(case, int(generator.integers(5, 80)))
    target = generator.integers(0, classes, rows)
    if case == "a class absent":
        target[target == classes - 1] = 0
    if case == "one class":
        target[:] = generator.integers(0, classes)
    scores = generator.normal(size=(rows, classes)) + generator.uniform(0, 2) * np.eye(classes)[target]
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    if case == "ties":  # thirds, none of which ends a bin
        p = generator.multinomial(3, p) / 3
    if case == "constant prediction":
        p[:] = p[0]
    if case == "all right":
        p = np.eye(classes)[target]
    if case == "all wrong":
        p = np.eye(classes)[(target + 1) % classes]
    return target, p, weight_of(rows, generator)


def values_of(case, generator):
    """Target (N,), prediction (N,) and whole weights (N,)."""
    rows = {"one row": 1, "two rows": 2}.get(case, int(generator.integers(5, 80)))
    target = generator.normal(3.0, 2.0, rows)
    prediction = target + generator.normal(size=rows)
    if case == "ties":
        target, prediction = target.round(), prediction.round()
    if case == "one class":
        target[:] = 0.1
    if case == "constant prediction":
        prediction[:] = 1.7
    if case == "all right":
        prediction = target.copy()
    if case == "all wrong":
        prediction = 1e6 - target
    return target, prediction, weight_of(rows, generator)


def marks_of(case, generator):
    """Labels (N, 4) as 0 and 1, their probabilities, and whole weights (N,)."""
    rows = {"one row": 1, "two rows": 2}.get(case, int(generator.integers(5, 80)))
    target = generator.integers(0, 2, (rows, 4))
    if case == "a class absent":
        target[:, 2] = 0
    if case == "one class":
        target[:] = 0
    p = np.clip(0.4 * target + 0.6 * generator.random((rows, 4)), 0, 1)
    if case == "ties":
        p = np.round(3 * p) / 3
    if case == "constant prediction":
        p[:] = p[0]
    if case in ("all right", "all wrong"):
        p = (target if case == "all right" else 1 - target).astype(float)
    return target, p, weight_of(rows, generator)


def counts_of(case, generator):
    """Counts (N,), rates above 0, and whole weights (N,)."""
    target, rate, weight = values_of(case, generator)
    return np.abs(target).round() % 1000, np.abs(rate) + 0.25, weight


def forecasts_of(case, generator):
    """Targets (N, 2 + H), quantiles (N, H, Q) and whole weights (N,)."""
    target, prediction, weight = values_of(case, generator)
    steps, levels = 3, np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    came = target[:, None] + np.arange(steps)
    error = generator.uniform(0.5, 2.0, len(target))
    ends = np.column_stack([error, generator.normal(size=len(target)), came])
    return ends, (prediction[:, None] + np.arange(steps))[:, :, None] + levels, weight


def texts_of(case, generator):
    """Texts (N,), what was heard (N,), and whole weights (N,)."""
    rows = {"one row": 1, "two rows": 2}.get(case, int(generator.integers(5, 30)))

    def text():
        return " ".join("".join(generator.choice(list("abc"), n)) for n in generator.integers(1, 5, 3))

    target, heard = [text() for _ in range(rows)], [text() for _ in range(rows)]
    if case in ("one class", "ties"):
        target = [target[0]] * rows
    if case == "constant prediction":
        heard = [""] * rows
    if case in ("all right", "a class absent"):
        heard = target
    return np.array(target), np.array(heard), weight_of(rows, generator)


def tags_of(case, generator):
    """Tags (N,), true and said, and whole weights (N,)."""
    rows = {"one row": 1, "two rows": 2}.get(case, int(generator.integers(5, 30)))
    names = ["B-A", "I-A", "I-B", "B-B", "O", "I-", "other"][: 2 if case == "ties" else 7]
    target = [tuple(generator.choice(names, n)) for n in generator.integers(1, 9, rows)]
    said = [
        tuple(tag if generator.random() < 0.6 else generator.choice(names) for tag in row) for row in target
    ]
    if case in ("one class", "constant prediction"):
        said = [("O",) * len(row) for row in target]
    if case == "one class":
        target = said
    if case in ("all right", "a class absent"):
        said = target
    return tagging.rows_of(target), tagging.rows_of(said), weight_of(rows, generator)


def rows_of(metric, case, generator, classes=7):
    """What a metric of that form takes."""
    others = {
        "labels": marks_of,
        "values": values_of,
        "counts": counts_of,
        "forecasts": forecasts_of,
        "texts": texts_of,
        "tags": tags_of,
        "answers": lambda case, generator: classes_of(case, 12, generator),
        "translations": texts_of,
        "spans": texts_of,
    }
    if metric.form in others:
        return others[metric.form](case, generator)
    return classes_of(case, classes, generator)


def weight_of(rows, generator):
    weight = generator.integers(0, 4, rows).astype(float)
    return weight if weight.any() else np.ones(rows)


def test_every_metric_has_an_oracle():
    assert set(METRICS) == set(ORACLES)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", METRICS)
def test_it_equals_its_oracle(name, case):
    metric, oracle = load("metrics", name), ORACLES[name]
    for trial in range(12):
        generator = np.random.default_rng([CASES.index(case), trial])
        classes = CLASSES[trial % len(CLASSES)]
        target, prediction, weight = rows_of(metric, case, generator, classes)
        for w in (np.ones(len(target)), weight):
            tolerance = 1e-6 if name in IN_FLOAT32 else 1e-10
            expected = oracle(target, prediction, w)
            assert metric(target, prediction, w[None])[0] == pytest.approx(
                expected, rel=tolerance, abs=tolerance, nan_ok=True
            )


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("case", CASES)
def test_the_pinball_loss_is_scikit_learns(level, case):
    from sklearn.metrics import mean_pinball_loss

    for trial in range(5):
        target, prediction, weight = values_of(case, np.random.default_rng(trial))
        expected = mean_pinball_loss(target, prediction, alpha=level, sample_weight=weight)
        assert pinball(level)(target, prediction, weight[None])[0] == pytest.approx(
            expected, rel=1e-12, abs=1e-12
        )


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("name", METRICS)
def test_what_is_not_finite_is_refused(name, wrong):
    metric = load("metrics", name)
    if metric.form in ("texts", "tags", "translations", "spans"):
        pytest.skip("texts are always finite")
    target, prediction, _ = rows_of(metric, "random", np.random.default_rng(0))
    prediction = prediction.copy()
    prediction.flat[3] = wrong
    with pytest.raises(DataError, match="The prediction is NaN or infinite in 1 of"):
        metric(target, prediction)
