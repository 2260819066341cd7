"""resnet20 trained by Ranvier, and the same network in a plain loop of PyTorch: accuracy on the same test pictures.

    scripts/bench pictures_by_hand FOLDER [WAY ...] [--epochs N] [--seeds N]

FOLDER is one of ``scripts/bench emoji``. At most 2 emoji of one base are taken, and all of a base are in one part: 70%
train, 15% validate, 15% test. The ways are ``ranvier`` and ``hand`` (both where none is named), which learn as the
paper has it: momentum of 0.9, a weight decay of 0.0001, a rate of 0.1 that is divided by ten after a third and after
two thirds, mirrored and shifted pictures (by up to 4 pixels); batches of 32, 20 epochs, 3 seeds. ``default`` is Ranvier
with resnet20's own settings but for epochs and batches. Ranvier keeps the weights that were best on the validation
pictures, the loop by hand (all of ``by_hand``) the last ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

import ranvier as rv
from ranvier.network.pictures import resnet20

BATCH, RATE, DECAY, SHIFT, VARIANTS = 32, 0.1, 1e-4, 4, 2
PAPER = {
    "training.learning_rate": RATE,
    "training.schedule": {"name": "step", "every": 1 / 3, "gamma": 0.1},
    "training.optimizer": {"name": "momentum", "momentum": 0.9, "weight_decay": DECAY},
    "augmentation.shift": SHIFT / 32,
    "augmentation.flip": True,
}
Parts = dict[str, tuple[np.ndarray, np.ndarray]]


def parts_of(folder: Path) -> Parts:
    """Pixels (N, 3, H, W) and class indices (N,) of the three parts."""
    frame = pl.read_csv(folder / "emoji.csv").sample(fraction=1.0, shuffle=True, seed=0)
    frame = frame.filter(pl.int_range(pl.len()).over("base") < VARIANTS)
    bases = np.random.default_rng(0).permutation(frame["base"].unique().sort().to_numpy())
    bounds = int(0.7 * len(bases)), int(0.85 * len(bases))
    _, labels = np.unique(frame["category"].to_numpy(), return_inverse=True)
    pixels = np.stack([np.asarray(Image.open(folder / name)) for name in frame["picture"]]).transpose(
        0, 3, 1, 2
    )
    found = {}
    for part, chosen in zip(("train", "validation", "test"), np.split(bases, bounds)):
        rows = np.isin(frame["base"].to_numpy(), chosen)
        found[part] = (np.ascontiguousarray(pixels[rows]), labels[rows].astype(np.int64))
    return found


def augmented(x: Tensor) -> Tensor:
    """(B, 3, H, W), each shifted by up to 4 pixels, and each second one mirrored."""
    height, width = x.shape[2:]
    framed = functional.pad(x, (SHIFT,) * 4, mode="replicate")
    moved = torch.empty_like(x)
    for row in range(len(x)):
        down, across = torch.randint(0, 2 * SHIFT + 1, (2,)).tolist()
        picture = framed[row, :, down : down + height, across : across + width]
        moved[row] = picture.flip(2) if torch.rand(()) < 0.5 else picture
    return moved


def drawn(network: nn.Module) -> None:
    """He's normal weights for the convolutions, Xavier's uniform ones for the linear layer."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)


def by_hand(parts: Parts, epochs: int, seed: int) -> tuple[float, list[float]]:
    """Accuracy on the test pictures; there is no curve."""
    torch.manual_seed(seed)
    pixels, labels = (torch.from_numpy(one) for one in parts["train"])
    mean = pixels.float().mean((0, 2, 3), keepdim=True)
    deviation = pixels.float().std((0, 2, 3), keepdim=True)
    network = resnet20(3, (pixels.shape[2], pixels.shape[3]), int(labels.max()) + 1)
    drawn(network)
    network = network.to(memory_format=torch.channels_last)
    decaying = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim < 2]
    groups = [{"params": decaying, "weight_decay": DECAY}, {"params": others}]
    optimizer = torch.optim.SGD(groups, lr=RATE, momentum=0.9)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [-(-epochs // 3), -(-2 * epochs // 3)])
    for _ in range(epochs):
        for index in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            x = (augmented(pixels[index].float()) - mean) / deviation
            x = x.contiguous(memory_format=torch.channels_last)
            functional.cross_entropy(network(x), labels[index]).backward()
            optimizer.step()
        schedule.step()
    network.eval()
    x, y = (torch.from_numpy(one) for one in parts["test"])
    with torch.inference_mode():
        found = torch.cat([network((part.float() - mean) / deviation).argmax(1) for part in x.split(256)])
    return float((found == y).float().mean()), []


def by_ranvier(
    parts: Parts, epochs: int, seed: int, settings: dict[str, Any] = PAPER
) -> tuple[float, list[float]]:
    """Accuracy on the test pictures, and the validation error of each epoch."""
    fixed = {
        "seed": seed,
        "network": "resnet20",
        "training.epochs": epochs,
        "training.batch_size": BATCH,
        "evaluation.baselines": False,
        "execution.threads": 1,
    }
    with tempfile.TemporaryDirectory() as out:
        run = rv.fit(parts, settings={**settings, **fixed}, out=Path(out) / "run")
        curve = [1 - line["validation"]["accuracy"] for line in run.history]
        return run.metrics["test"]["accuracy"]["value"], curve


def by_default(parts: Parts, epochs: int, seed: int) -> tuple[float, list[float]]:
    """The same with Ranvier's own settings for resnet20."""
    return by_ranvier(parts, epochs, seed, {})


WAYS = {"ranvier": by_ranvier, "hand": by_hand, "default": by_default}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("folder", type=Path)
    asked.add_argument("ways", nargs="*", default=["ranvier", "hand"])
    asked.add_argument("--epochs", type=int, default=20)
    asked.add_argument("--seeds", type=int, default=3)
    given = asked.parse_args()
    torch.set_num_threads(1)
    parts = parts_of(given.folder)
    print(", ".join(f"{len(labels):,} to {part}" for part, (_, labels) in parts.items()))
    print("seed, way, test accuracy, seconds of the processor")
    for seed in range(given.seeds):
        for way in given.ways:
            clock = time.process_time()
            accuracy, curve = WAYS[way](parts, given.epochs, seed)
            print(f"{seed}, {way}, {accuracy:.4f}, {time.process_time() - clock:.0f}", flush=True)
            if curve:
                told = " ".join(f"{100 * error:.0f}" for error in curve)
                print(f"   validation error of each epoch, per cent: {told}", flush=True)


if __name__ == "__main__":
    main()
