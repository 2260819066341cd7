"""The spread over seeds: how far the measure moves when the same network is trained again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .contents import Contents
from .markup import Html, number, section, table, tag, words


def seeds_section(contents: Contents) -> Html | str:
    """Each metric of each seed on the same test rows, with mean and standard deviation; empty for one seed."""
    told = contents.spread
    if not told:
        return ""
    runs = told["runs"]
    said = (
        "The network was trained again from other seeds: other first weights, and the rows in another order. The parts "
        "are the same, so that what differs is the training alone. All other sections are of the first seed, which was "
        "chosen beforehand: picking the best one by its test rows would flatter it."
    )
    if told.get("together"):
        said += f" The further seeds were trained as one program ({told['together']})."
    header = ["metric", "mean", "deviation", *(f"seed {run['seed']}" for run in runs)]
    rows = [
        [
            words(name),
            number(entry["mean"]),
            number(entry["deviation"], 2),
            *("diverged" if run["diverged"] else number(run["test"].get(name)) for run in runs),
        ]
        for name, entry in told["test"].items()
    ]
    caption = "Metrics on the test rows by seed; the deviation is the standard deviation over the seeds"
    listed = table(caption, header, rows, range(1, len(header)))
    summary = tag("p", tag("strong", _sentence(spread_line(told))))
    return section("seeds", "The seeds", summary, tag("p", said), listed)


def spread_line(told: Mapping[str, Any]) -> str:
    """The spread of the task's metric in a line.

    >>> entry = {"trainings": 2, "mean": 0.85, "deviation": 0.07, "best": 1, "best_value": 0.9, "worst": 0,
    ...     "worst_value": 0.8}
    >>> spread_line({"metric": "accuracy", "test": {"accuracy": entry}, "runs": [{"diverged": False}] * 2})
    'accuracy 0.85 on average over 2 seeds, standard deviation 0.07 (0.8 with seed 0 to 0.9 with seed 1)'
    """
    entry, runs = told["test"].get(told["metric"]), told["runs"]
    diverged = sum(run["diverged"] for run in runs)
    note = f"; {diverged} of {len(runs)} trainings diverged" if diverged else ""
    if not entry or entry["mean"] is None:
        return f"{words(told['metric'])} not defined{note}"
    if entry["deviation"] is None:
        return f"{words(told['metric'])} {number(entry['mean'])} with the one seed that has it{note}"
    ends = [f"{number(entry[f'{end}_value'])} with seed {entry[end]}" for end in ("worst", "best")]
    return (
        f"{words(told['metric'])} {number(entry['mean'])} on average over {entry['trainings']} seeds, "
        f"standard deviation {number(entry['deviation'], 2)} ({' to '.join(ends)}){note}"
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
