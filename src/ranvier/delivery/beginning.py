"""A model file as what a later training begins with: which of its weights fit, and what is new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import Mistake, SpecError
from ..network.adapters import adapt
from .base import fingerprint_of, weights_of
from .members import fitting_together, read_members

SHOWN = 3
"""So many names are shown of what is new or did not fit."""


@dataclass(frozen=True)
class Beginning:
    """What a model file holds for a later training.

    Args:
        path: of the file.
        weights: by name.
        kinds: the states of its preparation's kinds, by name; of a language model the tokens as those of a text.
        task: its name and state.
        network: the catalogue's name and options.
        fingerprint: SHA-256 of the weights and of all that describes them.
    """

    path: str
    weights: Mapping[str, Tensor]
    kinds: Mapping[str, Mapping[str, Any]]
    task: Mapping[str, Any]
    network: Any
    fingerprint: str


def read_beginning(path: str | Path) -> Beginning:
    """Read a model file to begin with.

    Raises:
        ModelFileError: it is missing, no model file, or changed.
    """
    path = Path(path).expanduser()
    contents = read_members(path)
    with fitting_together(path):
        described = json.loads(contents["model.json"])
        weights = weights_of(path, contents)
        task = described["task"]
        kinds = described.get("preparation") or {"text": {"columns": [], "tokens": task["tokens"]}}
        network = described["architecture"]["network"]
    return Beginning(str(path), weights, kinds, task, network, fingerprint_of(contents))


@dataclass(frozen=True)
class Carried:
    """What became of the weights of a model file in a new network.

    Args:
        path: of the file.
        loaded: names of the network's weights that were there, in the same shape.
        longer: of those with more rows than there were: the first ones are loaded, the rest is new.
        new: names that the file has not, or that are for another target.
        other: names that the file has in another shape: drawn anew.
        unused: names that only the file has.
        how: what learns, as a clause.
    """

    path: str
    loaded: tuple[str, ...]
    longer: tuple[str, ...]
    new: tuple[str, ...]
    other: tuple[str, ...]
    unused: tuple[str, ...]
    how: str

    def __str__(self) -> str:
        count = len(self.loaded) + len(self.longer)
        parts = [f"{count} of {count + len(self.new) + len(self.other)} tensors from {self.path}"]
        for words, names in (
            ("only the first rows of", self.longer),
            ("new", self.new),
            ("of another shape and drawn anew", self.other),
            ("not used", self.unused),
        ):
            if names:
                more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
                parts.append(f"{words}: {', '.join(names[:SHOWN])}{more}")
        return "; ".join([*parts, self.how])


def begin(
    network: nn.Module, beginning: Beginning, *, head: bool, how: str = "whole", rank: int = 8, seed: int = 0
) -> Carried:
    """Put the weights of a model file into a network, by their names.

    Args:
        network: assembled; changed in place.
        beginning: the model file.
        head: whether what the head says is the same target, so that its weights are taken too.
        how: ``whole`` lets all learn; ``frozen`` only what is new; ``adapters`` that and a low-rank change of each
            linear map in the blocks of a Transformer.
        rank: of the adapters.
        seed: the adapters are drawn from it.

    Raises:
        SpecError: nothing fits, nothing that is new could learn, or there is no Transformer to adapt.
    """
    own, given = network.state_dict(), beginning.weights
    taken = {name: given[name] for name in own if name in given and (head or not name.startswith("head."))}
    loaded = [name for name, value in taken.items() if value.shape == own[name].shape]
    longer = [name for name, value in taken.items() if _begins(own[name], value) and "embedding" in name]
    if not loaded:
        raise SpecError(
            Mistake(
                f"no weight of {beginning.path!r} fits this network",
                "a model of the same network",
                f"its network is {beginning.network!r}: name it with --network",
            )
        )
    with torch.no_grad():
        for name in loaded:
            own[name].copy_(taken[name])
        for name in longer:
            own[name][: len(taken[name])] = taken[name]
    clause = "all of it learns"
    if how != "whole":
        held = set(loaded)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name not in held)
        for part in network.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.momentum = 0.0  # its statistics are those of the file
        count = adapt(network, held, rank, seed) if how == "adapters" else 0
        if how == "adapters" and not count:
            raise SpecError(
                Mistake(
                    "start.how is 'adapters', and the network has no blocks of a Transformer that were loaded",
                    "'bert' or 'transformer'",
                    "set start.how to 'whole' or 'frozen'",
                )
            )
        learning = sum(p.numel() for p in network.parameters() if p.requires_grad)
        if not learning:
            raise SpecError(
                Mistake(
                    "start.how is 'frozen', and all of the network was loaded: nothing would learn",
                    "a new head",
                    "set start.how to 'whole'",
                )
            )
        what = f"{count} adapters of rank {rank} and what is new" if count else "what is new"
        clause = f"only {what}: {learning:,} numbers"
        clause += "; the model file holds these alone, and needs that one" if count else ""
    return Carried(
        beginning.path,
        tuple(loaded),
        tuple(longer),
        tuple(name for name in own if name not in taken),
        tuple(name for name in taken if name not in loaded and name not in longer),
        tuple(name for name in given if name not in taken),
        clause,
    )


def _begins(own: Tensor, given: Tensor) -> bool:
    """Whether a table has the rows of another, and more."""
    return own.ndim == given.ndim > 0 and own.shape[1:] == given.shape[1:] and len(given) < len(own)
