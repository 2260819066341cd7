"""The spread over seeds: the same network trained again on the same rows, from other first weights in another order.

The split stays, so that all are measured on the same test rows and what differs is the training alone. Each further
training is a whole run in ``seeds/SEED`` of the first one's folder; ``spread.json`` sums them up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from ..catalog import load
from ..errors import DivergedError, Interrupted, Mistake, SpecError
from ..evaluation.spread import spread
from ..files import write_json
from ..spec import Spec
from ..training.loop import Watcher
from . import folder as files
from .interrupt import interruptible
from .prepared import Prepared
from .together import decide, decision, train_seeds

Continue = Callable[[Path, Spec, Prepared], Any]
"""Trains the run in a folder to its end and measures it, from where it stands."""


def check_repeat(spec: Spec, own: nn.Module | None) -> None:
    """Refuse to train a module of the user's own several times: it brings its first weights along.

    Raises:
        SpecError: it is asked for.
    """
    if own is not None and spec.repeat > 1:
        raise SpecError(
            Mistake(
                f"'repeat' is {spec.repeat}, and a module of your own has its first weights whatever the seed is",
                "a network of the catalogue",
                "call ranvier.fit once for each module",
            )
        )


def is_left(folder: Path, spec: Spec) -> bool:
    """Whether a measured run still has to be trained from further seeds."""
    return spec.repeat > 1 and (folder / "metrics.json").exists() and not (folder / files.SPREAD).exists()


def repeat(
    folder: Path, spec: Spec, prepared: Prepared, go_on: Continue, watchers: Sequence[Watcher] = ()
) -> None:
    """Train from the further seeds (seed + 1, seed + 2, ...) and write ``spread.json``; what is done is not done again.

    A training that diverges is told as such and left out of the figures.

    Args:
        folder: of the first run, which is finished.
        spec: of the first run, settled.
        prepared: the data, split.
        go_on: see ``Continue``.
        watchers: look on; where epochs suffice them all, the seeds may be trained as one program.

    Raises:
        Interrupted: the user has asked to stop; ``resume`` goes on.
    """
    record = {name: value for name, value in files.read_run(folder)[1].items() if name != "healed"}
    seeds = [(spec.seed + i) % 2**32 for i in range(spec.repeat)]
    if all(getattr(watcher, "epochs_suffice", False) for watcher in watchers):
        _together(folder, [_of_seed(spec, seed) for seed in seeds[1:]], prepared, record, watchers)
    for number, seed in enumerate(seeds[1:], 2):
        mine, own = files.seed_folder(folder, seed), _of_seed(spec, seed)
        try:
            if not mine.exists():
                files.create(mine, "", {"run.toml": files.run_toml(own, record)}, prepared)
            if not (mine / files.MODEL).exists():
                go_on(mine, own, prepared)
        except DivergedError:
            continue
        except (Interrupted, KeyboardInterrupt):
            raise Interrupted(
                Mistake(
                    f"stopped in training {number} of {spec.repeat} (seed {seed}); all of it is saved",
                    remedy=f"go on with: ranvier train --resume {folder}",
                )
            ) from None
    together = {"together": reason} if (reason := decision(folder)) else {}
    write_json(folder / files.SPREAD, {**summed_up(folder, seeds), **together})


def _of_seed(spec: Spec, seed: int) -> Spec:
    """What a further seed's run is asked."""
    changed = {"seed": seed, "split.seed": spec.split_seed, "repeat": 1, "doctor.heal": False}
    return spec.replace({**changed, "evaluation.baselines": False, "evaluation.report": False})


def _together(
    folder: Path, specs: list[Spec], prepared: Prepared, record: dict[str, Any], watchers: Sequence[Watcher]
) -> None:
    """Train the further seeds as one program, where that is faster and none of them has begun.

    Raises:
        Interrupted: the user has asked to stop.
    """
    places = [files.seed_folder(folder, spec.seed) for spec in specs]
    if any(place.exists() for place in places) or not (reason := decide(folder, specs, prepared)):
        return
    reasons = {**record["reasons"], "repeat": reason}
    try:
        with interruptible() as interrupted:
            train_seeds(places, specs, prepared, {**record, "reasons": reasons}, interrupted, watchers)
            stopped = interrupted()
    except KeyboardInterrupt:
        stopped = True
    if stopped:
        raise Interrupted(
            Mistake(
                f"stopped while {len(specs)} seeds were trained together, which begin again",
                remedy=f"go on with: ranvier train --resume {folder}",
            )
        )


def summed_up(folder: Path, seeds: list[int]) -> dict[str, Any]:
    """What ``spread.json`` holds: each metric of each seed on the test rows, and their spread.

    Of several targets it holds this for each, by name, below ``targets``.
    """
    places = {seed: folder if seed == seeds[0] else files.seed_folder(folder, seed) for seed in seeds}
    measured = {
        seed: files.read_json(place / "metrics.json")
        for seed, place in places.items()
        if (place / "metrics.json").exists()
    }
    targets = measured[seeds[0]].get("targets")
    if not targets:
        return _spread_of(measured, seeds)
    alone = {name: {seed: metrics["targets"][name] for seed, metrics in measured.items()} for name in targets}
    return {"targets": {name: _spread_of(each, seeds) for name, each in alone.items()}}


def _spread_of(measured: dict[int, dict[str, Any]], seeds: list[int]) -> dict[str, Any]:
    """The spread of one target's metrics, by seed."""
    values: dict[int, dict[str, float | None]] = {
        seed: {name: entry["value"] for name, entry in metrics["test"].items()}
        for seed, metrics in measured.items()
    }
    first = seeds[0]
    return {
        "metric": measured[first]["metric"],
        "runs": [
            {"seed": seed, "diverged": seed not in values, "test": values.get(seed, {})} for seed in seeds
        ],
        "test": {
            name: spread(
                {seed: of_seed.get(name) for seed, of_seed in values.items()},
                bool(load("metrics", name).greater_is_better),
            )
            for name in values[first]
        },
    }
