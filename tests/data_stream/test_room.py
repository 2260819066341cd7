"""Room for prepared rows: what was put in comes out, and no memory is asked for again."""

from __future__ import annotations

import pytest
import torch

from ranvier.data.batches import Batch
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
