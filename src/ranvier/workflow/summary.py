"""What a person reads on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..finding import Finding
from ..insight.report.markup import number
from ..insight.report.seeds import spread_line
from ..tasks.several import parts_of
from ..training.history import read_history
from . import folder as files
from .prepared import Prepared
from .settle import Settled
from .streaming import stream_lines

if TYPE_CHECKING:
    from .inspect import Inspection
    from .run import Run


def data_lines(prepared: Prepared) -> list[str]:
    """What was read, in two or three lines.

    The first line says what is learnt from what; a further one what the ledger holds.
    """
    counts = prepared.split.counts
    learnt = []
    for task in parts_of(prepared.task):
        what = "labels" if task.forms[0] == "labels" else "classes"
        count = f" ({len(task.classes)} {what})" if task.classes else ""
        count = f" ({about})" if (about := getattr(task, "about", "")) else count
        learnt.append(f"{task.name} {task.target!r}{count}")
    origin = "sample" if prepared.streamed else prepared.table.origin
    lines = [str(prepared.streamed)] if prepared.streamed else []
    lines += [
        f"{origin}: {prepared.ledger.read:,} rows; {' and '.join(learnt)} {_inputs(prepared)}",
        f"split: {counts['train']:,} train, {counts['validation']:,} validation, {counts['test']:,} test "
        f"({prepared.split.reason})",
    ]
    lines += [f"ledger: {entry}" for entry in prepared.ledger.entries]
    return lines


def _inputs(prepared: Prepared) -> str:
    """What is learnt from, in words."""
    if prepared.forecasts is not None:
        return f"in {_counted(len(prepared.forecasts.windows['train']), 'training window')}"
    return f"from {len(prepared.schema.inputs)} columns"


def summary(run: Run) -> str:
    """A run in about eight lines: what was learnt, how well, beside what, and where it is."""
    spec = run.spec
    network = spec.network.name if spec.network else "?"
    head = f"{run.record.get('origin')}: {network} for {run.record.get('target')!r}"
    if not run.finished:
        return f"{head}\n  not finished; go on with: ranvier train --resume {run.folder}"
    history = run.history
    lines = [head]
    if begun := run.record.get("reasons", {}).get("start.model"):
        lines.append(f"  begun     {begun}")
    if history:
        steps = _counted(history[-1]["step"], "step")
        trained = f"  trained   {_counted(len(history), 'epoch')}, {steps}{_time_of(run)}"
        if history[-1]["validation"]:
            best = min(history, key=lambda line: line["validation"]["loss"])
            trained += f"; lowest validation loss in epoch {best['epoch']}"
        lines.append(trained)
    if (streamed := files.read_json(run.folder / "ledger.json").get("stream")) is not None:
        lines.append(f"  streamed  {stream_lines(streamed)}")
    if not (run.folder / "metrics.json").exists():
        return "\n".join([*lines, *(f"  finding   {f['cause']} {f['remedy']}" for f in run.findings)])
    metrics = run.metrics
    for target, each in (metrics.get("targets") or {"": metrics}).items():
        spread = (run.spread or {}).get("targets", {}).get(target) if target else run.spread
        lines += [f"  {target}:"] if target else []
        lines += _measure_lines(each, spread)
    lines += _finding_lines(run)
    lines.append(f"  model     {run.folder / 'model.rv'}")
    if (run.folder / "report.html").exists():
        lines.append(f"  report    {run.folder / 'report.html'}")
    return "\n".join(lines)


def _measure_lines(metrics: Mapping[str, Any], spread: Mapping[str, Any] | None) -> list[str]:
    """How well one target was learnt, beside what, over which seeds, and where it is worst."""
    lines = []
    metric, measured = metrics["metric"], metrics["test"]
    few = [metric, *(name for name in ("roc_auc", "r2", "rank_mae", "jaccard") if name != metric)]
    told = [
        _value(name, measured[name], "95% interval " if name == metric else "")
        for name in few
        if name in measured
    ]
    if told:
        lines.append(f"  test      {'; '.join(told)}")
    others = [f"{name} {number(entry[metric]['value'])}" for name, entry in metrics["baselines"].items()]
    if others:
        lines.append(f"  beside    {', '.join(others)}")
    if spread:
        lines.append(f"  seeds     {spread_line(spread)}")
    lines.append(f"  verdict   {metrics['verdict']}")
    if metrics.get("slices", {}).get("worst"):
        lines.append(slice_lines(metrics["slices"])[0].replace("  worst where", "  worst     where"))
    return lines


SHOWN = 2
"""So many findings are shown with the summary; the report has them all."""


def _finding_lines(run: Run) -> list[str]:
    """The gravest findings; what is only worth knowing is left to the report."""
    grave = [Finding(**each) for each in run.findings if each["severity"] != "info"]
    lines = [f"  finding   {finding}" for finding in grave[:SHOWN]]
    if more := len(grave) - SHOWN:
        lines += [f"  finding   and {more} more in the report"] if more > 0 else []
    return lines


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _time_of(run: Run) -> str:
    """How long the epochs took, over all sittings; nothing where the file is gone."""
    seconds = sum(line.get("seconds", 0.0) for line in read_history(run.folder / "timing.jsonl"))
    if not seconds:
        return ""
    return f" in {seconds:.0f} s" if seconds < 100 else f" in {seconds / 60:.0f} min"


def metric_lines(measured: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each metric: value and 95% interval."""
    return [f"  {_value(name, entry, '95% interval ')}" for name, entry in measured.items()]


