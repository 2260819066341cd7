"""The plan of a training: how its steps are carried out. It changes how long a step takes, not what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Backpropagation = Literal["explicit", "autograd"]


@dataclass(frozen=True)
class Plan:
    """How the steps of a training are carried out.

    The same seed and the same plan give the same bytes; two plans agree up to the rounding of numbers.

    Args:
        backpropagation: by the derivatives that ``execution.explicit`` writes out, or by PyTorch's autograd.
    """

    backpropagation: Backpropagation = "autograd"


EXACT = Plan()
"""Plain PyTorch, in 32-bit numbers."""
