"""``rv.watch`` for those who have no loop of their own: callbacks for Lightning and for the Trainer of transformers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any

from torch import nn

from ...errors import Mistake, SpecError
from ...finding import Finding
from .watch import Watch, _print, watch

LIGHTNING = ("lightning.pytorch", "pytorch_lightning")


def lightning_callback(
    *,
    monitor: str = "val_loss",
    say: Callable[[str], None] | None = _print,
    without: Collection[str] = (),
) -> Any:
    """A callback that watches a training by Lightning: ``Trainer(callbacks=[rv.lightning_callback()])``.

    Its ``findings`` are those so far. Watched is the one submodule with parameters where there is only one, else the
    whole module (whose ``training_step`` then has to call ``self(...)``), with the first optimizer.

    Args:
        monitor: the name under which the validation loss is logged.
        say: is given a line when a finding appears; None says nothing.
        without: codes of findings that are left out.

    Raises:
        SpecError: Lightning is not installed.
    """
    base = _base(LIGHTNING, "Callback", "lightning")

    class WatchCallback(base):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.watch: Watch | None = None

        @property
        def findings(self) -> list[Finding]:
            return self.watch.findings if self.watch else []

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            self.watch = watch(_only_child(pl_module), trainer.optimizers[0], say=say, without=without)

        def on_train_batch_end(
            self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
        ) -> None:
            loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
            if self.watch and loss is not None:
                self.watch.loss(loss)

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            value = trainer.callback_metrics.get(monitor)
            if self.watch and value is not None and not trainer.sanity_checking:
                self.watch.validation(value)

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            if self.watch:
                self.watch.close()

    return WatchCallback()


def transformers_callback(
    *, say: Callable[[str], None] | None = _print, without: Collection[str] = ()
) -> Any:
    """A callback that watches a training by the Trainer of transformers: ``Trainer(callbacks=[...])``.

    Its ``findings`` are those so far. The losses are those that the Trainer logs, each of which is a mean of
    ``logging_steps`` steps, and ``eval_loss`` after each evaluation.

    Args:
        say: is given a line when a finding appears; None says nothing.
        without: codes of findings that are left out.

    Raises:
        SpecError: transformers is not installed.
    """
    base = _base(("transformers",), "TrainerCallback", "transformers")

    class WatchCallback(base):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            self.watch: Watch | None = None

        @property
        def findings(self) -> list[Finding]:
            return self.watch.findings if self.watch else []

        def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            optimizer = given["optimizer"]
            while hasattr(optimizer, "optimizer"):  # accelerate stands around torch's
                optimizer = optimizer.optimizer
            self.watch = watch(given["model"], optimizer, say=say, without=without)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **given: Any) -> None:
            if self.watch and logs and "loss" in logs:
                self.watch.loss(float(logs["loss"]))

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **given: Any) -> None:
            if self.watch and metrics and "eval_loss" in metrics:
                self.watch.validation(float(metrics["eval_loss"]))

        def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
            if self.watch:
                self.watch.close()

    return WatchCallback()


def _base(modules: Collection[str], name: str, package: str) -> Any:
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except ImportError:
            continue
    raise SpecError(Mistake(f"{package} is not installed", remedy=f"pip install {package}"))


def _only_child(module: nn.Module) -> nn.Module:
    """The one submodule that has parameters, or the module itself.

    >>> layer = nn.Linear(2, 1)
    >>> _only_child(nn.Sequential(layer, nn.ReLU())) is layer
    True
    """
    learning = [child for child in module.children() if any(True for _ in child.parameters())]
    own = any(True for _ in module.parameters(recurse=False))
    return learning[0] if len(learning) == 1 and not own else module
