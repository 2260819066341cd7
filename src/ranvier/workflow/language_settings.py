"""The settings of a language model: what is left open is chosen by the length of the text, and said."""

from __future__ import annotations

from typing import Any

from ..assemble import is_language, reads
from ..catalog import NETWORKS, load
from ..errors import Mistake
from ..execution.plan import has_16_bits
from ..options import defaults
from ..spec import Choice, Spec
from ..training.optimizers import DEFAULT_RATES
from .request import option_mistakes
from .settle import UNLIMITED_EPOCHS, Settled

FEWEST = 400
"""A short text is learnt in so many steps at least."""


PRETRAIN = "pretrain"
"""The task that hides tokens and lets them be told."""

WINDOW = 128
"""So many tokens are looked at together, where the network does not say."""

SMALL = 400_000
"""A text of fewer tokens is learnt by heart, where nothing is done against it."""

MUCH = 2_000_000
"""A text of more tokens needs no dropout: so many times it is not read."""

SEEN = 17_000_000
"""So many tokens are learnt from in all, where the text is not small: a quarter of an hour of two cores."""

HEAVY = 100_000_000
"""From so many multiplications of a step on, 16-bit numbers pay."""


def settle(spec: Spec, count: int, watched: bool, level: str, level_reason: str) -> Settled:
    """Fill in every setting that is open, with the reason.

    Args:
        spec: what is asked.
        count: of the tokens of the training part.
        watched: whether there is a validation part.
        level: what a token is.
        level_reason: why; empty where the user says it.
    """
    network = spec.network or (
        Choice(name="bert") if spec.task == PRETRAIN else Choice(name="gpt", options=_shape(count, level))
    )
    built: Any = load("networks", network.name)
    length = int({"length": WINDOW, **defaults("networks", network.name), **network.options}["length"])
    batch = spec.training.batch_size or (16 if count < SMALL else 32)
    steps = steps_of(count, length, int(batch))
    passes = 60 if count < SMALL else max(1.0, SEEN / count)
    epochs = max(1, round(passes * count / (steps * length * int(batch))), -(-FEWEST // steps))
    optimizer = spec.training.optimizer or Choice(name="muon", options={"weight_decay": 0.1})
    given = spec.training.epochs is not None or spec.training.time is not None
    patience = 0 if given or not watched else max(10, epochs // 4)
    usual = getattr(built, "rates", {}).get(optimizer.name, DEFAULT_RATES[optimizer.name])
    rate = 0.6 * usual if count < SMALL else usual
    wanted: dict[str, tuple[Any, str]] = {
        "network": (network.flat(), f"the default for {count:,} tokens of text"),
        "text.tokens": (level, level_reason),
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
        "execution.device": ("cpu", "the default"),
    }
    chosen = {key: value for key, value in wanted.items() if _open(spec, key)}
    settled = spec.replace({key: value for key, (value, _) in chosen.items()})
    return Settled(settled, {key: reason for key, (_, reason) in chosen.items() if reason})


def steps_of(count: int, length: int, batch: int) -> int:
    """How many steps an epoch has: as many as show about all tokens, or 250, after which it is time to validate.

    >>> steps_of(100_000, 128, 16), steps_of(5_000_000, 128, 16), steps_of(50, 8, 16)
    (48, 250, 10)
    """
    return min(250, max(10, count // (length * batch)))


def mistakes(spec: Spec, data: Any) -> list[Mistake]:
    """What is wrong with a request for a language model before its text is read."""
    found = option_mistakes(spec)
    suitable = _tellers() if spec.task == PRETRAIN else _languages()
    if spec.network is not None and spec.network.name not in suitable:
        what = "tell hidden words" if spec.task == PRETRAIN else "write text"
        found.append(
            Mistake(
                f"the network {spec.network.name!r} does not {what}",
                f"one that does: {', '.join(suitable)}",
            )
        )
    said = {
        "target": spec.target is not None,
        "validation": spec.validation is not None,
        "test": spec.test is not None,
        "columns": bool(spec.columns),
        "repeat": spec.repeat > 1,
        "doctor.heal": spec.doctor.heal,
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
    return [name for name in NETWORKS if is_language(name)]


def _tellers() -> list[str]:
    """The networks that say something of each place of a text, from both sides."""
    return [
        name
        for name in NETWORKS
        if "text" in reads(name) and not getattr(load("networks", name), "reads_ids", False)
    ]


def window_of(network: Any) -> int:
    """How many tokens a network looks at together."""
    return int(getattr(getattr(network, "network", None), "length", WINDOW))


def _shape(count: int, level: str) -> dict[str, Any]:
    """The options of the network for so many tokens of training text, where the user names none.

    Characters are told the n-grams that end at them, most of them hidden in training (docs/log.md has what came of it).
    """
    letters = level in ("characters", "bytes")
    if count < SMALL:
        grams: dict[str, Any] = {"grams": 4, "rows": 4096, "hidden": 0.65} if letters else {}
        return {"layers": 4, "width": 128, "length": 256, "dropout": 0.35, **grams}
    grams = {"grams": 5, "hidden": 0.4} if letters else {}
    return {"layers": 4, "width": 160, "length": 128, "dropout": 0.0 if count > MUCH else 0.2, **grams}


def plan_in(spec: Spec, cost: int) -> dict[str, tuple[Any, str]]:
    """How the steps are carried out, where the user leaves it open, with the reasons.

    Args:
        spec: what is asked.
        cost: the multiplications of a step, forward.
    """
    usual = "the default for text"
    precision = ("float32", usual)
    device = (spec.execution.device or "cpu").partition(":")[0]
    if spec.execution.plan != "exact" and cost >= HEAVY and has_16_bits(device):
        precision = ("bfloat16", "this machine multiplies 16-bit numbers faster")
    wanted = {
        "execution.backpropagation": ("autograd", usual),
        "execution.precision": precision,
        "execution.layout": ("contiguous", usual),
        "execution.dispatch": ("eager", usual),
    }
    return {key: each for key, each in wanted.items() if _open(spec, key)}


def _open(spec: Spec, key: str) -> bool:
    value: Any = spec
    for part in key.split("."):
        value = getattr(value, part)
    return value is None
