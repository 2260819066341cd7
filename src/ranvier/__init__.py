"""Ranvier: from data to a neural network that can be trusted.

    import ranvier as rv

    run = rv.fit("titanic.csv", target="survived")
    print(run)
    run.predict("new.csv")

Everything here is loaded when it is first used, so that ``import ranvier`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    DataError,
    DivergedError,
    Interrupted,
    ModelFileError,
    RanvierError,
    RunError,
    SpecError,
    UserError,
)
from .finding import Finding
from .version import __version__

if TYPE_CHECKING:
    from .delivery.language import load
    from .delivery.model import Model
    from .insight.trace import trace
    from .insight.watching.callbacks import lightning_callback, transformers_callback
    from .insight.watching.watch import watch
    from .insight.wiring.check import check
    from .workflow.evaluate import evaluate
    from .workflow.fit import fit, resume
    from .workflow.inspect import inspect
    from .workflow.run import Run

_LAZY = {
    "fit": "ranvier.workflow.fit",
    "resume": "ranvier.workflow.fit",
    "inspect": "ranvier.workflow.inspect",
    "evaluate": "ranvier.workflow.evaluate",
    "load": "ranvier.delivery.language",
    "trace": "ranvier.insight.trace",
    "check": "ranvier.insight.wiring.check",
    "watch": "ranvier.insight.watching.watch",
    "lightning_callback": "ranvier.insight.watching.callbacks",
    "transformers_callback": "ranvier.insight.watching.callbacks",
    "Model": "ranvier.delivery.model",
    "Run": "ranvier.workflow.run",
}

__all__ = [
    "DataError",
    "DivergedError",
    "Finding",
    "Interrupted",
    "Model",
    "ModelFileError",
    "RanvierError",
    "Run",
    "RunError",
    "SpecError",
    "UserError",
    "__version__",
    "check",
    "evaluate",
    "fit",
    "inspect",
    "lightning_callback",
    "load",
    "resume",
    "trace",
    "transformers_callback",
    "watch",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'ranvier' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
