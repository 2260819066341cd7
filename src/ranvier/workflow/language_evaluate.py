"""evaluate, of a language model: how well it foretells a text that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.corpus import Stretch, read_corpus
from ..data.corpus_tokens import Part, encode
from ..data.ledger import Ledger
from ..delivery.language import LanguageModel
from ..errors import DataError, Mistake, SpecError, raise_if_any
from ..evaluation.hidden import measure_hidden
from ..evaluation.intervals import Measured
from .hidden_measure import tell
from .language_measure import MEASURED, measured_part, shortened

FIRST_OF = "bits_per_character"


@dataclass(frozen=True)
class LanguageEvaluation:
    """A language model's metrics on a text.

    Args:
        task: what the model has learnt.
        test: value and 95% interval of each metric.
        rows: lines that were read and measured; tokens that were measured.
        ledger: what became of lines.
        verdict: how the measure compares with that on the test part of the training.
    """

    task: str
    test: dict[str, Measured]
    rows: dict[str, int]
    ledger: Ledger
    verdict: str

    def as_dict(self) -> dict[str, Any]:
        """The evaluation as JSON values."""
        return {
            "task": self.task,
            "test": self.test,
            "rows": self.rows,
            "ledger": self.ledger.as_dict(),
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        from .summary import metric_lines

        return "\n".join(
            [
                f"{self.rows['tokens']:,} tokens of {self.rows['read']:,} lines measured ({self.task})",
                *metric_lines(self.test),
                *(f"  ledger: {entry}" for entry in self.ledger.entries),
                f"verdict: {self.verdict}",
            ]
        )


def evaluate_language(
    model: LanguageModel, data: Any, slices: Sequence[str] = (), out: str | Path | None = None
) -> LanguageEvaluation:
    """Measure a language model on a text: its first tokens, up to ``language_measure.MEASURED``.

    Args:
        model: that is measured.
        data: a path, a folder, a pattern or a list of paths of plain text.
        slices, out: of a table alone.

    Raises:
        SpecError: slices or a report are asked for.
        DataError: the text cannot be read, or has fewer than two tokens.
    """
    unknown = [
        Mistake(f"{what} asked for, and a text has none", "the model and the text alone")
        for what, is_asked in (("groups of rows are", bool(slices)), ("a report is", out is not None))
        if is_asked
    ]
    raise_if_any(SpecError, unknown)
    ledger = Ledger()
    corpus = read_corpus(data, ledger)
    stretches = [Stretch(file, 0, size, "test") for file, size in enumerate(corpus.sizes) if size]
    part = encode(corpus, stretches, model.tokens, ledger)["test"]
    if len(part.ids) < 2:
        raise DataError(Mistake(f"{corpus.origin} has one token", "a text of two tokens or more"))
    some = shortened(part)
    if len(part.ids) > MEASURED:
        ledger.note(
            "kept", f"only the first {MEASURED:,} tokens are measured", part.lines - some.lines, "text"
        )
    test = _of_hidden(model, some) if model.task == "pretrain" else measured_part(model.nats(some.ids), some)
    return LanguageEvaluation(
        task=model.task,
        test=test,
        rows={"read": ledger.read, "test": some.lines, "tokens": len(some.ids)},
        ledger=ledger,
        verdict=_verdict(test, model.card.get("test", {})),
    )


def _of_hidden(model: LanguageModel, part: Part) -> dict[str, Measured]:
    nats, guesses, truths = tell(model.network, part.ids, model.tokens.size)
    return measure_hidden(nats, guesses == truths)


def _verdict(test: Mapping[str, Measured], then: Mapping[str, Any]) -> str:
    """How a measure compares with that on the test part of the training."""
    name = FIRST_OF if FIRST_OF in test else "perplexity"
    if name not in then:
        return "The model file does not say how well it did on its own test part."
    ours, theirs = test[name]["value"], then[name]["value"]
    more = ours / theirs - 1
    words = name.replace("_", " ")
    how = f"{abs(more):.1%} {'more' if more > 0 else 'fewer' if name == FIRST_OF else 'less'}"
    return f"{words}: {ours:.3f} here and {theirs:.3f} on the test part of its training ({how})."
