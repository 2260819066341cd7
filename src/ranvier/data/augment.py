"""Augmentation: pictures of a training batch, changed at random in ways that leave their meaning.

It works on tensors, a whole batch at a time, and draws from the generator that it is given alone. Legend: B rows, C
channels, H height, W width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional


@dataclass(frozen=True)
class Mixed:
    """Pictures of which each is partly another.

    Args:
        pictures: (B, C, H, W).
        partner: (B,) int64, the row that each is mixed with.
        share: (B,) float, from 0 to 1: how much of each picture is its own.
    """

    pictures: Tensor
    partner: Tensor
    share: Tensor


@dataclass(frozen=True)
class Augment:
    """Changes the pictures of a batch.

    Args:
        shift: up to this share of a side, in whole pixels where nothing else moves them; the edge is repeated.
        flip: mirror left and right, each second time.
        rotate: up to so many degrees, either way.
        scale: up to this share larger or smaller.
        erase: the side of a square, as a share of the picture's, that takes the mean colour (DeVries & Taylor 2017).
        colour: brightness and contrast change by up to this share.
        mixup: alpha of Beta(alpha, alpha), from which the share of another picture is drawn (Zhang et al. 2018).
        cutmix: the same for a rectangle of another picture (Yun et al. 2019); with ``mixup``, each in half the batches.
    """

    shift: float = 0.0
    flip: bool = False
    rotate: float = 0.0
    scale: float = 0.0
    erase: float = 0.0
    colour: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def __call__(self, pictures: Tensor, generator: Generator) -> Tensor:
        """(B, C, H, W) of bytes, or floats from 0 to 255, to the same shape; bytes stay bytes where they can."""
        if self.rotate or self.scale:
            pictures = self._warped(pictures.float(), generator)
        elif self.shift:
            pictures = self._shifted(pictures, generator)
        if self.flip:
            mirrored = (torch.rand(len(pictures), generator=generator) < 0.5).to(pictures.device)
            pictures = torch.where(mirrored[:, None, None, None], pictures.flip(3), pictures)
        if self.colour:
            pictures = self._coloured(pictures.float(), generator)
        if self.erase:
            pictures = self._erased(pictures, generator)
        return pictures

    def mix(self, pictures: Tensor, generator: Generator) -> Mixed | None:
        """Pictures mixed with others of the batch; None where none are to be."""
        if not (self.mixup or self.cutmix) or len(pictures) < 2:
            return None
        cut = bool(self.cutmix) and (not self.mixup or bool(torch.rand((), generator=generator) < 0.5))
        own = _beta(self.cutmix if cut else self.mixup, generator)
        partner = torch.randperm(len(pictures), generator=generator)
        others = pictures[partner]
        if cut:
            height, width = pictures.shape[2:]
            inside, share = _rectangle(height, width, 1.0 - own, generator)
            mixed = torch.where(inside.to(pictures.device), others, pictures)
        else:
            share = own
            mixed = own * pictures.float() + (1.0 - own) * others.float()
        return Mixed(mixed, partner, torch.full((len(pictures),), share))

    def _shifted(self, pictures: Tensor, generator: Generator) -> Tensor:
        """Each picture moved by whole pixels."""
        rows, _, height, width = pictures.shape
        places = []
        for side in (height, width):
            most = int(self.shift * side)
            moved = torch.randint(-most, most + 1, (rows, 1), generator=generator)
            places.append((torch.arange(side) + moved).clamp(0, side - 1))  # (B, side)
        down, across = places
        row = torch.arange(rows)[:, None, None, None]
        channel = torch.arange(pictures.shape[1])[None, :, None, None]
        return pictures[row, channel, down[:, None, :, None], across[:, None, None, :]]

    def _warped(self, pictures: Tensor, generator: Generator) -> Tensor:
        """Each picture rotated, scaled and shifted at once, by bilinear interpolation."""
        rows, _, height, width = pictures.shape
        angle, size, x, y = (2 * torch.rand(4, rows, generator=generator) - 1).unbind()
        angle, size = angle * math.radians(self.rotate), 1.0 / (1.0 + self.scale * size)
        sine, cosine = angle.sin() * size, angle.cos() * size
        tall = height / width  # a turn is one in pixels, and places are shares of the sides
        matrix = torch.stack(
            [
                torch.stack([cosine, -sine * tall, 2 * self.shift * x], dim=1),
                torch.stack([sine / tall, cosine, 2 * self.shift * y], dim=1),
            ],
            dim=1,
        )
        grid = functional.affine_grid(matrix.to(pictures.device), list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)

    def _coloured(self, pictures: Tensor, generator: Generator) -> Tensor:
        """Brightness and contrast changed: m + c (x - m) + 255 b, with m the picture's mean; kept within 0 to 255."""
        drawn = torch.rand(2, len(pictures), 1, 1, 1, generator=generator).to(pictures.device)
        change = self.colour * (2 * drawn - 1)
        mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
        return (mean + (1 + change[0]) * (pictures - mean) + 255 * change[1]).clamp(0, 255)

    def _erased(self, pictures: Tensor, generator: Generator) -> Tensor:
        """A square of each picture, which may reach beyond the edge, in the batch's mean colour."""
        rows, _, height, width = pictures.shape
        inside = torch.ones(rows, 1, 1, 1, dtype=torch.bool)
        for dimension, side in ((2, height), (3, width)):
            half = self.erase * side / 2
            middle = side * torch.rand(rows, 1, 1, 1, generator=generator)
            shape = [1, 1, 1, 1]
            shape[dimension] = side
            inside = inside & ((torch.arange(side).view(shape) + 0.5 - middle).abs() <= half)
        mean = pictures.float().mean(dim=(0, 2, 3), keepdim=True).to(pictures.dtype)
        return torch.where(inside.to(pictures.device), mean, pictures)


def _beta(alpha: float, generator: Generator) -> float:
    """A number drawn from Beta(alpha, alpha): torch's own takes no generator.

    Jöhnk's method: u^(1/a) / (u^(1/a) + v^(1/a)), given that the sum is at most 1; where alpha is above 1, the median
    of 2 n + 1 uniform numbers, which is Beta(n + 1, n + 1), for the nearest n.
    """
    if alpha > 1.0:
        drawn = torch.rand(2 * round(alpha) - 1, generator=generator)
        return float(drawn.median())
    while True:
        u, v = (torch.rand(2, generator=generator, dtype=torch.float64) ** (1.0 / alpha)).tolist()
        if 0.0 < u + v <= 1.0:
            return float(u / (u + v))


def _rectangle(height: int, width: int, share: float, generator: Generator) -> tuple[Tensor, float]:
    """(H, W) true inside a rectangle of about ``share`` of the area, and the share that lies outside of it."""
    tall, wide = (round(side * math.sqrt(share)) for side in (height, width))
    top = int(torch.randint(0, height - tall + 1, (), generator=generator))
    left = int(torch.randint(0, width - wide + 1, (), generator=generator))
    inside = torch.zeros(height, width, dtype=torch.bool)
    inside[top : top + tall, left : left + wide] = True
    return inside, 1.0 - tall * wide / (height * width)
