"""How long ``import ranvier`` and ``ranvier --help`` take beyond bare Python (median of 7, alternating).

python benchmarks/start_up.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "bare python": [sys.executable, "-c", "pass"],
    "import ranvier": [sys.executable, "-c", "import ranvier"],
    "ranvier --help": [sys.executable, "-m", "ranvier", "--help"],
}


def main() -> None:
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


if __name__ == "__main__":
    main()
