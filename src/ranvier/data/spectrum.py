"""What a network hears: how strong each pitch is at each moment.

A sound is cut into overlapping windows; of each the power at each frequency is taken (the squared Fourier transform),
summed in bands that are as wide as an ear tells apart (mel), and its logarithm taken, as an ear does.

Legend: n samples, T frames, F frequencies of the Fourier transform, M bands, C coefficients.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

WINDOW, HOP = 0.025, 0.010
"""How long a window is, and how far apart windows begin, in seconds."""

LOWEST = 20.0
"""In Hz: nothing is heard below."""

FLOOR = 1e-6
"""Is added to the power of a band before the logarithm: a tone of full loudness has 10^4, so that is -100 dB."""


def log_mel(samples: Tensor, rate: int, bands: int) -> Tensor:
    """The log-mel spectrogram.

    A window is centred on every ``HOP``-th second, the first on the first sample; outside the sound is silence.

    Args:
        samples: (n,), at least one.
        rate: in Hz.
        bands: M.

    Returns:
        (T, M) float32: ln(power + 1e-6), with T = 1 + n // hop.
    """
    window, hop = round(WINDOW * rate), round(HOP * rate)
    size = 2 ** math.ceil(math.log2(window))
    spectrum = torch.stft(
        samples,
        size,
        hop,
        window,
        torch.hann_window(window, dtype=samples.dtype),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )  # (F, T)
    power = spectrum.real.square() + spectrum.imag.square()
    return (mel_bands(rate, size, bands).to(power) @ power + FLOOR).log().T.contiguous()


def mfcc(spectrogram: Tensor, count: int = 13) -> Tensor:
    """Mel-frequency cepstral coefficients: the first of the discrete cosine transform (II, orthonormal) over the bands.

    Neighbouring bands rise and fall together; the coefficients do not, and the first few say most (Davis &
    Mermelstein 1980).

    Args:
        spectrogram: (T, M), as ``log_mel`` gives it.
        count: C, at most M.

    Returns:
        (T, C).
    """
    return spectrogram @ _waves(count, spectrogram.shape[1]).T.to(spectrogram)


def from_mfcc(coefficients: Tensor, bands: int) -> Tensor:
    """As much of a spectrogram (T, M) as its first coefficients (T, C) hold: it is smooth over the bands."""
    return coefficients @ _waves(coefficients.shape[1], bands).to(coefficients)


def _waves(count: int, bands: int) -> Tensor:
    """The cosine waves (C, M) of the transform; orthonormal."""
    places = torch.arange(bands, dtype=torch.float64) + 0.5
    waves = torch.cos(math.pi / bands * torch.arange(count, dtype=torch.float64)[:, None] * places)
    waves *= math.sqrt(2.0 / bands)
    waves[0] /= math.sqrt(2.0)
    return waves


@cache
def mel_bands(rate: int, size: int, bands: int) -> Tensor:
    """How much of each frequency goes into each band, (M, F): triangles that overlap by half.

    Their corners are equally far apart in mel, m(f) = 2595 log10(1 + f / 700), from ``LOWEST`` to half the rate.

    Args:
        rate: in Hz.
        size: of the Fourier transform; F = size / 2 + 1.
        bands: M.
    """
    corners = torch.linspace(_mel(LOWEST), _mel(rate / 2), bands + 2, dtype=torch.float64)
    frequencies = torch.linspace(0, rate / 2, size // 2 + 1, dtype=torch.float64)
    mels = 2595.0 * torch.log10(1.0 + frequencies / 700.0)
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    return torch.minimum((mels - left) / (middle - left), (right - mels) / (right - middle)).clamp(min=0.0)


def _mel(frequency: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency / 700.0)
