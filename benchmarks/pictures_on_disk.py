"""Pictures that stay on disk: memory, and where the time goes.

    scripts/bench pictures_on_disk [PICTURES ...]

For each number of pictures (25,000 and then 100,000 where none is said) a temporary folder is filled with small
pictures of two classes, half of them JPEG, and the default network learns from it for one epoch with
``execution.stream``. Printed: the most memory that the process has held so far, the seconds of the clock and of the
processor for the whole run, and of decoding each picture once, by one thread. Both cores are busy where the
processor's seconds are more than those of the clock; decoding is not the bottleneck where its seconds are few of the
processor's.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import ranvier as rv
from ranvier.data.pictures import decoded

SETTINGS = {
    "training.epochs": 1,
    "training.batch_size": 128,
    "evaluation.baselines": False,
    "evaluation.resamples": 100,
    "execution.stream": True,
}


def fill(folder: Path, count: int, side: int = 32) -> None:
    """Write ``count`` pictures of two classes, noise that is reddish or greenish."""
    generator = np.random.default_rng(0)
    for number in range(count):
        pixels = generator.integers(0, 200, (side, side, 3), np.uint8)
        pixels[..., number % 2] += 50
        place = folder / ("red", "green")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number}.{'png' if number // 2 % 2 else 'jpg'}")


def main() -> None:
    print(
        "pictures, accuracy, most memory so far (MB), seconds, of the processor, decoding once by one thread"
    )
    for count in [int(one) for one in sys.argv[1:]] or [25_000, 100_000]:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "pictures"
            fill(folder, count)
            some = sorted(folder.rglob("*.*"))[:: max(1, count // 1_000)]
            clock = time.process_time()
            for path in some:
                decoded(str(path), 3, 32, 32)
            decoding = (time.process_time() - clock) / len(some) * count
            wall, clock = time.perf_counter(), time.process_time()
            run = rv.fit(folder, settings=SETTINGS, out=Path(place) / "run")
            used = time.process_time() - clock
            wall = time.perf_counter() - wall
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            accuracy = run.metrics["test"]["accuracy"]["value"]
            print(
                f"{count:,}, {accuracy:.4f}, {memory:.0f}, {wall:.0f}, {used:.0f}, {decoding:.0f}", flush=True
            )


if __name__ == "__main__":
    main()
