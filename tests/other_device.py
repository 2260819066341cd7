"""A device that stands in for a graphics card: torch refuses to mix its tensors with the processor's.

    python tests/other_device.py FOLDER NAME ...

trains each of the named cases (``CASES``) on the processor and on this device, and prints the losses of both. The
device is built in FOLDER, where it is not there yet. It needs a process of its own: torch has one such device for good.
"""

from __future__ import annotations

import json
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch.utils import cpp_extension

import ranvier as rv
from small_pictures import write_small_pictures

NAME = "other"


def build(folder: Path) -> Path:
    """The library of the device, compiled where it is not there yet."""
    library = folder / "other_device.so"
    if not library.exists():
        include = [f"-I{path}" for path in cpp_extension.include_paths()]
        link = [f"-L{path}" for path in cpp_extension.library_paths()]
        source = str(Path(__file__).with_suffix(".cpp"))
        options = ["-std=c++20", "-O1", "-shared", "-fPIC"]
        subprocess.run(
            ["g++", *options, *include, source, *link, "-lc10", "-ltorch_cpu", "-o", str(library)], check=True
        )
    return library


def load(library: Path) -> None:
    """Make the device known to torch."""
    torch.ops.load_library(library)
    torch.utils.rename_privateuse1_backend(NAME)
    module: Any = types.ModuleType(f"torch.{NAME}")
    module.is_available = module.is_initialized = lambda: True
    module._is_in_bad_fork = lambda: False
    module.device_count, module.current_device = (lambda: 1), (lambda: 0)
    module.manual_seed_all = lambda seed: None
    module.get_rng_state, module.set_rng_state = (lambda device=None: torch.zeros(1)), (lambda *state: None)
    torch._register_device_module(NAME, module)


def table(folder: Path) -> dict[str, Any]:
    """Numbers, categories and truths, by the default network."""
    return {"data": "sample:bicycles", "target": "sold"}


def own(folder: Path) -> dict[str, Any]:
    """A module of the user's own, with dropout and noise."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Dropout(0.2), torch.nn.Linear(8, 3)
    )
    return {"data": "sample:iris", "network": network, "settings": {"regularization.noise": 0.1}}


def pictures(folder: Path) -> dict[str, Any]:
    """Pictures in memory, changed in each batch in every way."""
    made = np.random.default_rng(0).integers(0, 256, (60, 12, 12), dtype=np.uint8)
    changes = {"rotate": 10.0, "flip": True, "colour": 0.2, "erase": 0.3, "mixup": 0.3, "cutmix": 0.3}
    settings = {f"augmentation.{name}": value for name, value in changes.items()}
    return {"data": made, "y": np.arange(60) % 3, "network": "lenet5", "settings": settings}


def texts(folder: Path) -> dict[str, Any]:
    """Texts, by an LSTM over their words."""
    words = ["red green blue", "one two", "green one two three four", "blue"]
    frame = pl.DataFrame(
        {"said": [words[i % 4] + f" {i % 7}" for i in range(80)], "kind": [i % 4 > 1 for i in range(80)]}
    )
    return {
        "data": frame,
        "target": "kind",
        "network": "lstm",
        "settings": {"columns": {"said": {"kind": "text"}}},
    }


def forecast(folder: Path) -> dict[str, Any]:
    """A series ahead."""
    months = pl.date_range(pl.date(2010, 1, 1), pl.date(2017, 6, 1), "1mo", eager=True)
    values = 50 + 10 * np.sin(np.arange(len(months)) * np.pi / 6)
    settings = {"task": "forecast", "columns.month.role": "time", "forecast.horizon": 6}
    return {"data": pl.DataFrame({"month": months, "sold": values}), "target": "sold", "settings": settings}


def pictures_on_disk(folder: Path) -> dict[str, Any]:
    """Pictures that are decoded as they are needed."""
    write_small_pictures(folder / "files")
    return {
        "data": folder / "files" / "pictures",
        "network": "compact",
        "settings": {"execution.stream": True},
    }


def language(folder: Path) -> dict[str, Any]:
    """A text, by a small GPT."""
    text = folder / "text.txt"
    text.write_text("".join(f"The {['cat', 'dog', 'hen'][i % 3]} sat by the door.\n" for i in range(300)))
    network = {"name": "gpt", "layers": 1, "width": 16, "heads": 2, "length": 16}
    return {"data": text, "network": network, "settings": {"task": "generate"}}


CASES: dict[str, Callable[[Path], dict[str, Any]]] = {
    case.__name__: case for case in (table, own, pictures, texts, forecast, pictures_on_disk, language)
}


def losses(case: dict[str, Any], device: str, folder: Path) -> list[float]:
    """The losses of the epochs, of training and of validation, on a device."""
    settings = {
        "training.epochs": 2,
        "evaluation.baselines": False,
        "execution.plan": "exact",
        "execution.device": device,
        **case.get("settings", {}),
    }
    given = {name: value for name, value in case.items() if name != "settings"}
    run = rv.fit(given.pop("data"), given.pop("y", None), settings=settings, out=folder, **given)
    return [line[part]["loss"] for line in run.history for part in ("train", "validation")]


def main() -> None:
    """Print a line of JSON for each case: its losses on both devices."""
    folder = Path(sys.argv[1])
    load(build(folder))
    for name in sys.argv[2:]:
        both = []
        for device in ("cpu", NAME):
            place = folder / f"{name}-{device}"
            place.mkdir()
            both.append(losses(CASES[name](place), device, place / "run"))
        print(json.dumps({"case": name, "losses": both}), flush=True)


if __name__ == "__main__":
    main()
