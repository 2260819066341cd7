from __future__ import annotations

import pytest
import torch

from ranvier.data.batches import Batch, Batches


def rows(count: int, weighted: bool = False) -> Batch:
    number = torch.arange(count)
    weight = number.float() * 10 if weighted else None
    return Batch(
        {"number": number.float()[:, None], "category": number[:, None]}, number * 2, number + 100, weight
    )


def order(batches: Batches, epoch: int, first: int = 0) -> list[list[int]]:
    return [batch.rows.tolist() for batch in batches.epoch(epoch, first)]


@pytest.mark.parametrize(
    ("count", "size", "lengths"), [(10, 4, [4, 4, 2]), (9, 4, [4, 5]), (8, 4, [4, 4]), (3, 8, [3])]
)
def test_each_row_comes_once_an_epoch(count: int, size: int, lengths: list[int]) -> None:
    batches = Batches(rows(count), size, seed=0)
    seen = order(batches, 0)
    assert [len(batch) for batch in seen] == lengths
    assert len(batches) == len(lengths)
    assert sorted(row for batch in seen for row in batch) == list(range(100, 100 + count))


def test_batches_of_one_row_are_allowed_where_they_were_asked_for() -> None:
    assert [len(batch) for batch in Batches(rows(3), 1, seed=0).epoch(0)] == [1, 1, 1]


def test_the_parts_of_a_row_stay_together() -> None:
    for batch in Batches(rows(20, weighted=True), 6, seed=1).epoch(3):
        number = batch.rows - 100
        assert batch.target.equal(number * 2)
        assert batch.weight is not None
        assert batch.weight.equal(number.float() * 10)
        assert batch.inputs["number"].equal(number.float()[:, None])
        assert batch.inputs["category"].equal(number[:, None])


def test_the_order_depends_on_the_seed_and_the_epoch_alone() -> None:
    first = order(Batches(rows(50), 8, seed=0), 4)
    torch.manual_seed(123)
    assert order(Batches(rows(50), 8, seed=0), 4) == first
    others = [order(Batches(rows(50), 8, seed=seed), epoch) for seed, epoch in [(0, 5), (1, 4), (4, 0)]]
    assert all(other != first for other in others)


@pytest.mark.parametrize("size", [4, 100])
def test_an_epoch_can_go_on_where_it_stopped(size: int) -> None:
    batches = Batches(rows(10), size, seed=0)
    whole = order(batches, 2)
    for first in range(len(batches) + 1):
        assert order(batches, 2, first) == whole[first:]


def test_the_largest_seed_has_an_order() -> None:
    assert len(order(Batches(rows(5), 2, seed=2**32 - 1), 10**6)) == 2


def test_a_batch_moves_and_slices() -> None:
    batch = rows(5, weighted=True).to("cpu").take(slice(1, 3))
    assert len(batch) == 2
    assert batch.rows.tolist() == [101, 102]
    assert rows(5).to("cpu").take(slice(0, 1)).weight is None
