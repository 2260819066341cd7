"""How long `import ranvier` and `ranvier --help` take, and what each library needs before and while it trains.

    python benchmarks/start_up.py [--peers]

Median of 7, alternating, beyond bare Python. With --peers, of each library that is installed, in processes of their own
and in turns: the seconds of the processor until 784-128-10 has trained one epoch of 12,800 rows, the most memory that
it held, and the bytes that it installs with all that it needs. The rows are made by torch in each of them.
"""

from __future__ import annotations

import argparse
import re
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

COMMANDS = {
    "bare python": [sys.executable, "-c", "pass"],
    "import ranvier": [sys.executable, "-c", "import ranvier"],
    "ranvier --help": [sys.executable, "-m", "ranvier", "--help"],
}

PACKAGES = {
    "Ranvier": ["ranvier"],
    "torch by hand": ["torch"],
    "Lightning": ["pytorch-lightning"],
    "skorch": ["skorch", "torch"],
    "fastai": ["fastai"],
    "Keras (JAX)": ["keras", "jax"],
    "scikit-learn": ["scikit-learn"],
}


def installed_bytes(packages: list[str]) -> int:
    """The bytes of packages and of all that they require, as far as it is installed; extras are left out."""
    open_, seen, total = list(packages), set(), 0
    while open_:
        name = re.sub(r"[-_.]+", "-", open_.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        files = [Path(str(found.locate_file(file))) for file in found.files or []]
        total += sum(file.stat().st_size for file in files if file.is_file())
        for requirement in found.requires or []:
            if "extra ==" not in requirement:
                open_.append(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
    return total


def one_epoch(name: str) -> None:
    """Train an epoch by one library; prints megabytes and seconds of the processor."""
    from peers.libraries import PEERS
    from peers.networks import CASES

    case = CASES[0]
    x, y = case.rows(case.batch * case.steps)
    if name == "Ranvier":
        from peers import ours

        from ranvier.execution.plan import Plan

        run = ours.ranvier(case, x, y, Plan("explicit"))
    else:
        run = PEERS[name](case, x, y)
    if run is not None:
        run.epoch()
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_maxrss / 1e3, used.ru_utime + used.ru_stime)


def beside_peers(rounds: int) -> None:
    """A line for each library."""
    told: dict[str, list[tuple[float, float]]] = {name: [] for name in PACKAGES}
    for _ in range(rounds):
        for name, found in told.items():
            command = [sys.executable, __file__, "--one", name]
            said = subprocess.run(command, capture_output=True, text=True).stdout.split()
            if len(said) >= 2:
                found.append((float(said[-2]), float(said[-1])))
    print(f"\n{'one epoch':16} {'seconds':>8} {'MB held':>8} {'MB installed':>13}")
    for name, found in told.items():
        if found:
            memory, seconds = (statistics.median(column) for column in zip(*found))
            print(f"{name:16} {seconds:8.2f} {memory:8.0f} {installed_bytes(PACKAGES[name]) / 1e6:13.0f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--one", choices=PACKAGES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one_epoch(asked.one)
        return
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(8):  # the first of each warms the disk's cache
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - started)
    bare = statistics.median(seconds["bare python"][1:])
    print(f"{'':16} median  over bare Python   (seconds)")
    for name, times in seconds.items():
        median = statistics.median(times[1:])
        print(f"{name:16} {median:6.3f}  {median - bare:+.3f}")
    if asked.peers:
        beside_peers(3)


if __name__ == "__main__":
    main()
