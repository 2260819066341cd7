"""What a task that translates needs beside the others: its tokens, how it is watched, baselines, and examples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from ..assemble import translates
from ..data.batches import Batch
from ..data.kinds.values import read_text
from ..data.tokens import Tokens
from ..errors import Mistake
from ..evaluation.columns import BaselineResult
from ..evaluation.mistakes import worst_rows
from ..evaluation.word_table import answers_of_tables, model_one
from ..spec import Choice, Spec
from ..tasks.translate import Translate
from ..training.loop import Validate
from ..training.objectives.forced import Forced
from .prepared import Prepared
from .written import tokens_of

NETWORK = "transformer_translator"

WATCHED = 32
"""So many validation rows go through the network at once."""

WORST, OTHERS = 3, 5
"""So many test rows that were written worst are told, and so many others, evenly spread."""

LONGEST = 48
"""Of longer texts, in tokens, no map is drawn."""


def chosen(spec: Spec, rows: int) -> dict[str, tuple[Any, str]]:
    """The settings that suit translations, with the reason of each."""
    found = tokens_of(spec, rows)
    why = "pieces of words" if found["level"] == "bpe" else "the package tokenizers is not installed"
    settings: dict[str, tuple[Any, str]] = {
        "text.tokens": (found["level"], f"{why}; the default for translations")
    }
    if found["size"] is not None:
        settings["text.vocabulary"] = (found["size"], f"for {rows:,} training rows")
    smoothed = {"name": "cross_entropy", "label_smoothing": 0.1}
    settings["training.loss"] = (smoothed, "the default for translations")
    return settings


def mistakes(spec: Spec, task: Any, network: Choice, blocks: Mapping[str, Any]) -> list[Mistake]:
    """What is wrong with a request to translate, or with a network that does where nothing is to be translated."""
    own = isinstance(task, Translate)
    if not own:
        if not translates(network.name):
            return []
        return [
            Mistake(
                f"the network {network.name!r} writes texts, and the task {task.name!r} wants none",
                "the task 'translate'",
                "add --task translate, or choose another network",
            )
        ]
    found = []
    if not translates(network.name):
        found.append(
            Mistake(
                f"the network {network.name!r} does not write texts, which the task 'translate' wants",
                "'transformer_translator' or 'recurrent_translator'",
            )
        )
    others = [column for name, kind in blocks.items() if name != "text" for column in kind.columns]
    texts = list(blocks["text"].columns) if "text" in blocks else []
    if others or len(texts) != 1:
        spare = others + (texts if len(texts) != 1 else [])
        found.append(
            Mistake(
                f"the target {task.target!r} is to be translated from one column of text, and the input columns are "
                + (", ".join(repr(name) for name in texts + others) or "none"),
                "one column of text",
                "set the others aside: " + " ".join(f"--role {name}=ignored" for name in spare[:6])
                if len(texts) != 0
                else "say which one it is: --kind COLUMN=text",
            )
        )
    if spec.stopping.metric not in (None, "loss"):
        found.append(
            Mistake(
                f"stopping.metric is {spec.stopping.metric!r}, and after an epoch nothing is translated yet",
                "'loss'",
            )
        )
    return found


def taught(rows: Batch) -> Batch:
    """Training rows whose target is an input as well: what is to be said."""
    said: Any = rows.target
    return replace(rows, inputs={**rows.inputs, "said": said})


_LEXICONS: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""What was counted of each target: a network is built several times for one run."""


def fill(network: Any, rows: Batch) -> None:
    """Fill the lexicon of a network that has one, by IBM's model 1 of the training rows.

    Args:
        network: a translator; changed in place.
        rows: the training rows.
    """
    lexicon = getattr(network.network, "lexicon", None)
    if lexicon is None:
        return
    target: Any = rows.target
    source: Any = rows.inputs["text"]
    if target not in _LEXICONS:
        both = (source.flat(), target.flat())
        found = model_one(*((ids.long().cpu().numpy(), starts.cpu().numpy()) for ids, starts in both))
        _LEXICONS[target] = [torch.from_numpy(each) for each in (found.source, found.target, found.chance)]
    lexicon.fill(*_LEXICONS[target])


