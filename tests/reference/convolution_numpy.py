"""Convolution, pooling and normalisation by formula, in loops over places: the oracle for the networks' layers.

Legend: B rows, C input channels, O output channels, H height, W width, k side of the kernel, s stride, p padding.
"""

from __future__ import annotations

import numpy as np


def convolve(
    x: np.ndarray, kernels: np.ndarray, bias: np.ndarray | None = None, s: int = 1, p: int = 0
) -> np.ndarray:
    """y[b, o, i, j] = bias[o] + sum over c, u, v of kernels[o, c, u, v] x[b, c, s i + u - p, s j + v - p]."""
    b, _, h, w = x.shape
    o, c, k, _ = kernels.shape
    framed = np.zeros((b, c, h + 2 * p, w + 2 * p))
    framed[:, :, p : p + h, p : p + w] = x
    rows, columns = (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1
    y = np.zeros((b, o, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = framed[:, :, s * i : s * i + k, s * j : s * j + k]
            for out in range(o):
                y[:, out, i, j] = (window * kernels[out]).sum(axis=(1, 2, 3))
    return y if bias is None else y + bias[:, None, None]


def pool(x: np.ndarray, k: int, s: int, how: str = "max", p: int = 0) -> np.ndarray:
    """The largest value, or the mean, of each window of k x k places at every s-th place."""
    b, c, h, w = x.shape
    framed = np.full((b, c, h + 2 * p, w + 2 * p), -np.inf if how == "max" else 0.0)
    framed[:, :, p : p + h, p : p + w] = x
    rows, columns = (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1
    y = np.zeros((b, c, rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = framed[:, :, s * i : s * i + k, s * j : s * j + k]
            y[:, :, i, j] = window.max(axis=(2, 3)) if how == "max" else window.mean(axis=(2, 3))
    return y


def normalise(x: np.ndarray, scale: np.ndarray, shift: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Batch normalisation in training: each channel by its own mean and population deviation over rows and places."""
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=(0, 2, 3), keepdims=True)
    return scale[:, None, None] * (x - mean) / np.sqrt(variance + eps) + shift[:, None, None]


def gradient(function, x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The derivative of a number by each element of x, by central differences."""
    found = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        kept = x[place]
        x[place] = kept + step
        above = function(x)
        x[place] = kept - step
        below = function(x)
        x[place] = kept
        found[place] = (above - below) / (2 * step)
    return found
