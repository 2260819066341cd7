"""Each library as a function: from a case and its rows to functions that train an epoch on them and tell classes.

All use Adam at 1e-3 and cross-entropy, draw the rows in a new order each epoch, and take them from memory the quickest
way that their documentation shows. ``None`` where the library is not installed or cannot run the case.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .networks import Case

Epoch = Callable[[], None]


class Run(NamedTuple):
    """A training: ``epoch`` trains one more on all rows, ``classes`` gives those of rows (N, W) as (N,)."""

    epoch: Epoch
    classes: Callable[[Tensor], NDArray[np.int64]]


def told_by(network: nn.Module) -> Callable[[Tensor], NDArray[np.int64]]:
    """The classes that a network tells."""

    def classes(x: Tensor) -> NDArray[np.int64]:
        network.eval()
        with torch.no_grad():
            found = network(x).argmax(1).numpy()
        network.train()
        return found

    return classes


def torch_by_hand(case: Case, x: Tensor, y: Tensor) -> Run:
    """The loop of PyTorch's tutorials, on tensors that are sliced."""
    network = case.build()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def epoch() -> None:
        order = torch.randperm(len(x))
        for start in range(0, len(x), case.batch):
            index = order[start : start + case.batch]
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(x[index]), y[index])
            loss.backward()
            optimizer.step()
            loss.item()

    return Run(epoch, told_by(network))


def lightning(case: Case, x: Tensor, y: Tensor) -> Run | None:
    """PyTorch Lightning, everything that can be switched off switched off."""
    if not find_spec("pytorch_lightning"):
        return None
    import pytorch_lightning as pl

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = case.build()

        def training_step(self, batch: list[Tensor]) -> Tensor:
            return functional.cross_entropy(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=1e-3)

    module = Module()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), case.batch, shuffle=True)

    def epoch() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pl.Trainer(
                max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
                enable_model_summary=False, accelerator="cpu",
            ).fit(module, loader)  # fmt: skip

    return Run(epoch, told_by(module.network))


def skorch(case: Case, x: Tensor, y: Tensor) -> Run | None:
    """skorch, without its own split and without printing."""
    if not find_spec("skorch"):
        return None
    from skorch import NeuralNetClassifier

    net = NeuralNetClassifier(
        case.build(), criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=1e-3, max_epochs=1,
        batch_size=case.batch, iterator_train__shuffle=True, train_split=None, verbose=0,
    ).initialize()  # fmt: skip
    return Run(lambda: net.partial_fit(x, y) and None, net.predict)


def fastai(case: Case, x: Tensor, y: Tensor) -> Run | None:
    """fastai's Learner, without its progress bar."""
    if not find_spec("fastai"):
        return None
    import fastai.callback.progress  # noqa: F401 gives the learner ``no_bar``
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.optimizer import Adam

    dataset = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader(dataset, case.batch, shuffle=True)
    few = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x[:1], y[:1]), 1)
    learner = Learner(
        DataLoaders(loader, few), case.build(), loss_func=nn.CrossEntropyLoss(), opt_func=Adam, lr=1e-3
    )

    def epoch() -> None:
        with learner.no_bar(), learner.no_logging():
            learner.fit(1)

    return Run(epoch, told_by(learner.model))


def keras_jax(case: Case, x: Tensor, y: Tensor) -> Run | None:
    """Keras with JAX, which compiles the step; multi-layer perceptrons alone."""
    if not case.hidden or not (find_spec("keras") and find_spec("jax")):
        return None
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    layers = [keras.layers.Dense(width, activation="relu") for width in case.hidden]
    model = keras.Sequential([keras.Input((x.shape[1],)), *layers, keras.layers.Dense(case.classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    inputs, target = x.numpy(), y.numpy()
    return Run(
        lambda: model.fit(inputs, target, batch_size=case.batch, epochs=1, verbose=0) and None,
        lambda rows: model.predict(rows.numpy(), verbose=0).argmax(1),
    )


def scikit_learn(case: Case, x: Tensor, y: Tensor) -> Run | None:
    """scikit-learn's MLPClassifier; multi-layer perceptrons alone."""
    if not case.hidden:
        return None
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(case.hidden, alpha=0.0, batch_size=case.batch, max_iter=1)
    inputs, target = x.numpy(), y.numpy()
    model.set_params(warm_start=True)

    def epoch() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(inputs, target)

    return Run(epoch, lambda rows: model.predict(rows.numpy()))


PEERS: dict[str, Callable[[Case, Tensor, Tensor], Run | None]] = {
    "torch by hand": torch_by_hand,
    "Lightning": lightning,
    "skorch": skorch,
    "fastai": fastai,
    "Keras (JAX)": keras_jax,
    "scikit-learn": scikit_learn,
}
