"""Honest measure: pure functions of predictions.

metrics.py         the metrics of the catalogue, each for many resamples at once
classification.py  what is counted when a class is predicted; confusion matrix, scores of each class
ranking.py         top-k accuracy and lift; calibration_error.py: whether probabilities are true
regression.py      how far predicted values are from true ones
ordered.py         how many classes, or counts, a prediction is off
label_sets.py      several labels at once
answers.py         a baseline's answers for predictions of any form
jackknife.py       the interval of a metric; added_rows.py: of what is counted by class; Wilson's is in resampling.py
resampling.py      the paired bootstrap behind comparisons
intervals.py       measure: each metric with its 95% interval
slices.py          where a network is worst; fairness.py: the rates of groups; mistakes.py: the worst rows
comparison.py      compare: which of two predictions is better; verdict: in words
baselines.py       what a network has to beat: trivial; linear_baseline.py, tree_baseline.py
columns.py         what baselines are fitted to
inputs.py          the checks that come before all of these
"""

from __future__ import annotations

from .classification import confusion_matrix
from .columns import BaselineResult, Columns
from .comparison import Comparison, compare, verdict
from .intervals import Measured, measure
from .metrics import Metric

__all__ = [
    "BaselineResult",
    "Columns",
    "Comparison",
    "Measured",
    "Metric",
    "compare",
    "confusion_matrix",
    "measure",
    "verdict",
]
