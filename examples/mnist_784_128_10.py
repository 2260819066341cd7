"""The classifier 784-128-10 for handwritten digits: what it reaches on rows that it has seen, and on new ones.

    python examples/mnist_784_128_10.py [FOLDER WITH MNIST'S FOUR FILES]

Seed text 000, section 5. The original

- prints a table that ends at 0.994 and calls it the accuracy "on the test set". The column `accuracy` of Keras is
  measured on the training rows; on new rows it would stand as `val_accuracy`, which the table does not have. Here both
  are printed, the second with its 95% interval (5% of the training rows serve as validation rows);
- shows 400 steps an epoch with batches of 32: that is 12,800 rows. MNIST has 60,000, which is 1,875 steps;
- never defines `train_images`, `train_labels` and the validation arrays, does not scale the pixels, and sets a
  `train_steps` that nothing reads.

Without a folder the pictures are scikit-learn's, of 8x8 pixels, and the network is 64-128-10. Those are 45 times fewer
rows than MNIST's, and they are gone through 60 times, not the original's 10.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import handwritten

import ranvier as rv


def main(folder: str | None = None, epochs: int | None = None, seed: int = 0) -> dict[str, float]:
    data = handwritten.load(folder, seed)
    epochs = epochs or (60 if folder is None else 10)
    settings = {
        "network": {"name": "mlp", "hidden": [128], "activation": "relu", "dropout": 0.0},
        "training.optimizer": "adam",
        "training.learning_rate": 1e-3,
        "training.batch_size": 32,
        "training.epochs": epochs,
        "split.validation": 0.05,
        "evaluation.baselines": False,
        "seed": seed,
    }
    with tempfile.TemporaryDirectory() as out:
        run = rv.fit(
            data.train_images,
            data.train_labels,
            test=(data.test_images, data.test_labels),
            settings=settings,
            out=Path(out) / "run",
        )
        train = rv.evaluate(run, data.train_images, data.train_labels).test["accuracy"]
        test = run.metrics["test"]["accuracy"]

    print(
        f"{data.origin}: {len(data.train_labels):,} rows for training, {len(data.test_labels):,} for the test"
    )
    print(f"{data.train_images[0].size}-128-10, Adam, batches of 32, {epochs} epochs")
    print(f"  accuracy on training rows  {train['value']:.4f}   <- what the original's table shows")
    print(
        f"  accuracy on test rows      {test['value']:.4f}   (95% interval {test['low']:.4f} to {test['high']:.4f})"
    )
    return {"train": train["value"], "test": test["value"], "low": test["low"], "high": test["high"]}


if __name__ == "__main__":
    main(*sys.argv[1:2])
