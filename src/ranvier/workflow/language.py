"""A corpus of plain text to a language model: read, split by place, made tokens, learnt, measured.

What differs from tables is how examples are drawn (windows of the training part) and how the result is measured (bits
for each character of the test part); loop, settings, folder, checkpoint and report are the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ..assemble import Architecture, describe
from ..catalog import load
from ..data.corpus_tokens import Part
from ..data.tokens import Tokens
from ..data.windows import Windows
from ..delivery.language import LanguageModel, token_nats
from ..errors import DataError, Mistake, RunError
from ..execution.plan import Plan
from ..files import write_json
from ..network.adapters import merge
from ..network.counting import multiplications
from ..spec import Choice, Spec
from ..training.averaging import Average
from ..training.loop import Limits, Validate, Watcher
from ..training.objectives.next_token import NextToken
from ..training.state import State
from ..version import __version__
from . import folder as files
from .beginning import base_of, begun, check_same, reasons_of, recorded, with_network
from .card import memory_of_card
from .carrying_out import carry_out, give_up
from .hidden_measure import measure_hidden, validate_hidden
from .language_measure import calibrate, measure, samples
from .language_prepare import PreparedCorpus, column_of, split_csv
from .language_prepare import is_asked as is_asked
from .language_prepare import prepare as prepare
from .language_settings import PRETRAIN, WINDOW, plan_in, settle, steps_of, window_of
from .learn import threads
from .learning import Learning
from .planning import plan_of
from .reporting import write_report
from .run import Run
from .settle import Settled, with_device, with_threads

WATCHED = 1 << 15
"""So many tokens of the validation part are watched while training."""


@memory_of_card()
def start(
    spec: Spec,
    prepared: PreparedCorpus,
    *,
    out: str | Path | None = None,
    watchers: Sequence[Watcher] = (),
) -> Run:
    """Settle, build, make the folder, train and measure."""
    if out is not None:
        files.check_free(Path(out))
    settled, learning = plan(spec, prepared)
    with threads(settled.spec.execution.threads):
        record = {
            "origin": prepared.corpus.origin,
            "target": "text",
            "fingerprint": prepared.corpus.fingerprint,
            "reasons": {**settled.reasons, "split": prepared.reason, **reasons_of(learning.carried)},
            **recorded(settled.spec),
            "versions": {"ranvier": __version__, "torch": torch.__version__, "numpy": np.__version__},
        }
        stored = {
            "run.toml": files.run_toml(settled.spec, record),
            "schema.json": json.dumps({"columns": [column_of(prepared)]}, indent=1),
            "ledger.json": json.dumps(prepared.ledger.as_dict(), indent=1),
            "split.csv": split_csv(prepared),
            "tokens.json": json.dumps(prepared.tokens.state(), ensure_ascii=False),
        }
        name = "".join(c if c.isalnum() else "-" for c in Path(prepared.corpus.origin).stem).strip("-")
        folder = files.create(out, name or "text", stored)
        return _finish(folder, settled.spec, prepared, learning, watchers)


@dataclass(frozen=True)
class CorpusInspection:
    """What a run on a corpus would be.

    Args:
        prepared: the text.
        settled: every setting, with the reason of each that was chosen.
        network: the network in a few words.
    """

    prepared: PreparedCorpus
    settled: Settled
    network: str

    def as_dict(self) -> dict[str, Any]:
        """The inspection as JSON values."""
        return {
            "origin": self.prepared.corpus.origin,
            "task": self.settled.spec.task,
            "ledger": self.prepared.ledger.as_dict(),
            "tokens": {"level": self.prepared.tokens.level, "size": self.prepared.tokens.size},
            "split": {
                "reason": self.prepared.reason,
                **{name: part.lines for name, part in self.prepared.parts.items()},
            },
            "network": self.network,
            "settings": self.settled.spec.settings(),
            "reasons": dict(self.settled.reasons),
        }

    def __str__(self) -> str:
        from .summary import setting_lines

        return "\n".join([*self.prepared.lines(), f"network: {self.network}", *setting_lines(self.settled)])


def inspect(spec: Spec, data: Any = None) -> CorpusInspection:
    """Say what a run on a corpus would be, and train nothing."""
    prepared = prepare(spec, data)
    settled, learning = plan(spec, prepared)
    return CorpusInspection(prepared, settled, describe(learning.state.network))


def resume(
    folder: Path, spec: Spec, record: Mapping[str, Any], data: Any = None, watchers: Sequence[Watcher] = ()
) -> Run:
    """Go on with a run that was stopped; it ends with the bytes that it would have had.

    Raises:
        RunError: the corpus is not the same.
    """
    if (folder / files.MODEL).exists():
        if spec.evaluation.report and not (folder / files.REPORT).exists():
            write_report(folder)
        return Run(folder)
    check_same(spec, record)
    tokens = Tokens.from_state(files.read_json(folder / "tokens.json"))
    prepared = prepare(spec, data, tokens)
    if prepared.corpus.fingerprint != record["fingerprint"]:
        raise RunError(
            Mistake(
                f"the text in {prepared.corpus.origin} is not what this run was started with",
                "the same content",
                "give the old text, or start a new run",
            )
        )
    with threads(spec.execution.threads):
        learning = set_up(spec, prepared)
        if (folder / files.CHECKPOINT).exists():
            learning.state.load(folder / files.CHECKPOINT)
        return _finish(folder, spec, prepared, learning, watchers)


def plan(spec: Spec, prepared: PreparedCorpus) -> tuple[Settled, Learning]:
    """Settle what is open in ``spec``, and build what it asks for.

    Raises:
        DataError: a part is shorter than a window.
    """
    train, validation = (prepared.parts[name].ids for name in ("train", "validation"))
    spec, why = with_network(spec, corpus=True)
    settled = settle(spec, len(train), len(validation) > 0, prepared.tokens.level, prepared.level_reason)
    settled = Settled(settled.spec, {**settled.reasons, **why})
    learning = set_up(settled.spec, prepared)
    each = multiplications(learning.state.network)  # of a window, where tokens are hidden; else of a token
    cost = each if spec.task == PRETRAIN else each * window_of(learning.state.network)
    before = settled.spec.execution.device
    settled = with_device(settled, cost, learning.batches.size)
    settled = with_threads(settled, cost, learning.batches.size)
    if settled.spec.execution.device != before:
        learning = set_up(settled.spec, prepared)
    chosen = plan_in(settled.spec, cost * learning.batches.size)
    reasons = {**settled.reasons, **{key: reason for key, (_, reason) in chosen.items()}}
    return Settled(
        settled.spec.replace({key: value for key, (value, _) in chosen.items()}), reasons
    ), learning


def set_up(spec: Spec, prepared: PreparedCorpus) -> Learning:
    """Build the network and everything around it, at step 0.

    Raises:
        DataError: the training part is shorter than a window.
    """
    network_choice, optimizer_choice, schedule_choice = (
        each or Choice(name="") for each in (spec.network, spec.training.optimizer, spec.training.schedule)
    )
    size = prepared.tokens.size
    if spec.task == PRETRAIN:
        blocks = {"text": {"size": size, "length": float(WINDOW)}}
        architecture = Architecture(network_choice.flat(), blocks, size, positions="text")
    else:
        architecture = Architecture(network_choice.flat(), {"text": {"size": size}}, size)
    device = spec.execution.device or "cpu"
    network = architecture.build(spec.seed).to(device)
    carried = begun(spec, network, task={"name": spec.task, "tokens": prepared.tokens.state()})
    length, train = window_of(network), prepared.parts["train"].ids
    if len(train) <= length:
        raise DataError(
            Mistake(
                f"the training part of {prepared.corpus.origin} has {len(train):,} tokens, and a window has {length:,}",
                "a text that is longer than a window",
                f"set network.length below {len(train):,}, or give more text",
            )
        )
    objective = NextToken()
    rate = spec.training.learning_rate
    optimizers = {
        part: load("optimizers", optimizer_choice.name)(
            parameters, rate if isinstance(rate, float) else 1e-3, **optimizer_choice.options
        )
        for part, parameters in objective.parts(network).items()
    }
    state = State(
        network=network,
        objective=objective,
        optimizers=optimizers,
        schedule=load("schedules", schedule_choice.name)(**schedule_choice.options),
        average=Average(network) if spec.regularization.average == "ema" else None,
    )
    batch = int(spec.training.batch_size or 16)
    limits = Limits(
        epochs=int(spec.training.epochs or 1),
        seconds=spec.training.time,
        patience=int(spec.stopping.patience or 0),
        l1=spec.regularization.l1,
        l2=spec.regularization.l2,
        clip=spec.regularization.clip,
        seed=spec.seed,
    )
    hidden = size if spec.task == PRETRAIN else 0
    steps = steps_of(len(train), length, batch)
    windows = Windows(train, length, batch, spec.seed, steps, hidden, device)
    validate = validation_of(prepared.parts["validation"], hidden)
    return Learning(architecture, state, windows, limits, validate, carried)


def validation_of(part: Part, hidden: int = 0) -> Validate:
    """A function that measures a network on the beginning of the validation part.

    Args:
        part: the validation part.
        hidden: how many ids there are, where tokens are hidden; else 0.
    """
    watched = np.asarray(part.ids[: WATCHED + 1])
    if len(watched) < 2:
        return lambda network: {}
    if hidden:
        return validate_hidden(watched, hidden)
    by_character = len(part.ids) / max(part.characters, 1)

    def validate(network: nn.Module) -> dict[str, float]:
        loss = float(token_nats(network, watched)[0].mean())
        return {"loss": loss, "bits_per_character": loss / math.log(2) * by_character}

    return validate


def _finish(
    folder: Path, spec: Spec, prepared: PreparedCorpus, learning: Learning, watchers: Sequence[Watcher]
) -> Run:
    """Train from where the state stands, measure, and write what a run holds."""

    def write_results() -> None:
        state = learning.state
        base = base_of(spec, state.network)
        merge(state.network)
        model = LanguageModel(
            prepared.tokens, learning.architecture, state.network.cpu(), task=str(spec.task), base=base
        )
        if state.finding:
            model.card = {"warning": state.finding.cause}
            give_up(folder, [state.finding], model.save)
        if spec.task == PRETRAIN:
            size = prepared.tokens.size
            metrics = measure_hidden(spec, prepared.parts, size, state.network, prepared.ledger)
        else:
            told = calibrate(spec, prepared.parts["validation"], model)
            metrics = {**measure(spec, prepared.parts, model, prepared.ledger), **told}
            write_json(folder / "samples.json", samples(model, prepared.parts, spec.seed))
        write_json(folder / "metrics.json", metrics)
        files.write_findings(folder, [])
        model.card = {
            "data": prepared.corpus.origin,
            "rows": metrics["rows"],
            "test": metrics["test"],
            "verdict": metrics["verdict"],
            "versions": {"ranvier": __version__, "torch": torch.__version__},
        }
        model.save(folder / files.MODEL)
        if spec.evaluation.report:
            write_report(folder)

    plan: Plan = plan_of(spec)
    carry_out(folder, learning, plan, watchers, write_results)
    return Run(folder)