def slice_lines(slices: Mapping[str, Any], most: int = 3) -> list[str]:
    """The groups where the model is worst, and each column that was named."""
    metric = slices["metric"]
    lines = []
    for entry in slices["worst"][:most]:
        lines.append(
            f"  worst where {entry['column']} is {entry['group']}: {_value(metric, entry, '')}; all other rows "
            f"{entry['rest']:.4g}"
        )
    if not lines and slices["looked_at"]:
        lines = [f"  no group of rows is worse than the rest (of {slices['looked_at']:,} looked at)"]
    for column, found in slices["named"].items():
        lines.append(f"  by {column}:")
        for entry in found["groups"]:
            rates = found.get("fairness", {}).get("groups", {}).get(entry["group"], {})
            told = [
                f"{name.replace('_', ' ')} rate {rate['value']:.4g}"
                for name, rate in rates.items()
                if rate["rows"]
            ]
            lines.append(
                f"    {entry['group']} ({entry['rows']:,} rows): {'; '.join([_value(metric, entry, ''), *told])}"
            )
    return lines


def inspection_lines(inspection: Inspection) -> Iterator[str]:
    """All that ``ranvier inspect`` shows."""
    prepared = inspection.prepared
    yield from data_lines(prepared)
    yield "columns:"
    width = max(len(column.name) for column in prepared.schema.columns)
    for column in prepared.schema.columns:
        yield f"  {column.name:<{width}}  {column.role:<8}  {column.kind or '-':<9}  {column.reason}"
    if inspection.findings:
        yield "findings:"
        yield from (f"  {finding}" for finding in inspection.findings)
    yield f"network: {inspection.network}"
    reasons = inspection.settled.reasons
    yield from setting_lines(inspection.settled)
    if inspection.settled.spec.training.loss is None:
        yield f"  training.loss is {reasons['training.loss']}"


def setting_lines(settled: Settled) -> Iterator[str]:
    """Every setting, with the reason of each that was chosen."""
    yield "settings:"
    for name, value in _flat(settled.spec.settings()):
        reason = settled.reasons.get(name)
        yield f"  {name} = {value}" + (f"  ({reason})" if reason else "")


def _flat(settings: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and "name" not in value:
            yield from _flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def _value(name: str, entry: Mapping[str, Any], before: str) -> str:
    reason = entry.get("reason")
    if entry["value"] is None:
        return f"{name} not defined" + (f" ({reason})" if reason else "")
    told = f" (no interval: {reason})" if reason else ""
    if entry["low"] is not None:
        told = f" ({before}{entry['low']:.4g} to {entry['high']:.4g})"
    return f"{name} {entry['value']:.4g}{told}"
