"""The moving average of a network's weights, which often generalises better than the last weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from ..errors import Mistake, RunError, raise_if_any
from ..limits import Fraction


class Average:
    """An exponential moving average of parameters and buffers (Polyak & Juditsky 1992).

    At update t, counted from 1: average = d average + (1 - d) theta with d = min(decay, (1 + t) / (10 + t)),
    so that the first, random weights are soon forgotten. Whole-number buffers (a count of batches) are
    copied.

    Args:
        network: where the average starts; it is not changed.
        decay: d in the long run; 0.999 looks back about 1 / (1 - d) = 1,000 updates.
    """

    def __init__(self, network: nn.Module, *, decay: Fraction = 0.999) -> None:
        self.decay = decay
        self.updates = 0
        self._values = {name: tensor.detach().clone() for name, tensor in _tensors(network)}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take the network's present values into the average."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, tensor in _tensors(network):
            if tensor.is_floating_point():
                self._values[name].lerp_(tensor, 1 - decay)
            else:
                self._values[name].copy_(tensor)

    @torch.no_grad()
    def copy_to(self, network: nn.Module) -> None:
        """Write the average into a network of the same shape."""
        for name, tensor in _tensors(network):
            tensor.copy_(self._values[name])

    def state_dict(self) -> dict[str, Tensor]:
        """The average and the number of updates, as copied tensors: ``updates`` and ``average.NAME``."""
        values = {f"average.{name}": tensor.clone() for name, tensor in self._values.items()}
        return {"updates": torch.tensor(self.updates), **values}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what ``state_dict`` gave.

        Raises:
            RunError: the names or shapes are not this network's; nothing is changed then.
        """
        raise_if_any(RunError, self._misfits(state))
        self.updates = int(state["updates"])
        for name, tensor in self._values.items():
            tensor.copy_(state[f"average.{name}"])

    def _misfits(self, state: Mapping[str, Tensor]) -> Iterator[Mistake]:
        remedy = "resume with the network that the run was started with"
        own = {"updates": (), **{f"average.{name}": tuple(t.shape) for name, t in self._values.items()}}
        for name in sorted(own.keys() - state.keys()):
            yield Mistake(f"the saved average has no {name!r}", remedy=remedy)
        for name in sorted(state.keys() - own.keys()):
            yield Mistake(f"the saved average has a {name!r} that the network has not", remedy=remedy)
        for name in sorted(own.keys() & state.keys()):
            if tuple(state[name].shape) != own[name]:
                found = tuple(state[name].shape)
                yield Mistake(f"the saved average's {name!r} has the shape {found}", f"{own[name]}", remedy)


def _tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters and buffers that are saved; a buffer that is not saved is a constant of the network's build."""
    yield from network.state_dict(keep_vars=True).items()
