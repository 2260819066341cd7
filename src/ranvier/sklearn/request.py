"""The parameters of an estimator as a spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from torch import nn

from ..data.table import Table
from ..errors import Mistake, SpecError, raise_if_any
from ..settings import merge, nest
from ..spec import OWN_NETWORK, Spec

ENOUGH = 100
"""From so many rows on, some are held out to choose the best epoch."""

SHARE = 0.15
"""The share of the rows that is held out then."""

PARAMETERS = {
    "network": "network",
    "epochs": "training.epochs",
    "learning_rate": "training.learning_rate",
    "batch_size": "training.batch_size",
    "optimizer": "training.optimizer",
    "random_state": "seed",
}
"""The setting that each parameter stands for."""

GIVEN = ("source", "target", "validation", "test", "task")
"""Settings that an estimator settles itself."""


def spec_of(
    parameters: Mapping[str, Any], table: Table, task: str, targets: Sequence[str], weight: str | None
) -> Spec:
    """The spec that an estimator's parameters stand for.

    Args:
        parameters: of the estimator, by their names.
        table: to be learnt from.
        task: ``classify`` or ``regress``.
        targets: the names of the targets.
        weight: the name of the column of weights, if there is one.

    Raises:
        SpecError: with each parameter and setting that is wrong, or said twice.
    """
    settings = nest(parameters["settings"] or {})
    raise_if_any(SpecError, _mistakes(parameters, settings))
    said = {
        setting: _plain(parameters[name]) for name, setting in PARAMETERS.items() if name != "random_state"
    }
    if "seed" not in settings:
        said["seed"] = int(check_random_state(parameters["random_state"]).randint(2**31 - 1))
    base: dict[str, Any] = {
        "task": task,
        "target": list(targets),
        "split": {"validation": SHARE if len(table) >= ENOUGH else 0.0, "test": 0.0},
        "columns": {weight: {"role": "weight"}} if weight else {},
    }
    named = nest({setting: value for setting, value in said.items() if value is not None})
    return Spec.from_settings(merge(merge(base, settings), named))


def _plain(value: Any) -> Any:
    """A value as settings take it: a grid of parameters holds NumPy's numbers."""
    if isinstance(value, nn.Module):
        return OWN_NETWORK
    return value.item() if isinstance(value, np.generic) else value


def _mistakes(parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterable[Mistake]:
    for name in GIVEN:
        if name in settings:
            yield Mistake(
                f"settings name {name!r}, which an estimator is given by its class and by 'fit'",
                remedy="leave it out",
            )
    for name, setting in PARAMETERS.items():
        section, _, last = setting.rpartition(".")
        place = settings.get(section, {}) if section else settings
        if parameters[name] is not None and isinstance(place, Mapping) and last in place:
            yield Mistake(f"{name!r} is given, and {setting!r} stands in the settings", "one of the two")
