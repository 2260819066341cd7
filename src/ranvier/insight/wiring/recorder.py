"""Notes what a network and a loss call: the modules in their order, softmax, losses, changes in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .program import BINARY_LOSSES, CLASS_LOSSES, VALUE_LOSSES, Values

LOSSES = (*CLASS_LOSSES, *VALUE_LOSSES, *BINARY_LOSSES)
PAIRWISE = (*VALUE_LOSSES, *BINARY_LOSSES, "sub", "add", "mul", "div", "rsub", "__rsub__", "eq", "pow")


class Recorder(TorchFunctionMode):
    """Records the calls while it is active.

    ``calls`` holds for each module that finished: its name, the module, its first input and its output.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.calls: list[tuple[str, nn.Module, Any, Any]] = []
        self.open: list[str] = []
        self.softmax: list[tuple[str, int, tuple[int, ...]]] = []
        self.losses: list[tuple[str, Tensor, Tensor, int, Any]] = []
        self.broadcast: tuple[tuple[int, ...], tuple[int, ...]] | None = None
        self.in_place: tuple[str, str] | None = None

    @property
    def place(self) -> str:
        """The module at work; where that is the network itself, the one that finished last."""
        if self.open and self.open[-1]:
            return self.open[-1]
        return self.calls[-1][0] if self.calls else "network"

    @contextmanager
    def watching(self) -> Iterator[Recorder]:
        """Follow the modules too while the block runs."""
        hooks = []
        for name, module in self.network.named_modules():
            hooks.append(module.register_forward_pre_hook(self._enter(name), prepend=True))
            hooks.append(module.register_forward_hook(self._leave(name)))
        try:
            with self:
                yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _enter(self, name: str) -> Any:
        return lambda module, inputs: self.open.append(name)

    def _leave(self, name: str) -> Any:
        def leave(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            self.open.pop()
            if name:
                self.calls.append((name, module, inputs[0] if inputs else None, output))

        return leave

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note the call, and make it."""
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        first = args[0] if args else kwargs.get("input")
        second = args[1] if len(args) > 1 else kwargs.get("target", kwargs.get("other"))
        if isinstance(first, Tensor) and isinstance(second, Tensor):
            if name in PAIRWISE and not self.open and _each_with_each(first, second):  # in the loss
                self.broadcast = tuple(first.shape), tuple(second.shape)
            if name in LOSSES:
                self.losses.append((name, first, second, int(kwargs.get("ignore_index", -100)), None))
        if name.endswith("_") and not name.endswith("__") and name != "requires_grad_":
            self.in_place = name, self.place
        result = func(*args, **kwargs)
        if name in LOSSES and self.losses and self.losses[-1][1] is first:
            self.losses[-1] = (*self.losses[-1][:4], result)
        if name in ("softmax", "log_softmax") and isinstance(first, Tensor):
            dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
            if isinstance(dim, int):
                self.softmax.append((self.place, dim % max(first.ndim, 1), tuple(first.shape)))
        return result


def _each_with_each(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors of as many values, of shapes such as (N, 1) and (N,), are broadcast to more values.

    >>> _each_with_each(torch.zeros(3, 1), torch.zeros(3)), _each_with_each(torch.zeros(3, 1), torch.zeros(3, 1))
    (True, False)
    """
    if first.shape == second.shape or first.numel() != second.numel() or first.numel() < 2:
        return False
    try:
        together = torch.empty(first.shape, device="meta") + torch.empty(second.shape, device="meta")
    except RuntimeError:
        return False
    return together.numel() > first.numel()


def values_of(tensor: Tensor) -> Values:
    """A tensor in figures.

    >>> values_of(torch.tensor([1.0, 3.0]))
    Values(shape=(2,), whole=False, low=1.0, high=3.0, mean=2.0, spread=1.0, bad=0)
    """
    whole = not tensor.is_floating_point()
    numbers = tensor.detach().double().flatten()
    good = numbers[torch.isfinite(numbers)]
    if len(good) == 0:
        good = numbers.new_zeros(1)
    return Values(
        shape=tuple(tensor.shape),
        whole=whole,
        low=float(good.min()),
        high=float(good.max()),
        mean=float(good.mean()),
        spread=float(good.std(unbiased=False)),
        bad=int((~torch.isfinite(numbers)).sum()),
    )
