"""inspect: what would be read, split and built; trains nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from ..assemble import describe
from ..finding import Finding
from ..spec import OWN_NETWORK, Spec, merge, nest
from . import language
from .findings import findings
from .learn import plan
from .prepared import Prepared, prepare
from .request import check_request
from .settle import Settled


@dataclass(frozen=True)
class Inspection:
    """What a run would be.

    Args:
        prepared: the data.
        settled: every setting, with the reason of each that was chosen.
        network: the network in a few words.
        findings: what was noticed in the data.
    """

    prepared: Prepared
    settled: Settled
    network: str
    findings: list[Finding]

    def as_dict(self) -> dict[str, Any]:
        """The inspection as JSON values."""
        prepared = self.prepared
        return {
            "origin": prepared.table.origin,
            "task": prepared.task.name,
            "target": prepared.task.target,
            "schema": prepared.schema.as_dict(),
            "ledger": prepared.ledger.as_dict(),
            "split": {
                "method": prepared.split.method,
                "reason": prepared.split.reason,
                **prepared.split.counts,
            },
            "network": self.network,
            "findings": [finding.as_dict() for finding in self.findings],
            "settings": self.settled.spec.settings(),
            "reasons": dict(self.settled.reasons),
        }

    def __str__(self) -> str:
        from .summary import inspection_lines

        return "\n".join(inspection_lines(self))


def inspect(
    data: Any,
    y: Any = None,
    *,
    target: str | Sequence[str] | None = None,
    network: str | Mapping[str, Any] | nn.Module | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Inspection | language.CorpusInspection:
    """Say what ``fit`` would read, split and build for the same arguments, and train nothing.

    Args:
        data, y, target, network, settings: as for ``fit``; ``data`` None takes the source that the settings name.

    Raises:
        UserError: with a sentence for each thing that is wrong.
    """
    own = network if isinstance(network, nn.Module) else None
    spec = ask(data, target, network, settings)
    if language.is_asked(spec):
        return language.inspect(spec, (data, y) if y is not None else data)
    check_request(spec)
    prepared = prepare(spec, (data, y) if y is not None else data)
    settled, learning = plan(spec, prepared, own)
    noticed = findings(prepared, seed=spec.seed, without=spec.evaluation.without)
    return Inspection(prepared, settled, describe(learning.state.network), noticed)


def ask(
    data: Any,
    target: str | Sequence[str] | None,
    network: str | Mapping[str, Any] | nn.Module | None,
    settings: Mapping[str, Any] | None,
) -> Spec:
    """The spec that Python arguments stand for."""
    asked: dict[str, Any] = dict(nest(settings or {}))
    if target is not None:
        asked = merge(asked, {"target": target if isinstance(target, str) else list(target)})
    if isinstance(network, nn.Module):
        asked = merge(asked, {"network": OWN_NETWORK})
    elif network is not None:
        asked = merge(asked, {"network": network})
    if isinstance(data, (str, Path)):
        asked = merge(asked, {"source": str(data)})
    return Spec.from_settings(asked)
