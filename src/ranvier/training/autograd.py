"""Steps by PyTorch's autograd, in the precision and the layout that the plan names, dispatched as it says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.hooks import RemovableHandle

from ..data.batches import Batch
from ..execution.plan import EXACT, Plan
from ..network.in_use import device_of
from .dispatch import Dispatched
from .limits import Limits
from .regularization import penalty
from .state import State

SHORT = 512
"""Up to so long a sequence attention in 16 bits is formed by plain products: on a processor they take two thirds of the
time of torch's fused kernel, and memory for each pair of places."""

MATH = [SDPBackend.MATH]


class Autograd:
    """Steps for any network and objective.

    With 16-bit numbers the products of the forward pass, and so of the backward pass, are formed in bfloat16; outputs,
    loss, weights and what the optimizer remembers have 32 bits.

    Args:
        state: of the training.
        limits: of the training.
        plan: of backpropagation by autograd.
        sample: a batch as most are; needed where steps are compiled or captured.
    """

    def __init__(self, state: State, limits: Limits, plan: Plan = EXACT, sample: Batch | None = None) -> None:
        self.state, self.limits, self.plan, self.sample = state, limits, plan, sample
        self.network = state.network
        self.hooks: list[RemovableHandle] = []

    def __enter__(self) -> Autograd:
        if self.plan.precision == "bfloat16":
            self.hooks.append(self.state.network.register_forward_hook(_in_32_bits))
        if self.plan.layout == "channels_last":
            self._lay_out(torch.channels_last)
        if self.plan.dispatch != "eager" and self.sample is not None:
            sample = _channels_last(self.sample) if self.plan.layout == "channels_last" else self.sample
            with self._precision(sample):
                self.network = Dispatched(self.state.network, self.plan.dispatch, sample)
        return self

    def __exit__(self, *error: object) -> None:
        self.network = self.state.network
        for hook in self.hooks:
            hook.remove()
        if self.plan.layout == "channels_last":
            self._lay_out(torch.contiguous_format)

    def buffers(self, rows: int) -> None:
        """It does not matter."""

    def step(self, batch: Batch) -> float:
        """One update of every part."""
        state, limits, value = self.state, self.limits, 0.0
        if self.plan.layout == "channels_last":
            batch = _channels_last(batch)
        for part, optimizer in state.optimizers.items():
            optimizer.zero_grad(set_to_none=True)
            with self._precision(batch):
                loss, _ = state.objective.step(self.network, batch, part, torch.default_generator)
            value = loss.item()
            if not math.isfinite(value):
                return value
            if limits.l1 or limits.l2:
                loss = loss + penalty(state.network.named_parameters(), limits.l1, limits.l2)
            loss.backward()  # type: ignore[no-untyped-call]
            if limits.clip is not None:
                nn.utils.clip_grad_norm_(state.network.parameters(), limits.clip)
            optimizer.step()
        return value

    @contextmanager
    def _precision(self, batch: Batch) -> Iterator[None]:
        if self.plan.precision == "float32":
            yield
            return
        device = device_of(self.state.network).type
        longest = max((block.shape[1] for block in batch.inputs.values() if block.ndim > 1), default=0)
        plain = device == "cpu" and longest <= SHORT
        cast = torch.autocast(device, dtype=torch.bfloat16, cache_enabled=self.plan.dispatch != "cuda_graphs")
        with cast, sdpa_kernel(MATH) if plain else nullcontext():
            yield

    def _lay_out(self, layout: torch.memory_format) -> None:
        """Bring the network's filters, and what the optimizers remember of them, into a layout."""
        self.state.network.to(memory_format=layout)  # type: ignore[call-overload]
        for remembered in _memories(self.state):
            for name, value in remembered.items():
                if isinstance(value, Tensor) and value.ndim == 4:
                    remembered[name] = value.contiguous(memory_format=layout)


def _in_32_bits(network: nn.Module, inputs: Any, outputs: Any) -> Any:
    return outputs.float() if isinstance(outputs, Tensor) else outputs


def _channels_last(batch: Batch) -> Batch:
    inputs = {
        name: block.contiguous(memory_format=torch.channels_last) if block.ndim == 4 else block
        for name, block in batch.inputs.items()
    }
    return Batch(inputs, batch.target, batch.rows, batch.weight)


def _memories(state: State) -> Iterator[dict[str, Any]]:
    """What the optimizers remember of each parameter."""
    for optimizer in state.optimizers.values():
        for member in getattr(optimizer, "members", [optimizer]):
            yield from member.state.values()
