"""The state of a training: all that must survive for it to go on, to the same bytes, after it was killed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..errors import Mistake, RunError
from ..files import write_bytes
from ..finding import Finding
from .averaging import Average
from .objectives import Objective
from .optimizers import Optimizer
from .schedules import Schedule


@dataclass
class Best:
    """The best validation so far: its value (lower is better), its epoch, and the weights."""

    value: float
    epoch: int
    weights: dict[str, Tensor]


@dataclass
class State:
    """Everything that changes while a network learns.

    Randomness is not in it: the order of an epoch and the noise of a step come from the seed and their number.

    Args:
        network: learns in place.
        optimizers: one for each part of the objective.
        step: how many steps are done.
        epoch: how many epochs are done and validated.
        loss_sum, loss_rows: of the epoch under way, for its training loss.
        waited: epochs since the best one.
        seconds: time spent training, over all its sittings.
        finished: why training ended, or None while it goes on.
        finding: why the loss was no longer finite, where that ended it.
        noticed: what those who look on keep from one sitting to the next, as JSON values.
    """

    network: nn.Module
    objective: Objective
    optimizers: dict[str, Optimizer]
    schedule: Schedule
    average: Average | None = None
    step: int = 0
    epoch: int = 0
    loss_sum: float = 0.0
    loss_rows: int = 0
    waited: int = 0
    seconds: float = 0.0
    best: Best | None = None
    finished: str | None = None
    finding: Finding | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    noticed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    NUMBERS = (
        "step",
        "epoch",
        "loss_sum",
        "loss_rows",
        "waited",
        "seconds",
        "finished",
        "history",
        "noticed",
    )

    def save(self, path: Path) -> None:
        """Write the checkpoint: one safetensors file, whose header holds the rest as JSON."""
        tensors: dict[str, Tensor] = {}
        tree = {
            "network": dict(self.network.state_dict()),
            "objective": self.objective.state_dict(),
            "optimizers": {part: optimizer.state_dict() for part, optimizer in self.optimizers.items()},
            "schedule": self.schedule.state_dict(),
            "average": self.average.state_dict() if self.average else None,
            "best": vars(self.best) if self.best else None,
            "finding": self.finding.as_dict() if self.finding else None,
            "numbers": {name: getattr(self, name) for name in self.NUMBERS},
        }
        values = _split_off(tree, tensors, "")
        write_bytes(path, save(tensors, metadata={"ranvier": json.dumps(values)}))

    def load(self, path: Path) -> None:
        """Take over the checkpoint at ``path``.

        Raises:
            RunError: there is none, or it was not written by ``save`` for this network.
        """
        try:
            with safe_open(str(path), framework="pt") as file:
                values = json.loads(file.metadata()["ranvier"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
            tree = _join(values, tensors)
            self.network.load_state_dict(tree["network"])
            self.objective.load_state_dict(tree["objective"])
            for part, optimizer in self.optimizers.items():
                optimizer.load_state_dict(tree["optimizers"][part])
                _lay_out(optimizer)
            self.schedule.load_state_dict(tree["schedule"])
            if self.average:
                self.average.load_state_dict(tree["average"])
        except FileNotFoundError:
            raise RunError(
                Mistake(f"there is no checkpoint at {str(path)!r}", remedy="train it anew")
            ) from None
        except (
            SafetensorError,
            OSError,
            KeyError,
            TypeError,
            AttributeError,
            ValueError,
            RuntimeError,
        ) as error:
            raise RunError(
                Mistake(
                    f"{str(path)!r} is no checkpoint of this run ({_first_line(error)})",
                    remedy="train it anew",
                )
            ) from error
        self.best = Best(**tree["best"]) if tree["best"] else None
        self.finding = Finding(**tree["finding"]) if tree["finding"] else None
        for name in self.NUMBERS:
            setattr(self, name, tree["numbers"][name])


def _lay_out(optimizer: Any) -> None:
    """Lay out what an optimizer remembers as its parameters lie in memory: fused steps take both for alike."""
    pairs = [pair for member in getattr(optimizer, "members", [optimizer]) for pair in member.state.items()]
    for parameter, remembered in pairs:
        for name, value in remembered.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                remembered[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def copy_weights(network: nn.Module, into: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
    """A copy of the network's parameters and buffers, in the memory of a former copy where one is given up for it."""
    room = into or {}

    def copied(name: str, tensor: Tensor) -> Tensor:
        at = room.get(name)
        fits = at is not None and (at.shape, at.dtype) == (tensor.shape, tensor.dtype)
        return at.copy_(tensor) if at is not None and fits else tensor.detach().clone()

    return {name: copied(name, tensor) for name, tensor in network.state_dict().items()}


def _split_off(tree: Any, tensors: dict[str, Tensor], place: str) -> Any:
    """``tree`` as JSON values; its tensors go into ``tensors``, each named by its place."""
    if isinstance(tree, Tensor):
        tensors[place] = tree.detach().cpu().contiguous().clone()  # shared memory is refused by the format
        return {"tensor": place}
    if isinstance(tree, Mapping):
        pairs = [[key, _split_off(value, tensors, f"{place}.{key}")] for key, value in tree.items()]
        return {"pairs": pairs}  # pairs, since JSON would turn an optimizer's whole-number keys into text
    if isinstance(tree, (list, tuple)):
        return [_split_off(value, tensors, f"{place}.{index}") for index, value in enumerate(tree)]
    return tree


def _join(tree: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(tree, dict):
        if "tensor" in tree:
            return tensors[tree["tensor"]]
        return {key: _join(value, tensors) for key, value in tree["pairs"]}
    if isinstance(tree, list):
        return [_join(value, tensors) for value in tree]
    return tree


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
