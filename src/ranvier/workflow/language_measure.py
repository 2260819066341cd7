"""The measure of a language model: bits for each character of the test part, beside n-grams; and what it writes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.corpus_tokens import Part
from ..data.ledger import Ledger
from ..delivery.language import LanguageModel, token_nats
from ..evaluation.language import METRIC, TEMPERATURES, measure_text, recalibrated, verdict_on_text
from ..evaluation.ngrams import NGrams
from ..spec import Spec
from .measure import UNMEASURED

CALIBRATED = 1 << 14
"""So many tokens of the validation part choose a temperature at most, its first ones."""

MEASURED = 1 << 18
"""So many tokens of a part are measured at most, its first ones."""

COUNTED = 20_000_000
"""The baselines count the n-grams of so many tokens of the training part at most, its first ones."""

PROMPT, WRITTEN = 60, 300
"""A sample is begun with so many tokens of the test part, and goes on for so many."""

TEMPERATURE = 0.8


def calibrate(spec: Spec, part: Part, model: LanguageModel) -> dict[str, Any]:
    """Bring a model to the temperature that its validation part chooses; what ``metrics.json`` says of it.

    ``calibration`` has the ``temperature``, and the bits for each character of the tokens that chose it, ``before`` and
    ``after``. Nothing where it is 1, or not asked for.
    """
    ids = part.ids[:CALIBRATED]
    if not spec.evaluation.calibrate or len(ids) < 2:
        return {}
    model.temperature = recalibrated(token_nats(model.network, ids, TEMPERATURES))
    if model.temperature == 1.0:
        return {}
    bits = token_nats(model.network, ids, (1.0, model.temperature)).mean(axis=1) / math.log(2)
    before, after = (bits * len(part.ids) / max(part.characters, 1)).tolist()
    return {"calibration": {"temperature": model.temperature, "before": before, "after": after}}


def measure(spec: Spec, parts: Mapping[str, Part], model: LanguageModel, ledger: Ledger) -> dict[str, Any]:
    """What stands in ``metrics.json``: the network and the baselines on the same tokens."""
    said: dict[str, NDArray[np.float64]] = {}
    metrics: dict[str, Any] = {
        "task": "generate",
        "form": "text",
        "metric": METRIC,
        "test": {},
        "validation": {},
        "baselines": {},
        "verdict": UNMEASURED,
        "rows": {"read": ledger.read, "dropped": ledger.dropped, **{n: p.lines for n, p in parts.items()}},
    }
    for name in ("validation", "test"):
        some = shortened(parts[name])
        if len(some.ids) > 1:
            said[name] = model.nats(some.ids)
            metrics[name] = measured_part(said[name], some)
    if "test" not in said:
        return metrics
    if spec.evaluation.baselines:
        test, others = shortened(parts["test"]), {}
        for name, order in (("unigram", 1), ("kneser_ney", 5)):
            counted = NGrams(parts["train"].ids[:COUNTED], model.tokens.size, order)
            nats = counted.nats(test.ids)[1:]
            description = (
                "each token by how often it occurs"
                if order == 1
                else f"{counted.order}-grams with interpolated Kneser-Ney smoothing"
            )
            metrics["baselines"][name] = {"description": description, **measured_part(nats, test)}
            others["each token's frequency" if order == 1 else f"the {counted.order}-grams"] = nats
        metrics["verdict"] = verdict_on_text(said["test"], others)
    else:
        metrics["verdict"] = "There is no baseline to compare with."
    return metrics


def shortened(part: Part) -> Part:
    """The beginning of a part, where it is too long to be measured whole; its other counts by the same share."""
    count = len(part.ids)
    if count <= MEASURED:
        return part
    share = MEASURED / count
    ids = part.ids[:MEASURED]
    return Part(
        ids,
        round(part.lines * share),
        round(part.characters * share),
        round(part.bytes * share),
        int((ids == 1).sum()),
    )


def measured_part(nats: NDArray[np.float64], part: Part) -> dict[str, Any]:
    """The metrics of the tokens of a part but its first one, which nothing is known of."""
    share = len(nats) / (len(nats) + 1)
    return dict(measure_text(nats, part.unknown, part.characters * share, part.bytes * share))


def samples(model: LanguageModel, parts: Mapping[str, Part], seed: int) -> list[dict[str, str]]:
    """What the model writes after three places of the test part (of the validation part, where there is no test).

    Each has the ``prompt``, what was ``written``, and how the text itself goes on (``reference``).
    """
    from ..network.language import Sampling

    ids = next(
        (parts[name].ids for name in ("test", "validation", "train") if len(parts[name].ids) > 1), None
    )
    if ids is None:
        return []
    found = []
    for number, share in enumerate((0.2, 0.5, 0.8)):
        place = min(round(share * len(ids)), len(ids) - 1)
        before = ids[max(0, place - PROMPT) : place].tolist() or ids[:1].tolist()
        sampling = Sampling(TEMPERATURE)
        pieces = model.stream_ids(before, WRITTEN, sampling, seed + number)
        found.append(
            {
                "prompt": model.tokens.decode(before),
                "written": "".join(pieces),
                "reference": model.tokens.decode(ids[place : place + WRITTEN].tolist()),
            }
        )
    return found
