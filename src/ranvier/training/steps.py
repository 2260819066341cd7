"""What carries out the steps of a training: autograd, or backpropagation by hand, as the plan says."""

from __future__ import annotations

from typing import Protocol

from ..data.batches import Batch, Epochs
from ..errors import Mistake, SpecError
from ..execution.explicit import Explicit, Unknown
from ..execution.plan import Plan
from .autograd import Autograd
from .limits import Limits
from .objectives.supervised import Supervised
from .state import State


class Steps(Protocol):
    """Carries out steps. On leaving the ``with`` block the network is as it would be by itself."""

    def __enter__(self) -> Steps: ...

    def __exit__(self, *error: object) -> None: ...

    def buffers(self, rows: int) -> Batch | None:
        """Where a batch of so many rows is best put, or None where it does not matter."""
        ...

    def step(self, batch: Batch) -> float:
        """One update at the optimizers' present rates; the loss before it.

        A loss that is not finite changes nothing.
        """
        ...


def explicit(state: State, limits: Limits, sample: Batch, plan: Plan) -> Explicit:
    """Steps by hand, for batches like ``sample``.

    Raises:
        Unknown: some derivative is not written out; nothing is changed then.
    """
    objective = state.objective
    if type(objective) is not Supervised or list(state.optimizers) != ["network"]:
        parts = " for several parts" if len(state.optimizers) > 1 else ""
        raise Unknown(f"the objective {type(objective).__name__} is not written out{parts}")
    if objective.augment is not None:
        raise Unknown("the pictures of each batch are augmented")
    state.network.train()
    return Explicit(
        state.network,
        objective.loss,
        state.optimizers["network"],
        sample,
        class_weights=objective.class_weights,
        l1=limits.l1,
        l2=limits.l2,
        clip=limits.clip,
        in_16_bits=plan.precision == "bfloat16",
        threads=plan.threads,
    )


def steps_by(plan: Plan, state: State, batches: Epochs, limits: Limits) -> Steps:
    """What carries out the steps by ``plan``.

    Raises:
        SpecError: the plan wants backpropagation by hand where it is not known, or what is for batches of one shape
            where they differ.
    """
    if plan.backpropagation == "autograd":
        if plan.dispatch == "eager":
            return Autograd(state, limits, plan)
        if not batches.alike:
            raise SpecError(
                Mistake(
                    f"execution.dispatch is {plan.dispatch!r}, and the batches are not of one shape",
                    "rows that are not sequences and not streamed",
                    "leave it out",
                )
            )
        return Autograd(state, limits, plan, batches.sample())
    try:
        return explicit(state, limits, batches.sample(), plan)
    except Unknown as reason:
        raise SpecError(
            Mistake(
                f"execution.backpropagation is 'explicit', and {reason}",
                "a network of known layers",
                "set it to 'autograd', or leave it out",
            )
        ) from None
