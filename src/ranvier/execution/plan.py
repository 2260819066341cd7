"""The plan of a training: how its steps are carried out. It changes how long a step takes, not what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from torch import nn
from typing_extensions import Self

from .explicit import gains_from_16_bits

Backpropagation = Literal["explicit", "autograd"]
Precision = Literal["float32", "bfloat16"]
Layout = Literal["contiguous", "channels_last"]


@dataclass(frozen=True)
class Plan:
    """How the steps of a training are carried out.

    The same seed and the same plan give the same bytes; two plans agree up to the rounding of numbers.

    Args:
        backpropagation: by the derivatives that ``execution.explicit`` writes out, or by PyTorch's autograd.
        precision: ``bfloat16`` lets products be formed of 16-bit numbers, by autocast, or of large linear maps by hand;
            weights and sums stay as they are.
        layout: of pictures and their filters in memory: channels first or last.
        threads: how many of torch's threads share an operation.
    """

    backpropagation: Backpropagation = "autograd"
    precision: Precision = "float32"
    layout: Layout = "contiguous"
    threads: int = 1

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The plan that ``as_dict`` described."""
        return cls(**values)

    def __str__(self) -> str:
        parts = [
            "backpropagation by hand" if self.backpropagation == "explicit" else "autograd",
            *(["bfloat16"] if self.precision == "bfloat16" else []),
            *(["channels last"] if self.layout == "channels_last" else []),
            "1 thread" if self.threads == 1 else f"{self.threads} threads",
        ]
        return ", ".join(parts)


EXACT = Plan()
"""Plain PyTorch, in 32-bit numbers, on one thread."""

FAST_IN_16_BITS = {"avx512_bf16", "amx_bf16"}


@cache
def multiplies_in_16_bits() -> bool:
    """Whether this processor multiplies bfloat16 numbers faster than 32-bit ones, as far as it says."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return not FAST_IN_16_BITS.isdisjoint(text.split())


def candidates(first: Plan, network: nn.Module, cores: int, heavy: bool) -> list[Plan]:
    """The plans that are worth a trial, the one that is taken without a trial first.

    Args:
        first: taken by rule, without measuring.
        network: that is to be trained.
        cores: of this machine.
        heavy: whether a step is large enough that 16-bit numbers can pay.
    """
    plans = [first]
    for threads in (1, cores):
        plans.append(Plan(first.backpropagation, threads=threads))
    if first.backpropagation == "explicit":
        plans.append(Plan("autograd", threads=first.threads))
        if heavy and multiplies_in_16_bits() and gains_from_16_bits(network):
            plans += [Plan("explicit", "bfloat16", threads=threads) for threads in (1, cores)]
    has_filters = any(isinstance(module, nn.Conv2d) for module in network.modules())
    if heavy and (first.backpropagation == "autograd" or has_filters):
        for layout in ("contiguous", "channels_last") if has_filters else ("contiguous",):
            for precision in ("float32", "bfloat16") if multiplies_in_16_bits() else ("float32",):
                plans.append(Plan("autograd", precision, layout, cores))
    return list(dict.fromkeys(plans))
