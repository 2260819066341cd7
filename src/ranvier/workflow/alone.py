"""A network from inputs and a target alone: no folder, no test rows, no measure.

For whoever measures by other means, as scikit-learn's cross-validation does.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from torch import nn

from ..data.infer import infer_schema
from ..data.ledger import Ledger
from ..data.schema import Column, Schema
from ..data.table import Table
from ..delivery.model import Model
from ..errors import DivergedError, Mistake
from ..spec import Spec
from ..training.loop import Watcher, train
from .learn import find_rate, plan, set_up, threads
from .planning import plan_of, tried_out
from .prepared import prepare_table
from .request import check_request


@dataclass(frozen=True)
class Trained:
    """A trained network and how it came about.

    Args:
        model: with the best weights on the validation rows, or the last ones where there are none.
        ledger: what became of rows, columns and cells.
        history: one entry an epoch.
    """

    model: Model
    ledger: Ledger
    history: Sequence[Mapping[str, Any]]


def train_alone(
    spec: Spec,
    table: Table,
    kind: str,
    ledger: Ledger,
    *,
    own: nn.Module | None = None,
    watchers: Sequence[Watcher] = (),
) -> Trained:
    """Train a network on the rows of ``table``; nothing is written anywhere.

    The targets that the spec names, or else the table's own, are taken as they are: classes that occur once and numbers
    that are all the same are no mistake here, since a part of somebody's rows may well be such.

    Args:
        spec: what is asked. Its split may be without test rows, and without validation rows.
        table: at least two rows of inputs and a target without gaps.
        kind: of the targets: ``category`` or ``number``.
        ledger: of the table.
        own: a module of the user's own, which is trained in place, for the network ``own``.
        watchers: look on while it trains.

    Raises:
        UserError: with a sentence for each thing that is wrong.
        DivergedError: the loss was no longer finite.
    """
    check_request(spec)
    prepared = prepare_table(spec, table, _schema(table, spec, kind, ledger), ledger)
    settled, learning = plan(spec, prepared, own)
    settled = tried_out(settled, learning, lambda: set_up(settled.spec, prepared, copy.deepcopy(own)))
    with threads(settled.spec.execution.threads):
        if settled.spec.training.learning_rate == "find":
            learning = set_up(settled.spec, prepared, own, rate=find_rate(settled.spec, prepared, own))
        state = learning.state
        train(
            state,
            learning.batches,
            learning.limits,
            learning.validate,
            watchers=watchers,
            plan=plan_of(settled.spec),
        )
    if finding := state.finding:
        raise DivergedError(
            Mistake(f"training stopped: {finding.cause} (first in {finding.place})", remedy=finding.remedy)
        )
    model = Model(
        schema=prepared.schema,
        preparation=prepared.preparation,
        task=prepared.task,
        architecture=learning.architecture,
        network=state.network.cpu(),
    )
    return Trained(model, ledger, state.history)


def _schema(table: Table, spec: Spec, kind: str, ledger: Ledger) -> Schema:
    """The schema of the inputs, inferred beside stand-ins of which nothing can be wrong, and the targets' kind."""
    names = [str(table.target)] if spec.target is None else np.atleast_1d(spec.target).tolist()
    counted = [pl.Series(name, np.arange(len(table))) for name in names]
    stand_in = replace(table, frame=table.frame.with_columns(counted))
    found = infer_schema(stand_in, spec.columns, names, "regress", ledger)
    return Schema(
        tuple(
            Column(column.name, kind, "target", "given as the target") if column.name in names else column
            for column in found.columns
        )
    )
