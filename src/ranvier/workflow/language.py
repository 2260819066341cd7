"""A corpus of plain text to a language model: read, split by place, made tokens, learnt, measured.

What differs from tables is how examples are drawn (windows of the training part) and how the result is measured (bits
for each character of the test part); loop, settings, folder, checkpoint and report are the same.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from .. import __version__
from ..assemble import Architecture, describe, multiplications
from ..catalog import TEXT_TASKS, load
from ..data.corpus import Corpus, Part, Stretch, encode, read_corpus, split_corpus, texts
from ..data.ledger import Ledger
from ..data.tokens import Tokens
from ..data.windows import Windows
from ..delivery.language import LanguageModel, token_nats
from ..errors import DataError, Mistake, RunError, SpecError, raise_if_any
from ..execution.plan import Plan
from ..files import write_json
from ..spec import Choice, Spec
from ..training.averaging import Average
from ..training.loop import Limits, Validate, Watcher
from ..training.objectives.next_token import NextToken
from ..training.state import State
from . import folder as files
from .carrying_out import carry_out, give_up
from .language_measure import measure, samples
from .language_settings import mistakes, plan_in, settle, steps_of
from .learn import Learning, threads
from .planning import plan_of
from .reporting import write_report
from .run import Run
from .settle import Settled, with_threads

FITTED = 1 << 24
"""Tokens are fitted to so many bytes of the training part at most, evenly spread over it."""

CHARACTERS = 10_000_000
"""Up to so many bytes of training text, a token is a character."""

WATCHED = 1 << 15
"""So many tokens of the validation part are watched while training."""


@dataclass(frozen=True)
class PreparedCorpus:
    """A corpus on its way to the network.

    Args:
        corpus: the files.
        stretches: of the files, each with its part.
        reason: how the parts were chosen.
        ledger: what became of lines that were not used as they stand.
        tokens: fitted to the training part.
        level_reason: why tokens are what they are; empty where the user says it.
        parts: ``train``, ``validation`` and ``test``.
    """

    corpus: Corpus
    stretches: list[Stretch]
    reason: str
    ledger: Ledger
    tokens: Tokens
    level_reason: str
    parts: dict[str, Part]

    def lines(self) -> list[str]:
        """What was read, for a terminal."""
        counts = ", ".join(f"{part.characters:,} {name}" for name, part in self.parts.items())
        level, size = self.tokens.level, self.tokens.size
        return [
            f"{self.corpus.origin}: {self.ledger.read:,} lines; write text by {level} ({size:,} different)",
            f"split: characters {counts} ({self.reason})",
            *(f"ledger: {entry}" for entry in self.ledger.entries),
        ]


def is_asked(spec: Spec) -> bool:
    """Whether the run is of a corpus of text."""
    return isinstance(spec.task, str) and spec.task in TEXT_TASKS


def prepare(spec: Spec, data: Any = None, tokens: Tokens | None = None) -> PreparedCorpus:
    """Read, split and encode the corpus of a run.

    Args:
        spec: what is asked.
        data: a path, a folder, a pattern or a list of paths; None takes the spec's source.
        tokens: of a run that is resumed; None fits new ones.

    Raises:
        SpecError: settings that a corpus does not know.
        DataError: with all that is wrong with the files; or a part has no text.
    """
    raise_if_any(SpecError, mistakes(spec, data))
    ledger = Ledger()
    corpus = read_corpus(spec.source if data is None else data, ledger)
    stretches, reason = split_corpus(corpus, spec.split.validation, spec.split.test, spec.split_seed)
    own = [stretch for stretch in stretches if stretch.part == "train"]
    if not own:
        raise DataError(
            Mistake(
                f"{corpus.origin} is too short to be split: no line is left for training",
                "several lines, or smaller parts",
                "set split.validation and split.test to 0 to learn from all of it",
            )
        )
    size = sum(stretch.end - stretch.first for stretch in own)
    why = ""
    if tokens is None:
        level, why = spec.text.tokens or "", ""
        if not level:
            level = "characters" if size <= CHARACTERS else "bpe" if _has_library() else "bytes"
            why = f"for {size:,} bytes of training text"
        tokens = Tokens.fit(texts(corpus, own, min(1.0, FITTED / size)), level, size=spec.text.vocabulary)
    parts = encode(corpus, stretches, tokens, ledger)
    ledger.reconcile({name: part.lines for name, part in parts.items()})
    return PreparedCorpus(corpus, stretches, reason, ledger, tokens, why, parts)


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
            "reasons": {**settled.reasons, "split": prepared.reason},
            "versions": {"ranvier": __version__, "torch": torch.__version__, "numpy": np.__version__},
        }
        stored = {
            "run.toml": files.run_toml(settled.spec, record),
            "schema.json": json.dumps({"columns": [_column(prepared)]}, indent=1),
            "ledger.json": json.dumps(prepared.ledger.as_dict(), indent=1),
            "split.csv": _split_csv(prepared),
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
    settled = settle(spec, len(train), len(validation) > 0, prepared.tokens.level, prepared.level_reason)
    learning = set_up(settled.spec, prepared)
    core: Any = learning.state.network
    cost = multiplications(core.network) * core.network.length
    settled = with_threads(settled, cost, learning.batches.size)
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
    architecture = Architecture(network_choice.flat(), {"text": {"size": size}}, size)
    network = architecture.build(spec.seed)
    core: Any = network
    length, train = int(core.network.length), prepared.parts["train"].ids
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
    windows = Windows(train, length, batch, spec.seed, steps_of(len(train), length, batch))
    return Learning(architecture, state, windows, limits, validation_of(prepared.parts["validation"]))


def validation_of(part: Part) -> Validate:
    """A function that measures a network on the beginning of the validation part."""
    watched = np.asarray(part.ids[: WATCHED + 1])
    if len(watched) < 2:
        return lambda network: {}
    by_character = len(part.ids) / max(part.characters, 1)

    def validate(network: nn.Module) -> dict[str, float]:
        loss = float(token_nats(network, watched).mean())
        return {"loss": loss, "bits_per_character": loss / math.log(2) * by_character}

    return validate


def _finish(
    folder: Path, spec: Spec, prepared: PreparedCorpus, learning: Learning, watchers: Sequence[Watcher]
) -> Run:
    """Train from where the state stands, measure, and write what a run holds."""

    def write_results() -> None:
        state = learning.state
        model = LanguageModel(prepared.tokens, learning.architecture, state.network.cpu())
        if state.finding:
            model.card = {"warning": state.finding.cause}
            give_up(folder, [state.finding], model.save)
        metrics = measure(spec, prepared.parts, prepared.tokens, state.network, prepared.ledger)
        write_json(folder / "metrics.json", metrics)
        write_json(folder / "samples.json", samples(model, prepared.parts, spec.seed))
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


def _column(prepared: PreparedCorpus) -> dict[str, Any]:
    reason = f"plain text, by {prepared.tokens.level}" + (
        f" ({prepared.level_reason})" if prepared.level_reason else ""
    )
    return {"name": "text", "kind": "text", "role": "input", "reason": reason}


def _split_csv(prepared: PreparedCorpus) -> str:
    """Each stretch: its file, where it begins and ends in bytes, and its part."""
    rows = [
        {
            "file": str(prepared.corpus.files[each.file]),
            "first": each.first,
            "end": each.end,
            "part": each.part,
        }
        for each in prepared.stretches
    ]
    text = io.BytesIO()
    pl.DataFrame(rows).write_csv(text)
    return text.getvalue().decode()


def _has_library() -> bool:
    from importlib.util import find_spec

    return find_spec("tokenizers") is not None
