"""The contract of a metric: named as catalogued, weighted as repetition, in its range, blind to the order of rows."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.catalog import METRICS, load
from ranvier.errors import DataError
from ranvier.evaluation import Metric, measure, tagging


def rows_of(metric, rows=60, seed=0):
    """A target, a prediction that knows something of it, and the best prediction there is."""
    generator = np.random.default_rng(seed)
    if metric.form == "forecasts":
        target = np.concatenate([generator.uniform(0.5, 2, (rows, 1)), generator.normal(size=(rows, 4))], 1)
        spread = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
        said = target[:, 2:] + generator.normal(size=(rows, 3))
        return target, said[:, :, None] + spread, np.repeat(target[:, 2:, None], 5, axis=2)
    if metric.form == "labels":
        marks = generator.integers(0, 2, (rows, 4))
        return marks, 0.3 * marks + 0.7 * generator.random((rows, 4)), marks.astype(float)
    if metric.form in ("texts", "translations", "spans"):
        words = 7 if metric.form == "translations" else 3
        texts = np.array(
            [" ".join("abcd"[i] * (i + 1) for i in row) for row in generator.integers(0, 4, (rows, words))]
        )
        heard = np.array([text.replace("bb", "b d") if n % 2 else text for n, text in enumerate(texts)])
        return texts, heard, texts
    if metric.form == "tags":
        names = ["B-A", "I-A", "B-B", "I-B", "O"]
        true = [
            tuple(names[i] for i in generator.integers(0, 5, n + 1)) for n in generator.integers(0, 6, rows)
        ]
        said = [tuple("O" if generator.random() < 0.3 else tag for tag in row) for row in true]
        return tagging.rows_of(true), tagging.rows_of(said), tagging.rows_of(true)
    if metric.form == "answers":
        target = generator.integers(0, 20, rows)
        scores = generator.random((rows, 20)) + 0.5 * np.eye(20)[target]
        return target, scores, np.eye(20)[target]
    if metric.form == "counts":
        counts = generator.poisson(3.0, rows)
        return counts, generator.gamma(3.0, 1.0, rows), counts
    if metric.form in ("classes", "ordered"):
        classes = 12 if metric.classes[0] > 3 else min(3, metric.classes[1] or 3)
        target = generator.integers(0, classes, rows)
        if metric.name == "lift":  # the most is 10 where one row in ten is positive, or fewer
            target[:] = np.arange(rows) % 12 == 5
        known = 0.3 if classes <= 3 else 0.05
        prediction = known * np.eye(classes)[target] + (1 - known) * generator.dirichlet(
            np.ones(classes), rows
        )
        return target, prediction, np.eye(classes)[target]
    target = generator.normal(size=rows)
    return target, target + generator.normal(size=rows), target


@pytest.mark.parametrize("name", METRICS)
class TestMetric:
    def test_it_is_named_as_in_the_catalogue(self, name):
        metric = load("metrics", name)
        assert isinstance(metric, Metric)
        assert metric.name == name
        assert (metric.form, metric.needs) in {
            ("classes", "labels"),
            ("classes", "probabilities"),
            ("ordered", "labels"),
            ("values", "values"),
            ("counts", "values"),
            ("labels", "labels"),
            ("texts", "values"),
            ("tags", "values"),
            ("answers", "values"),
            ("translations", "values"),
            ("spans", "values"),
            ("labels", "probabilities"),
            ("forecasts", "values"),
        }

    def test_one_value_for_each_row_of_weights(self, name):
        metric = load("metrics", name)
        target, prediction, _ = rows_of(metric)
        weights = np.random.default_rng(1).integers(0, 3, (4, 60))
        together = metric(target, prediction, weights)
        assert together.shape == (4,)
        assert together.dtype == np.float64
        assert together == pytest.approx([metric(target, prediction, w[None])[0] for w in weights])
        assert metric(target, prediction) == pytest.approx(metric(target, prediction, np.ones((1, 60))))

    def test_an_integer_weight_is_a_repeated_row_and_a_scale_is_nothing(self, name):
        metric = load("metrics", name)
        target, prediction, _ = rows_of(metric)
        weight = np.random.default_rng(2).integers(0, 4, 60)
        found = metric(target, prediction, weight[None])
        assert found == pytest.approx(metric(np.repeat(target, weight, 0), np.repeat(prediction, weight, 0)))
        assert found == pytest.approx(metric(target, prediction, 0.37 * weight[None]))

    def test_the_order_of_rows_is_nothing(self, name):
        metric = load("metrics", name)
        target, prediction, _ = rows_of(metric)
        order = np.random.default_rng(3).permutation(60)
        assert metric(target, prediction) == pytest.approx(metric(target[order], prediction[order]))

    def test_the_best_prediction_is_best_and_in_range(self, name):
        metric = load("metrics", name)
        target, prediction, best = rows_of(metric)
        some, most = metric(target, prediction)[0], metric(target, best)[0]
        assert (most > some) == metric.greater_is_better
        assert metric.low <= some <= metric.high
        assert most == pytest.approx(metric.high if metric.greater_is_better else metric.low, abs=1e-12)

    def test_what_is_not_finite_or_empty_is_refused(self, name):
        metric = load("metrics", name)
        target, prediction, _ = rows_of(metric)
        with pytest.raises(DataError, match="There are no rows to measure on"):
            metric(target[:0], prediction[:0])
        if metric.form in ("texts", "translations", "spans"):
            with pytest.raises(
                DataError, match=r"The prediction has shape \(60,\) and type int64. Expected \(rows,\) texts"
            ):
                metric(target, np.arange(60))
            return
        if metric.form == "tags":
            with pytest.raises(
                DataError, match=r"The prediction has shape \(60,\) and type int64. Expected \(rows,\) tuples"
            ):
                metric(target, np.arange(60))
            with pytest.raises(
                DataError, match="have not as many tags in 1 of 60 rows. Expected a tag for each"
            ):
                metric(target, tagging.rows_of([("O",) * 9, *prediction[1:]]))
            return
        prediction = prediction.copy()
        prediction[3] = np.nan
        with pytest.raises(DataError, match="The prediction is NaN or infinite in 1 of 60 rows"):
            metric(target, prediction)

    def test_its_interval_holds_the_value(self, name):
        metric = load("metrics", name)
        target, prediction, _ = rows_of(metric)
        entry = measure(target, prediction, [metric])[name]
        assert metric.low <= entry["low"] < entry["value"] < entry["high"] <= metric.high
