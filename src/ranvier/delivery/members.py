"""The members of a model file: written in one step, and read back only where their digests agree.

The layout is told in ``delivery.file``.
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

import polars as pl
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor

from ..errors import Mistake, ModelFileError, RanvierError
from ..files import write_bytes

FORMAT = 1

MEMBERS = ("model.json", "weights.safetensors", "golden.json")


def put_members(path: str | Path, described: Any, weights: Mapping[str, Tensor], golden: Any) -> Path:
    """Write a model file in one step.

    Args:
        path: where.
        described: ``model.json``.
        weights: by name.
        golden: ``golden.json``.

    Raises:
        RunError: the place cannot be written.
    """
    own = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    contents = dict(zip(MEMBERS, (_json(described), safetensors.save(_unshared(own)), _json(golden))))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    manifest = _json({"format": FORMAT, "sha256": digests})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {"manifest.json": manifest, **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    write_bytes(Path(path), buffer.getvalue())
    return Path(path)


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
        raise refused(path, f"its parts do not fit together ({reason})") from error


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
            raise refused(path, f"its member {name!r} has been changed since it was written")
    return contents


def refused(path: Path, reason: str) -> ModelFileError:
    """That a file is refused, and why, as a clause."""
    return ModelFileError(
        Mistake(f"{str(path)!r} is refused: {reason}", remedy="get the file anew from its source")
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False, allow_nan=False).encode()


def _unshared(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tied weights share memory, which the format refuses: each name gets a copy."""
    return {name: tensor.clone() for name, tensor in weights.items()}
