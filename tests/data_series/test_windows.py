"""Windows never cross from one part into another, and come back from their own units."""

from __future__ import annotations

import numpy as np
import pytest

from ranvier.data.series.lines import Line
from ranvier.data.series.season import find_season
from ranvier.data.series.windows import cut_windows, divide, last_windows, naive_error


def line(values, name="a"):
    values = np.asarray(values, dtype=float)
    return Line(name, 0, values, np.arange(len(values)))


def test_every_horizon_lies_in_its_part_and_no_origin_is_left_out():
    lines = [line(np.arange(40.0)), line(100 * np.arange(30.0) ** 2, "b")]
    bounds = [divide(len(each), 4, {"validation": 0.15, "test": 0.2}) for each in lines]
    assert [(each.train, each.validation) for each in bounds] == [(26, 32), (20, 24)]
    seen = {}
    for part in ("train", "validation", "test"):
        found = cut_windows(lines, bounds, part, 6, 4, 2)
        assert np.isclose(
            found.restored(found.past)[:, -1],
            [lines[i].values[o - 1] for i, o in zip(found.line, found.origin)],
        ).all()
        seen[part] = [(int(i), int(o), int(o) + 4) for i, o in zip(found.line, found.origin)]
        whole = found.restored(found.future)
        for (i, start, end), future in zip(seen[part], whole):
            np.testing.assert_allclose(future, lines[i].values[start:end])
    assert seen["train"] == [(0, o, o + 4) for o in range(6, 23)] + [(1, o, o + 4) for o in range(6, 17)]
    assert seen["validation"] == [(0, o, o + 4) for o in (26, 27, 28)] + [(1, 20, 24)]
    assert seen["test"] == [(0, o, o + 4) for o in range(32, 37)] + [(1, 24, 28), (1, 25, 29), (1, 26, 30)]


def test_the_target_says_the_naive_error_and_the_place_of_nothing_in_the_windows_unit():
    lines = [line([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0])]
    found = cut_windows(lines, [divide(8, 2, {})], "train", 3, 2, 2)
    target = found.targets()
    np.testing.assert_allclose(target[:, 0] * found.unit, naive_error(lines[0].values, 2))
    np.testing.assert_allclose(found.restored(target[:, 1:2]), 0.0, atol=1e-12)
    np.testing.assert_allclose(found.restored(target[:, 2:]), found.restored(found.future))


def test_the_last_window_of_a_short_series_begins_with_its_first_value():
    found = last_windows([line([1.0, 2.0]), line([1.0, 2.0, 3.0, 4.0, 5.0])], 4)
    np.testing.assert_allclose(found.restored(found.past), [[1, 1, 1, 2], [2, 3, 4, 5]])
    assert found.origin.tolist() == [2, 5]


def test_no_windows_is_an_empty_part():
    assert len(cut_windows([line(range(5))], [divide(5, 2, {})], "test", 2, 2, 1)) == 0


def test_a_series_that_repeats_itself_exactly_is_measured_by_the_last_value():
    assert naive_error(np.tile([1.0, 3.0], 5), 2) == 2.0
    assert naive_error(np.ones(5), 2) == 0.0


@pytest.mark.parametrize("season", [4, 7, 12])
def test_the_season_is_found_through_trend_and_noise(season):
    time = np.arange(10 * season)
    noise = np.random.default_rng(0).normal(size=len(time))
    assert find_season([np.sin(2 * np.pi * time / season) * 3 + 0.5 * time + noise])[0] == season


def test_noise_has_no_season():
    found = [find_season([np.random.default_rng(seed).normal(size=120)])[0] for seed in range(40)]
    assert found.count(1) >= 38
    assert find_season([np.ones(30)])[0] == find_season([np.arange(3.0)])[0] == find_season([])[0] == 1
