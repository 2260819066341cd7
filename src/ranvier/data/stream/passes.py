"""Batches from a table on disk: pass after pass over its blocks, in an order of seed and pass alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...errors import DataError, Mistake
from ...files import write_text
from ..batches import STRETCH, Batch, by_length
from . import Block
from .room import Room

TOGETHER = 8
"""The rows of so many blocks are mixed: more mix better, and take more memory."""

MOST_UNREADABLE = 0.05
"""Training stops where a larger share of the rows read so far cannot be read."""

LEAST_READ = 1_000
"""Of fewer rows no share is taken."""


@dataclass(frozen=True)
class Piece:
    """The training rows of a block, prepared.

    Args:
        batch: these rows (R of them).
        read: how many rows the block holds in all.
        held: how many of these are of the validation or test part.
        dropped: how many could not be used, by reason.
        unreadable: how many of those could not even be read.
    """

    batch: Batch
    read: int
    held: int
    dropped: Mapping[str, int]
    unreadable: int


@dataclass(frozen=True)
class Begun:
    """What is noted when the rows of a group of blocks begin to be drawn.

    Args:
        step: the first step that draws from it.
        passed: how many passes were done before.
        group: its number within the pass.
        rows: how many training rows it gives.
        read, held, unreadable, dropped: see ``Piece``.
        places, padded: where rows are sequences, how many positions its batches have, and how many hold nothing.
    """

    step: int
    passed: int
    group: int
    rows: int
    read: int
    held: int
    unreadable: int
    dropped: Mapping[str, int]
    places: int = 0
    padded: int = 0


class StreamBatches:
    """Batches without end, as ``Batches`` gives them: epoch e has steps e S to (e + 1) S, wherever in a pass that is.

    The blocks of a pass are shuffled; the rows of eight blocks at a time are read ahead in a thread, shuffled and cut
    into batches; where rows are sequences, those of like length come together, as in ``Batches``. What is drawn at
    which step depends on the table, the size of a batch and the seed alone. No row of a pass is left out; the last
    batch of eight blocks may be smaller.

    Args:
        blocks: of the table.
        read: gives the training rows of a block.
        few: as many training rows as a batch has, prepared, on the device that the batches are to be on.
        seed: of the run.
        steps: S, the steps that are called an epoch.
    """

    def __init__(
        self, blocks: Sequence[Block], read: Callable[[Block], Piece], few: Batch, seed: int, steps: int
    ) -> None:
        self.blocks, self.read, self.few, self.seed, self.steps = blocks, read, few, seed, steps
        self.size = len(few)
        self.begun: list[Begun] = []
        self.path: Path | None = None
        self.at = -1
        self.drawn: Iterator[tuple[Batch, torch.Tensor]] = iter(())

    @property
    def alike(self) -> bool:
        """No: the last batch of eight blocks is smaller, and sequences are padded to the longest of their batch."""
        return False

    def __len__(self) -> int:
        return self.steps

    def sample(self) -> Batch:
        """As many rows as most batches have."""
        return self.few

    def epoch(
        self, number: int, first: int = 0, into: Callable[[int], Batch | None] = lambda rows: None
    ) -> Iterator[Batch]:
        """The batches of epoch ``number`` (from 0), starting with batch ``first``; ``into`` as in ``Batches.epoch``.

        Raises:
            DataError: too many rows cannot be read, or none is left to train on; or the table has changed.
        """
        step = number * self.steps + first
        if step != self.at:
            self.drawn, self.at = self._from(step), step
        for _ in range(self.steps - first):
            mixed, index = next(self.drawn)
            self.at += 1
            buffers = into(len(index))
            yield mixed.take(index) if buffers is None else mixed.take_into(index, buffers)

    def keep(self, path: Path) -> None:
        """Note in the file at ``path`` where each group begins, so that a run that was killed finds its place."""
        self.path = path
        if path.exists():
            text = path.read_text(encoding="utf-8")
            lines = text[: text.rfind("\n") + 1].splitlines()  # a last line may be cut off by a kill
            self.begun = [Begun(**json.loads(line)) for line in lines]

    def totals(self, step: int) -> dict[str, Any]:
        """What became of the rows of all blocks that were begun, after ``step`` steps; the numbers add up.

        read = dropped + held out + trained + waiting, where those that wait were read and no step has drawn them yet.
        """
        begun = [one for one in self.begun if one.step <= step]
        dropped: Counter[str] = Counter()
        for one in begun:
            dropped.update(one.dropped)
        rows, places = sum(one.rows for one in begun), sum(one.places for one in begun)
        waiting = 0
        if begun:
            bounds = self._bounds(begun[-1].rows)
            waiting = begun[-1].rows - bounds[min(step - begun[-1].step, len(bounds) - 1)]
        return {
            "read": sum(one.read for one in begun),
            "dropped": dict(dropped),
            "held out": sum(one.held for one in begun),
            "trained": rows - waiting,
            "waiting": waiting,
            "passes": begun[-1].passed if begun else 0,
            **({"padding": sum(one.padded for one in begun) / places} if places else {}),
        }

    def _from(self, step: int) -> Iterator[tuple[Batch, torch.Tensor]]:
        """The batches from ``step`` on, each as rows and the places of its own among them."""
        self.begun = [one for one in self.begun if one.step <= step]
        self._rewrite()
        passed, group, at = 0, 0, 0
        if self.begun:
            last = self.begun.pop()  # it is noted again, with the same numbers
            passed, group, at = last.passed, last.group, last.step
        pool = ThreadPoolExecutor(1)
        room, spare = (
            Room(self.few),
            Room(self.few),
        )  # the rows of one group are drawn while those of the next are read
        try:
            ahead = pool.submit(self._load, passed, group, room)
            while True:
                read, following = ahead.result(), self._after(passed, group)
                ahead = pool.submit(self._load, *following, spare)
                mixed = room.rows() if read.rows else None
                drawn = self._drawn(mixed, _generator(self.seed, passed, group)) if mixed else []
                places, padded = _padding(mixed, drawn)
                self._note(replace(read, step=at, places=places, padded=padded))
                if mixed is not None:
                    mixed = mixed.to(self.few.target.device)
                    for number, index in enumerate(drawn):
                        if at + number >= step:
                            yield mixed, index
                    del mixed
                at += len(drawn)
                passed, group = following
                room, spare = spare, room
                if group == 0 and at == 0:
                    raise DataError(Mistake("no row of the table is left to train on", "at least one"))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _drawn(self, rows: Batch, generator: torch.Generator) -> list[torch.Tensor]:
        """The places of the rows of each batch (B,) of a group; sequences of like length come together."""
        order = torch.randperm(len(rows), generator=generator)
        bounds = list(pairwise(self._bounds(len(rows))))
        if (lengths := rows.lengths) is not None:
            order = by_length(order, lengths.cpu(), STRETCH * self.size)
            mixed = torch.randperm(
                len(bounds) - 1, generator=generator
            ).tolist()  # the last one has another size
            bounds = [*(bounds[at] for at in mixed), bounds[-1]]
        return [order[start:stop] for start, stop in bounds]

    def _bounds(self, rows: int) -> list[int]:
        """Where the batches of so many rows begin, and where the last ends; a single last row joins those before."""
        starts = list(range(0, rows, self.size))
        if len(starts) > 1 and rows - starts[-1] == 1:
            starts.pop()
        return [*starts, rows] if rows else [0]

    def _after(self, passed: int, group: int) -> tuple[int, int]:
        last = (group + 1) * TOGETHER >= len(self.blocks)
        return (passed + 1, 0) if last else (passed, group + 1)

    def _load(self, passed: int, group: int, room: Room) -> Begun:
        """Read the training rows of a group into ``room``; its first step is not known here."""
        generator = np.random.Generator(np.random.PCG64([self.seed, passed]))
        order = generator.permutation(len(self.blocks))
        chosen = order[group * TOGETHER : (group + 1) * TOGETHER]
        rows, read, held, unreadable, dropped = 0, 0, 0, 0, Counter[str]()
        room.clear()
        for place in chosen:
            piece = self.read(self.blocks[place])
            room.add(piece.batch, TOGETHER)
            rows += len(piece.batch)
            read += piece.read
            held += piece.held
            unreadable += piece.unreadable
            dropped.update(piece.dropped)
        return Begun(0, passed, group, rows, read, held, unreadable, dict(dropped))

    def _note(self, group: Begun) -> None:
        """Note that a group begins.

        Raises:
            DataError: too many of the rows read so far cannot be read.
            RunError: the file cannot be written.
        """
        self.begun.append(group)
        self._rewrite()
        read = sum(one.read for one in self.begun)
        unreadable = sum(one.unreadable for one in self.begun)
        if read >= LEAST_READ and unreadable > MOST_UNREADABLE * read:
            dropped = Counter(group.dropped).most_common(3)
            shown = ", ".join(reason for reason, count in dropped if count)
            raise DataError(
                Mistake(
                    f"{unreadable:,} of the {read:,} rows read so far cannot be read ({shown})",
                    f"at most {MOST_UNREADABLE:.0%} of them",
                    "mend the file, and start a new run",
                )
            )

    def _rewrite(self) -> None:
        if self.path is not None:
            write_text(self.path, "".join(json.dumps(asdict(one)) + "\n" for one in self.begun))


def _padding(rows: Batch | None, drawn: Sequence[torch.Tensor]) -> tuple[int, int]:
    """How many positions the batches of rows have, and how many of them are padding; 0 where rows are no sequences."""
    lengths = None if rows is None else rows.lengths
    if lengths is None:
        return 0, 0
    places = sum(len(index) * max(1, int(lengths[index].max())) for index in drawn)
    return places, places - int(lengths.sum())


def _generator(seed: int, passed: int, group: int) -> torch.Generator:
    mixed = np.random.SeedSequence([seed, passed, group, 1]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed) % 2**63)
