"""What is done with a language model: fed from blocks, asked for the likelihood of a text, made to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor, nn

SPECIAL = 2
"""The ids of padding and of the unknown come first; neither is ever written."""


class Language(nn.Module):
    """Feeds a network of ids (B, T) from the block ``text`` of a batch.

    Args:
        network: such as ``GPT``.
    """

    role: ClassVar[str] = "whole"

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def reset(self, generator: Generator) -> None:
        """Draw all weights anew, from ``generator`` alone."""
        self.network.reset(generator)

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Ids (B, T) to logits (B, T, V)."""
        logits: Tensor = self.network(inputs["text"])
        return logits


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    Args:
        temperature: divides the logits; below 1 the likely becomes likelier; 0 always takes the likeliest.
        top_k: only the k likeliest may be chosen; None lets all.
        top_p: only the likeliest that together have this probability may be (Holtzman et al. 2020); 1 lets all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0

    def choose(self, logits: Tensor, generator: Generator) -> int:
        """A token by its logits (V,)."""
        logits = logits.double().clone()
        logits[:SPECIAL] = -torch.inf
        if self.temperature == 0:
            return int(logits.argmax())
        probabilities = (logits / self.temperature).softmax(dim=0)
        if self.top_k is None and self.top_p >= 1:
            return int(torch.multinomial(probabilities, 1, generator=generator))
        ordered, order = probabilities.sort(descending=True, stable=True)
        before = ordered.cumsum(0) - ordered
        allowed = before < self.top_p
        allowed[0] = True
        if self.top_k is not None:
            allowed[self.top_k :] = False
        chosen = torch.multinomial(ordered * allowed, 1, generator=generator)
        return int(order[chosen])


@torch.inference_mode()
def write(
    network: Any, ids: list[int], count: int, sampling: Sampling, seed: int = 0, *, cached: bool = True
) -> Iterator[int]:
    """Go on with a text, token by token.

    What the network looks at is the text so far, up to its ``length``; where that is full, the latter half of it, from
    which it fills up again.

    Args:
        network: such as ``GPT``, with ``length`` and ``memory()``.
        ids: of the tokens so far; at least one.
        count: how many tokens to write.
        sampling: how each is chosen.
        seed: of the choices.
        cached: whether keys and values are remembered; without, each token costs as much as all before it together.

    Yields:
        The tokens, one by one.
    """
    generator = torch.Generator().manual_seed(seed)
    training = network.training
    network.eval()
    try:
        seen = list(ids[-network.length :])
        memory = network.memory() if cached else None
        fresh = seen
        for _ in range(count):
            if len(seen) > network.length:
                seen = seen[-max(network.length // 2, 1) :]
                memory = network.memory() if cached else None
                fresh = seen
            logits = network(torch.tensor([fresh if cached else seen]), memory)[0, -1]
            token = sampling.choose(logits, generator)
            yield token
            seen, fresh = [*seen, token], [token]
    finally:
        network.train(training)


@torch.no_grad()
def nats(network: nn.Module, windows: Tensor, temperatures: Sequence[float] = (1.0,)) -> Tensor:
    """-log p of the last T tokens of windows (B, T + 1), each given those before it, at each temperature: (G, B, T)."""
    logits, told = network({"text": windows[:, :-1]}).transpose(1, 2), windows[:, 1:]
    each = [nn.functional.cross_entropy(logits / heat, told, reduction="none") for heat in temperatures]
    return torch.stack(each)
