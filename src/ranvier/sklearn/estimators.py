"""The two estimators.

Legend: N rows, D columns, C classes.
"""

# ruff: noqa: N803 (X is what scikit-learn calls it, by keyword too)

from __future__ import annotations

import copy
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted
from torch import nn
from typing_extensions import Self

from ..data.ledger import Ledger
from ..delivery.file import load, save
from ..delivery.model import Model, forward
from ..files import write_bytes
from ..spec import OWN_NETWORK
from ..workflow.alone import train_alone
from .request import spec_of
from .rows import checked_target, checked_weight, in_order, labels_of, read_inputs


class _Network(BaseEstimator):  # type: ignore[misc]
    """What the two estimators share: parameters, the fit, the file."""

    def __init__(
        self,
        network: str | Mapping[str, Any] | nn.Module | None = None,
        *,
        epochs: int | None = None,
        learning_rate: float | str | None = None,
        batch_size: int | str | None = None,
        optimizer: str | Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.network = network
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.settings = settings
        self.random_state = random_state
        self.verbose = verbose

    @property
    def model_(self) -> Model:
        """The fitted model, as ``ranvier.load`` gives it."""
        check_is_fitted(self)
        model: Model = self._model
        return model

    def save(self, path: str | Path) -> Path:
        """Write the model file, which ``ranvier.load`` and ``ranvier predict`` read.

        Raises:
            RunError: the place cannot be written.
        """
        check_is_fitted(self)
        write_bytes(Path(path), self.model_file_)
        return Path(path)

    def _fit(
        self, X: Any, targets: Sequence[pl.Series], kind: str, weight: NDArray[np.float64] | None
    ) -> None:
        """Train on X (N, D) and targets (N,) of ``kind``, with weights (N,) or None."""
        ledger = Ledger()
        frame, declared = read_inputs(self, X, ledger, reset=True)
        table, names, weight_name = in_order(frame, declared, targets, weight, ledger)
        task = "regress" if kind == "number" else "classify"
        spec = spec_of(self.get_params(deep=False), table, task, names, weight_name)
        own = copy.deepcopy(self.network) if isinstance(self.network, nn.Module) else None
        trained = train_alone(spec, table, kind, ledger, own=own, watchers=[_Told()] if self.verbose else [])
        self._model = trained.model
        self.model_file_ = _to_bytes(trained.model)
        self.n_iter_ = len(trained.history)
        self.history_ = [dict(line) for line in trained.history]
        self.ledger_ = ledger.as_dict()

    def _predict(self, X: Any) -> NDArray[np.float64]:
        """(N, C) probabilities of the classes that the model knows, or (N,) or (N, K) values."""
        check_is_fitted(self)
        model = self._model
        frame, _ = read_inputs(self, X, Ledger(), reset=False)
        inputs, network = model.preparation.transform(frame), model.network
        if (
            model.architecture.network != OWN_NETWORK
        ):  # what rounding makes of a row depends on the rows beside it
            network = copy.deepcopy(network).double()
            inputs = {name: b.double() if b.is_floating_point() else b for name, b in inputs.items()}
        predicted: NDArray[np.float64] = model.task.decode(forward(network, inputs))
        return predicted

    def __getstate__(self) -> dict[str, Any]:
        """The parameters and what was fitted, with the model as the bytes of its file."""
        return {name: value for name, value in super().__getstate__().items() if name != "_model"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load the model from its bytes again.

        Raises:
            ModelFileError: they are not what they were.
        """
        super().__setstate__(state)
        if "model_file_" in state:
            self._model = _from_bytes(self.model_file_, self.network)

    def __sklearn_tags__(self) -> Any:
        """Gaps (NaN, None) may be in X."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class NetworkClassifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A neural network that says which class a row belongs to.

    What is left at None is chosen from the data, as ``ranvier train`` does.

    Args:
        network: a catalogue name, such a name with options (``{"name": "mlp", "hidden": [64]}``), or a module of your
            own, of which a copy is trained; the default is an MLP.
        epochs: how many; with fewer than 100 rows all of them are done, since no rows are held out to choose the best.
        learning_rate: of the optimizer, or ``"find"``.
        batch_size: rows, or ``"all"``.
        optimizer: a catalogue name, or such a name with options.
        settings: anything else that ``ranvier train --set`` takes, dotted or nested, such as ``{"columns":
            {"postcode": "category"}}``.
        random_state: what all randomness comes from; None draws from NumPy's global generator.
        verbose: 1 prints a line an epoch.

    Attributes:
        classes_: (C,) the classes, sorted, in the type that y had.
        n_features_in_: D.
        feature_names_in_: (D,) the names of the columns, where X was a frame with names that are text.
        n_iter_: how many epochs were done.
        history_: one entry an epoch: losses and metrics.
        ledger_: what became of rows, columns and cells that were not used as they stood.
        model_file_: the bytes of the model file.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> NetworkClassifier(epochs=20, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network.

        Args:
            X: (N, D) numbers, or a data frame (pandas, polars) with N rows.
            y: (N,) classes: whole numbers, text or booleans, at least two different ones.
            sample_weight: (N,) of at least 0. A row of weight 0 is left out, and where all weights are whole numbers
                and not too large (10 N together), a row of weight k is the same as k rows.

        Raises:
            ValueError: X, y or the weights are not such.
            UserError: a parameter or a setting is wrong, or a frame cannot be read.
            DivergedError: the loss was no longer finite.
        """
        values = checked_target(self, X, y, numeric=False)
        check_classification_targets(values)
        weight = checked_weight(sample_weight, len(values))
        self.classes_, codes = np.unique(values, return_inverse=True)
        if len(present := np.unique(codes if weight is None else codes[weight > 0])) < 2:
            (only,) = self.classes_[present].tolist()
            where = "" if weight is None else " where the weight is above 0"
            raise ValueError(f"y holds 1 class{where}, {only!r}, and a classifier needs at least 2 classes.")
        labels = labels_of(self.classes_)
        self._fit(X, [pl.Series(labels)[codes.reshape(-1)]], "category", weight)
        known = self._model.task.classes
        self._places = [labels.index(label) for label in known]
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each class.

        Args:
            X: (N, D), or a frame with the columns of ``fit``.

        Returns:
            (N, C), in the order of ``classes_``.
        """
        known = self._predict(X)
        probabilities = np.zeros((len(known), len(self.classes_)))
        probabilities[:, self._places] = known
        return probabilities

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row: (N,), of the type that y had."""
        chosen = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[chosen]
        return labels


class NetworkRegressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A neural network that says the number of a row.

    Parameters and attributes are those of ``NetworkClassifier``, without ``classes_``.

    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 80)[:, None]
    >>> NetworkRegressor(epochs=60, random_state=0).fit(X, 5 * X[:, 0]).score(X, 5 * X[:, 0]) > 0.9
    True
    """

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train a network.

        Args:
            X: (N, D) numbers, or a data frame (pandas, polars) with N rows.
            y: (N,) numbers; or (N, K), K > 1, of which one network learns all at once.
            sample_weight: as for ``NetworkClassifier``.

        Raises:
            ValueError, UserError, DivergedError: as ``NetworkClassifier`` does.
        """
        values = checked_target(self, X, y, numeric=True)
        weight = checked_weight(sample_weight, len(values))
        columns = values.astype(np.float64).reshape(len(values), -1).T
        self._fit(X, [pl.Series(np.ascontiguousarray(column)) for column in columns], "number", weight)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The number of each row (N,), or its numbers (N, K), as y had."""
        return self._predict(X)

    def __sklearn_tags__(self) -> Any:
        """y may hold several numbers a row."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class _Told:
    """A watcher that prints a line an epoch."""

    def on_step(self, state: Any, batch: Any, loss: float) -> None:
        """Nothing."""

    def on_epoch(self, state: Any, line: Mapping[str, Any]) -> None:
        """Print the losses and metrics of the epoch."""
        held = "".join(f", validation {name} {value:.4f}" for name, value in line["validation"].items())
        print(f"epoch {line['epoch']}: training loss {line['train']['loss']:.4f}{held}", flush=True)


def _to_bytes(model: Model) -> bytes:
    with tempfile.TemporaryDirectory(prefix="ranvier-") as folder:
        return save(model, Path(folder) / "model.rv").read_bytes()


def _from_bytes(content: bytes, network: Any) -> Model:
    own = copy.deepcopy(network) if isinstance(network, nn.Module) else None
    with tempfile.TemporaryDirectory(prefix="ranvier-") as folder:
        path = Path(folder) / "model.rv"
        path.write_bytes(content)
        return load(path, network=own)
