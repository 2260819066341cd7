"""A model file that stands on another one: it holds adapters and what else is new, and names the other, its base.

Its ``model.json`` has ``base``: the ``path`` and ``fingerprint`` of that file, and the linear maps that have
``adapters``. Of a map called NAME the weights are NAME.weight of the base and NAME.up NAME.down of the file itself,
added up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import torch as safetensors
from torch import Tensor, nn

from ..errors import Mistake, ModelFileError
from .members import fitting_together, read_members

SHOWN = 12
"""So many characters of a fingerprint are shown."""


@dataclass(frozen=True)
class Base:
    """The file that a model stands on.

    Args:
        path: as it was named.
        fingerprint: of the file.
        adapters: by the name of a linear map what it learnt, ``down`` (r, n_in) and ``up`` (n_out, r).
    """

    path: str
    fingerprint: str
    adapters: Mapping[str, tuple[Tensor, Tensor]]


def fingerprint_of(contents: Mapping[str, bytes]) -> str:
    """SHA-256 of the weights of a file and of all that describes them."""
    return hashlib.sha256(contents["model.json"] + contents["weights.safetensors"]).hexdigest()


def stands_alone(path: Path) -> bool:
    """Whether a model file needs no other.

    Raises:
        ModelFileError: it cannot be used.
    """
    contents = read_members(path)
    with fitting_together(path):
        return "base" not in json.loads(contents["model.json"])


def told_of(base: Base | None) -> dict[str, Any]:
    """What ``model.json`` says of a base; nothing where a model has none."""
    if base is None:
        return {}
    return {
        "base": {"path": base.path, "fingerprint": base.fingerprint, "adapters": sorted(base.adapters)},
    }


def own_weights(network: nn.Module, base: Base | None) -> dict[str, Tensor]:
    """The weights that the file of a model holds: all, or the adapters and what the base has not, or has otherwise."""
    weights = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    if base is None:
        return weights
    contents = read_members(Path(base.path).expanduser())
    there = weights_of(Path(base.path), contents)
    adapted = {f"{name}.weight" for name in base.adapters}
    kept = {
        name: tensor
        for name, tensor in weights.items()
        if name not in adapted and not (name in there and torch.equal(there[name], tensor))
    }
    for name, (down, up) in base.adapters.items():
        kept |= {f"{name}.down": down, f"{name}.up": up}
    return kept


def weights_of(
    path: Path, contents: Mapping[str, bytes], base: str | Path | None = None, names: Sequence[str] = ()
) -> dict[str, Tensor]:
    """All weights of a model, with adapters added to those of its base.

    Args:
        path: of the file.
        contents: its members.
        base: where its base is; None looks where it was when the model was trained, and then beside the file.
        names: of a file that stands on a base, the weights that are wanted of both; none takes all.

    Raises:
        ModelFileError: the base is not there, or is another model; or the file has none, and one is named.
    """
    with fitting_together(path):
        told = json.loads(contents["model.json"]).get("base")
        own = safetensors.load(contents["weights.safetensors"])
        if told is None and base is not None:
            raise ModelFileError(Mistake(f"{str(path)!r} holds a whole model", "no base", "leave --from out"))
        if told is None:
            return own
        found, of_base = _found(path, told, base)
        weights = weights_of(found, of_base)
        for name in told["adapters"]:
            down, up = own.pop(f"{name}.down"), own.pop(f"{name}.up")
            weights[f"{name}.weight"] = weights[f"{name}.weight"] + up @ down
        weights |= own
        return {name: weights[name] for name in names or weights if name in weights}


def _found(path: Path, told: Mapping[str, Any], base: str | Path | None) -> tuple[Path, dict[str, bytes]]:
    """The base of the file at ``path``, and its members: the first of the places that holds the very model."""
    named = Path(told["path"]).expanduser()
    places = [Path(base).expanduser()] if base is not None else [named, path.parent / named.name]
    others = []
    for place in dict.fromkeys(places):
        if base is None and (not place.exists() or place.samefile(path)):
            continue
        contents = read_members(place)
        if fingerprint_of(contents) == told["fingerprint"]:
            return place, contents
        others.append(str(place))
    what = f"{str(path)!r} holds adapters of the model {told['path']!r}, "
    raise ModelFileError(
        Mistake(
            what + (f"and {others[0]!r} is another one" if others else "which is not there"),
            f"the file that its training began with (SHA-256 {told['fingerprint'][:SHOWN]}...)",
            "put it there or beside this file, or name it: --from BASE, or base= in Python",
        )
    )
