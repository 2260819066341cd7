"""The model file ``NAME.rv``: a zip of JSON and safetensors, without dates and without code.

    manifest.json         format, and the SHA-256 of each other member
    model.json            schema, preparation, task, architecture, card, temperature; the training columns in counts
    weights.safetensors   the network's parameters and buffers
    golden.json           synthetic rows drawn from the preparation, and the outputs that the network gave for them

Loading checks the digests, builds the network from plain values, and replays the golden rows: a file that does not
agree with itself is refused. Nothing is unpickled, so that opening a stranger's model can run no code of theirs.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import nn

from ..assemble import Architecture
from ..catalog import TASKS, TEXT_TASKS
from ..data.preparation import Preparation
from ..data.profile import Profile
from ..data.ragged import padded
from ..data.schema import Schema
from ..errors import Mistake, ModelFileError, RanvierError
from ..files import write_bytes
from ..tasks.several import parts_of
from .model import Model, forward, task_from_state

FORMAT = 1
GOLDEN_ROWS = 8
TOLERANCE = 1e-4
"""How far the outputs of golden rows may differ, relative to the largest of them: processors round differently."""

MEMBERS = ("model.json", "weights.safetensors", "golden.json")


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
    }
    golden = {
        "rows": rows.to_dict(as_series=False),
        "outputs": _outputs(model.network, model.preparation, rows),
    }
    return put_members(path, described, model.network, golden)


def put_members(path: str | Path, described: Any, network: nn.Module, golden: Any) -> Path:
    """Write a model file in one step.

    Args:
        path: where.
        described: ``model.json``.
        network: its weights.
        golden: ``golden.json``.

    Raises:
        RunError: the place cannot be written.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    contents = dict(zip(MEMBERS, (_json(described), safetensors.save(_unshared(weights)), _json(golden))))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    manifest = _json({"format": FORMAT, "sha256": digests})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {"manifest.json": manifest, **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    write_bytes(Path(path), buffer.getvalue())
    return Path(path)


def load(path: str | Path, network: nn.Module | None = None) -> Model:
    """Read a model file.

    Args:
        path: of the file.
        network: the module, where the model is of a user's own module; its weights are replaced.

    Raises:
        ModelFileError: the file is missing, is no model file, has been changed, comes from a newer release, or its
            network does not give the outputs that the file says it gives.
        SpecError: the model needs ``network``.
    """
    path = Path(path)
    contents = read_members(path)
    with fitting_together(path):
        described = json.loads(contents["model.json"])
        golden = json.loads(contents["golden.json"])
        weights = safetensors.load(contents["weights.safetensors"])
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
        built.load_state_dict(weights)
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


@contextmanager
def fitting_together(path: Path) -> Iterator[None]:
    """Turn what goes wrong while the parts of a model file are put together into a sentence.

    Raises:
        ModelFileError: something does.
    """
    try:
        yield
    except RanvierError:
        raise
    except (
        SafetensorError,
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        pl.exceptions.PolarsError,
    ) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise _refused(path, f"its parts do not fit together ({reason})") from error


def check_golden(path: Path, replayed: Any, stated: Any) -> None:
    """Check that a network gives the outputs that its file states, but for rounding.

    Raises:
        ModelFileError: it does not.
    """
    found, wanted = np.asarray(replayed), np.asarray(stated)
    if found.shape != wanted.shape or not _close(found, wanted):
        raise _refused(
            path, "its network does not give the outputs that the file records for its golden examples"
        )


def _temperature(value: Any, targets: int = 1) -> float | tuple[float, ...]:
    """A temperature that is one, or one for each of several targets: the file is a stranger's.

    Raises:
        ValueError: it is no number above 0.
    """
    if isinstance(value, list) and len(value) == targets > 1:
        return tuple(_temperature_of(each) for each in value)
    return _temperature_of(value)


def _temperature_of(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ValueError(f"the temperature {value!r}")
    return float(value)


def read_members(path: Path) -> dict[str, bytes]:
    """The members of a model file, whose digests agree.

    Raises:
        ModelFileError: the file is missing, is no model file, has been changed, or comes from a newer release.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            if not isinstance(manifest, Mapping) or not isinstance(manifest.get("format"), int):
                raise KeyError("format")
            if manifest["format"] > FORMAT:
                raise ModelFileError(
                    Mistake(
                        f"{str(path)!r} has format {manifest['format']}",
                        f"format {FORMAT} or older",
                        "install a newer release of ranvier",
                    )
                )
            contents = {name: archive.read(name) for name in MEMBERS}
            digests = manifest["sha256"]
    except FileNotFoundError:
        raise ModelFileError(Mistake(f"there is no file {str(path)!r}", "a model file (.rv)")) from None
    except OSError as error:
        raise ModelFileError(
            Mistake(f"{str(path)!r} cannot be read ({error.strerror})", "a model file (.rv)")
        ) from None
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError):
        raise ModelFileError(
            Mistake(f"{str(path)!r} is no model file, or is damaged", "a model file (.rv)")
        ) from None
    for name, content in contents.items():
        if digests.get(name) != hashlib.sha256(content).hexdigest():
            raise _refused(path, f"its member {name!r} has been changed since it was written")
    return contents


def _refused(path: Path, reason: str) -> ModelFileError:
    return ModelFileError(
        Mistake(f"{str(path)!r} is refused: {reason}", remedy="get the file anew from its source")
    )


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


def _unshared(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tied weights share memory, which the format refuses: each name gets a copy."""
    return {name: tensor.clone() for name, tensor in weights.items()}


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False, allow_nan=False).encode()
