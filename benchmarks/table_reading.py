"""Reading a large CSV file into tensors, beside ``polars.read_csv`` alone (which infers the types of the columns).

    python benchmarks/table_reading.py [ROWS] [ROUNDS]

The file has 50 mixed columns (27 numbers, 8 whole numbers, 10 categories, 5 booleans; some cells missing) and is
written into a temporary folder; 1,000,000 rows are 295 MB. Each measurement is a process of its own, in turns; printed
are the medians of the seconds by the clock and of the processor, which other work on the machine disturbs less, the
quickest of each, their ratios, and the peak memory beyond what importing the libraries takes, in sizes of the file.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl


def write(path: Path, rows: int) -> None:
    """Write the file, in pieces."""
    generator = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "dark orange", "violet", "black and white", "grey", "brown"])
    with path.open("wb") as out:
        for start in range(0, rows, 100_000):
            count = min(100_000, rows - start)
            columns: dict[str, object] = {}
            for i in range(27):
                columns[f"number_{i}"] = np.round(generator.normal(10 * i, 5, count), 1 + i % 4)
            for i in range(8):
                columns[f"whole_{i}"] = generator.integers(0, 10 ** (1 + i % 5), count)
            for i in range(10):
                columns[f"category_{i}"] = words[generator.integers(0, 2 + i % 7, count)]
            for i in range(5):
                columns[f"boolean_{i}"] = np.array(["no", "yes"])[generator.integers(0, 2, count)]
            frame = pl.DataFrame(columns)
            gaps = {name: pl.Series(generator.random(count) < 0.05) for name in frame.columns[::5]}
            frame = frame.with_columns(
                pl.when(~gap).then(pl.col(name)).alias(name) for name, gap in gaps.items()
            )
            frame.write_csv(out, include_header=start == 0)


def alone(path: str) -> None:
    pl.read_csv(path)


def prepared(path: str) -> None:
    from ranvier.data.clean import clean
    from ranvier.data.infer import infer_schema
    from ranvier.data.ledger import Ledger
    from ranvier.data.numbers import with_numbers
    from ranvier.data.preparation import Preparation
    from ranvier.data.source import read

    ledger = Ledger()
    started = time.perf_counter()
    marks = {}
    table = read(path, ledger, written={"category_1"})
    marks["read"] = time.perf_counter() - started
    schema = infer_schema(table, {}, "category_1", None, ledger)
    marks["infer"] = time.perf_counter() - started
    table = with_numbers(clean(table, schema, ledger), schema)
    marks["clean"] = time.perf_counter() - started
    preparation = Preparation.fit(table.frame, schema)
    marks["fit"] = time.perf_counter() - started
    preparation.transform(table.frame, ledger, table.rows)
    marks["transform"] = time.perf_counter() - started
    print(json.dumps(marks), file=sys.stderr)


def measure(name: str, path: str) -> None:
    """Run one of the two and print its seconds, those of the processor, and the bytes of memory that it took."""
    from ranvier.data.infer import infer_schema  # noqa: F401 - torch and all

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    started, worked = time.perf_counter(), time.process_time()
    {"alone": alone, "ranvier": prepared}[name](path)
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "bytes": peak - before}))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write(path, rows)
        size = path.stat().st_size
        print(f"{rows:,} rows of 50 columns, {size / 1e6:,.0f} MB")
        path.read_bytes()  # into the disk's cache
        found: dict[str, list[dict[str, float]]] = {"alone": [], "ranvier": []}
        for _ in range(rounds):
            for name, results in found.items():
                command = [sys.executable, __file__, "--measure", name, str(path)]
                answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                results.append(json.loads(answer.stdout))
    for name, results in found.items():
        title = {"alone": "polars.read_csv alone", "ranvier": "read, inferred, cleaned, prepared"}[name]
        middle, least = of(results, statistics.median), of(results, min)
        print(
            f"{title:34} {middle['seconds']:6.2f} s (quickest {least['seconds']:.2f})   of the processor "
            f"{middle['processor']:6.2f} s ({least['processor']:.2f})   peak memory {middle['bytes'] / size:4.1f} files"
        )
    for what, choose in (("of the medians", statistics.median), ("of the quickest", min)):
        theirs, ours = of(found["alone"], choose), of(found["ranvier"], choose)
        ratios = (ours[key] / theirs[key] for key in ("seconds", "processor"))
        print("ratios {:27} {:6.2f}     of the processor {:6.2f}".format(what, *ratios))


def of(results: list[dict[str, float]], choose: Callable[[list[float]], float]) -> dict[str, float]:
    """One number of each of the rounds'."""
    return {key: choose([result[key] for result in results]) for key in results[0]}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3])
    else:
        main()
