"""What Muon needs beside ``torch.optim.Muon``: which weights it may have, and two optimizers as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from ..errors import Mistake, RunError


def is_embedding(name: str) -> bool:
    """Tell whether a parameter is an embedding, by its dotted name.

    It is where a part of the name contains ``embed``, or is ``tables`` within ``encoders`` (the vectors of
    ``network.encoders.Embeddings``).

    >>> [is_embedding(name) for name in ("encoders.category.tables.0.weight", "trunk.layers.0.weight")]
    [True, False]
    """
    parts = name.lower().split(".")
    return any("embed" in part for part in parts) or {"encoders", "tables"} <= set(parts)


def is_hidden(name: str, parameter: nn.Parameter) -> bool:
    """Tell whether a parameter is a hidden weight matrix, Muon's domain.

    It has two dimensions, is no embedding, and no part of its dotted name is ``encoders`` or ``head``: what
    reads the input and what speaks the output are better served by AdamW (Jordan 2024). A module of the
    user's own whose output layer has another name has that layer trained by Muon too.

    >>> matrix = nn.Parameter(torch.zeros(3, 2))
    >>> is_hidden("trunk.layers.0.weight", matrix), is_hidden("head.linear.weight", matrix)
    (True, False)
    """
    apart = {"encoders", "head"} & set(name.split("."))
    return parameter.ndim == 2 and not apart and not is_embedding(name)


class Together:
    """Several optimizers of different parameters, used as one.

    Its ``state_dict`` has the layout of a single torch optimizer (parameters numbered on from one member to
    the next), so that a checkpoint needs no second format.

    Args:
        members: at least one optimizer; no parameter in two of them.
    """

    def __init__(self, members: Sequence[torch.optim.Optimizer]) -> None:
        self.members = list(members)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all members, themselves and not copies."""
        return [group for member in self.members for group in member.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for member in self.members:
            member.zero_grad(set_to_none=set_to_none)

    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for member in self.members:
            member.step()

    def state_dict(self) -> dict[str, Any]:
        """``state`` and ``param_groups`` of all members, numbered through."""
        joined: dict[str, Any] = {"state": {}, "param_groups": []}
        for member, first in zip(self.members, self._firsts()):
            part = member.state_dict()
            joined["state"].update({first + number: values for number, values in part["state"].items()})
            joined["param_groups"] += [_shifted(group, first) for group in part["param_groups"]]
        return joined

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from what ``state_dict`` gave.

        Raises:
            RunError: the groups are not those of these members; nothing is changed then.
        """
        groups = list(state_dict["param_groups"])
        found = [len(group["params"]) for group in groups]
        expected = [len(group["params"]) for group in self.param_groups]
        if found != expected:
            raise RunError(
                Mistake(
                    f"the saved optimizer has groups of {found} parameters",
                    f"groups of {expected}",
                    "resume with the network and the optimizer that the run was started with",
                )
            )
        for member, first in zip(self.members, self._firsts()):
            own = [_shifted(group, -first) for group in groups[: len(member.param_groups)]]
            groups = groups[len(own) :]
            numbers = [number for group in own for number in group["params"]]
            state = {n: state_dict["state"][n + first] for n in numbers if n + first in state_dict["state"]}
            member.load_state_dict({"state": state, "param_groups": own})

    def _firsts(self) -> list[int]:
        """The number of each member's first parameter."""
        firsts, count = [], 0
        for member in self.members:
            firsts.append(count)
            count += sum(len(group["params"]) for group in member.param_groups)
        return firsts


def _shifted(group: dict[str, Any], by: int) -> dict[str, Any]:
    return {**group, "params": [number + by for number in group["params"]]}
