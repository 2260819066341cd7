"""A whole network: encoders, a trunk and a head, or a module of the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from ..errors import Mistake, SpecError, did_you_mean, raise_if_any
from .encoders import Numbers, OneHot
from .pictures.encoders import Pixels
from .sequences import Padded, mask_of

FED: dict[str, Any] = {"category": OneHot, "image": Pixels}
SEQUENCES = ("text", "series", "audio", "tokens")
"""What a module of the user's own is fed as: everything else as numbers."""


class Assembled(nn.Module):
    """Encoders side by side, then a trunk, then a head.

    Args:
        encoders: for each block its encoder; their order is the order of the features.
        trunk: from (B, D) to (B, ``trunk.outputs``), D being the encoders' widths together.
        head: from there to (B, K).
        positions: the block at each of whose positions there are outputs; empty where a row has outputs as a whole.

    Attributes:
        width: D.
        outputs: K, where the head says it.
    """

    role: ClassVar[str] = "whole"

    def __init__(
        self, encoders: Mapping[str, nn.Module], trunk: nn.Module, head: nn.Module, positions: str = ""
    ) -> None:
        super().__init__()
        self.positions = positions
        self.encoders = nn.ModuleDict(dict(encoders))
        self.trunk = trunk
        self.head = head
        self.width = width_of(self.encoders)
        self.outputs = getattr(head, "outputs", None)

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone: encoders, trunk, head."""
        parts: list[Any] = [*self.encoders.values(), self.trunk, self.head]
        for part in parts:
            part.reset(generator)

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Blocks (B, ...) by name to outputs (B, K), or (B, T, K), NaN where a row has no position."""
        if self.positions:
            return self._at_positions(inputs)
        outputs: Tensor = self.head(self.trunk(join(self.encoders, inputs)))
        return outputs

    def _at_positions(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """The other blocks stand beside the features of each position."""
        encoder: Any = self.encoders[self.positions]
        block = inputs[self.positions]
        y = encoder.positions(block)
        others = [e(inputs[name]) for name, e in self.encoders.items() if name != self.positions]
        beside = [features.unsqueeze(1).expand(-1, y.shape[1], -1) for features in others]
        outputs = self.head(self.trunk(torch.cat([y, *beside], dim=2)))
        there = getattr(encoder, "there", mask_of)(block)
        return torch.where(there.unsqueeze(2), outputs, torch.nan)


class Own(nn.Module):
    """Feeds a user's module.

    - A ``forward`` with one required parameter gets one tensor (B, D): the numbers as they are and the categories
      one-hot, side by side.
    - Any other gets the blocks by keyword: ``forward(self, number, category)`` gets numbers (B, W) as floats and
      categories (B, C) as int64 indices, of which 0 is missing or unseen.

    Pictures are standardised: where there is nothing else, one tensor (B, C, H, W), else (B, C H W) beside the others;
    by keyword, (B, C, H, W). Sequences are padded ids (B, T) of tokens, or reals (B, T, C) padded with NaN; beside
    anything else they are given by keyword alone.

    The module keeps its weights, and ``network`` is the module itself: its parameters have the names that its author
    gave them there.

    Args:
        network: the user's module; it gives (B, K), or (B,) for one output.
        blocks: for each kind that is present what its encoder is built from: ``{"number": {"width": 6}, "category":
            {"cardinalities": [3, 12]}}``.

    Attributes:
        width: D, the width of what a ``forward`` with one parameter is fed.
        shape: (D,), or (C, H, W) where the data are pictures alone.
        by_keyword: whether it is fed the blocks by keyword.

    Raises:
        SpecError: ``forward`` asks for a block that there is not, or has no parameter for one that there is.
    """

    role: ClassVar[str] = "whole"

    def __init__(self, network: nn.Module, blocks: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__()
        self.network = network
        self.encoders = nn.ModuleDict(
            {
                name: (Padded if name in SEQUENCES else FED.get(name, Numbers))(**made_of)
                for name, made_of in blocks.items()
            }
        )
        pictures = blocks["image"] if set(blocks) == {"image"} else None
        self.width = width_of(self.encoders)
        self.shape = (pictures["channels"], *pictures["size"]) if pictures else (self.width,)
        sequences = [name for name in blocks if name in SEQUENCES]
        self.alone = sequences[0] if sequences and len(blocks) == 1 else ""
        required, taken = _parameters(network)
        self.by_keyword = len(required) != 1
        if self.by_keyword:
            raise_if_any(SpecError, _mismatches(type(network).__name__, required, taken, list(blocks)))
        elif sequences and not self.alone:
            raise SpecError(
                Mistake(
                    f"the forward of {type(network).__name__} has one parameter, and a sequence cannot be joined with "
                    "other columns",
                    f"parameters named after the blocks ({', '.join(blocks)})",
                )
            )

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Blocks (B, ...) by name to what the module makes of them, (B, K)."""
        fed: Tensor
        if self.by_keyword:
            fed = self.network(**{name: self._block(name, inputs[name]) for name in self.encoders})
        elif self.alone:
            fed = self.network(inputs[self.alone])
        elif len(self.shape) > 1:
            fed = self.network(self._block("image", inputs["image"]))
        else:
            fed = self.network(join(self.encoders, inputs))
        return fed.unsqueeze(1) if isinstance(fed, Tensor) and fed.ndim == 1 else fed

    def _block(self, name: str, block: Tensor) -> Tensor:
        """A block as the module is fed it; pictures are standardised."""
        encoder = self.encoders[name]
        return encoder.standardised(block) if isinstance(encoder, Pixels) else block


def join(encoders: nn.ModuleDict, inputs: Mapping[str, Tensor]) -> Tensor:
    """The encoded blocks side by side: (B, D)."""
    return torch.cat([encoder(inputs[name]) for name, encoder in encoders.items()], dim=1)


def width_of(encoders: nn.ModuleDict) -> int:
    """The width D of the encoded blocks side by side."""
    parts: list[Any] = list(encoders.values())
    return sum(int(encoder.outputs) for encoder in parts)


def _parameters(network: nn.Module) -> tuple[list[str], list[str] | None]:
    """The names that ``forward`` requires, and all that can be given by name (None: any)."""
    parameters = list(inspect.signature(network.forward).parameters.values())
    kinds = {p.kind for p in parameters}
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = [p.name for p in named if p.default is p.empty]
    return required, None if inspect.Parameter.VAR_KEYWORD in kinds else [p.name for p in named]


def _mismatches(
    network: str, required: list[str], taken: list[str] | None, blocks: list[str]
) -> list[Mistake]:
    expected = (
        f"parameters named after the blocks ({', '.join(blocks)}), or one parameter for all of them joined"
    )
    wrong = [
        Mistake(
            f"the forward of {network} requires {name!r}, which is no block of these data",
            expected,
            did_you_mean(name, blocks),
        )
        for name in required
        if name not in blocks
    ]
    return wrong + [
        Mistake(f"the forward of {network} has no parameter for the block {name!r}", expected)
        for name in blocks
        if taken is not None and name not in taken
    ]
