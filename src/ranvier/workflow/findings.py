"""What a finished run says of itself: findings about its data and its measure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..catalog import load
from ..finding import Finding
from ..tasks.classify import Classify
from .measure import Measured
from .prepared import Prepared


def findings(prepared: Prepared, measured: Measured) -> list[Finding]:
    """All that was noticed in a finished run."""
    return [*_unlearnt_classes(prepared), *_no_better(measured)]


def _unlearnt_classes(prepared: Prepared) -> Iterator[Finding]:
    """Classes of which no row was left for training."""
    task = prepared.task
    if not isinstance(task, Classify):
        return
    counts = np.bincount(prepared.parts["train"].target.numpy(), minlength=len(task.classes))
    for label in (task.classes[index] for index in np.flatnonzero(counts == 0)):
        yield Finding(
            code="RV101",
            severity="warning",
            place=f"class {label!r} of column {task.target!r}",
            cause="No training row has this class, so that the network cannot learn it.",
            remedy="Collect more rows of it, or leave its rows out.",
            evidence={"train_rows": 0, "rows": int((prepared.table.frame[task.target] == label).sum())},
        )


def _no_better(measured: Measured) -> Iterator[Finding]:
    """The network has not beaten a baseline that it should beat."""
    metrics = measured.metrics
    compared = metrics["comparison"].get("trivial")
    if compared is None or compared["better"] == "a":
        return
    name = metrics["metric"]
    values = {
        "network": metrics["test"][name]["value"],
        "trivial": metrics["baselines"]["trivial"][name]["value"],
    }
    word = "above" if load("metrics", name).greater_is_better else "below"
    yield Finding(
        code="RV301",
        severity="warning",
        place=f"test {name}",
        cause=f"The test rows do not show that the network's {name} is {word} the trivial answer's.",
        remedy="Train for longer, look for columns that say more of the target, or collect more rows.",
        evidence={
            **values,
            "difference": compared["difference"],
            "low": compared["low"],
            "high": compared["high"],
        },
    )
