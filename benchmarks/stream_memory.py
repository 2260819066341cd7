"""Memory while training on a table larger than memory: resident memory each ten seconds.

    python benchmarks/stream_memory.py [SECONDS] [GIGABYTES] [NETWORK]

Two minutes, 20 GB and mlp, where nothing is said. The table is that of ``table_reading`` (1,000,000 rows of 50 columns,
295 MB), linked into a folder as often as it takes: to the reader these are so many files, of which none is in memory.
The disk's cache holds the one file, so the disk sets no bound to the speed. The network is trained in a process of its
own, whose resident memory is read from /proc each ten seconds, beside how many groups of blocks have been begun: there
are none while the sample is prepared, and no more of them once training has ended.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table_reading import write


def resident(process: int) -> int:
    """The bytes of memory that a process has."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def _lines(path: Path) -> int:
    return path.read_text().count("\n") if path.exists() else 0


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    gigabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    network = sys.argv[3] if len(sys.argv) > 3 else "mlp"
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        write(table, 1_000_000)
        parts = Path(folder) / "parts"
        parts.mkdir()
        for number in range(round(gigabytes * 1e9 / table.stat().st_size)):
            (parts / f"{number:03}.csv").symlink_to(table)
        run = Path(folder) / "run"
        command = [
            sys.executable,
            "-m",
            "ranvier",
            "train",
            str(parts),
            "--target",
            "category_1",
            "--out",
            str(run),
        ]
        command += ["--time", f"{seconds}s", "--network", network, "--set", "evaluation.baselines=false"]
        started = time.monotonic()
        training = subprocess.Popen(command)
        while training.poll() is None:
            time.sleep(10)
            if training.poll() is None:
                begun = _lines(run / "stream.jsonl")
                passed = time.monotonic() - started
                print(
                    f"{passed:6.0f} s   {resident(training.pid) / 1e6:7,.0f} MB   {begun} groups of blocks",
                    flush=True,
                )
        ledger = (run / "ledger.json").read_text()
        print(ledger[ledger.find('"stream"') :].replace("\n", ""))


if __name__ == "__main__":
    main()
