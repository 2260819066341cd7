"""The networks that torchvision has are laid out as torchvision has them, so that its state dicts load.

``reference/torchvision_names.txt`` was compared with torchvision's ``models/resnet.py``, ``vgg.py`` and ``alexnet.py``:
names, shapes and order are theirs, and networks that were built by those definitions gave the same outputs.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from ranvier.catalog import load

LISTS = Path(__file__).parents[1] / "reference" / "torchvision_names.txt"


def listed() -> dict[str, list[str]]:
    """The lines of each network."""
    found: dict[str, list[str]] = {}
    for line in LISTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            lines = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


def built(name: str) -> nn.Module:
    with torch.device("meta"):  # shapes alone
        network: nn.Module = load("networks", name)(3, (224, 224), 1000)
    return network


@pytest.mark.parametrize(("name", "count"), [("resnet18", 122), ("vgg11_bn", 62), ("alexnet", 16)])
def test_names_shapes_and_order_are_torchvisions(name: str, count: int) -> None:
    tensors = built(name).state_dict()
    assert [f"{key} {'x'.join(map(str, one.shape)) or '-'}" for key, one in tensors.items()] == listed()[name]
    assert len(tensors) == count


def places(network: nn.Module) -> dict[str, tuple[int, int, int]]:
    """Kernel, stride and padding of each convolution and pooling that moves by more than one pixel."""
    found = {}
    for name, module in network.named_modules():
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d)):
            kernel, stride, padding = (
                value if isinstance(value, int) else value[0]
                for value in (module.kernel_size, module.stride, module.padding)
            )
            if stride > 1:
                found[name] = (kernel, stride, padding)
    return found


def test_strides_which_no_state_dict_holds_are_torchvisions() -> None:
    shortcuts = {f"layer{n}.0.downsample.0": (1, 2, 0) for n in (2, 3, 4)}
    stem = {"conv1": (7, 2, 3), "maxpool": (3, 2, 1)}
    assert places(built("resnet18")) == {
        **stem,
        **{f"layer{n}.0.conv1": (3, 2, 1) for n in (2, 3, 4)},
        **shortcuts,
    }
    assert places(built("resnet50")) == {
        **stem,
        **{f"layer{n}.0.conv2": (3, 2, 1) for n in (2, 3, 4)},
        **shortcuts,
    }
    assert places(built("vgg11_bn")) == {f"features.{n}": (2, 2, 0) for n in (3, 7, 14, 21, 28)}
    pools = {f"features.{n}": (3, 2, 0) for n in (2, 5, 12)}
    assert places(built("alexnet")) == {"features.0": (11, 4, 2), **pools}
