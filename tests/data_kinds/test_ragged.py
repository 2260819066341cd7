"""Rows of different length: padded where they are taken, whole everywhere else."""

from __future__ import annotations

import torch

from ranvier.data.batches import Batch, Batches
from ranvier.data.ragged import Ragged

TOKENS = Ragged.of([torch.tensor([5, 6]), torch.tensor([]).int(), torch.tensor([7, 8, 9]), torch.tensor([4])])


def test_tokens_are_padded_with_zeros_to_the_longest_row_taken() -> None:
    assert TOKENS[torch.tensor([3, 0])].tolist() == [[4, 0], [5, 6]]
    assert TOKENS[1:3].tolist() == [[0, 0, 0], [7, 8, 9]]
    assert TOKENS[:].dtype == torch.int64
    assert TOKENS.shape == (4, 3)
    assert TOKENS.lengths.tolist() == [2, 0, 3, 1]


def test_real_values_are_padded_with_nan_and_keep_their_channels() -> None:
    block = Ragged.of([torch.ones(2, 3), torch.zeros(1, 3)])
    taken = block[:]
    assert taken.shape == block.shape == (2, 2, 3)
    assert taken.isnan().tolist() == [[[False] * 3] * 2, [[False] * 3, [True] * 3]]
    assert taken.dtype == torch.float32


def test_targets_are_padded_as_they_say() -> None:
    assert Ragged.of([torch.tensor([1]), torch.tensor([2, 3])], pad=-1)[:].tolist() == [[1, -1], [2, 3]]


def test_rows_without_anything_have_one_position() -> None:
    assert TOKENS[1:2].tolist() == [[0]]
    assert TOKENS[4:].shape == TOKENS.only(slice(4, None)).shape == (0, 1)


def test_a_part_stays_ragged_and_shares_its_values() -> None:
    part = TOKENS.only(torch.tensor([2, 1])).only(slice(0, 1))
    assert part[:].tolist() == [[7, 8, 9]]
    assert part.values is TOKENS.values
    assert part.to("cpu")[:].tolist() == [[7, 8, 9]]


def test_blocks_are_joined_without_what_they_do_not_show() -> None:
    whole = Ragged.joined([TOKENS.only(torch.tensor([3, 1])), TOKENS.only(slice(0, 1))])
    assert whole[:].tolist() == [[4, 0], [0, 0], [5, 6]]
    assert whole.values.tolist() == [4, 5, 6]
    assert TOKENS.only(slice(2, 3)).flat()[1].tolist() == [0, 3]


def sequences(count: int) -> Batch:
    lengths = [(37 * row) % 101 for row in range(count)]
    block = Ragged.of([torch.full((length,), row + 1) for row, length in enumerate(lengths)])
    return Batch({"text": block}, torch.arange(count), torch.arange(count))  # type: ignore[dict-item]


def test_a_batch_is_padded_where_it_is_taken_and_not_where_it_is_parted() -> None:
    whole = sequences(6)
    part = whole.only(torch.tensor([1, 0]))
    assert not whole.ready
    assert not part.ready
    assert not part.on_disk
    assert part.take(slice(0, 2)).inputs["text"].tolist() == [[2] * 37, [0] * 37]
    assert part.take(slice(0, 2)).ready


def test_batches_hold_rows_of_like_length_in_an_order_that_the_epoch_changes() -> None:
    batches = Batches(sequences(1000), 8, seed=3)
    seen = [[batch.rows.tolist() for batch in batches.epoch(epoch)] for epoch in (0, 1)]
    for rows in seen:
        assert sorted(row for batch in rows for row in batch) == list(range(1000))
    assert seen[0] != seen[1]
    positions = sum(batch.inputs["text"].numel() for batch in batches.epoch(0))
    assert positions < 1.1 * int(batches.data.lengths.sum())  # type: ignore[union-attr]
    widths = [batch.inputs["text"].shape[1] for batch in batches.epoch(0)]
    assert widths != sorted(widths)


def test_an_epoch_of_sequences_goes_on_where_it_stopped() -> None:
    batches = Batches(sequences(30), 4, seed=0)
    whole = [batch.rows.tolist() for batch in batches.epoch(2)]
    for first in range(len(batches) + 1):
        assert [batch.rows.tolist() for batch in batches.epoch(2, first)] == whole[first:]


def test_one_batch_of_all_rows_is_padded_too() -> None:
    (batch,) = Batches(sequences(5), 8, seed=0).epoch(0)
    assert batch.ready
    assert batch.inputs["text"].shape == (5, 74)
