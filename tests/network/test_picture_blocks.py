"""The blocks of the networks for pictures, against loops by formula and finite differences in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from ranvier.assemble import Architecture
from ranvier.catalog import load
from ranvier.data.preparation import Preparation
from ranvier.errors import SpecError
from ranvier.network.pictures.compact import Stage, Unit
from ranvier.network.pictures.encoders import Pictures, Pixels
from ranvier.network.pictures.lenet import TABLE, Chosen, Subsampling, lenet5
from ranvier.network.pictures.resnet import BasicBlock, Bottleneck, Padded, resnet18, resnet20
from ranvier.spec import Choice
from reference.convolution_numpy import convolve, gradient, normalise, pool

BLOCKS = {
    "unit": lambda: Unit(2, 3),
    "stage": lambda: Stage(2, 3),
    "basic": lambda: BasicBlock(2, 2, 1, None),
    "basic with stride": lambda: BasicBlock(2, 4, 2, Padded(2, 2)),
    "bottleneck": lambda: Bottleneck(2, 2, 2, nn.Sequential(nn.Conv2d(2, 8, 1, 2), nn.BatchNorm2d(8))),
    "chosen": lambda: Chosen(((0,), (0, 1), (1,)), 3),
    "subsampling": lambda: Subsampling(2),
    "large convolution": lambda: nn.Conv2d(2, 3, 5, 2, 2),
    "pooling": lambda: nn.MaxPool2d(3, 2, 1),
}


def drawn(name: str) -> nn.Module:
    block = BLOCKS[name]().double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator, dtype=torch.double) + 0.1)
    return block


def given() -> torch.Tensor:
    return torch.randn(2, 2, 6, 6, generator=torch.Generator().manual_seed(3), dtype=torch.double)


@pytest.mark.parametrize("name", BLOCKS)
def test_gradients_equal_finite_differences(name):
    block, x = drawn(name), given().requires_grad_()
    weights = torch.randn(block(x).shape, generator=torch.Generator().manual_seed(5), dtype=torch.double)

    def value() -> torch.Tensor:
        return (weights * block(x)).sum()

    value().backward()
    for tensor in (x, *block.parameters()):
        with torch.no_grad():
            expected = gradient(lambda _: value().item(), tensor.detach().numpy())
        assert np.allclose(tensor.grad.numpy(), expected, rtol=1e-5, atol=1e-6)


def arrays(block: nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in block.state_dict().items()}


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def by_formula(name: str, block: nn.Module, x: np.ndarray) -> np.ndarray:
    w = arrays(block)

    def unit(at: str, x: np.ndarray) -> np.ndarray:
        y = convolve(x, w[f"{at}conv.weight"], p=1)
        return relu(normalise(y, w[f"{at}norm.weight"], w[f"{at}norm.bias"]))

    def conv_norm(number: int, x: np.ndarray, s: int = 1, p: int = 1) -> np.ndarray:
        y = convolve(x, w[f"conv{number}.weight"], s=s, p=p)
        return normalise(y, w[f"bn{number}.weight"], w[f"bn{number}.bias"])

    if name == "unit":
        return unit("", x)
    if name == "stage":
        half = pool(unit("wider.", x), 2, 2)
        return half + unit("added.", half)
    if name == "basic":
        return relu(x + conv_norm(2, relu(conv_norm(1, x))))
    if name == "basic with stride":
        shortcut = np.pad(x[:, :, ::2, ::2], ((0, 0), (1, 1), (0, 0), (0, 0)))
        return relu(shortcut + conv_norm(2, relu(conv_norm(1, x, s=2))))
    if name == "bottleneck":
        y = conv_norm(3, relu(conv_norm(2, relu(conv_norm(1, x, p=0)), s=2)), p=0)
        shortcut = convolve(x, w["downsample.0.weight"], w["downsample.0.bias"], s=2)
        return relu(y + normalise(shortcut, w["downsample.1.weight"], w["downsample.1.bias"]))
    if name == "chosen":
        maps = [
            convolve(x[:, list(seen)], w[f"maps.{place}.weight"], w[f"maps.{place}.bias"])
            for place, seen in enumerate(block.table)
        ]
        return np.concatenate(maps, axis=1)
    if name == "subsampling":
        return pool(x, 2, 2, "mean") * w["factor"] + w["bias"]
    if name == "large convolution":
        return convolve(x, w["weight"], w["bias"], s=2, p=2)
    return pool(x, 3, 2, p=1)


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_give_what_the_formulas_give(name):
    block = drawn(name)
    with torch.no_grad():
        assert np.allclose(block(given()).numpy(), by_formula(name, block, given().numpy()), atol=1e-10)


def test_lenet_of_1998_has_sixty_thousand_parameters_and_the_papers_table():
    network = lenet5(1, (32, 32), connections="1998")
    assert sum(parameter.numel() for parameter in network.parameters()) == 60_000
    assert sum(map(len, TABLE)) == 60  # 60 kernels of 25, and 16 biases: the 1,516 of C3
    assert [sum(place in seen for seen in TABLE) for place in range(6)] == [10] * 6
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 84)
    assert network(torch.zeros(2, 1, 50, 40)).shape == (2, 84)


def test_the_small_stem_is_chosen_by_size_and_said():
    assert resnet18(3, (32, 32)).conv1.kernel_size == (3, 3)
    assert "suits small pictures" in resnet18(3, (32, 32)).fits
    assert resnet18(3, (128, 128)).conv1.kernel_size == (7, 7)
    assert resnet18(3, (128, 128), stem="small").conv1.kernel_size == (3, 3)
    assert resnet18(3, (128, 128)).fits == ""


@pytest.mark.parametrize(("name", "least"), [("alexnet", 16), ("vgg11", 32)])
def test_pictures_that_the_poolings_would_swallow_are_refused(name, least):
    with pytest.raises(SpecError, match=rf"of {least - 1}x40 pixels are too small .* at least {least}x"):
        load("networks", name)(1, (40, least - 1))


def test_a_network_for_pictures_needs_pictures():
    with pytest.raises(
        SpecError, match="The network 'resnet20' reads pictures, and no input column holds any"
    ):
        Architecture.of(Choice(name="resnet20"), Preparation({}), 2)


def test_names_of_parameters_are_torchvisions():
    names = set(resnet18(3, (224, 224), 10).state_dict())
    assert {
        "conv1.weight",
        "bn1.running_var",
        "layer1.0.conv1.weight",
        "layer2.0.downsample.0.weight",
    } <= names
    assert {"layer4.1.bn2.num_batches_tracked", "fc.bias"} <= names
    with torch.device("meta"):
        assert {"features.0.weight", "features.10.bias", "classifier.1.weight", "classifier.6.bias"} <= set(
            load("networks", "alexnet")(3, (224, 224), 10).state_dict()
        )
        assert {
            "features.0.weight",
            "features.1.running_mean",
            "classifier.3.weight",
            "classifier.6.bias",
        } <= set(load("networks", "vgg11_bn")(3, (224, 224), 10).state_dict())


def test_encoders_standardise_bytes_and_floats_alike():
    block = {"channels": 2, "size": [8, 8], "mean": [10.0, 20.0], "deviation": [2.0, 4.0]}
    rows = torch.randint(0, 256, (3, 2, 8, 8), dtype=torch.uint8)
    pixels = Pixels(**block)
    expected = (rows.double().numpy() - np.array([10, 20])[:, None, None]) / np.array([2, 4])[:, None, None]
    assert np.allclose(pixels(rows).numpy(), expected.reshape(3, -1))
    assert pixels.outputs == 128
    network = Pictures(**block, network={"name": "compact", "width": 2}).eval()
    assert torch.equal(network(rows), network(rows.float()))
    assert network(rows).shape == (3, network.outputs)
    assert resnet20(1, (8, 8)).outputs == 64
