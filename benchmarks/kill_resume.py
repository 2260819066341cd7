"""Kill a training with SIGKILL at random moments, resume it, and compare its bytes with an undisturbed run's.

    python benchmarks/kill_resume.py [KILLS]

Each kill hits a run of its own, at a moment drawn uniformly from the time between the first sight of the undisturbed
run's folder and its end; the run is then resumed with ``ranvier train --resume``. Printed: how many ended with the
undisturbed run's bytes, and the share of the steps that had to be done twice.
"""

from __future__ import annotations

import json
import mmap
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COMPARED = (
    "model.rv",
    "history.jsonl",
    "metrics.json",
    "findings.json",
    "predictions.csv",
    "split.csv",
    "report.html",
)
SETTINGS = {"seed": 3, "training.epochs": 60, "training.batch_size": 16, "regularization.average": "ema"}


class Counter:
    """Writes the number of the step into a file that outlives the process."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(8))
        self.file = path.open("r+b")
        self.memory = mmap.mmap(self.file.fileno(), 8)

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        self.memory[:] = struct.pack("<q", state.step)

    def on_epoch(self, state: Any, line: Any) -> None:
        pass


def train(out: str) -> None:
    """Train in this process; the counter lies beside the run's folder."""
    import ranvier as rv

    rv.fit("sample:breast_cancer", settings=SETTINGS, out=out, watchers=[Counter(Path(out + ".step"))])


def start(out: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start a training; returns when its folder is there."""
    process = subprocess.Popen([sys.executable, __file__, "--train", str(out)], stdout=subprocess.DEVNULL)
    while not (out / "run.toml").exists() and process.poll() is None:
        time.sleep(0.002)
    return process, time.perf_counter()


def bytes_of(run: Path) -> dict[str, bytes]:
    """The content of the files that must not differ."""
    return {name: (run / name).read_bytes() for name in COMPARED}


def checkpoint_step(run: Path) -> int:
    """Where the checkpoint stands, from its header."""
    from safetensors import safe_open

    if not (run / "checkpoint.safetensors").exists():
        return 0
    with safe_open(str(run / "checkpoint.safetensors"), framework="np") as file:
        values = dict(json.loads(file.metadata()["ranvier"])["pairs"])
    return int(dict(values["numbers"]["pairs"])["step"])


def killed_run(run: Path, span: float, moments: random.Random) -> None:
    """A run that was killed before its end; a moment after the end kills nothing, and another is drawn."""
    while True:
        process, since = start(run)
        time.sleep(max(0.0, since + moments.uniform(0, span) - time.perf_counter()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if not (run / "model.rv").exists():
            return
        shutil.rmtree(run)


def main(kills: int) -> int:
    folder = Path(tempfile.mkdtemp())
    process, since = start(folder / "undisturbed")
    process.wait()
    span = time.perf_counter() - since
    wanted = bytes_of(folder / "undisturbed")
    total = json.loads((folder / "undisturbed/history.jsonl").read_text().splitlines()[-1])["step"]
    print(f"undisturbed: {total} steps; {span:.1f} s from its folder to its end")
    same, repeated, moments = 0, [], random.Random(0)
    for number in range(1, kills + 1):
        run = folder / f"run-{number}"
        killed_run(run, span, moments)
        (reached,) = struct.unpack("<q", Path(f"{run}.step").read_bytes())
        kept = checkpoint_step(run)
        subprocess.run(
            [sys.executable, "-m", "ranvier", "train", "--resume", str(run)], check=True, capture_output=True
        )
        equal = bytes_of(run) == wanted
        same += equal
        repeated.append(max(0, reached - kept) / total)
        print(
            f"kill {number:2}: at step {reached}, resumed from {kept}: {'same bytes' if equal else 'DIFFERENT BYTES'}"
        )
        shutil.rmtree(run)
    shutil.rmtree(folder)
    share = f"median {statistics.median(repeated):.1%}, most {max(repeated):.1%}"
    print(f"{same} of {kills} resumed to identical bytes; steps done twice: {share}")
    return 0 if same == kills else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(sys.argv[2])
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
