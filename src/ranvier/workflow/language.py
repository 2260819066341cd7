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
from ..assemble import Architecture, describe, is_language, multiplications
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
from ..training.optimizers import DEFAULT_RATES
from ..training.state import State
from . import folder as files
from .carrying_out import carry_out, give_up
from .language_measure import measure, samples
from .learn import Learning, threads
from .planning import plan_of
from .reporting import write_report
from .request import option_mistakes
from .run import Run
from .settle import UNLIMITED_EPOCHS, Settled, with_threads

FITTED = 1 << 24
"""Tokens are fitted to so many bytes of the training part at most, evenly spread over it."""

CHARACTERS = 10_000_000
"""Up to so many bytes of training text, a token is a character."""

FEWEST = 400
"""A short text is learnt in so many steps at least."""

WATCHED = 1 << 16
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
    raise_if_any(SpecError, _mistakes(spec, data))
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
    settled = settle(spec, prepared)
    learning = set_up(settled.spec, prepared)
    core: Any = learning.state.network
    cost = multiplications(core.network) * core.network.length
    settled = with_threads(settled, cost, learning.batches.size)
    plan: dict[str, Any] = {"backpropagation": "autograd", "precision": "float32", "layout": "contiguous"}
    chosen = {f"execution.{k}": v for k, v in plan.items() if getattr(settled.spec.execution, k) is None}
    reasons = {**settled.reasons, **dict.fromkeys(chosen, "the default for text")}
    return Settled(settled.spec.replace(chosen), reasons), learning


def settle(spec: Spec, prepared: PreparedCorpus) -> Settled:
    """Fill in every setting that is open, with the reason."""
    count = len(prepared.parts["train"].ids)
    network = spec.network or Choice(name="gpt", options=_shape(count))
    built: Any = load("networks", network.name)
    length = int({**_defaults(network.name), **network.options}["length"])
    batch = spec.training.batch_size or 16
    steps = steps_of(count, length, int(batch))
    passes = 30 if count < 400_000 else max(1.0, 12_000_000 / count)
    epochs = max(1, round(passes * count / (steps * length * int(batch))), -(-FEWEST // steps))
    optimizer = spec.training.optimizer or Choice(name="muon", options={"weight_decay": 0.1})
    given = spec.training.epochs is not None or spec.training.time is not None
    patience = 0 if given or not len(prepared.parts["validation"].ids) else max(10, epochs // 4)
    rate = built.rates.get(optimizer.name, DEFAULT_RATES[optimizer.name])
    wanted: dict[str, tuple[Any, str]] = {
        "network": (network.flat(), f"the default for {count:,} tokens of text"),
        "text.tokens": (prepared.tokens.level, prepared.level_reason),
        "training.optimizer": (optimizer.flat(), "suits a Transformer"),
        "training.learning_rate": (rate, f"suits {optimizer.name!r} and a Transformer"),
        "training.schedule": ({"name": "cosine", "warmup": 0.05}, "the default"),
        "training.batch_size": (batch, f"windows of {length} tokens"),
        "training.epochs": (
            UNLIMITED_EPOCHS if spec.training.time else epochs,
            "until the time is up" if spec.training.time else f"of {steps} steps each, for {count:,} tokens",
        ),
        "regularization.clip": (1.0, "keeps the steps of a Transformer even"),
        "regularization.average": ("none", "the default"),
        "stopping.metric": ("loss", "the default"),
        "stopping.patience": (
            patience,
            "the length of training is given" if given else f"of {epochs} epochs",
        ),
        "execution.device": ("cpu", "the default for text"),
    }
    chosen = {key: value for key, value in wanted.items() if _open(spec, key)}
    settled = spec.replace({key: value for key, (value, _) in chosen.items()})
    return Settled(settled, {key: reason for key, (_, reason) in chosen.items() if reason})


def set_up(spec: Spec, prepared: PreparedCorpus) -> Learning:
    """Build the network and everything around it, at step 0.

    Raises:
        DataError: the training part is shorter than a window.
    """
    assert_settled = spec.network, spec.training.optimizer, spec.training.schedule
    network_choice, optimizer_choice, schedule_choice = (each or Choice(name="") for each in assert_settled)
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


def steps_of(count: int, length: int, batch: int) -> int:
    """How many steps an epoch has: as many as show about all tokens, or 250, after which it is time to validate.

    >>> steps_of(100_000, 128, 16), steps_of(5_000_000, 128, 16), steps_of(50, 8, 16)
    (48, 250, 10)
    """
    return min(250, max(10, count // (length * batch)))


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


def _mistakes(spec: Spec, data: Any) -> list[Mistake]:
    """What is wrong with a request for a language model before its text is read."""
    found = option_mistakes(spec)
    if spec.network is not None and spec.network.name not in _languages():
        found.append(
            Mistake(
                f"the network {spec.network.name!r} does not write text",
                f"one that does: {', '.join(_languages())}",
            )
        )
    said = {
        "target": spec.target is not None,
        "validation": spec.validation is not None,
        "test": spec.test is not None,
        "columns": bool(spec.columns),
        "repeat": spec.repeat > 1,
        "training.loss": spec.training.loss is not None,
        "training.weights": spec.training.weights is not None,
        "training.freeze": spec.training.freeze,
        "stopping.metric": spec.stopping.metric not in (None, "loss"),
        "regularization.class_weights": spec.regularization.class_weights != "none",
        "regularization.noise": bool(spec.regularization.noise),
    }
    found += [
        Mistake(f"{name} is set, and a corpus of text knows no such thing", remedy="leave it out")
        for name, is_said in said.items()
        if is_said
    ]
    if spec.training.learning_rate == "find" or spec.training.batch_size == "all":
        name = "training.learning_rate" if spec.training.learning_rate == "find" else "training.batch_size"
        found.append(Mistake(f"{name} is a word, and for a corpus of text it must be said", "a number"))
    if data is None and spec.source is None:
        found.append(Mistake("there is no text to learn from", "a file, a folder or a pattern"))
    return found


def _languages() -> list[str]:
    from ..catalog import NETWORKS

    return [name for name in NETWORKS if is_language(name)]


def _shape(count: int) -> dict[str, Any]:
    """The options of the network for so many tokens of training text, where the user names none."""
    if count < 400_000:
        return {"layers": 4, "width": 128, "length": 128, "dropout": 0.2}
    return {"layers": 4, "width": 192, "length": 128, "dropout": 0.0}


def _defaults(network: str) -> dict[str, Any]:
    from ..options import defaults

    return dict(defaults("networks", network))


def _has_library() -> bool:
    from importlib.util import find_spec

    return find_spec("tokenizers") is not None


def _open(spec: Spec, key: str) -> bool:
    value: Any = spec
    for part in key.split("."):
        value = getattr(value, part)
    return value is None


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
