"""What the terminal says of a measure: the interval, or why there is none."""

from __future__ import annotations

import numpy as np

from ranvier.catalog import load
from ranvier.evaluation import measure
from ranvier.workflow.summary import metric_lines


def test_each_metric_has_its_interval_or_the_reason_why_not():
    target = np.arange(30) >= 28
    score = np.linspace(0.1, 0.9, 30)
    metrics = [load("metrics", name) for name in ("accuracy", "lift")]
    lines = metric_lines(measure(target.astype(int), np.stack([1 - score, score], 1), metrics))
    assert lines == [
        "  accuracy 0.5667 (95% interval 0.392 to 0.7262)",
        "  lift 10 (no interval: fewer than 5 rows have the positive class)",
    ]
    one_class = metric_lines(
        measure(np.zeros(4, dtype=int), np.full((4, 2), 0.5), [load("metrics", "roc_auc")])
    )
    assert one_class == ["  roc_auc not defined (all rows have the same class)"]
