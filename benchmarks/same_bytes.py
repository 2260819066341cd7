"""The same command twice, in processes of their own: are the run's files the same bytes?

python benchmarks/same_bytes.py
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

COMPARED = (
    "model.rv",
    "history.jsonl",
    "metrics.json",
    "findings.json",
    "predictions.csv",
    "split.csv",
    "run.toml",
)
COMMANDS = {
    "defaults": ["sample:iris"],
    "momentum, dropout": ["sample:digits", "--set", "training.optimizer=momentum", "--epochs", "5"],
    "muon, averaged": [
        "sample:wine",
        "--set",
        "training.optimizer=muon",
        "--set",
        "regularization.average=ema",
    ],
    "rate found, plateau": [
        *["sample:diabetes", "--epochs", "20", "--set", "training.learning_rate=find"],
        *["--set", "training.schedule=plateau"],
    ],
}


def digest(command: list[str], out: Path) -> str:
    """Train in a new process; one digest over the files that must not differ."""
    line = [sys.executable, "-m", "ranvier", "train", *command, "--seed", "3", "--out", str(out)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    return hashlib.sha256(b"".join((out / name).read_bytes() for name in COMPARED)).hexdigest()


def main() -> int:
    differ = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, command in COMMANDS.items():
            first, second = (digest(command, Path(folder) / f"{name}-{i}") for i in (1, 2))
            differ += first != second
            print(f"{name:20} {first[:16]}  {'same bytes' if first == second else 'DIFFERENT BYTES'}")
    return differ


if __name__ == "__main__":
    sys.exit(main())
