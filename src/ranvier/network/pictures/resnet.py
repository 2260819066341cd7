"""ResNet (He, Zhang, Ren & Sun, CVPR 2016): layers that learn what to add to their input."""

from __future__ import annotations

from torch import Generator, Tensor, nn
from torch.nn import functional

from .common import Size, Stem, conv, count_multiplications, drawn, last_layer, picture_network

DEPTHS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""For each network the number of blocks of its four stages; from 50 on these are bottlenecks."""

LARGE = 96
"""From this side on the stem is the published one."""


class BasicBlock(nn.Module):
    """relu(x + bn(conv(relu(bn(conv(x)))))) with 3x3 convolutions.

    Args:
        inputs: channels of x.
        width: channels that it gives.
        stride: of the first convolution.
        downsample: what x passes where the shape changes.
    """

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = conv(inputs, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.conv2 = conv(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, width, H / stride, W / stride)."""
        kept = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        added: Tensor = self.relu(self.bn2(self.conv2(out)) + kept)
        return added


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, of which the last gives four times the width; the 3x3 one has the stride.

    Args:
        inputs: channels of x.
        width: channels of the 3x3 convolution.
        stride: of the 3x3 convolution.
        downsample: what x passes where the shape changes.
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = conv(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, 4 * width, 1)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU()
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 4 width, H / stride, W / stride)."""
        kept = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        added: Tensor = self.relu(self.bn3(self.conv3(out)) + kept)
        return added


class ResNet(nn.Module):
    """A stem, four stages of blocks, the mean over all places, and a linear layer.

    Args:
        channels: C of the pictures.
        size: height and width.
        classes: the number of outputs; None gives the features.
        depth: 18, 34, 50, 101 or 152.
        stem: ``large`` is a 7x7 convolution at every 2nd pixel and a pooling; ``small`` a 3x3 convolution alone.
    """

    def __init__(self, channels: int, size: Size, classes: int | None, *, depth: int, stem: Stem) -> None:
        super().__init__()
        small = stem == "small" or (stem == "auto" and min(size) < LARGE)
        block = BasicBlock if depth < 50 else Bottleneck
        self.conv1 = conv(channels, 64) if small else conv(channels, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool: nn.Module = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        width = 64
        stages = []
        for place, count in enumerate(DEPTHS[depth]):
            stages.append(_stage(block, width, 64 * 2**place, count, 1 if place == 0 else 2))
            width = 64 * 2**place * block.expansion
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = last_layer(width, classes)
        self.outputs = width
        self.fits = "a 3x3 convolution first and no pooling, which suits small pictures" if small else ""
        self.multiplications = count_multiplications(self, channels, size)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew."""
        drawn(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, outputs) or (B, classes)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        out: Tensor = self.fc(self.avgpool(x).flatten(1))
        return out


class SmallResNet(nn.Module):
    """The network of section 4.2: three stages of 16, 32 and 64 channels; what is added is padded with zeros.

    Args:
        channels: C of the pictures.
        size: height and width; the paper's are 32x32.
        classes: the number of outputs; None gives the 64 features.
        depth: 6 n + 2, for n blocks a stage.
    """

    def __init__(self, channels: int, size: Size, classes: int | None, *, depth: int) -> None:
        super().__init__()
        blocks = (depth - 2) // 6
        self.conv1 = conv(channels, 16)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = _padded_stage(16, 16, blocks, 1)
        self.layer2 = _padded_stage(16, 32, blocks, 2)
        self.layer3 = _padded_stage(32, 64, blocks, 2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = last_layer(64, classes)
        self.outputs = 64
        self.fits = ""
        self.multiplications = count_multiplications(self, channels, size)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew."""
        drawn(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 64) or (B, classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        out: Tensor = self.fc(self.avgpool(self.layer3(self.layer2(self.layer1(x)))).flatten(1))
        return out


class Padded(nn.Module):
    """Every ``stride``-th pixel, and channels of zeros before and behind: a shortcut without parameters.

    Args:
        more: the number of further channels.
        stride: of the pixels.
    """

    def __init__(self, more: int, stride: int) -> None:
        super().__init__()
        self.more, self.stride = more, stride

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C + more, H / stride, W / stride)."""
        x = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))


def _stage(
    block: type[BasicBlock | Bottleneck], inputs: int, width: int, count: int, stride: int
) -> nn.Module:
    outputs = width * block.expansion
    downsample = None
    if stride > 1 or inputs != outputs:
        downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
    first = block(inputs, width, stride, downsample)
    return nn.Sequential(first, *(block(outputs, width, 1, None) for _ in range(count - 1)))


def _padded_stage(inputs: int, width: int, count: int, stride: int) -> nn.Module:
    shortcut = Padded(width - inputs, stride) if width > inputs else None
    first = BasicBlock(inputs, width, stride, shortcut)
    return nn.Sequential(first, *(BasicBlock(width, width, 1, None) for _ in range(count - 1)))


_marked = picture_network(
    "fc",
    training__optimizer={"name": "adamw", "weight_decay": 0.05},
    training__learning_rate=0.001,
    training__batch_size=64,
)
_marked_small = picture_network(
    "fc",
    training__optimizer={"name": "adamw", "weight_decay": 0.05},
    training__learning_rate=0.004,
)


@_marked
def resnet18(channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto") -> ResNet:
    """ResNet-18 (He et al. 2016): 11,689,512 parameters for 224x224 pictures."""
    return ResNet(channels, size, classes, depth=18, stem=stem)


@_marked
def resnet34(channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto") -> ResNet:
    """ResNet-34 (He et al. 2016): 21,797,672 parameters for 224x224 pictures."""
    return ResNet(channels, size, classes, depth=34, stem=stem)


@_marked
def resnet50(channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto") -> ResNet:
    """ResNet-50 (He et al. 2016): 25,557,032 parameters for 224x224 pictures."""
    return ResNet(channels, size, classes, depth=50, stem=stem)


@_marked
def resnet101(channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto") -> ResNet:
    """ResNet-101 (He et al. 2016): 44,549,160 parameters for 224x224 pictures."""
    return ResNet(channels, size, classes, depth=101, stem=stem)


@_marked
def resnet152(channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto") -> ResNet:
    """ResNet-152 (He et al. 2016): 60,192,808 parameters for 224x224 pictures."""
    return ResNet(channels, size, classes, depth=152, stem=stem)


@_marked_small
def resnet20(channels: int, size: Size, classes: int | None = None) -> SmallResNet:
    """ResNet-20 for small pictures (He et al. 2016, section 4.2): 269,722 parameters for 10 classes."""
    return SmallResNet(channels, size, classes, depth=20)


@_marked_small
def resnet32(channels: int, size: Size, classes: int | None = None) -> SmallResNet:
    """ResNet-32 for small pictures (He et al. 2016, section 4.2): 464,154 parameters for 10 classes."""
    return SmallResNet(channels, size, classes, depth=32)


@_marked_small
def resnet44(channels: int, size: Size, classes: int | None = None) -> SmallResNet:
    """ResNet-44 for small pictures (He et al. 2016, section 4.2): 658,586 parameters for 10 classes."""
    return SmallResNet(channels, size, classes, depth=44)


@_marked_small
def resnet56(channels: int, size: Size, classes: int | None = None) -> SmallResNet:
    """ResNet-56 for small pictures (He et al. 2016, section 4.2): 853,018 parameters for 10 classes."""
    return SmallResNet(channels, size, classes, depth=56)
