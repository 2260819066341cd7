"""Windows of a text."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.data.windows import BLOCK, Windows, in_a_row

IDS = np.arange(100, dtype=np.uint16)


def test_a_window_is_a_stretch_and_its_target_what_follows() -> None:
    windows = Windows(IDS, 8, 5, seed=3, steps=20)
    starts = set()
    for batch in windows.epoch(0):
        assert batch.inputs[BLOCK].shape == (5, 8) == batch.target.shape and len(batch) == 5
        for row, start in enumerate(batch.rows.tolist()):
            assert batch.inputs[BLOCK][row].tolist() == list(range(start, start + 8))
            assert batch.target[row].tolist() == list(range(start + 1, start + 9))
            starts.add(start)
    assert min(starts) < 10 and max(starts) > 80 and len(windows) == 20
    assert {s for batch in Windows(IDS, 99, 2, 0, 5).epoch(0) for s in batch.rows.tolist()} == {0}


def test_what_is_drawn_depends_on_seed_epoch_and_step_alone() -> None:
    def starts(seed: int, epoch: int, first: int = 0) -> list[list[int]]:
        return [batch.rows.tolist() for batch in Windows(IDS, 8, 5, seed, 6).epoch(epoch, first)]

    assert starts(1, 2) == starts(1, 2) and starts(1, 2, first=4) == starts(1, 2)[4:]
    assert starts(1, 2) != starts(1, 3) and starts(1, 2) != starts(2, 2)
    assert Windows(IDS, 8, 5, 1, 6).sample().rows.tolist() == starts(1, 0)[0]


@pytest.mark.parametrize("length", [1, 2, 5, 8, 40, 200])
@pytest.mark.parametrize("count", [2, 3, 9, 41, 100])
def test_every_token_but_the_first_is_told_once_with_half_a_window_before_it(length: int, count: int) -> None:
    told: list[int] = []
    for windows, here in in_a_row(IDS[:count], length, 3):
        assert windows.shape[1] == here.shape[1] + 1 <= length + 1
        for window, marks in zip(windows, here):
            for place in np.flatnonzero(marks):
                token = int(window[1:][place])
                told.append(token)
                assert window[: place + 2].tolist() == list(range(token - place - 1, token + 1))
                assert place + 1 >= min(token, max(length // 2, 1))
    assert told == list(range(1, count))
