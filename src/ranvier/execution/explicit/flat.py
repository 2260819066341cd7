"""All parameters as one vector theta, and all gradients as another: an update is then one pass over memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import torch
from torch import Tensor, nn

ALIGNED = 16
"""Each parameter starts at a multiple of so many numbers: 64 bytes, a line of the cache."""


class Flat:
    """The parameters of an optimizer's groups, one group after another.

    While it is in use each parameter is a view of ``theta`` and its ``.grad`` one of ``gradient``; the numbers between
    two parameters are 0 and stay so. ``release`` gives each parameter its own memory back.

    Args:
        groups: the parameters of each group, all of one type and on the CPU.
        by_column: those matrices that stand column by column.
    """

    def __init__(
        self, groups: Sequence[Sequence[nn.Parameter]], by_column: Collection[nn.Parameter] = ()
    ) -> None:
        self.by_column = frozenset(by_column)
        self.groups = [list(group) for group in groups]
        self.places: dict[nn.Parameter, slice] = {}
        self.segments: list[slice] = []
        self.before = {parameter: parameter.data for group in groups for parameter in group}
        end = 0
        for group in self.groups:
            start = end
            for parameter in group:
                self.places[parameter] = slice(end, end + parameter.numel())
                end += -(-parameter.numel() // ALIGNED) * ALIGNED
            self.segments.append(slice(start, end))
        first = self.groups[0][0]
        self.theta = torch.zeros(end, dtype=first.dtype)
        self.gradient = torch.zeros_like(self.theta)
        for parameter in self.places:
            view = self.view(self.theta, parameter)
            _copy(parameter.detach(), view)
            parameter.data = view
            parameter.grad = self.view(self.gradient, parameter)

    def view(self, vector: Tensor, parameter: nn.Parameter) -> Tensor:
        """The part of a vector like ``theta`` that is the parameter's, in its shape."""
        return self._shaped(vector[self.places[parameter]], parameter)

    def gathered(self, group: int, values: Iterator[Tensor | None]) -> Tensor:
        """A vector as long as a group's segment, from a value for each of its parameters; None stands for zeros."""
        segment = self.segments[group]
        vector = torch.zeros(segment.stop - segment.start, dtype=self.theta.dtype)
        for parameter, value in zip(self.groups[group], values):
            if value is not None:
                _copy(value, self.part(vector, group, parameter))
        return vector

    def part(self, vector: Tensor, group: int, parameter: nn.Parameter) -> Tensor:
        """The part of a vector as long as a group's segment that is the parameter's, in its shape."""
        place, start = self.places[parameter], self.segments[group].start
        return self._shaped(vector[place.start - start : place.stop - start], parameter)

    def _shaped(self, numbers: Tensor, parameter: nn.Parameter) -> Tensor:
        if parameter in self.by_column:
            return numbers.view(parameter.shape[1], parameter.shape[0]).t()
        return numbers.view(parameter.shape)

    def release(self) -> None:
        """Give each parameter its own memory back, with its present values, and no gradient."""
        for parameter, memory in self.before.items():
            parameter.data = memory.copy_(parameter.data)
            parameter.grad = None


def _copy(value: Tensor, into: Tensor) -> None:
    """A copy that is written in the order of memory, which for matrices by columns is twice as quick."""
    if into.ndim == 2 and not into.is_contiguous():
        into, value = into.t(), value.t()
    into.copy_(value)
