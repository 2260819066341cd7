"""Batches of a streamed table: each row once a pass, and the same ones wherever a run goes on."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch

from ranvier.data.batches import Batch
from ranvier.data.ragged import Ragged
from ranvier.data.stream import Block
from ranvier.data.stream.passes import Piece, StreamBatches
from ranvier.data.stream.room import Room
from ranvier.errors import DataError

BLOCKS = [Block(0, start, start + 10) for start in range(0, 205, 10)]


def read(block: Block, unreadable: int = 0, every: int = 5) -> Piece:
    """Ten rows, of which every fifth is held out."""
    rows = torch.tensor([i for i in range(block.start, block.stop) if every and i % every])
    batch = Batch({"number": rows[:, None].float()}, rows, rows, rows.float())
    dropped = {"bad": unreadable} if unreadable else {}
    return Piece(batch, 10 + unreadable, 10 - len(rows), dropped, unreadable)


def stream(**changes: object) -> StreamBatches:
    few = read(BLOCKS[0]).batch.take(slice(0, 7))
    given = {"blocks": BLOCKS, "read": read, "few": few, "seed": 3, "steps": 9, **changes}
    return StreamBatches(**given)


def rows_of(batches: StreamBatches, steps: int, first: int = 0) -> list[list[int]]:
    """The rows of the batches from step ``first`` to ``steps``."""
    per = len(batches)
    found: list[list[int]] = []
    for epoch in range(first // per, -(-steps // per)):
        skip = first - epoch * per if epoch == first // per else 0
        found += [batch.rows.tolist() for batch in batches.epoch(epoch, skip)]
    return found[: steps - first]


def test_each_row_trains_once_a_pass():
    batches = stream()
    drawn = rows_of(batches, 200)
    passes = [one.step for one in batches.begun if one.group == 0]
    assert len(passes) > 3
    for start, stop in itertools.pairwise(passes):
        rows = [row for batch in drawn[start:stop] for row in batch]
        assert sorted(rows) == [i for i in range(210) if i % 5]
    first, second = (
        [row for batch in drawn[a:b] for row in batch] for a, b in itertools.pairwise(passes[:3])
    )
    assert first != second and first != sorted(first)
    assert {len(batch) for batch in drawn} <= {*range(2, 9)}
    assert rows_of(stream(), 200) == drawn != rows_of(stream(seed=4), 200)


@pytest.mark.parametrize("step", [0, 1, 8, 9, 10, 20, 40, 77])
def test_it_goes_on_where_it_was(tmp_path, step):
    wanted = rows_of(stream(), 100)
    first = stream()
    first.keep(tmp_path / "stream.jsonl")
    rows_of(first, step + 13)  # a kill comes later than the last checkpoint
    with (tmp_path / "stream.jsonl").open("a") as file:
        file.write('{"step": 9')
    second = stream()
    second.keep(tmp_path / "stream.jsonl")
    assert rows_of(second, 100, step) == wanted[step:]
    third = stream()
    third.keep(tmp_path / "third.jsonl")
    rows_of(third, 100)
    assert (tmp_path / "stream.jsonl").read_text() == (tmp_path / "third.jsonl").read_text()
    assert second.totals(100) == third.totals(100)


@pytest.mark.parametrize("step", [0, 1, 17, 60])
def test_totals_add_up(step):
    batches = stream(read=lambda block: read(block, unreadable=block.start == 50))
    drawn = rows_of(batches, step)
    totals = batches.totals(step)
    assert totals["trained"] == sum(map(len, drawn))
    dropped = sum(totals["dropped"].values())
    assert totals["read"] == dropped + totals["held out"] + totals["trained"] + totals["waiting"]
    assert dropped in (totals["passes"], totals["passes"] + 1)


def test_too_many_rows_that_cannot_be_read():
    blocks = [Block(0, start, start + 10) for start in range(0, 4_000, 10)]
    with pytest.raises(DataError, match=r"rows read so far cannot be read \(bad\)\. Expected at most 5%"):
        rows_of(stream(blocks=blocks, read=lambda block: read(block, unreadable=1)), 1_000)


def test_no_row_is_left():
    with pytest.raises(DataError, match="No row of the table is left to train on"):
        rows_of(stream(read=lambda block: read(block, every=0)), 1)


def test_the_rows_of_all_groups_are_put_into_two_rooms(monkeypatch):
    rooms = []

    def room(like: Batch) -> Room:
        rooms.append(Room(like))
        return rooms[-1]

    monkeypatch.setattr("ranvier.data.stream.passes.Room", room)
    batches = stream()
    rows_of(batches, 200)
    assert len(batches.begun) > 10
    assert len(rooms) == 2 and all(64 <= len(room.held) <= 80 for room in rooms)


def sequences(block: Block) -> Piece:
    """Rows of 1 to 40 places, whose only value is their number."""
    piece = read(block)
    lengths = piece.batch.rows * 7919 % 40 + 1
    block_of = Ragged(piece.batch.rows.repeat_interleave(lengths), torch.tensor([0, *lengths.cumsum(0)]))
    return replace(piece, batch=replace(piece.batch, inputs={"text": block_of}))


def test_sequences_of_like_length_share_a_batch_and_the_padding_is_counted(tmp_path):
    def made(first: int = 0) -> StreamBatches:
        found = stream(read=sequences, few=sequences(BLOCKS[0]).batch.take(slice(0, 7)))
        found.keep(tmp_path / f"{first}.jsonl")
        return found

    batches = made()
    end = 24
    drawn = [batch for epoch in range(3) for batch in batches.epoch(epoch)][:end]
    assert all((batch.inputs["text"][:, 0] == batch.rows).all() for batch in drawn)
    whole = [batch for batch in drawn if len(batch) == 7]
    share = sum(int((batch.inputs["text"] == 0).sum()) for batch in whole) / sum(
        batch.inputs["text"].numel() for batch in whole
    )
    assert share < 0.15  # about a half, were they drawn by chance
    first = [one for one in batches.begun if one.passed == 0]
    assert sorted(row for batch in drawn for row in batch.rows.tolist()) == [i for i in range(210) if i % 5]
    assert sum(one.places - one.padded for one in first) == sum(
        i * 7919 % 40 + 1 for i in range(210) if i % 5
    )
    assert sum(one.places for one in first) == sum(batch.inputs["text"].numel() for batch in drawn)
    assert 0 < batches.totals(end - 1)["padding"] < 0.2
    lengths = [batch.inputs["text"].shape[1] for batch in drawn]
    assert lengths != sorted(lengths)
    made(1).keep(tmp_path / "0.jsonl")
    again = made(1)
    again.keep(tmp_path / "0.jsonl")
    assert [batch.rows.tolist() for batch in again.epoch(1, 3)] == [b.rows.tolist() for b in drawn[12:18]]
