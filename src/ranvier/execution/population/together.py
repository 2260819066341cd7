"""The weights of K networks in one vector, and the step of all their optimizers at once.

What an optimizer adds to its weights is proportional to its learning rate. So one step is taken at the rate 1, from
weights 0, for all networks in one pass, and each network adds it times its own rate; AdamW takes its own rate times its
own decay of its weights away beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..explicit import Unknown
from ..explicit.flat import Flat
from ..explicit.update import RULES, update

OWN = ("params", "param_names", "lr", "initial_lr", "weight_decay")
"""In what the groups of the optimizers may differ."""


class Together:
    """The weights of K networks and what moves them.

    Args:
        networks: K of one shape.
        optimizers: one for each network, of one kind.

    Raises:
        Unknown: the optimizers are of several kinds, or cannot be taken together.
    """

    def __init__(self, networks: Sequence[nn.Module], optimizers: Sequence[Any]) -> None:
        if len({_kind(optimizer) for optimizer in optimizers}) > 1:
            raise Unknown("the optimizers differ in more than rate and decay")
        if type(optimizers[0]) not in RULES:
            raise Unknown(f"the optimizer {type(optimizers[0]).__name__} is not written out for populations")
        if not isinstance(optimizers[0], torch.optim.AdamW) and any(_decays(o) for o in optimizers):
            raise Unknown("a weight decay is written out for AdamW alone")
        self.optimizers = list(optimizers)
        self.parameters = [list(network.parameters()) for network in networks]  # of network k the j-th
        blocks = [
            nn.Parameter(torch.zeros(len(networks), *p.shape, dtype=p.dtype)) for p in self.parameters[0]
        ]
        self.numbers = {parameter: j for j, parameter in enumerate(self.parameters[0])}
        self.flat = Flat([blocks])  # its theta is what a step adds
        self.theta = torch.zeros_like(self.flat.theta)
        self.rates, self.decays = torch.zeros_like(self.theta), torch.zeros_like(self.theta)
        first = self.optimizers[0].param_groups[0]
        self.joint = type(self.optimizers[0])(blocks, lr=1.0)
        self.joint.param_groups[0].update({name: value for name, value in first.items() if name not in OWN})
        if "weight_decay" in first:
            self.joint.param_groups[0]["weight_decay"] = 0.0
        self.blocks, self.before = blocks, [[p.data for p in each] for each in self.parameters]

    def stack(self, parameters: Sequence[nn.Parameter]) -> tuple[Tensor, Tensor]:
        """Of a parameter, given of each network, the block of values and that of gradients: (K, ...)."""
        block = self.blocks[self.numbers[parameters[0]]]
        return self.flat.view(self.theta, block), self.flat.view(self.flat.gradient, block)

    def take(self) -> None:
        """Bring the networks' weights, and what their optimizers remember, into the common vectors."""
        for k, (parameters, optimizer) in enumerate(zip(self.parameters, self.optimizers)):
            groups = {p: group for group in optimizer.param_groups for p in group["params"]}
            for j, parameter in enumerate(parameters):
                group = groups[parameter]
                rate = group.get("initial_lr", group["lr"])
                self._part(self.theta, j, k).copy_(parameter.detach())
                self._part(self.rates, j, k).fill_(rate)
                self._part(self.decays, j, k).fill_(rate * group.get("weight_decay", 0.0))
                parameter.data = self._part(self.theta, j, k)
                for name, value in optimizer.state.get(parameter, {}).items():
                    remembered = self.joint.state[self.blocks[j]]
                    if name == "step":
                        remembered[name] = value.clone()
                    elif isinstance(value, Tensor):
                        remembered.setdefault(name, torch.zeros_like(self.blocks[j]))[k] = value
        self.decays_any = bool(self.decays.any())
        self.update = update(self.joint, self.flat)

    def move(self, factor: float, finite: Sequence[bool]) -> None:
        """One step of every network whose gradients are finite."""
        if not all(finite):
            for k, good in enumerate(finite):
                if not good:
                    for j in range(len(self.blocks)):
                        self._part(self.flat.gradient, j, k).zero_()
                        self._part(self.rates, j, k).zero_()
                        self._part(self.decays, j, k).zero_()
        step = self.flat.theta.zero_()
        self.update()
        if self.decays_any:
            self.theta.addcmul_(self.theta, self.decays, value=-factor)
        self.theta.addcmul_(step, self.rates, value=factor)

    def give_back(self) -> None:
        """Give each network and each optimizer memory of its own, with the present values."""
        for k, (parameters, optimizer) in enumerate(zip(self.parameters, self.optimizers)):
            for j, parameter in enumerate(parameters):
                parameter.data = self.before[k][j].copy_(parameter.data)
                remembered = self.joint.state.get(self.blocks[j], {})
                for name, value in remembered.items():
                    optimizer.state[parameter][name] = (value if name == "step" else value[k]).clone()

    def _part(self, vector: Tensor, j: int, k: int) -> Tensor:
        return self.flat.view(vector, self.blocks[j])[k]


def _kind(optimizer: Any) -> str:
    groups = [
        sorted((name, str(value)) for name, value in group.items() if name not in OWN)
        for group in getattr(optimizer, "param_groups", [])
    ]
    return f"{type(optimizer).__name__} {groups}"


def _decays(optimizer: Any) -> bool:
    return any(group.get("weight_decay") for group in optimizer.param_groups)
