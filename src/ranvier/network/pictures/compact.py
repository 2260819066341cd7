"""The default for pictures: a small residual network that learns much in a minute of two cores."""

from __future__ import annotations

from torch import Generator, Tensor, nn
from torch.nn import functional

from ...limits import Count
from .common import Size, conv, count_multiplications, drawn, last_layer, picture_network


class Unit(nn.Module):
    """relu(bn(conv(x))).

    Args:
        inputs, outputs: channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = conv(inputs, outputs)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        return functional.relu(self.norm(self.conv(x)))


class Stage(nn.Module):
    """A unit that changes the number of channels, a pooling, and a unit whose output is added to its input.

    Args:
        inputs, outputs: channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.wider = Unit(inputs, outputs)
        self.added = Unit(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H/2, W/2)."""
        x = functional.max_pool2d(self.wider(x), 2)
        out: Tensor = x + self.added(x)
        return out


class Compact(nn.Module):
    """A unit, a pooling, stages that halve the sides until they are short, and the largest value of each channel.

    Args:
        channels: C of the pictures.
        size: height and width.
        classes: the number of outputs; None gives the features.
        width: channels of the first unit; each stage has twice as many, up to eight times.
    """

    def __init__(self, channels: int, size: Size, classes: int | None, width: int) -> None:
        super().__init__()
        self.first = Unit(channels, width)
        stages: list[nn.Module] = []
        side, inputs = min(size) // 2, width
        while side >= 6 or not stages:
            outputs = min(2 * inputs, 8 * width)
            stages.append(Stage(inputs, outputs))
            side, inputs = side // 2, outputs
        self.stages = nn.Sequential(*stages)
        self.last = last_layer(inputs, classes)
        self.outputs = inputs
        self.fits = f"{len(stages)} stages for {size[1]}x{size[0]} pixels"
        self.multiplications = count_multiplications(self, channels, size)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew."""
        drawn(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, outputs) or (B, classes)."""
        x = self.stages(functional.max_pool2d(self.first(x), 2))
        out: Tensor = self.last(x.amax(dim=(2, 3)))
        return out


@picture_network(
    "last",
    training__optimizer={"name": "adamw", "weight_decay": 0.05},
    training__learning_rate=0.004,
    regularization__average="ema",
)
def compact(channels: int, size: Size, classes: int | None = None, *, width: Count = 32) -> Compact:
    """The default for pictures: convolutions with batch normalisation and residual stages."""
    return Compact(channels, size, classes, width)
