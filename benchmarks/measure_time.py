"""What the measure of a finished network takes: baselines, intervals, comparison, groups of rows, calibration.

    python benchmarks/measure_time.py TRAIN.csv TEST.csv TARGET

The network is not trained: how good it is changes nothing about the time. Seconds of the processor, which is what the
clock would say on a machine that does nothing else (one thread), and by the clock.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from ranvier.catalog import BASELINES, load
from ranvier.delivery.model import forward
from ranvier.evaluation import compare
from ranvier.evaluation import measure as with_intervals
from ranvier.evaluation.answers import answers
from ranvier.spec import Spec
from ranvier.workflow.beside import BUDGET, columns_of
from ranvier.workflow.learn import plan
from ranvier.workflow.measure import measure, metrics_of
from ranvier.workflow.prepared import prepare


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Do it, and print a line of the table."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    print(
        f"| {name} | {time.process_time() - processor:.1f} | {time.perf_counter() - clock:.1f} |", flush=True
    )
    return result


def main() -> None:
    train, test, target = sys.argv[1:]
    spec = Spec.from_settings({"source": train, "test": test, "target": target, "network": "mlp"})
    prepared = prepare(spec)
    settled, learning = plan(spec, prepared, None)
    spec, network, task = settled.spec, learning.state.network, prepared.task
    parts = {part: len(batch) for part, batch in prepared.parts.items()}
    print(f"{train}: rows {parts}\n\n| | seconds of the processor | by the clock |\n|---|---|---|")
    timed("the whole measure", lambda: measure(spec, prepared, network))

    truth, fitted = (task.truth(prepared.parts[part].target) for part in ("test", "train"))
    columns = [columns_of(prepared, part) for part in ("train", "test")]
    predicted = task.decode(forward(network, prepared.parts["test"].inputs))
    for name in BASELINES:
        rows = (columns[0], fitted, columns[1])
        other = timed(
            f"the baseline {name}",
            lambda name=name, rows=rows: answers(  # type: ignore[misc]
                load("baselines", name), task.forms[0], rows, len(task.classes), budget=BUDGET
            ),
        )
    wanted = metrics_of(task)
    timed(f"{len(wanted)} metrics with intervals, once", lambda: with_intervals(truth, predicted, wanted))
    metric = load("metrics", task.metric)
    timed(
        f"one comparison by {spec.evaluation.resamples:,} resamples",
        lambda: compare(truth, predicted, other.prediction, metric, spec.evaluation.resamples, 0),
    )


if __name__ == "__main__":
    main()
