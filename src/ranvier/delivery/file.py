"""The model file ``NAME.rv``: a zip of JSON and safetensors, without dates and without code.

    manifest.json         format, and the SHA-256 of each other member
    model.json            schema, preparation, task, architecture, card, temperature; the training columns in counts
    weights.safetensors   the network's parameters and buffers
    golden.json           synthetic rows drawn from the preparation, and the outputs that the network gave for them

A model that learnt adapters of another one's weights holds these and what else is new, and names the other (``base``).

Loading checks the digests, builds the network from plain values, and replays the golden rows: a file that does not
agree with itself is refused. Nothing is unpickled, so that opening a stranger's model can run no code of theirs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from ..assemble import Architecture
from ..catalog import TASKS, TEXT_TASKS
from ..data.preparation import Preparation
from ..data.profile import Profile
from ..data.ragged import padded
from ..data.schema import Schema
from ..errors import Mistake, ModelFileError
from ..tasks.several import parts_of
from .base import own_weights, told_of, weights_of
from .members import fitting_together, put_members, read_members, refused
from .model import Model, forward, task_from_state

GOLDEN_ROWS = 8
TOLERANCE = 1e-4
"""How far the outputs of golden rows may differ, relative to the largest of them: processors round differently."""


def save(model: Model, path: str | Path) -> Path:
    """Write ``model`` to ``path`` in one step; the same model gives the same bytes.

    Raises:
        RunError: the place cannot be written.
    """
    rows = model.preparation.draw(GOLDEN_ROWS, np.random.Generator(np.random.PCG64(0)))
    described = {
        "schema": model.schema.as_dict(),
        "preparation": model.preparation.state(),
        "task": {"name": model.task.name, **model.task.state()},
        "architecture": model.architecture.as_dict(),
        "card": dict(model.card),
        "temperature": model.temperature,
        "profile": model.profile.state() if model.profile else None,
        **told_of(model.base),
    }
    golden = {
        "rows": rows.to_dict(as_series=False),
        "outputs": _outputs(model.network, model.preparation, rows),
    }
    return put_members(path, described, own_weights(model.network, model.base), golden)


def load(path: str | Path, network: nn.Module | None = None, base: str | Path | None = None) -> Model:
    """Read a model file.

    Args:
        path: of the file.
        network: the module, where the model is of a user's own module; its weights are replaced.
        base: of a file that holds adapters, the model that they are of; None looks where it was, and beside the file.

    Raises:
        ModelFileError: the file is missing, is no model file, has been changed, comes from a newer release, or its
            network does not give the outputs that the file says it gives; or its base is not there.
        SpecError: the model needs ``network``.
    """
    path = Path(path)
    contents = read_members(path)
    with fitting_together(path):
        described = json.loads(contents["model.json"])
        golden = json.loads(contents["golden.json"])
        state = described["task"]
        if state["name"] in TEXT_TASKS:
            writes = state["name"] == "generate"
            what = "goes on with a text" if writes else "tells hidden words, for a later training"
            remedy = (
                f"ranvier generate {path} --prompt '...'" if writes else f"ranvier train DATA --from {path}"
            )
            raise ModelFileError(
                Mistake(f"{str(path)!r} is a language model, which {what}", "a model of a table", remedy)
            )
        preparation = Preparation.from_state(described["preparation"])
        if state["name"] not in (*TASKS, "several"):
            raise KeyError(state["name"])
        architecture = Architecture(**described["architecture"])
        built = architecture.build(seed=0, own=network)
        built.load_state_dict(weights_of(path, contents, base, list(built.state_dict())))
        built.eval()
        task = task_from_state(state["name"], state)
        model = Model(
            schema=Schema.from_dict(described["schema"]),
            preparation=preparation,
            task=task,
            architecture=architecture,
            network=built,
            card=described["card"],
            profile=Profile.from_state(described["profile"]) if described.get("profile") else None,
            temperature=_temperature(described.get("temperature", 1.0), len(parts_of(task))),
        )
        rows = pl.DataFrame(golden["rows"])
        check_golden(path, _outputs(built, preparation, rows), golden["outputs"])
    return model


def check_golden(path: Path, replayed: Any, stated: Any) -> None:
    """Check that a network gives the outputs that its file states, but for rounding.

    Raises:
        ModelFileError: it does not.
    """
    found, wanted = np.asarray(replayed), np.asarray(stated)
    if found.shape != wanted.shape or not _close(found, wanted):
        raise refused(
            path, "its network does not give the outputs that the file records for its golden examples"
        )


def _temperature(value: Any, targets: int = 1) -> float | tuple[float, ...]:
    """A temperature that is one, or one for each of several targets: the file is a stranger's.

    Raises:
        ValueError: it is no number above 0.
    """
    if isinstance(value, list) and len(value) == targets > 1:
        return tuple(temperature_of(each) for each in value)
    return temperature_of(value)


def temperature_of(value: Any) -> float:
    """A temperature that a file names.

    Raises:
        ValueError: it is no number above 0.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ValueError(f"the temperature {value!r}")
    return float(value)


def _outputs(network: nn.Module, preparation: Preparation, rows: pl.DataFrame) -> Any:
    """What golden rows are compared by."""
    inputs = preparation.transform(rows)
    if (told := getattr(network, "told", None)) is not None:  # its outputs are found by a search
        return _flat(told({name: padded(block) for name, block in inputs.items()}).double())
    return _flat(forward(network, inputs).double())


def _flat(outputs: torch.Tensor) -> Any:
    """The outputs as lists; of each position (N, T, K) those of the positions that there are, one row after another."""
    if outputs.ndim == 3 and outputs.isnan().any():
        outputs = outputs[~outputs.isnan().all(dim=2)]
    return outputs.tolist()


def _close(replayed: np.ndarray[Any, Any], stated: np.ndarray[Any, Any]) -> bool:
    if not np.isfinite(replayed).all():
        return False
    scale = float(np.abs(stated).max(initial=1e-6))
    return bool(np.abs(replayed - stated).max(initial=0.0) <= TOLERANCE * max(scale, 1e-6))
