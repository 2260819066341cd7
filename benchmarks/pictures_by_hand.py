"""resnet20 trained by Ranvier, and the same network in a plain loop of PyTorch: accuracy on the same test pictures.

    scripts/bench pictures_by_hand SOURCE [ROWS [EPOCHS [SEEDS]]]

SOURCE is what ``ranvier train`` takes: a folder of class folders, or ``sample:cifar10``; of it ROWS (3,000), drawn
once, are used, a tenth each for validation and test. Both learn with Nesterov's momentum, a weight decay of 0.0001 on
the weights of two and more dimensions, a rate of 0.1 in one cycle and batches of 64, unaugmented. Ranvier keeps
the weights that were best on the validation pictures, the loop by hand (all of ``by_hand``) the last ones.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

import ranvier as rv
from ranvier.data.kinds.image import Picture
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.network.pictures import resnet20

BATCH, RATE, DECAY = 64, 0.1, 1e-4


def by_hand(
    parts: dict[str, tuple[np.ndarray, np.ndarray]], classes: int, epochs: int, seed: int
) -> tuple[float, float]:
    """Accuracy on the test pictures, and seconds of the processor."""
    clock = time.process_time()
    torch.manual_seed(seed)
    pixels, labels = (torch.from_numpy(one) for one in parts["train"])
    mean = pixels.float().mean((0, 2, 3), keepdim=True)
    deviation = pixels.float().std((0, 2, 3), keepdim=True)
    network = resnet20(pixels.shape[1], tuple(pixels.shape[2:]), classes).to(
        memory_format=torch.channels_last
    )
    decaying = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim < 2]
    groups = [{"params": decaying, "weight_decay": DECAY}, {"params": others}]
    optimizer = torch.optim.SGD(groups, lr=RATE, momentum=0.9, nesterov=True)
    steps = epochs * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, cycle_momentum=False)
    for _ in range(epochs):
        for index in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            x = ((pixels[index].float() - mean) / deviation).contiguous(memory_format=torch.channels_last)
            functional.cross_entropy(network(x), labels[index]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    x, y = (torch.from_numpy(one) for one in parts["test"])
    with torch.inference_mode():
        found = torch.cat([network((part.float() - mean) / deviation).argmax(1) for part in x.split(256)])
    return float((found == y).float().mean()), time.process_time() - clock


def by_ranvier(
    parts: dict[str, tuple[np.ndarray, np.ndarray]], epochs: int, seed: int
) -> tuple[float, float]:
    """The same of ``rv.fit``."""
    clock = time.process_time()
    settings = {
        "seed": seed,
        "network": "resnet20",
        "training.epochs": epochs,
        "training.batch_size": BATCH,
        "training.learning_rate": RATE,
        "training.schedule": "one_cycle",
        "training.optimizer": {"name": "nesterov", "weight_decay": DECAY},
        "stopping.patience": 0,
        "evaluation.baselines": False,
        "execution.threads": 1,
        **{f"augmentation.{name}": 0.0 for name in ("shift", "rotate", "scale", "erase", "colour")},
        "augmentation.flip": False,
    }
    with tempfile.TemporaryDirectory() as out:
        data = {part: (x if x.shape[1] > 1 else x[:, 0], y) for part, (x, y) in parts.items()}
        run = rv.fit(data, settings=settings, out=Path(out) / "run")
        return run.metrics["test"]["accuracy"]["value"], time.process_time() - clock


def parts_of(source: str, rows: int) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], int]:
    """Pixels (N, C, H, W) and class indices (N,) of the three parts, and the number of classes."""
    table = read(source, Ledger())
    chosen = np.random.default_rng(0).permutation(len(table))[:rows]
    frame = table.take(chosen).frame
    column = next(name for name, kind in table.declared.items() if kind == "image")
    kind = Picture.fit(frame.select(column))
    pixels = kind.transform(frame.select(column)).numpy()
    names, labels = np.unique(frame[str(table.target)].to_numpy(), return_inverse=True)
    tenth = len(pixels) // 10
    bounds = {
        "test": slice(0, tenth),
        "validation": slice(tenth, 2 * tenth),
        "train": slice(2 * tenth, None),
    }
    return {part: (pixels[place], labels[place].astype(np.int64)) for part, place in bounds.items()}, len(
        names
    )


def main() -> None:
    rows, epochs, seeds = (int(one) for one in [*sys.argv[2:], *["3000", "5", "2"][len(sys.argv) - 2 :]])
    torch.set_num_threads(1)
    parts, classes = parts_of(sys.argv[1], rows)
    print("seed, test accuracy by Ranvier, by hand, seconds of the processor by Ranvier, by hand")
    for seed in range(seeds):
        ours, ours_took = by_ranvier(parts, epochs, seed)
        theirs, theirs_took = by_hand(parts, classes, epochs, seed)
        print(f"{seed}, {ours:.4f}, {theirs:.4f}, {ours_took:.0f}, {theirs_took:.0f}", flush=True)


if __name__ == "__main__":
    main()
