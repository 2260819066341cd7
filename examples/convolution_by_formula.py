# ruff: noqa: N803 (the seed's symbols)
"""Convolution and pooling written as their formulas, held against PyTorch.

Seed text 004, sections 4.1.1 and 4.1.2: (I * K)(i, j) = sum_m sum_n I(i + m, j + n) K(m, n).

This is what every framework computes and calls convolution; in mathematics it is the cross-correlation. The convolution
has I(i - m, j - n), which is the same with the kernel turned by 180 degrees. For a learnt kernel it makes no
difference; for a given one it does, and the difference is printed. The text leaves out padding, stride, channels and
the size of the result, floor((H + 2 padding - kernel) / stride) + 1; they are here.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional


def convolve(I: np.ndarray, K: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:  # noqa: E741
    """I (C, H, W) with K (outputs, C, h, w): (outputs, H', W')."""
    I = np.pad(I, ((0, 0), (padding, padding), (padding, padding)))  # noqa: E741, N806
    outputs, channels, h, w = K.shape
    rows, columns = (I.shape[1] - h) // stride + 1, (I.shape[2] - w) // stride + 1
    result = np.zeros((outputs, rows, columns))
    for o in range(outputs):
        for i in range(rows):
            for j in range(columns):
                for c in range(channels):
                    for m in range(h):
                        for n in range(w):
                            result[o, i, j] += I[c, i * stride + m, j * stride + n] * K[o, c, m, n]
    return result


def pool(I: np.ndarray, size: int, of: str) -> np.ndarray:  # noqa: E741
    """The largest value, or the mean, of each region of size x size: (C, H, W) to (C, H // size, W // size)."""
    channels, height, width = I.shape
    result = np.zeros((channels, height // size, width // size))
    for c, i, j in np.ndindex(result.shape):
        region = I[c, i * size : (i + 1) * size, j * size : (j + 1) * size]
        result[c, i, j] = region.max() if of == "max" else region.mean()
    return result


def main(side: int = 9) -> dict[str, float]:
    rng = np.random.default_rng(0)
    image, kernels = rng.normal(size=(3, side, side)), rng.normal(size=(4, 3, 3, 3))
    picture, weight = torch.tensor(image)[None], torch.tensor(kernels)
    found = {}
    for stride in (1, 2):
        for padding in (0, 1):
            theirs = functional.conv2d(picture, weight, stride=stride, padding=padding)[0].numpy()
            ours = convolve(image, kernels, stride, padding)
            found[f"stride {stride}, padding {padding}"] = float(np.abs(ours - theirs).max())
    found["max pooling"] = float(
        np.abs(pool(image, 2, "max") - functional.max_pool2d(picture, 2)[0].numpy()).max()
    )
    found["mean pooling"] = float(
        np.abs(pool(image, 2, "mean") - functional.avg_pool2d(picture, 2)[0].numpy()).max()
    )
    for name, value in found.items():
        print(f"{name:<22} {value:.1e} from PyTorch's")
    turned = kernels[:, :, ::-1, ::-1]
    found["turned kernel"] = float(np.abs(convolve(image, turned) - convolve(image, kernels)).max())
    print(
        f"the kernel turned by 180 degrees (the convolution of mathematics): {found['turned kernel']:.1f} apart"
    )
    return found


if __name__ == "__main__":
    main()
