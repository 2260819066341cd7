"""The encoder of texts: a vector for each token, and a network of sequences, or one that reads ids by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from .layers import embedding
from .passages import PassageEncoder
from .sequences import EMBEDDING, SequenceEncoder, chosen

TEXT_NETWORK = "ngrams"
"""What reads the texts of a table where no network for texts is named."""


def texts(
    *,
    size: int,
    length: float = 1.0,
    network: str | Mapping[str, Any] = TEXT_NETWORK,
    passage: Sequence[int] | None = None,
) -> nn.Module:
    """The encoder of ids (B, T): a learnt vector for each, unless the network reads ids by itself.

    Args:
        size: how many ids there are; 0 pads and 1 is unknown.
        length: how many tokens a text has on average.
        network: the name of a network for texts, or a mapping of ``name`` and options.
        passage: where a span is extracted, the place of its column and how many columns there are.
    """
    member, options = chosen(network)
    if passage is not None:
        if member.role == "reader":
            return member(size, length, *passage, **options)  # type: ignore[no-any-return]
        return PassageEncoder(size, length, network, *passage)
    if getattr(member, "reads_ids", False):
        return SequenceEncoder(nn.Identity(), network, size, length)
    width = int(getattr(member, "embedding", EMBEDDING))
    return SequenceEncoder(embedding(size, width), network, width, length)
