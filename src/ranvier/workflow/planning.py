"""Choose how the steps of a run are carried out, where the user leaves it open."""

from __future__ import annotations

from ..data.batches import Batches
from ..data.stream.passes import StreamBatches
from ..execution.explicit import Unknown
from ..execution.plan import Plan
from ..spec import Spec
from ..training.limits import Limits
from ..training.state import State
from ..training.steps import explicit
from .settle import Settled


def with_plan(settled: Settled, state: State, limits: Limits, batches: Batches | StreamBatches) -> Settled:
    """Settle ``execution.backpropagation``: by hand where all derivatives are written out."""
    execution = settled.spec.execution
    if execution.backpropagation is not None:
        return settled
    if execution.plan == "exact":
        choice, reason = "autograd", "the plan is 'exact'"
    else:
        try:
            explicit(state, limits, batches.sample()).release()
            choice, reason = "explicit", "all derivatives are written out"
        except Unknown as unknown:
            choice, reason = "autograd", str(unknown)
    spec = settled.spec.replace({"execution.backpropagation": choice})
    return Settled(spec, {**settled.reasons, "execution.backpropagation": reason})


def plan_of(spec: Spec) -> Plan:
    """The plan of a settled spec."""
    return Plan(backpropagation=spec.execution.backpropagation or "autograd")
