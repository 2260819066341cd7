"""RV103: the target is a weighted sum of two or three of the columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...finding import Finding, Severity
from .case import Case, ignoring, named

EXACT = 0.001
"""The share of the target's variance that may be left."""

GAIN = 0.1
"""The sum must leave at most this share of what the best single column leaves."""

FEWEST = 50
MOST = 200
"""Columns of numbers that are looked at two at a time."""

MOST_OF_THREE = 40
"""Of these, the columns with the highest correlations to the target that are looked at three at a time."""

Floats = NDArray[np.float64]


class LinearRelation:
    """Two or three columns add up to the target."""

    code: ClassVar[str] = "RV103"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Find the best pair and the best three by correlations; fit on one half of the rows, judge on the other."""
        numbers = {
            name: values
            for name, values in list(case.sample.numbers.items())[:MOST]
            if np.isfinite(values).mean() > 0.9 and np.nanstd(values) > 0
        }
        if case.task.forms[0] != "values" or len(numbers) < 2 or len(case.schema.inputs) < 3:
            return
        inputs = np.stack(list(numbers.values()), axis=1)  # (N, D)
        whole = np.isfinite(inputs).all(1)
        target, inputs = case.targets[case.sample.positions][whole], inputs[whole]
        spread = inputs.std(0) > 0
        names = [name for name, varies in zip(numbers, spread) if varies]
        if len(target) < FEWEST or target.std() == 0 or len(names) < 2:
            return
        inputs = inputs[:, spread]
        standard = (inputs - inputs.mean(0)) / inputs.std(0)
        aim = (target - target.mean()) / target.std()
        alone, pair = _best_pair(standard, aim)
        for chosen in (pair, _best_three(standard, aim)):
            if len(chosen) == len(case.schema.inputs):
                return  # nothing else is left to learn from: the sum is the question
            left, weights = _held_out(inputs[:, chosen], target)
            if left <= EXACT and left <= GAIN * alone:
                columns = [names[i] for i in chosen]
                yield Finding(
                    code=LinearRelation.code,
                    severity=LinearRelation.severity,
                    place=named(columns),
                    cause=f"A weighted sum of them is the target {case.task.target!r} (R2 {1 - left:.6f}).",
                    remedy="Ignore one or all of them, if they are known only once the target is.",
                    evidence={
                        "r2": round(1 - left, 9),
                        "r2_of_best_alone": round(1 - alone, 6),
                        "weights": {name: float(f"{w:.6g}") for name, w in zip(columns, weights)},
                        "rows": len(target),
                        "train_rows": len(case.split.train),
                    },
                    settings=ignoring(columns),
                )
                return


def _best_pair(standard: Floats, aim: Floats) -> tuple[float, list[int]]:
    """What the best single column leaves of the variance, and the two columns that leave least together.

    With correlations a and b to the target and r to one another, two columns explain
    (a^2 + b^2 - 2 a b r) / (1 - r^2).
    """
    count = len(aim)
    inside = standard.T @ standard / count
    to_target = standard.T @ aim / count
    room = 1 - inside**2
    squares = to_target**2
    told = squares[:, None] + squares[None, :] - 2 * np.outer(to_target, to_target) * inside
    explained = np.where(room > 1e-8, told / np.maximum(room, 1e-8), 0)
    first, second = np.unravel_index(int(np.argmax(explained)), explained.shape)
    return float(1 - squares.max()), sorted({int(first), int(second)})


def _best_three(standard: Floats, aim: Floats) -> list[int]:
    """The three columns that leave least of the variance together: they explain r' R^-1 r of it.

    R (3, 3) are their correlations with one another, r (3,) those with the target.
    """
    to_target = standard.T @ aim / len(aim)
    few = np.sort(np.argsort(-np.abs(to_target), kind="stable")[:MOST_OF_THREE])
    threes = np.array(list(combinations(few.tolist(), 3)), dtype=np.int64).reshape(-1, 3)
    if not len(threes):
        return [int(place) for place in few]
    inside = (standard.T @ standard / len(aim))[threes[:, :, None], threes[:, None, :]]  # (M, 3, 3)
    aims = to_target[threes]  # (M, 3)
    weights = np.linalg.solve(inside + 1e-8 * np.eye(3), aims[:, :, None])[:, :, 0]
    best = int(np.argmax((weights * aims).sum(1)))
    return [int(place) for place in threes[best]]


def _held_out(inputs: Floats, target: Floats) -> tuple[float, Floats]:
    """Fit on every other row; the share of variance that is left in the others, and the weights."""
    with_one = np.column_stack([inputs, np.ones(len(inputs))])
    weights = np.linalg.lstsq(with_one[::2], target[::2], rcond=None)[0]
    residual = target[1::2] - with_one[1::2] @ weights
    return float(residual.var() / max(float(target[1::2].var()), 1e-300)), np.asarray(
        weights[:-1], np.float64
    )