def validation_of(objective: Forced, part: Batch) -> Validate:
    """A function that measures a network on ``part``, each token given the true ones before it.

    It gives the loss, as that of the training, and the perplexity: e to the mean of -log p. Nothing where there are no
    rows.
    """
    if not len(part):
        return lambda network: {}
    lengths = part.lengths
    order = torch.arange(len(part)) if lengths is None else lengths.argsort(stable=True)

    @torch.no_grad()
    def validate(network: nn.Module) -> dict[str, float]:
        training = network.training
        network.eval()
        device = next(network.parameters()).device
        sums = np.zeros(4)
        for index in torch.split(order, WATCHED):
            batch = part.take(index).to(device)
            outputs = objective.outputs(network, batch)
            losses, weights = objective.of_tokens(outputs, batch)
            nats = functional.cross_entropy(outputs, batch.target[batch.target >= 0], reduction="none")
            weights = torch.ones_like(losses) if weights is None else weights
            sums += [
                float(each.double().sum())
                for each in (weights * losses, weights, nats, torch.ones_like(nats))
            ]
        network.train(training)
        if not np.isfinite(sums).all():
            return {"loss": math.nan}
        return {"loss": sums[0] / max(sums[1], 1e-30), "perplexity": math.exp(min(sums[2] / sums[3], 700.0))}

    return validate


def references(task: Any, target: Any, values: pl.Series) -> NDArray[Any]:
    """The true texts (N,) as they were read: tokens need not hold all of one; of other tasks what ``truth`` gives."""
    if not isinstance(task, Translate):
        found: NDArray[Any] = task.truth(target)
        return found
    return np.array(read_text(values).fill_null("").to_list(), dtype=np.str_)


def baselines(prepared: Prepared) -> dict[str, BaselineResult]:
    """What the text itself and a word table say of the test rows."""
    source, target = prepared.schema.inputs[0], prepared.task.target
    train, test = prepared.frame("train"), prepared.frame("test")
    return answers_of_tables((read_text(train[source]), read_text(train[target])), read_text(test[source]))


def examples(prepared: Prepared, network: Any, said: NDArray[Any]) -> list[dict[str, Any]]:
    """Rows of the test part, as JSON values; nothing where nothing is translated.

    Args:
        prepared: of any task.
        network: in use.
        said: (N,) what was written for the test rows.

    Returns:
        Of each row its number ``row`` in the source, the ``source``, ``true``, ``said``; where both are short, the
        tokens ``read`` and ``written`` and the ``map``: by which weights, in percent, each of these looks at each of
        those.
    """
    part, task = prepared.parts["test"], prepared.task
    if not isinstance(task, Translate) or not len(part):
        return []
    frame = prepared.frame("test")
    source = read_text(frame[prepared.schema.inputs[0]]).fill_null("").to_list()
    truth = references(task, part.target, frame[task.target])
    spread = np.linspace(0, len(part) - 1, OTHERS + 2).round().astype(int)[1:-1].tolist()
    worst = worst_rows(truth, said, WORST).tolist()
    told = []
    for row in dict.fromkeys([*spread, *worst]):
        ids = part.inputs["text"][torch.tensor([row])]
        entry = {"row": int(part.rows[row]) + 1, "source": source[row], "true": truth[row], "said": said[row]}
        entry = {name: value if name == "row" else str(value) for name, value in entry.items()}
        told.append({**entry, **_map(task, prepared.preparation.blocks["text"], network, ids)})
    return told


@torch.no_grad()
def _map(task: Translate, kind: Any, network: Any, ids: torch.Tensor) -> dict[str, Any]:
    training = network.training
    network.eval()
    found = network({"text": ids})[0]
    written = torch.cat([found[~found.isnan()].long(), torch.tensor([task.end])])[None]
    shown: dict[str, Any] = {}
    if ids.shape[1] <= LONGEST and written.shape[1] <= LONGEST and bool((ids != 0).all()):
        weights = network.network.maps(ids, network.before(written))[0]
        shown = {
            "read": _pieces(kind.tokens, ids[0].tolist()),
            "written": [*_pieces(task.tokens, written[0, :-1].tolist()), "(end)"],
            "map": (100 * weights).round().int().tolist(),
        }
    network.train(training)
    return shown


def _pieces(tokens: Tokens, ids: list[int]) -> list[str]:
    return [tokens.name(one) for one in ids]
