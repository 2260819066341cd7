"""The training rows of each class, as three checks count them."""

from __future__ import annotations

import numpy as np

from .case import Case


def train_counts(case: Case) -> dict[str, int]:
    """How many training rows each class has, 0 included; empty where the target is no class."""
    if case.classes is None:
        return {}
    counts = np.bincount(case.targets[case.split.train], minlength=len(case.classes))
    return {label: int(count) for label, count in zip(case.classes, counts)}
