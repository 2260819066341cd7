"""The metrics: each is defined once and evaluated for any number of resamples at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, Mistake
from . import classification as by_class
from . import regression as by_value
from .inputs import Floats, Form, check_probabilities, checked

Ends = tuple[float, float]
"""The low and the high end of an interval."""


@dataclass(frozen=True)
class Metric:
    """One number that says how good predictions are.

    Legend: N rows, C classes, K outputs, L labels, R resamples.

    Args:
        name: its name in the catalogue.
        form: the form of the predictions that it measures; tasks of that form share it.
        greater_is_better: whether a higher value is better.
        needs: what it reads of a prediction. ``labels`` are the most likely classes (N,), which scores have as well,
            or the marks (N, L) of the labels whose probability is above a half; ``probabilities`` are (N, C) or (N, L);
            ``values`` are (N, K).
        function: (target, what it needs, weights (R, N)) -> (R,); NaN where it is not defined.
        low: no value is below.
        high: no value is above.
        proportion: whether it is a share of right rows among all rows, so that Wilson's interval holds for it.
        undefined: why it has no value where ``function`` gives NaN, as a clause.
        classes: the fewest and the most classes that it says anything of; None is any number.
        interval: (target, what it needs, row weights or None, seed) -> what its way is called, and its 95% interval;
            or why there is none, and None. For metrics for which no general way holds.
    """

    name: str
    form: Form
    greater_is_better: bool
    needs: Literal["labels", "probabilities", "values"]
    function: Callable[[Any, Any, Floats], Floats]
    low: float = 0.0
    high: float = float("inf")
    proportion: bool = False
    undefined: str = "the numbers are too large to be added up"
    classes: tuple[int, int | None] = (1, None)
    interval: Callable[[Any, Any, Floats | None, int], tuple[str, Ends | None]] | None = None

    def __call__(self, target: ArrayLike, prediction: ArrayLike, weights: ArrayLike | None = None) -> Floats:
        """Measure ``prediction`` once for each row of ``weights``.

        Args:
            target: (N,) class indices 0..C-1, or (N,) or (N, K) values, or (N, L) 0 and 1.
            prediction: (N, C) probabilities (scores, where ``needs`` is ``labels``), or values of the target's shape,
                or (N, L) probabilities.
            weights: (R, N) multiplicities or weights of the rows; None is one row of ones.

        Returns:
            (R,) values; NaN where the metric is not defined.

        Raises:
            DataError: the arrays do not fit together, are not finite, or are not the probabilities that are needed.

        >>> accuracy([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], [[1, 1, 1], [1, 1, 0]])
        array([0.66666667, 1.        ])
        """
        truth, guess = checked(target, prediction, self.form)
        if self.needs == "probabilities":
            check_probabilities(guess, self.form)
        rows = len(truth)
        multiplicity = np.ones((1, rows)) if weights is None else np.asarray(weights, dtype=np.float64)
        if multiplicity.ndim != 2 or multiplicity.shape[1] != rows or not (multiplicity >= 0).all():
            raise DataError(
                Mistake(
                    f"the weights have shape {multiplicity.shape} or are not all at least 0",
                    f"(resamples, {rows})",
                )
            )
        return self.compute(truth, self.read(guess), multiplicity)

    def suits(self, classes: int) -> bool:
        """Whether it says anything of so many classes."""
        fewest, most = self.classes
        return fewest <= classes and (most is None or classes <= most)

    def read(self, prediction: Floats) -> NDArray[Any]:
        """What the metric needs of a checked prediction."""
        if self.needs != "labels":
            return prediction
        return (prediction > 0.5).astype(np.int64) if self.form == "labels" else by_class.labels(prediction)

    def compute(self, target: NDArray[Any], needed: NDArray[Any], weights: Floats) -> Floats:
        """The values (R,) from checked arrays; what is not finite is NaN."""
        with np.errstate(all="ignore"):  # 0/0 and overflow are outcomes here, told as ``undefined``
            values = self.function(target, needed, weights)
        return np.where(np.isfinite(values), values, np.nan)


_ONE_CLASS = "all rows have the same class"

accuracy = Metric("accuracy", "classes", True, "labels", by_class.accuracy, high=1.0, proportion=True)
balanced_accuracy = Metric(
    "balanced_accuracy", "classes", True, "labels", by_class.balanced_accuracy, high=1.0
)
precision_macro = Metric(
    "precision_macro", "classes", True, "labels", by_class.macro(by_class.precision), high=1.0
)
precision_weighted = Metric(
    "precision_weighted", "classes", True, "labels", by_class.weighted(by_class.precision), high=1.0
)
recall_macro = Metric("recall_macro", "classes", True, "labels", by_class.macro(by_class.recall), high=1.0)
recall_weighted = Metric(  # the same number as the accuracy
    "recall_weighted",
    "classes",
    True,
    "labels",
    by_class.weighted(by_class.recall),
    high=1.0,
    proportion=True,
)
f1_macro = Metric("f1_macro", "classes", True, "labels", by_class.macro(by_class.f1), high=1.0)
f1_weighted = Metric("f1_weighted", "classes", True, "labels", by_class.weighted(by_class.f1), high=1.0)
roc_auc = Metric(
    "roc_auc", "classes", True, "probabilities", by_class.roc_auc, high=1.0, undefined=_ONE_CLASS
)
log_loss = Metric("log_loss", "classes", False, "probabilities", by_class.log_loss)
mse = Metric("mse", "values", False, "values", by_value.mse)
rmse = Metric("rmse", "values", False, "values", by_value.rmse)
mae = Metric("mae", "values", False, "values", by_value.mae)
r2 = Metric(
    "r2",
    "values",
    True,
    "values",
    by_value.r2,
    low=float("-inf"),
    high=1.0,
    undefined="the target is constant in these rows",
)
