"""Room for prepared rows: what was put in comes out, and no memory is asked for again."""

from __future__ import annotations

import pytest
import torch

from ranvier.data.batches import Batch
from ranvier.data.ragged import Ragged
from ranvier.data.stream.room import Room


def batch(start: int, stop: int, weighted: bool = True) -> Batch:
    rows = torch.arange(start, stop)
    inputs = {"number": rows[:, None] + torch.tensor([0.5, 0.25]), "category": rows[:, None] % 3}
    return Batch(inputs, rows % 2, rows, rows.float() if weighted else None)


@pytest.mark.parametrize("weighted", [True, False])
def test_what_was_put_in_comes_out(weighted):
    room = Room(batch(0, 4, weighted))
    assert len(room.rows()) == 0
    for start, stop in [(3, 8), (8, 8), (8, 40), (40, 41)]:
        room.add(batch(start, stop, weighted))
    wanted, held = batch(3, 41, weighted), room.rows()
    assert all(torch.equal(held.inputs[name], wanted.inputs[name]) for name in wanted.inputs)
    assert torch.equal(held.target, wanted.target) and torch.equal(held.rows, wanted.rows)
    assert held.weight is None if wanted.weight is None else torch.equal(held.weight, wanted.weight)
    room.clear()
    room.add(batch(7, 9, weighted))
    assert room.rows().rows.tolist() == [7, 8]


def test_memory_is_asked_for_once():
    room = Room(batch(0, 4))
    places = set()
    for _ in range(5):
        room.clear()
        for start, stop in [(0, 10), (10, 21), (21, 30)]:
            room.add(batch(start, stop), expected=3)
            places.add(room.rows().rows.data_ptr())
    assert len(places) == 1


def test_sequences_are_joined():
    def texts(*rows: list[int]) -> Batch:
        block = Ragged.of([torch.tensor(row) for row in rows])
        numbers = torch.arange(len(rows))
        return Batch({"text": block, "number": numbers.float()[:, None]}, numbers, numbers)

    room = Room(texts([1, 2], [3]).take(slice(0, 2)))
    for _ in range(2):
        room.clear()
        room.add(texts([4], [5, 6]))
        room.add(texts([7, 8, 9]))
        held = room.rows()
        assert list(held.inputs) == ["text", "number"]
        assert held.take(torch.tensor([2, 0])).inputs["text"].tolist() == [[7, 8, 9], [4, 0, 0]]
        assert held.rows.tolist() == [0, 1, 0]
