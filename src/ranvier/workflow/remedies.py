"""The remedies of what was found while a network trained, as settings of the run: what ``--set`` would say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import options
from ..assemble import defaults
from ..finding import Finding
from ..spec import OWN_NETWORK, Choice, Spec
from ..training.optimizers import DEFAULT_RATES

Settings = dict[str, Any]
Remedy = Callable[[Spec, Mapping[str, Any]], Settings]
"""From the settled spec and the evidence to settings, dotted; none where it does not apply."""

FAR = 10.0
"""A rate that is so many times the usual one is the first suspect."""

STRONG_DECAY, STRONG_PENALTY = 0.3, 0.01
"""A weight decay, and a penalty on the weights, that are."""

SQUASHING = ("sigmoid", "tanh", "softmax", "step")
"""Activations whose slope is next to nothing far from 0."""


def remedies_of(finding: Finding, spec: Spec) -> list[Settings]:
    """What the finding asks for in a run of this settled spec, the likeliest first; nothing where that is no setting.

    >>> from ranvier.spec import Spec
    >>> spec = Spec.from_settings({"training": {"optimizer": "adam", "learning_rate": 5.0}})
    >>> remedies_of(Finding("RV241", "warning", "step 8", "It is too high.", "Lower it."), spec)
    [{'training.learning_rate': 0.001}]
    """
    if finding.code not in REMEDIES:
        return [dict(finding.settings)] if finding.settings else []
    found: list[Settings] = []
    for remedy in REMEDIES[finding.code]:
        settings = remedy(spec, finding.evidence)
        if settings and settings not in found:
            found.append(settings)
    return found


def _rates(spec: Spec) -> tuple[float, float]:
    """The rate of a run, and the usual one of its network and optimizer."""
    optimizer = spec.training.optimizer.name if spec.training.optimizer else "adamw"
    usual = defaults(spec.network) if spec.network else {}
    rate = usual.get("training.learning_rate")
    if not isinstance(rate, float) or _name(usual.get("training.optimizer", "adamw")) != optimizer:
        rate = DEFAULT_RATES[optimizer]
    present = spec.training.learning_rate
    return (present if isinstance(present, float) else rate), rate


def _name(choice: Any) -> str:
    return str(choice["name"] if isinstance(choice, Mapping) else choice)


def _slower(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual rate where the present one is higher, else a fifth of it."""
    rate, usual = _rates(spec)
    return {"training.learning_rate": usual if rate > 2 * usual else rate / 5}


def _slower_if_far(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual rate where the present one is far above it."""
    rate, usual = _rates(spec)
    return {"training.learning_rate": usual} if rate > FAR * usual else {}


def _faster(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual rate where the present one is lower, else ten times as much."""
    rate, usual = _rates(spec)
    return {"training.learning_rate": usual if rate < usual / 2 else rate * 10}


def _other_rate(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """The usual rate; where it is the present one, ten times as much."""
    rate, usual = _rates(spec)
    return (_slower if rate > 2 * usual else _faster)(spec, evidence)


def _clipped(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    clip = spec.regularization.clip
    return {"regularization.clip": 1.0} if clip is None or clip > 1.0 else {}


def _slower_and_clipped(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return {**_slower(spec, evidence), **_clipped(spec, evidence)}


def _option(network: Choice | None, option: str, value: Any) -> Settings:
    """An option of the network, where it has that one with another value and takes this one."""
    if network is None or network.name == OWN_NETWORK:
        return {}
    known = {**options.defaults("networks", network.name), **network.options}
    if option not in known or known[option] == value:
        return {}
    changed = Choice(name=network.name, options={option: value})
    return {} if [*options.mistakes("networks", changed, "network")] else {f"network.{option}": value}


def _activation(name: str) -> Remedy:
    return lambda spec, evidence: _option(spec.network, "activation", name)


def _unsquashed(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    """ReLU in the place of an activation whose slope vanishes."""
    network = spec.network
    if network is None or network.name == OWN_NETWORK:
        return {}
    known = {**options.defaults("networks", network.name), **network.options}
    return _option(network, "activation", "relu") if known.get("activation") in SQUASHING else {}


def _layer_norm(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return _option(spec.network, "norm", "layer")


def _dropout(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return _option(spec.network, "dropout", 0.4)


def _less_decay(
    spec: Spec, evidence: Mapping[str, Any], most: float = 0.01, penalty: float = 0.0
) -> Settings:
    """The usual weight decay where it is more than ``most``, and none of the penalties above ``penalty``."""
    found: Settings = {
        f"regularization.{name}": 0.0 for name in ("l1", "l2") if getattr(spec.regularization, name) > penalty
    }
    optimizer = spec.training.optimizer
    decay = optimizer.options.get("weight_decay", 0.0) if optimizer else 0.0
    if decay > most:
        found["training.optimizer.weight_decay"] = min(0.01, decay / 10)
    return found


def _less_of_strong_decay(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    return _less_decay(spec, evidence, STRONG_DECAY, STRONG_PENALTY)


def _longer(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    epochs = spec.training.epochs
    return {"training.epochs": 2 * epochs} if epochs and not spec.training.time else {}


def _falling(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    constant = spec.training.schedule is not None and spec.training.schedule.name == "constant"
    return {"training.schedule": "cosine"} if constant else {}


def _other_batch(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    rows = int(evidence.get("rows", 0))
    return {"training.batch_size": rows // 4 if rows > 32 else rows * 8} if rows else {}


def _larger_batch(spec: Spec, evidence: Mapping[str, Any]) -> Settings:
    size = spec.training.batch_size
    return {"training.batch_size": size * 4} if isinstance(size, int) else {}


REMEDIES: dict[str, Sequence[Remedy]] = {
    "RV201": (_slower_and_clipped,),
    "RV241": (_slower,),
    "RV242": (_faster,),
    "RV246": (_slower_if_far, _activation("leaky_relu"), _slower),
    "RV247": (_slower_if_far, _unsquashed, _layer_norm),
    "RV248": (_slower_if_far, _unsquashed, _layer_norm),
    "RV249": (_slower_if_far, _slower_and_clipped),
    "RV250": (_slower_and_clipped,),
    "RV251": (_less_decay, _slower_if_far),
    "RV253": (_less_of_strong_decay, _slower_if_far, _unsquashed, _other_rate),
    "RV254": (_dropout,),
    "RV255": (_longer,),
    "RV256": (_falling,),
    "RV257": (_slower,),
    "RV258": (_other_batch,),
    "RV259": (_layer_norm, _larger_batch),
    "RV260": (_less_of_strong_decay, _slower_if_far, _unsquashed, _layer_norm, _slower),
    "RV261": (_slower,),
    "RV263": (_slower,),
    "RV264": (_slower,),
}
"""By code; the likeliest cause first."""
