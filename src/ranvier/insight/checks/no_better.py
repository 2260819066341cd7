"""RV301: the network has not beaten the trivial answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ...catalog import load
from ...finding import Finding, Severity
from .case import Case


class NoBetter:
    """The test rows do not show that the network is better than the trivial answer."""

    code: ClassVar[str] = "RV301"
    severity: ClassVar[Severity] = "warning"

    @staticmethod
    def run(case: Case) -> Iterator[Finding]:
        """Read the paired comparison of the measure; nothing before there is one."""
        metrics = case.metrics
        compared = None if metrics is None else metrics.get("comparison", {}).get("trivial")
        if metrics is None or compared is None or compared["better"] == "a":
            return
        name = metrics["metric"]
        word = "above" if load("metrics", name).greater_is_better else "below"
        yield Finding(
            code=NoBetter.code,
            severity=NoBetter.severity,
            place=f"test {name}",
            cause=f"The test rows do not show that the network's {name} is {word} the trivial answer's.",
            remedy="Train for longer, look for columns that say more of the target, or collect more rows.",
            evidence={
                "network": metrics["test"][name]["value"],
                "trivial": metrics["baselines"]["trivial"][name]["value"],
                "difference": compared["difference"],
                "low": compared["low"],
                "high": compared["high"],
            },
        )
