"""Where a trained network looks: the maps of its attention in new rows, with the tokens that their lines stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..data.preparation import Preparation
from ..data.token_texts import kind_of_tokens, shown
from ..errors import Mistake, SpecError
from ..network.attention import read_maps
from ..network.translation import Translator
from .forecast import Outputs


@dataclass(frozen=True)
class Attention:
    """Where a network looked while it read one row.

    Args:
        tokens: what stands at the places that are read: the row's tokens, with ``|`` between two columns of text; of
            series and sounds the numbers of the places.
        written: of a translation the tokens that were written, with "(end)"; else nothing.
        layers: by the layer's name its maps (H, T, S): by how much each of T places looks at each of S, in H heads.
            Each line adds up to 1; of a row without tokens there is one place, which looks at nothing. Places are those
            of ``tokens``, and in the decoder of a translation those of ``written``; a reader of passages looks from
            those of the passage to those of the question.
    """

    tokens: list[str]
    written: list[str]
    layers: dict[str, NDArray[np.float32]]


def attention_in_rows(
    network: nn.Module, preparation: Preparation, task: Any, outputs: Outputs, frame: pl.DataFrame
) -> list[Attention]:
    """The maps of each row, read one by one, so that nothing is padded.

    Args:
        network: trained.
        preparation: of what it reads.
        task: of what it says.
        outputs: of the network.
        frame: raw rows, with at least the columns of the training.

    Raises:
        SpecError: the network has no attention.
    """
    blocks: Mapping[str, Any] = preparation.transform(frame)
    kind = kind_of_tokens(preparation.blocks)
    found = []
    for row in range(frame.height):
        inputs = {name: block[torch.tensor([row])] for name, block in blocks.items()}
        tokens = _places(inputs) if kind is None else shown(kind, frame[row], inputs[kind.name]).tokens
        written: list[str] = []
        if isinstance(network, Translator):
            ids = outputs(inputs)[0]
            said = [*ids[~ids.isnan()].long().tolist(), task.end]
            inputs["said"] = torch.tensor([said])
            written = [*(task.tokens.name(one) for one in said[:-1]), "(end)"]
        found.append(Attention(tokens, written, only_row(read_maps(network, inputs))))
    if found and not found[0].layers:
        raise SpecError(
            Mistake(
                "the network has no layer of attention",
                "one that looks, such as 'transformer' or 'bert'",
                "name it in the training: --network transformer",
            )
        )
    return found


def _places(inputs: Mapping[str, Tensor]) -> list[str]:
    """The numbers of the places of series and sounds."""
    longest = max((len(block[0]) for block in inputs.values() if block.ndim > 2), default=0)
    return [str(place) for place in range(longest)]


def only_row(maps: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """Maps (1, H, T, S) of one row to (H, T, S)."""
    return {name: each[0].float().cpu().numpy() for name, each in maps.items()}
