"""The plan of a training: how its steps are carried out. It changes how long a step takes, not what it means."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from typing_extensions import Self

from .explicit import gains_from_16_bits

Backpropagation = Literal["explicit", "autograd"]
Precision = Literal["float32", "bfloat16"]
Layout = Literal["contiguous", "channels_last"]
Dispatch = Literal["eager", "compiled", "cuda_graphs"]


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
        dispatch: under autograd, whether the network's operations are carried out one by one, compiled into fewer by
            ``torch.compile``, or replayed by a graphics card as one graph.
    """

    backpropagation: Backpropagation = "autograd"
    precision: Precision = "float32"
    layout: Layout = "contiguous"
    threads: int = 1
    dispatch: Dispatch = "eager"

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
            *([self.dispatch.replace("cuda_graphs", "CUDA graphs")] if self.dispatch != "eager" else []),
            "1 thread" if self.threads == 1 else f"{self.threads} threads",
        ]
        return ", ".join(parts)


PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

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


def has_16_bits(device: str) -> bool:
    """Whether a kind of device multiplies bfloat16 numbers faster than 32-bit ones, as far as is known."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and multiplies_in_16_bits()


def compiler_missing(device: str = "cpu") -> str:
    """What ``torch.compile`` lacks here to compile for a kind of device; an empty text where it lacks nothing."""
    if device == "cuda":
        return "" if find_spec("triton") else "Triton is not installed"
    compiler = os.environ.get("CXX") or {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    if shutil.which(compiler) is None:
        return f"there is no C++ compiler ({compiler})"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "the headers of Python are not installed"
    return ""


def candidates(first: Plan, network: nn.Module, cores: int, heavy: bool, device: str = "cpu") -> list[Plan]:
    """The plans that are worth a trial, the one that is taken without a trial first.

    Args:
        first: taken by rule, without measuring.
        network: that is to be trained.
        cores: of this machine.
        heavy: whether a step is large enough that 16-bit numbers can pay.
        device: the kind of device that the network is on.
    """
    has_filters = any(isinstance(module, nn.Conv2d) for module in network.modules())
    layouts: tuple[Layout, ...] = ("contiguous", "channels_last") if has_filters else ("contiguous",)
    in_16_bits = has_16_bits(device)
    cores = cores if device == "cpu" else first.threads
    plans = [first]
    for threads in (1, cores) if device == "cpu" else ():
        plans.append(Plan(first.backpropagation, threads=threads))
    if first.backpropagation == "explicit":
        plans.append(Plan("autograd", threads=first.threads))
        if heavy and in_16_bits and gains_from_16_bits(network):
            plans += [Plan("explicit", "bfloat16", threads=threads) for threads in (1, cores)]
    if heavy and (first.backpropagation == "autograd" or has_filters):
        for layout in layouts:
            for precision in PRECISIONS if in_16_bits else PRECISIONS[:1]:
                plans.append(Plan("autograd", precision, layout, cores))
    return list(dict.fromkeys(plans))


COMPILING = 10.0, 0.4
"""Seconds that compiling is reckoned to take: for any network, and for each of its modules. On two idle cores a small
network took 6, LeNet-5 12 and ResNet-20 26 (docs/log.md)."""


def dispatched(plan: Plan, network: nn.Module, device: str, seconds: float, share: float) -> list[Plan]:
    """A plan, and the same with its operations dispatched otherwise, where that is worth a trial.

    Args:
        plan: of eager steps, by autograd.
        network: that is to be trained.
        device: the kind of device that the network is on.
        seconds: that the run takes by the plan.
        share: of them that may be spent on finding a quicker one: compiling is to take no more.
    """
    plans = [plan]
    if device == "cuda":
        plans.append(replace(plan, dispatch="cuda_graphs"))
    compiling = COMPILING[0] + COMPILING[1] * sum(1 for _ in network.modules())
    if share * seconds >= compiling and not compiler_missing(device):
        plans.append(replace(plan, dispatch="compiled"))
    return plans
