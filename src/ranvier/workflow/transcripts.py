"""Some test rows of a task that transcribes, to be looked at: the spectrogram, and where each character lies in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..data.kinds.audio import BANDS
from ..data.pictures import written
from ..data.spectrum import from_mfcc
from ..delivery.model import forward
from ..evaluation.mistakes import worst_rows
from ..tasks.ctc import aligned
from ..tasks.transcribe import Transcribe
from .prepared import Prepared

WORST, OTHERS = 4, 2
"""So many rows that were heard worst are told, and so many others."""

LONGEST = 600
"""Longer sounds, in frames, are not drawn."""


def examples(prepared: Prepared, network: nn.Module, heard: NDArray[Any]) -> list[dict[str, Any]]:
    """Rows of the test part, as JSON values; nothing where there are no sounds.

    Args:
        prepared: of a task that transcribes.
        network: in use.
        heard: (N,) what was written down of the test rows.

    Returns:
        Of each row its number ``row`` in the source, ``true``, ``heard``, its ``picture`` as a PNG in base 64, a frame
        to a pixel, the number of ``frames``, and ``characters``: each of ``true`` with its first and last frame on the
        most probable path that spells it.
    """
    part, task = prepared.parts["test"], prepared.task
    if not isinstance(task, Transcribe) or "audio" not in part.inputs or not len(part):
        return []
    kind: Any = prepared.preparation.blocks["audio"]
    truth = task.truth(part.target)
    worst = worst_rows(truth, heard, WORST).tolist()
    chosen = worst + [row for row in range(len(part)) if row not in worst][:OTHERS]
    few = part.only(torch.tensor(chosen))
    outputs = forward(network, few.inputs).double().log_softmax(dim=2)
    told = []
    for place, row in enumerate(chosen):
        logs = outputs[place][~outputs[place].isnan().any(dim=1)].numpy()
        if not 0 < len(logs) <= LONGEST:
            continue
        spelt = [one for one in few.target[:][place].tolist() if one >= 0]
        path = aligned(logs, spelt)
        spans = [np.flatnonzero(path == symbol) for symbol in range(len(spelt))]
        frames = few.inputs["audio"][torch.tensor([place])][0, : len(logs)]
        if kind.coefficients:
            frames = from_mfcc(frames, BANDS)
        told.append(
            {
                "row": int(part.rows[row]) + 1,
                "true": str(truth[row]),
                "heard": str(heard[row]),
                "picture": written(_shades(frames.numpy())),
                "frames": len(logs),
                "characters": [
                    [task.tokens.decode([symbol]), int(span[0]), int(span[-1])]
                    for symbol, span in zip(spelt, spans)
                    if len(span)
                ],
            }
        )
    return told


def _shades(frames: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A spectrogram (T, M) as pixels (1, M, T), the lowest pitch below, dark where it is loud."""
    low, high = np.quantile(frames, [0.05, 0.995])
    shade = 255 - 255 * np.clip((frames - low) / max(float(high - low), 1e-6), 0, 1)
    return np.ascontiguousarray(shade.T[::-1].astype(np.uint8)[None])
