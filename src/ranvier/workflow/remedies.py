"""The remedy of what was found while a network trained, as settings of the run: what ``--set`` would say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import options
from ..finding import Finding
from ..spec import OWN_NETWORK, Choice, Spec
from ..training.optimizers import DEFAULT_RATES

Settings = dict[str, Any]


def remedy_of(finding: Finding, spec: Spec) -> Settings:
    """The settings, dotted, that the finding asks for in a run of this settled spec; none where it asks for no setting.

    >>> from ranvier.spec import Spec
    >>> spec = Spec.from_settings({"training": {"optimizer": "adam", "learning_rate": 5.0}})
    >>> remedy_of(Finding("RV241", "warning", "step 8", "It is too high.", "Lower it."), spec)
    {'training.learning_rate': 0.001}
    """
    made = REMEDIES.get(finding.code)
    return made(spec, finding.evidence) if made else dict(finding.settings)


def _slower(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The optimizer's usual rate where the present one is higher, else a fifth of it."""
    rate, usual = _rates(spec)
    return {} if rate is None else {"training.learning_rate": usual if rate > 2 * usual else rate / 5}


def _faster(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual rate where the present one is lower, else ten times as much."""
    rate, usual = _rates(spec)
    return {} if rate is None else {"training.learning_rate": usual if rate < usual / 2 else rate * 10}


def _other_rate(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual rate; where it is the present one, ten times as much."""
    rate, usual = _rates(spec)
    return _slower(spec, evidence) if rate is not None and rate > 2 * usual else _faster(spec, evidence)


def _rates(spec: Spec) -> tuple[float | None, float]:
    rate = spec.training.learning_rate
    name = spec.training.optimizer.name if spec.training.optimizer else "adamw"
    return (rate if isinstance(rate, float) else None), DEFAULT_RATES[name]


def _clipped(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """A clipped gradient; where it is clipped already, a lower rate."""
    clip = spec.regularization.clip
    return {"regularization.clip": 1.0} if clip is None or clip > 1.0 else _slower(spec, evidence)


def _lower_and_clipped(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """After a loss that was not finite: both."""
    return {**_slower(spec, evidence), "regularization.clip": 1.0}


def _activation(name: str) -> Callable[[Spec, Mapping[str, Any]], Settings]:
    def remedy(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
        return _option(spec.network, "activation", name)

    return remedy


def _slower_or(
    other: Callable[[Spec, Mapping[str, Any]], Settings],
) -> Callable[[Spec, Mapping[str, Any]], Settings]:
    """A lower rate where it is far above the usual one, which is the first suspect then; else something else."""

    def remedy(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
        rate, usual = _rates(spec)
        return (_slower if rate is not None and rate > 10 * usual else other)(spec, evidence)

    return remedy


def _layer_norm(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return _option(spec.network, "norm", "layer")


def _dropout(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return _option(spec.network, "dropout", 0.4)


def _option(network: Choice | None, option: str, value: Any) -> Settings:
    """An option of the network, where it has that one with another value."""
    if network is None or network.name == OWN_NETWORK:
        return {}
    known = {**options.defaults("networks", network.name), **network.options}
    return {f"network.{option}": value} if option in known and known[option] != value else {}


def _less_decay(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual weight decay, and no penalties."""
    found: Settings = {
        f"regularization.{name}": 0.0 for name in ("l1", "l2") if getattr(spec.regularization, name)
    }
    optimizer = spec.training.optimizer
    if optimizer and optimizer.options.get("weight_decay", 0.0) > 0.01:
        found["training.optimizer.weight_decay"] = min(0.01, optimizer.options["weight_decay"] / 10)
    return found


def _longer(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return (
        {"training.epochs": 2 * spec.training.epochs}
        if spec.training.epochs and not spec.training.time
        else {}
    )


def _falling(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    constant = spec.training.schedule is not None and spec.training.schedule.name == "constant"
    return {"training.schedule": "cosine"} if constant else {}


def _other_batch(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    rows = int(evidence.get("rows", 0))
    return {"training.batch_size": rows // 4 if rows > 32 else rows * 8} if rows else {}


REMEDIES: dict[str, Callable[[Spec, Mapping[str, Any]], Settings]] = {
    "RV201": _lower_and_clipped,
    "RV241": _slower,
    "RV242": _faster,
    "RV246": _slower_or(_activation("leaky_relu")),
    "RV247": _slower_or(_activation("relu")),
    "RV248": _activation("relu"),
    "RV249": _clipped,
    "RV250": _lower_and_clipped,
    "RV251": _less_decay,
    "RV253": _other_rate,
    "RV254": _dropout,
    "RV255": _longer,
    "RV256": _falling,
    "RV257": _slower,
    "RV258": _other_batch,
    "RV259": _layer_norm,
    "RV260": _layer_norm,
    "RV261": _slower,
}
"""By code, from the settled spec and the evidence to settings."""
