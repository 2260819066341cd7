"""How the training went."""

from __future__ import annotations

from .contents import Contents
from .markup import Html, details, figure, number, section, table, tag, words

MOST = 50
"""So many epochs are listed; of more, every second, third, ..."""


def learning_section(contents: Contents) -> Html | str:
    """The curves of loss, metric and learning rate, and their numbers. An evaluation has none."""
    history = contents.history
    if contents.command:
        return ""
    if not history:
        return section("learning", "The training", tag("p", "No epoch was finished."))
    first, last = history[0], history[-1]
    told = (
        f"From epoch 1 to {last['epoch']} the training loss went from {number(first['train']['loss'])} "
        f"to {number(last['train']['loss'])}"
    )
    watched = all(line["validation"] for line in history)
    if watched:
        best = min(history, key=lambda line: float(line["validation"]["loss"]))
        told += (
            f", the validation loss from {number(first['validation']['loss'])} to "
            f"{number(last['validation']['loss'])}; it was lowest in epoch {best['epoch']} "
            f"({number(best['validation']['loss'])})"
        )
    parts = [tag("p", told + "."), figure("learning_curve", "Loss by epoch", told)]
    names = [name for name in first["validation"] if name != "loss"]
    if watched and names:
        shown = ", ".join(
            f"{words(name)} from {number(first['validation'][name])} to {number(last['validation'][name])}"
            for name in names
        )
        parts.append(
            figure("validation_metric", "Validation rows, by epoch", f"On the validation rows: {shown}")
        )
    rates = [line["learning_rate"] for line in history]
    said = f"The learning rate, at most {number(max(rates))}, {number(rates[-1])} in the last epoch"
    parts.append(details("Learning rate", figure("learning_rate", "Learning rate by epoch", said)))
    parts.append(details("The numbers", _numbers(contents, names if watched else [])))
    return section("learning", "The training", *parts)


def _numbers(contents: Contents, names: list[str]) -> Html:
    history = contents.history
    every = -(-len(history) // MOST)
    lines = [line for i, line in enumerate(history) if i % every == 0 or i == len(history) - 1]
    watched = ["loss", *names] if history[0]["validation"] else []
    rows = [
        [
            number(line["epoch"]),
            number(line["train"]["loss"]),
            *(number(line["validation"].get(name)) for name in watched),
            number(line["learning_rate"]),
        ]
        for line in lines
    ]
    header = ["epoch", "training loss", *(f"validation {words(name)}" for name in watched), "learning rate"]
    caption = "History" + (f", every {every} epochs" if every > 1 else "")
    return table(caption, header, rows, range(len(header)))
