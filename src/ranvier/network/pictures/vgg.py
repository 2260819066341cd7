"""VGG (Simonyan & Zisserman, ICLR 2015): depth by 3x3 convolutions."""

from __future__ import annotations

from torch import Generator, Tensor, nn

from ...limits import Fraction
from .common import Size, Stem, count_multiplications, drawn, last_layer, picture_network, too_small

WIDTHS = (64, 128, 256, 512, 512)
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""For each network how many convolutions stand before each pooling."""

LARGE = 128
"""From this side on the linear layers are the published ones."""


class VGG(nn.Module):
    """Five blocks of convolutions, each ended by a pooling, and three linear layers.

    Args:
        channels: C of the pictures.
        size: height and width.
        classes: the number of outputs; None gives the features.
        depth: 11, 13, 16 or 19 layers with weights.
        norm: batch normalisation after each convolution.
        stem: ``large`` averages to 7x7 maps and has linear layers of 4,096; ``small`` to 1x1, and of 512.
        dropout: after the first two linear layers.
    """

    def __init__(
        self,
        channels: int,
        size: Size,
        classes: int | None,
        *,
        depth: int,
        norm: bool,
        stem: Stem,
        dropout: float,
    ) -> None:
        super().__init__()
        too_small(f"vgg{depth}", size, 32)
        small = stem == "small" or (stem == "auto" and min(size) < LARGE)
        layers: list[nn.Module] = []
        width = channels
        for outputs, count in zip(WIDTHS, DEPTHS[depth]):
            for _ in range(count):
                layers.append(nn.Conv2d(width, outputs, 3, padding=1))
                layers += [nn.BatchNorm2d(outputs)] if norm else []
                layers.append(nn.ReLU())
                width = outputs
            layers.append(nn.MaxPool2d(2))
        side, wide = (1, 512) if small else (7, 4096)
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Linear(512 * side * side, wide),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(wide, wide),
            nn.ReLU(),
            nn.Dropout(dropout),
            last_layer(wide, classes),
        )
        self.outputs = wide
        self.fits = "linear layers of 512, which suit small pictures" if small else ""
        self.multiplications = count_multiplications(self, channels, size)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew."""
        drawn(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, outputs) or (B, classes)."""
        out: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return out


_marked = picture_network(
    "classifier.6",
    training__optimizer={"name": "adamw", "weight_decay": 0.01},
    training__learning_rate=0.0003,
    training__batch_size=64,
)


@_marked
def vgg11(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-11 (Simonyan & Zisserman 2015): 132,863,336 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=11, norm=False, stem=stem, dropout=dropout)


@_marked
def vgg11_bn(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-11 with batch normalisation (Simonyan & Zisserman 2015): 132,868,840 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=11, norm=True, stem=stem, dropout=dropout)


@_marked
def vgg13(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-13 (Simonyan & Zisserman 2015): 133,047,848 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=13, norm=False, stem=stem, dropout=dropout)


@_marked
def vgg13_bn(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-13 with batch normalisation (Simonyan & Zisserman 2015): 133,053,736 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=13, norm=True, stem=stem, dropout=dropout)


@_marked
def vgg16(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-16 (Simonyan & Zisserman 2015): 138,357,544 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=16, norm=False, stem=stem, dropout=dropout)


@_marked
def vgg16_bn(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-16 with batch normalisation (Simonyan & Zisserman 2015): 138,365,992 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=16, norm=True, stem=stem, dropout=dropout)


@_marked
def vgg19(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-19 (Simonyan & Zisserman 2015): 143,667,240 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=19, norm=False, stem=stem, dropout=dropout)


@_marked
def vgg19_bn(
    channels: int, size: Size, classes: int | None = None, *, stem: Stem = "auto", dropout: Fraction = 0.5
) -> VGG:
    """VGG-19 with batch normalisation (Simonyan & Zisserman 2015): 143,678,248 parameters for 224x224 pictures."""
    return VGG(channels, size, classes, depth=19, norm=True, stem=stem, dropout=dropout)
