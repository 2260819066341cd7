"""Networks for sounds: the encoder of spectrograms, and convolutions over time and pitch.

Legend: B rows, T frames, M bands of the spectrogram, C channels, E features of a frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from ..limits import Count, Fraction
from .initializers import initialize
from .recurrent import gru
from .sequences import SequenceEncoder, mask_of

SOUND_NETWORK = "sound_cnn"
"""What reads the sounds of a table where no network for sounds is named."""


class Bands(nn.Module):
    """The bands of each frame, standardised, and 0 in the padding.

    Args:
        mean, deviation: (M,) of the training frames.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: list[float], deviation: list[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation), persistent=False)

    def forward(self, block: Tensor) -> Tensor:
        """(B, T, M), NaN where there are none, to the same, finite."""
        return torch.where(mask_of(block).unsqueeze(2), (block - self.mean) / self.deviation, 0.0)


def sounds(
    *,
    mean: list[float],
    deviation: list[float],
    length: float = 1.0,
    network: str | Mapping[str, Any] = SOUND_NETWORK,
) -> SequenceEncoder:
    """The encoder of spectrograms (B, T, M).

    Args:
        mean, deviation: (M,) of the training frames.
        length: how many frames a sound has on average.
        network: the name of a network for sounds, or a mapping of ``name`` and options.
    """
    return SequenceEncoder(Bands(mean, deviation), network, len(mean), length)


class SoundCNN(nn.Module):
    """Convolutions over time and pitch, then a recurrent layer over time.

    Each level is a convolution of 3 frames by 3 bands, batch normalisation, ReLU, and the maximum of each two
    neighbouring bands: what is said is the same at another pitch. A linear map joins the bands that are left, a gru in
    both directions follows, and the sound has the maximum and the mean over time.

    In training stretches of time and of pitch are hidden, and all bands moved up or down a little (as in SpecAugment,
    Park et al. 2019, and vocal tract length perturbation, Jaitly & Hinton 2013).

    Args:
        inputs: M.
        channels: C of each level.
        hidden: E; each direction of the gru has half of it.
        dropout: the share of the features that is set to zero in training, before and after the gru.
        hide: how much of the bands, and of the frames, is hidden at most; 0 hides and moves nothing.

    Attributes:
        outputs: E.
        pooled: P = 2 E.
    """

    role: ClassVar[str] = "sequence"
    reads: ClassVar[tuple[str, ...]] = ("audio",)
    defaults: ClassVar[dict[str, object]] = {
        "training.learning_rate": 2e-3,
        "regularization.clip": 1.0,
        "regularization.average": "ema",
    }

    def __init__(
        self,
        inputs: int,
        *,
        channels: list[Count] = [16, 32, 64],  # noqa: B006 (never changed)
        hidden: Count = 128,
        dropout: Fraction = 0.2,
        hide: Fraction = 0.2,
    ) -> None:
        super().__init__()
        self.hide = hide
        self.dropout = nn.Dropout(dropout)
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        self.multiplications = 0
        bands, before = inputs, 1
        for count in channels:
            self.convolutions.append(nn.Conv2d(before, count, 3, padding=1, bias=False))
            self.norms.append(nn.BatchNorm2d(count))
            self.multiplications += 9 * before * count * bands
            bands, before = math.ceil(bands / 2), count
        self.join = nn.Linear(before * bands, hidden)
        self.recurrent = gru(hidden, hidden=max(1, hidden // 2), reset="after")
        self.outputs = self.recurrent.outputs
        self.pooled = 2 * self.outputs
        self.multiplications += sum(p.numel() for m in (self.join, self.recurrent) for p in m.parameters())
        self.reset(torch.default_generator)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        parts = nn.ModuleList([*self.convolutions, *self.norms, self.join])
        initialize(parts, generator, initializer="he_normal", gain=math.sqrt(2.0))
        self.recurrent.reset(generator)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, M) and where a row has a frame, (B, T), to (B, T, E)."""
        there = mask[:, None, :, None]
        y = torch.where(mask.unsqueeze(2), x, 0.0)
        if self.training and self.hide > 0:
            y = hidden(moved(y, self.hide / 4), mask, self.hide)
        y = y.unsqueeze(1)  # (B, 1, T, M)
        for convolution, norm in zip(self.convolutions, self.norms):
            y = functional.max_pool2d(functional.relu(norm(convolution(y * there))), (1, 2), ceil_mode=True)
        y = functional.relu(self.join(y.transpose(1, 2).flatten(2)))  # (B, T, hidden)
        features: Tensor = self.dropout(self.recurrent(self.dropout(y), mask))
        return features

    def pool(self, y: Tensor, mask: Tensor) -> Tensor:
        """The maximum and the mean over the frames that there are, (B, T, E) to (B, 2 E); 0 where there are none."""
        there = mask.unsqueeze(2)
        count = mask.sum(dim=1, keepdim=True)
        top = y.masked_fill(~there, -math.inf).amax(dim=1)
        mean = (y * there).sum(dim=1) / count.clamp_min(1)
        return torch.cat([torch.where(count > 0, top, 0.0), mean], dim=1)


def hidden(x: Tensor, mask: Tensor, share: float) -> Tensor:
    """Frames (B, T, M) of which a stretch of bands and one of frames is 0, each up to ``share`` long; from the global
    generator, for each row anew."""
    rows, _, bands = x.shape
    frames = mask.sum(dim=1)  # (B,)
    first, wide, start, long = torch.rand(4, rows, 1, device=x.device)
    band = torch.arange(bands, device=x.device)
    frame = torch.arange(x.shape[1], device=x.device)
    wide, long = wide * share * bands, long * share * frames[:, None]
    first, start = first * (bands - wide), start * (frames[:, None] - long)
    in_bands = (band >= first) & (band < first + wide)  # (B, M)
    in_frames = (frame >= start) & (frame < start + long)  # (B, T)
    return x.masked_fill(in_bands[:, None, :] | in_frames[:, :, None], 0.0)


def moved(x: Tensor, share: float) -> Tensor:
    """Frames (B, T, M) whose bands are moved up or down by up to ``share`` of them, each row by its own step."""
    rows, frames, bands = x.shape
    most = round(share * bands)
    step = torch.randint(-most, most + 1, (rows, 1), device=x.device)
    index = (torch.arange(bands, device=x.device) + step).clamp(0, bands - 1)  # (B, M)
    return x.gather(2, index[:, None, :].expand(rows, frames, bands))
