"""The measure of a network that tells hidden tokens: how likely it finds them, and how many it tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..data.corpus_tokens import Part
from ..data.hidden import UNASKED, hide
from ..data.ledger import Ledger
from ..evaluation.hidden import measure_hidden as measured
from ..evaluation.language import verdict_on_text
from ..network.in_use import device_of, in_use
from ..spec import Spec
from .language_measure import COUNTED, MEASURED
from .language_settings import WINDOW
from .measure import UNMEASURED

AT_ONCE = 1 << 22
"""So many outputs are computed at once."""

Told = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]
"""Of each hidden token -log p, the token that was told, and the token."""


@torch.no_grad()
def tell(network: nn.Module, ids: NDArray[Any], size: int) -> Told:
    """Let a network tell the hidden tokens of a text; which are hidden is the same each time.

    Args:
        network: from the block ``text`` (B, T) to outputs (B, T, V).
        ids: (L,) tokens; what does not fill a last window of ``WINDOW`` is left out, unless it is the only one.
        size: V.
    """
    length = min(WINDOW, len(ids))
    windows = np.asarray(ids[: len(ids) // length * length], dtype=np.int64).reshape(-1, length)
    read, asked = hide(windows, size, np.random.Generator(np.random.PCG64(0)))
    nats, guesses, truths = [], [], []
    rows, device = max(1, AT_ONCE // (length * size)), device_of(network)
    with in_use(network):
        for place in range(0, len(windows), rows):
            chosen = asked[place : place + rows] != UNASKED
            outputs = network({"text": read[place : place + rows].to(device)}).cpu()[chosen]  # (n, V)
            truth = asked[place : place + rows][chosen]
            nats.append(nn.functional.cross_entropy(outputs, truth, reduction="none").double().numpy())
            guesses.append(outputs.argmax(dim=1).numpy())
            truths.append(truth.numpy())
    return np.concatenate(nats), np.concatenate(guesses), np.concatenate(truths)


def validate_hidden(ids: NDArray[Any], size: int) -> Callable[[nn.Module], dict[str, float]]:
    """A function that measures a network on a text: loss, and share of the hidden tokens that are told."""

    def validate(network: nn.Module) -> dict[str, float]:
        nats, guesses, truths = tell(network, ids, size)
        return {"loss": float(nats.mean()), "accuracy": float((guesses == truths).mean())}

    return validate


def measure_hidden(
    spec: Spec, parts: Mapping[str, Part], size: int, network: nn.Module, ledger: Ledger
) -> dict[str, Any]:
    """What stands in ``metrics.json``: the network on hidden tokens, beside how often each token occurs."""
    metrics: dict[str, Any] = {
        "task": "pretrain",
        "form": "hidden",
        "metric": "perplexity",
        "test": {},
        "validation": {},
        "baselines": {},
        "verdict": UNMEASURED,
        "rows": {"read": ledger.read, "dropped": ledger.dropped, **{n: p.lines for n, p in parts.items()}},
    }
    told: dict[str, Told] = {}
    for name in ("validation", "test"):
        if len(parts[name].ids) > 1:
            told[name] = tell(network, parts[name].ids[:MEASURED], size)
            metrics[name] = measured(told[name][0], told[name][1] == told[name][2])
    if "test" in told and spec.evaluation.baselines:
        nats, _, truths = told["test"]
        counts = np.bincount(np.asarray(parts["train"].ids[:COUNTED]), minlength=size) + 1.0
        theirs = -np.log(counts / counts.sum())[truths]
        metrics["baselines"]["unigram"] = {
            "description": "each token by how often it occurs",
            **measured(theirs, truths == counts.argmax()),
        }
        metrics["verdict"] = verdict_on_text(nats, {"each token's frequency": theirs})
    return metrics
