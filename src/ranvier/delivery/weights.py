"""Weights from elsewhere: a state dict with torchvision's names, put into the network that reads the pictures."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor, nn

from ..errors import Mistake, SpecError

SHOWN = 3
"""So many names are shown of those that do not fit."""


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The tensors in a file: ``.safetensors``, or what ``torch.save`` wrote, of which only tensors are read.

    A state dict may lie under ``state_dict`` or ``model``, and its names may begin with ``module.``

    Raises:
        SpecError: there is no such file, it is damaged, or it holds more than tensors: objects could run code.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise SpecError(Mistake(f"there is no file of weights {str(path)!r}", "a .safetensors or .pth file"))
    try:
        if path.suffix == ".safetensors":
            return dict(safetensors.load_file(path))
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, zipfile.BadZipFile, ValueError):
        raise SpecError(
            Mistake(
                f"the file of weights {str(path)!r} is damaged, or holds more than tensors, which are not read since "
                f"they could run code",
                "a state dict, as torch.save(network.state_dict(), path) writes it",
            )
        ) from None
    for key in ("state_dict", "model"):
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
    if not isinstance(held, Mapping) or not all(isinstance(value, Tensor) for value in held.values()):
        raise SpecError(Mistake(f"the file of weights {str(path)!r} holds no state dict", "tensors by name"))
    return {str(name).removeprefix("module."): value for name, value in held.items()}


def put_weights(network: nn.Module, last: str, weights: Mapping[str, Tensor]) -> str:
    """Put weights into the network that reads the pictures, and into the head where its outputs are as many.

    Args:
        network: assembled, with an encoder ``image`` that has a network for pictures.
        last: the name of that network's last layer in ``weights``.
        weights: by torchvision's names.

    Returns:
        A clause that says what became of the head.

    Raises:
        SpecError: names or shapes do not fit; nothing is changed then.
    """
    parts: Any = network
    reader: nn.Module = parts.encoders["image"].network
    own = {name: value for name, value in weights.items() if not name.startswith(f"{last}.")}
    head = {name.removeprefix(f"{last}."): v for name, v in weights.items() if name.startswith(f"{last}.")}
    wanted = reader.state_dict()
    mistakes = list(_misfits(wanted, own))
    if mistakes:
        raise SpecError(*mistakes)
    reader.load_state_dict(own)
    shapes = {name: value.shape for name, value in parts.head.linear.state_dict().items()}
    if shapes == {name: value.shape for name, value in head.items()}:
        parts.head.linear.load_state_dict(head)
        return "the head's weights too"
    return "the head is drawn anew, since its outputs are others"


def freeze(network: nn.Module) -> None:
    """Let the network that reads the pictures stay as it is: neither weights nor running statistics move."""
    parts: Any = network
    parts.encoders["image"].freeze()


def _misfits(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Iterable[Mistake]:
    remedy = "take the network that these are the weights of; network.stem = 'large' is the published stem"
    missing = [name for name in wanted if name not in given]
    more = [name for name in given if name not in wanted]
    other = [name for name in wanted if name in given and wanted[name].shape != given[name].shape]
    if missing:
        yield Mistake(f"the weights lack {_few(missing)}", "a weight for each of the network's", remedy)
    if more:
        yield Mistake(f"the weights have {_few(more)}, which the network has not", remedy=remedy)
    if other:
        first = other[0]
        yield Mistake(
            f"the weights of {_few(other)} have another shape, such as {tuple(given[first].shape)}",
            f"{tuple(wanted[first].shape)}",
            remedy,
        )


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more
