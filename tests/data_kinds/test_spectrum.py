"""Spectrograms against the formula, window by window, and SciPy's cosine transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.fft import dct, idct

from ranvier.data.spectrum import from_mfcc, log_mel, mel_bands, mfcc


def by_formula(samples: np.ndarray, rate: int, bands: int) -> np.ndarray:
    """Window after window: the Fourier sum, the power in each triangle, the logarithm."""
    window, hop = round(0.025 * rate), round(0.01 * rate)
    size = 1
    while size < window:
        size *= 2
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    mel = lambda f: 2595 * np.log10(1 + f / 700)  # noqa: E731
    corners = 700 * (10 ** (np.linspace(mel(20), mel(rate / 2), bands + 2) / 2595) - 1)
    rows = []
    for middle in range(0, len(samples) + 1, hop):
        start = middle - size // 2 + (size - window) // 2
        piece = np.array([samples[i] if 0 <= i < len(samples) else 0.0 for i in range(start, start + window)])
        power = np.abs(np.fft.fft(piece * hann, size)[: size // 2 + 1]) ** 2
        row = []
        for a, b, c in zip(corners, corners[1:], corners[2:]):
            total = 0.0
            for k, p in enumerate(power):
                f = k * rate / size
                if a < f < c:
                    total += p * min(
                        (mel(f) - mel(a)) / (mel(b) - mel(a)), (mel(c) - mel(f)) / (mel(c) - mel(b))
                    )
            row.append(np.log(total + 1e-6))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(("rate", "length"), [(8000, 700), (16000, 1), (16000, 900)])
def test_log_mel_is_the_formula(rate, length):
    samples = np.random.default_rng(0).normal(size=length) * 0.2
    found = log_mel(torch.tensor(samples), rate, 24)
    assert found.shape == (1 + length // round(0.01 * rate), 24)
    np.testing.assert_allclose(found, by_formula(samples, rate, 24), atol=1e-5)
    single = log_mel(torch.tensor(samples, dtype=torch.float32), rate, 24)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single, found, atol=2e-3)


def test_silence_is_the_floor_and_a_tone_stands_in_its_band():
    assert torch.allclose(log_mel(torch.zeros(1600), 16000, 40), torch.tensor(1e-6).log())
    for band in (5, 20, 38):
        weights = mel_bands(16000, 512, 40)[band]
        frequency = float(weights.argmax()) * 16000 / 512
        tone = torch.sin(2 * torch.pi * frequency * torch.arange(1600) / 16000)
        assert int(log_mel(tone, 16000, 40)[5].argmax()) == band


@pytest.mark.parametrize("rate", [8000, 16000])
def test_no_band_is_empty_and_neighbours_share_each_frequency(rate):
    bands = mel_bands(rate, 2 * (rate // 8000) * 128, 64)
    assert (bands.sum(dim=1) > 0).all()
    between = bands.sum(dim=0)[8:-16]
    torch.testing.assert_close(between, torch.ones_like(between))


def test_mfcc_is_scipys_cosine_transform():
    spectrogram = torch.randn(7, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = dct(spectrogram.numpy(), type=2, norm="ortho", axis=1)
    np.testing.assert_allclose(mfcc(spectrogram), expected[:, :13], atol=1e-12)
    np.testing.assert_allclose(mfcc(spectrogram, 40), expected, atol=1e-12)


def test_all_coefficients_hold_the_whole_spectrogram_and_few_its_smooth_part():
    spectrogram = torch.randn(5, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(from_mfcc(mfcc(spectrogram, 24), 24), spectrogram)
    few = dct(spectrogram.numpy(), type=2, norm="ortho", axis=1)
    few[:, 6:] = 0.0
    np.testing.assert_allclose(
        from_mfcc(mfcc(spectrogram, 6), 24), idct(few, type=2, norm="ortho", axis=1), atol=1e-12
    )
