"""The network of a model file: its layers, the shapes they give, their parameters."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelFileError, SpecError
from ...network.counting import multiplications

if TYPE_CHECKING:
    from ...delivery.language import LanguageModel
    from ...delivery.model import Model


@dataclass(frozen=True)
class Layer:
    """One layer, or one parameter where the layers are not known.

    Args:
        name: its path in the network, such as ``trunk.layers.0.linear``.
        kind: the name of its class; empty where it is not known.
        shape: of what it gives, ``B`` standing for the rows; of the parameter, where ``kind`` is empty.
        parameters: how many numbers it learns itself.
        multiplications: how many it makes for a row, about; 0 where its kind is not known.
    """

    name: str
    kind: str
    shape: str
    parameters: int
    multiplications: int = 0


@dataclass(frozen=True)
class Network:
    """A network.

    Args:
        name: in the catalogue, or ``own``.
        blocks: what each encoder is built from, by block.
        outputs: K.
        layers: in the order in which rows pass through them.
        parameters: how many numbers it learns in all.
        multiplications: how many it makes for a row, about; 0 where the layers are not known.
    """

    name: str
    blocks: Mapping[str, Mapping[str, Any]]
    outputs: int
    layers: list[Layer]
    parameters: int
    multiplications: int = 0


def read_network(path: Path) -> Network | None:
    """The network in a model file; None where there is no such file, or it is refused.

    A module of the user's own cannot be built from the file: its parameters are listed instead of its layers.
    """
    from ...delivery.language import load

    if not path.exists():
        return None
    try:
        model = load(path)
    except SpecError:
        return _own(path)
    except ModelFileError:  # what is wrong with it is said by whoever asks for a prediction
        return None
    return network_of(model)


def network_of(model: Model | LanguageModel) -> Network:
    """The network of a model, as two synthetic rows pass through it."""
    found: list[Layer] = []
    hooks = [
        module.register_forward_hook(_noting(name, module, found))
        for name, module in model.network.named_modules()
        if name and (not any(module.children()) or any(True for _ in module.parameters(recurse=False)))
    ]
    model.draw_once()
    for hook in hooks:
        hook.remove()
    made_of = model.architecture
    parameters = sum(parameter.numel() for parameter in model.network.parameters())
    cost = multiplications(model.network)
    return Network(_name(made_of.network), made_of.blocks, made_of.outputs, found, parameters, cost)


def _name(network: str | Mapping[str, Any]) -> str:
    """The name of a choice, which stands alone or with its options."""
    return network if isinstance(network, str) else str(network["name"])


def _noting(name: str, module: Any, found: list[Layer]) -> Any:
    own = sum(parameter.numel() for parameter in module.parameters(recurse=False))

    cost = own if any(module.children()) else multiplications(module)

    def note(_module: Any, _inputs: Any, output: Any) -> None:
        if all(layer.name != name for layer in found):
            found.append(Layer(name, type(module).__name__, _shape(output), own, cost))

    return note


def _shape(output: Any) -> str:
    sizes = getattr(output, "shape", None)
    return "" if sizes is None else "(" + ", ".join(["B", *(str(size) for size in sizes[1:])]) + ")"


def _own(path: Path) -> Network:
    """A user's module: its parameters, as the file lists them."""
    import json

    from safetensors.torch import load as load_tensors

    with zipfile.ZipFile(path) as archive:
        tensors = load_tensors(archive.read("weights.safetensors"))
        made_of = json.loads(archive.read("model.json"))["architecture"]
    layers = [
        Layer(name, "", "(" + ", ".join(map(str, tensor.shape)) + ")", tensor.numel())
        for name, tensor in tensors.items()
    ]
    total = sum(layer.parameters for layer in layers)
    return Network(_name(made_of["network"]), made_of["blocks"], made_of["outputs"], layers, total)
