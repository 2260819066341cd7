"""check: what is wrong with the data and the wiring of a run, before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from ..finding import Finding, by_gravity
from ..network.in_use import device_of
from .findings import findings
from .inspect import ask
from .learn import plan
from .prepared import Prepared, prepare
from .request import check_request
from .wiring import wiring


def check(
    data: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    network: str | Mapping[str, Any] | nn.Module | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Prepared, list[Finding]]:
    """Look at the data, and at the network, loss and optimizer that ``fit`` would train on it; train nothing.

    Args:
        data, y, target, network, settings: as for ``fit``; ``data`` None takes the source that the settings name.

    Returns:
        The prepared data, and the findings, errors first.

    Raises:
        UserError: with a sentence for each thing that is wrong.
    """
    own = network if isinstance(network, nn.Module) else None
    spec = ask(data, target, network, settings)
    check_request(spec)
    prepared = prepare(spec, (data, y) if y is not None else data)
    device = device_of(own) if own is not None else None
    settled, learning = plan(spec, prepared, own)
    without = settled.spec.evaluation.without
    noticed = findings(prepared, seed=spec.seed, without=without)
    found = by_gravity([*noticed, *wiring(prepared, learning, without)])
    if own is not None:
        own.to(device)  # where it was
    return prepared, found
