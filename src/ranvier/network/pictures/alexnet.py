"""AlexNet, in the variant of Krizhevsky's "One weird trick" (2014) that torchvision has."""

from __future__ import annotations

from torch import Generator, Tensor, nn

from ...limits import Fraction
from .common import Size, Stem, count_multiplications, drawn, last_layer, picture_network, too_small

LARGE = 128
"""From this side on the first convolution is the published one."""


class AlexNet(nn.Module):
    """Five convolutions, three poolings and three linear layers; with 1,000 classes 61,100,840 parameters.

    Args:
        channels: C of the pictures.
        size: height and width.
        classes: the number of outputs; None gives the 4,096 features.
        stem: ``large`` begins with 11x11 kernels at every 4th pixel and averages to 6x6 maps; ``small`` begins with
            3x3 kernels at every 2nd pixel, pools 2x2, and averages to 2x2 maps.
        dropout: before the first two linear layers.
    """

    def __init__(self, channels: int, size: Size, classes: int | None, stem: Stem, dropout: float) -> None:
        super().__init__()
        small = stem == "small" or (stem == "auto" and min(size) < LARGE)
        too_small("alexnet", size, 16 if small else 63)
        first = nn.Conv2d(channels, 64, 3, 2, 1) if small else nn.Conv2d(channels, 64, 11, 4, 2)
        pool, side = (2, 2) if small else (3, 6)
        self.features = nn.Sequential(
            first,
            nn.ReLU(),
            nn.MaxPool2d(pool, 2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(pool, 2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(pool, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * side * side, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            last_layer(4096, classes),
        )
        self.outputs = 4096
        self.fits = "3x3 kernels at every 2nd pixel first, which suits small pictures" if small else ""
        self.multiplications = count_multiplications(self, channels, size)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew."""
        drawn(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, 4096) or (B, classes)."""
        out: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return out


@picture_network(
    "classifier.6",
    training__optimizer={"name": "adamw", "weight_decay": 0.01},
    training__learning_rate=0.0003,
    training__batch_size=64,
)
def alexnet(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> AlexNet:
    """AlexNet (Krizhevsky et al. 2012, in torchvision's variant of 2014): 61,100,840 parameters."""
    return AlexNet(channels, size, classes, stem, dropout)
