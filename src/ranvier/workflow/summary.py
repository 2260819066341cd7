"""What a person reads on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..finding import Finding
from ..insight.report.seeds import spread_line
from ..tasks import classes_of
from .prepared import Prepared

if TYPE_CHECKING:
    from .inspect import Inspection
    from .run import Run


def data_lines(prepared: Prepared) -> list[str]:
    """What was read, in two or three lines.

    The first line says what is learnt from what; a further one what the ledger holds.
    """
    task, counts = prepared.task, prepared.split.counts
    count = len(classes_of(task))
    classes = f" ({count} classes)" if count else ""
    lines = [
        f"{prepared.table.origin}: {prepared.ledger.read:,} rows; {task.name} {task.target!r}{classes} "
        f"from {len(prepared.schema.inputs)} columns",
        f"split: {counts['train']:,} train, {counts['validation']:,} validation, {counts['test']:,} test "
        f"({prepared.split.reason})",
    ]
    lines += [f"ledger: {entry}" for entry in prepared.ledger.entries]
    return lines


def summary(run: Run) -> str:
    """A run in about eight lines: what was learnt, how well, beside what, and where it is."""
    spec = run.spec
    network = spec.network.name if spec.network else "?"
    head = f"{run.record.get('origin')}: {network} for {run.record.get('target')!r}"
    if not run.finished:
        return f"{head}\n  not finished; go on with: ranvier train --resume {run.folder}"
    history = run.history
    lines = [head]
    if history:
        trained = f"  trained   {len(history)} epochs, {history[-1]['step']:,} steps"
        if history[-1]["validation"]:
            best = min(history, key=lambda line: line["validation"]["loss"])
            trained += f"; lowest validation loss in epoch {best['epoch']}"
        lines.append(trained)
    if not (run.folder / "metrics.json").exists():
        return "\n".join([*lines, *(f"  finding   {f['cause']} {f['remedy']}" for f in run.findings)])
    metrics = run.metrics
    lines += [f"  test      {line.strip()}" for line in metric_lines(metrics["test"], few=True)]
    for name, baseline in metrics["baselines"].items():
        lines.append(f"  {name:<9} {_value(metrics['metric'], baseline[metrics['metric']])}")
    if run.spread:
        lines.append(f"  seeds     {spread_line(run.spread)}")
    lines.append(f"  verdict   {metrics['verdict']}")
    lines += [f"  finding   {Finding(**f)}" for f in run.findings if f["severity"] != "info"]
    lines.append(f"  model     {run.folder / 'model.rv'}")
    if (run.folder / "report.html").exists():
        lines.append(f"  report    {run.folder / 'report.html'}")
    return "\n".join(lines)


def metric_lines(measured: Mapping[str, Mapping[str, Any]], few: bool = False) -> list[str]:
    """A line for each metric: value and 95% interval; ``few`` keeps those that most people ask for."""
    wanted = ("accuracy", "roc_auc", "rmse", "r2")
    return [f"  {_value(name, entry)}" for name, entry in measured.items() if not few or name in wanted]


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
    yield "settings:"
    reasons = inspection.settled.reasons
    for name, value in _flat(inspection.settled.spec.settings()):
        reason = reasons.get(name)
        yield f"  {name} = {value}" + (f"  ({reason})" if reason else "")


def _flat(settings: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and "name" not in value:
            yield from _flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def _value(name: str, entry: Mapping[str, Any]) -> str:
    if entry["value"] is None:
        return f"{name} not defined"
    interval = "" if entry["low"] is None else f"  (95% interval {entry['low']:.4g} to {entry['high']:.4g})"
    return f"{name} {entry['value']:.4g}{interval}"
