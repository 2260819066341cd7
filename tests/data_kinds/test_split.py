from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ranvier.data.partition import PARTS, apportion, cut, stratified
from ranvier.data.schema import Column, Schema
from ranvier.data.split import Split, _first_seen, make_split, read_split, write_split
from ranvier.data.table import Table
from ranvier.errors import DataError
from ranvier.spec import SplitSpec

SHARES = SplitSpec(validation=0.15, test=0.2)


def make_table(columns: dict[str, Any], parts: list[str] | None = None) -> Table:
    frame = pl.DataFrame(columns)
    rows = np.arange(frame.height, dtype=np.int64) * 2 + 5  # row numbers are not positions
    return Table(frame, rows, "some.csv", "0", parts=None if parts is None else np.array(parts))


def make_schema(table: Table, **roles: Any) -> Schema:
    return Schema(tuple(Column(name, "number", roles.get(name, "input"), "") for name in table.frame.columns))


def split_of(table: Table, seed: int = 0, by: Any = None, spec: SplitSpec = SHARES, **roles: Any) -> Split:
    split = make_split(table, make_schema(table, **roles), spec, seed, by)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together.tolist()) == list(range(len(table)))  # disjoint and complete, always
    assert all(
        part.dtype == np.int64 and (np.diff(part) > 0).all()
        for part in (split.train, split.validation, split.test)
    )
    return split


def part_of(split: Split, count: int) -> np.ndarray[Any, Any]:
    parts = np.empty(count, dtype="<U10")
    for name in PARTS:
        parts[getattr(split, name)] = name
    return parts


def same(a: Split, b: Split) -> bool:
    return all(np.array_equal(getattr(a, part), getattr(b, part)) for part in PARTS)


@pytest.mark.parametrize("count", [10, 11, 57, 1000])
def test_a_random_split_has_the_shares_asked_for(count: int) -> None:
    split = split_of(make_table({"a": range(count)}))
    assert split.method == "random"
    assert split.counts["validation"] == max(1, round(0.15 * count))
    assert split.counts["test"] == max(1, round(0.2 * count))
    assert sum(split.counts.values()) == count


def test_the_seed_and_the_content_decide_alone() -> None:
    table = make_table({"a": range(100)})
    first = split_of(table, seed=3, by=np.arange(100) % 4)
    np.random.seed(99)
    assert same(split_of(table, seed=3, by=np.arange(100) % 4), first)
    assert not same(split_of(table, seed=4, by=np.arange(100) % 4), first)


def test_rows_are_drawn_from_everywhere() -> None:
    split = split_of(make_table({"a": range(10_000)}))
    assert abs(split.test.mean() - 5000) < 300
    assert abs(split.validation.mean() - 5000) < 300


@pytest.mark.parametrize(
    "spell", [lambda y: y, lambda y: y.astype(str), lambda y: y.astype(str).astype(object)]
)
def test_each_class_has_its_share_in_each_part_within_a_row(spell: Any) -> None:
    classes = np.repeat([0, 1, 2, 3], [600, 297, 100, 3])
    np.random.default_rng(0).shuffle(classes)
    split = split_of(make_table({"a": range(1000)}), by=spell(classes))
    assert split.method == "stratified"
    assert split.counts == {"train": 650, "validation": 150, "test": 200}
    for part, share in (("validation", 0.15), ("test", 0.2), ("train", 0.65)):
        counts = np.bincount(classes[getattr(split, part)], minlength=4)
        assert (np.abs(counts - np.array([600, 297, 100, 3]) * share) < (2 if part == "train" else 1)).all()


def test_each_class_is_in_train_however_rare() -> None:
    classes = np.array([*range(30), *range(30), *[30] * 40])
    for seed in range(20):
        split = split_of(make_table({"a": range(100)}), seed=seed, by=classes)
        assert set(classes[split.train]) == set(range(31))
        assert split.counts == {"train": 65, "validation": 15, "test": 20}


def test_a_target_of_numbers_is_stratified_by_quantile() -> None:
    target = np.random.default_rng(0).lognormal(0, 2, 1000)
    split = split_of(make_table({"a": range(1000)}), by=target)
    assert split.method == "stratified"
    tenth = np.argsort(np.argsort(target)) // 100
    assert np.bincount(tenth[split.test]).tolist() == [20] * 10
    assert np.bincount(tenth[split.validation]).tolist() == [15] * 10


def test_stratification_can_be_switched_off() -> None:
    spec = SplitSpec(validation=0.15, test=0.2, stratify=False)
    assert split_of(make_table({"a": range(50)}), by=np.arange(50) % 2, spec=spec).method == "random"


@pytest.mark.parametrize("by", [None, "classes"])
def test_rows_that_are_the_same_stay_together(by: str | None) -> None:
    content = np.random.default_rng(0).integers(0, 40, 400)
    table = make_table({"a": content, "b": [f"w{i}" for i in content]})
    for seed in range(5):
        split = split_of(table, seed=seed, by=None if by is None else content % 3)
        parts = part_of(split, 400)
        assert all(len(set(parts[content == value])) == 1 for value in set(content.tolist()))
        assert 30 < split.counts["test"] < 130
    assert "rows that repeat another stay with it (360 rows)" in split.reason


def test_rows_that_differ_in_one_column_are_not_the_same() -> None:
    split = split_of(make_table({"a": [1] * 100, "b": range(100)}))
    assert split.counts == {"train": 65, "validation": 15, "test": 20}
    assert "repeat" not in split.reason


def test_groups_do_not_straddle() -> None:
    group = np.random.default_rng(0).integers(0, 30, 1000)
    table = make_table({"a": range(1000), "g": [str(i) if i else None for i in group]})
    for seed in range(5):
        split = split_of(table, seed=seed, by=group % 2, g="group")
        parts = part_of(split, 1000)
        assert split.method == "group"
        assert all(len(set(parts[group == value])) == 1 for value in range(30))
        largest = int(np.bincount(group).max())
        assert abs(split.counts["test"] - 200) <= largest
        assert abs(split.counts["validation"] - 150) <= largest
    assert not same(split, split_of(table, seed=0, g="group"))


def test_each_part_has_a_group_however_uneven() -> None:
    split = split_of(make_table({"a": range(100), "g": [0] * 98 + [1, 2]}), g="group")
    assert min(split.counts.values()) >= 1


@pytest.mark.parametrize("spell", [list, lambda days: [f"2020-01-{day + 1:02d}" for day in days]])
def test_the_latest_times_are_the_test(spell: Any) -> None:
    day = np.random.default_rng(0).integers(0, 28, 1000)
    split = split_of(make_table({"a": range(1000), "t": spell(day.tolist())}), t="time")
    assert split.method == "time"
    assert day[split.train].max() < day[split.validation].min()
    assert day[split.validation].max() < day[split.test].min()
    ties = int(np.bincount(day).max())
    assert abs(split.counts["test"] - 200) <= ties
    assert abs(split.counts["validation"] - 150) <= ties


def test_given_parts_are_kept() -> None:
    parts = ["train"] * 8 + ["test", " Validation ", "TEST", "train"]
    by_column = split_of(make_table({"a": range(12), "p": parts}), p="part")
    assert (by_column.method, by_column.validation.tolist(), by_column.test.tolist()) == (
        "given",
        [9],
        [8, 10],
    )
    assert by_column.reason == "the parts are given by column 'p'"
    by_file = split_of(make_table({"a": range(12)}, [part.strip().lower() for part in parts]))
    assert same(by_file, by_column)
    assert by_file.reason == "the parts are given by the files that were named"


@pytest.mark.parametrize(
    ("given", "carved"),
    [({"test"}, ["validation"]), ({"validation"}, ["test"]), (set(), ["validation", "test"])],
)
def test_a_part_that_is_not_given_is_taken_from_train(given: set[str], carved: list[str]) -> None:
    parts = ["train"] * 100 + [part for part in sorted(given) for _ in range(30)]
    table = make_table({"a": range(len(parts)), "p": parts})
    classes = np.arange(len(parts)) % 2
    split = split_of(table, by=classes, p="part")
    assert f"{' and '.join(carved)} taken from its training rows" in split.reason
    for part in ("validation", "test"):
        rows = getattr(split, part)
        if part in given:
            assert (np.array(parts)[rows] == part).all()
            assert len(rows) == 30
        else:
            assert (rows < 100).all()
            assert len(rows) == {"validation": 15, "test": 20}[part]
            assert abs(int(classes[rows].sum()) * 2 - len(rows)) <= 1


def test_a_part_taken_from_train_keeps_time_and_groups() -> None:
    parts = ["train"] * 50 + ["test"] * 10
    by_time = split_of(make_table({"t": range(60)}, parts), t="time")
    assert by_time.validation.tolist() == list(range(42, 50))
    group = [i // 5 for i in range(60)]
    by_group = split_of(make_table({"g": group, "a": range(60)}, parts), g="group")
    assert set(np.array(group)[by_group.train]).isdisjoint(np.array(group)[by_group.validation])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "classes", [[0] * 10, list(range(10)), [0] * 9 + [1], [0, 1] * 5, [0, 0, 0, 1, 1, 1, 2, 2, 3, 4]]
)
def test_very_small_sets_have_a_row_in_each_part(seed: int, classes: list[int]) -> None:
    spec = SplitSpec(validation=0.01, test=0.01)
    split = split_of(make_table({"a": range(10)}), seed=seed, by=np.array(classes), spec=spec)
    assert min(split.counts.values()) >= 1
    common = {label for label, count in Counter(classes).items() if count >= 3}
    assert common <= set(np.array(classes)[split.train].tolist())


@pytest.mark.parametrize(
    ("columns", "parts", "roles", "sentence"),
    [
        ({"a": range(7)}, None, {}, "At least 10 rows are needed, 7 were left"),
        (
            {"a": [1] * 6 + [2] * 6},
            None,
            {},
            "2 different rows cannot be divided into train, validation, test",
        ),
        (
            {"g": [1] * 6 + [2] * 6},
            None,
            {"g": "group"},
            "2 different groups in column 'g' cannot be divided",
        ),
        ({"t": [1] * 6 + [2] * 6}, None, {"t": "time"}, "2 different times in column 't' cannot be divided"),
        (
            {"t": [None, *range(11)]},
            None,
            {"t": "time"},
            "but no value in 1 row, of which row 6 is the first",
        ),
        (
            {"g": range(12), "h": range(12)},
            None,
            {"g": "group", "h": "group"},
            "Columns 'g', 'h' all have the role 'group'",
        ),
        (
            {"g": range(12), "t": range(12)},
            None,
            {"g": "group", "t": "time"},
            "Both 'g' .group. and 't' .time. decide",
        ),
        (
            {"p": ["train"] * 12},
            ["train"] * 12,
            {"p": "part"},
            "Column 'p' gives the parts, and so do the files",
        ),
        (
            {"p": ["train"] * 11 + ["dev"]},
            None,
            {"p": "part"},
            "Column 'p' says 'dev' in 1 row. Expected train, validation",
        ),
        ({"p": ["train"] * 10 + [None, ""]}, None, {"p": "part"}, "Column 'p' says nothing in 2 rows"),
        ({"p": ["test"] * 12}, None, {"p": "part"}, "Column 'p' has no training rows"),
        ({"a": range(12)}, ["test"] * 12, {}, "some.csv has no training rows"),
        (
            {"a": range(12)},
            ["train"] + ["test"] * 11,
            {},
            "1 different row cannot be divided into train, validation",
        ),
    ],
)
def test_what_cannot_be_split_is_refused(columns: Any, parts: Any, roles: Any, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        split_of(make_table(columns, parts), **roles)


def test_contradicting_roles_are_reported_together() -> None:
    table = make_table({name: range(12) for name in "abcd"})
    with pytest.raises(DataError) as raised:
        split_of(table, a="time", b="time", c="group", d="group")
    assert len(raised.value.mistakes) == 3


def test_a_split_is_stored_and_read_back(tmp_path: Path) -> None:
    table = make_table({"a": range(40)})
    split, path = split_of(table), tmp_path / "split.csv"
    write_split(path, split, table)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,part"
    assert lines[1] == f"6,{part_of(split, 40)[0]}"
    again = read_split(path, table)
    assert same(again, split)
    assert (again.method, again.reason) == ("stored", "read from split.csv")
    shuffled = table.take(np.random.default_rng(0).permutation(40))
    back = read_split(path, shuffled)
    assert sorted(shuffled.rows[back.test]) == sorted(table.rows[split.test])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda text: text.replace("6,", "7,", 1),
            "'split.csv' is of 40 rows that are not the 40 rows of some.csv",
        ),
        (lambda text: text.rsplit("\n", 2)[0] + "\n", "is of 39 rows that are not the 40 rows of some.csv"),
        (lambda text: text.replace("test", "tset"), "The split 'split.csv' says 'tset' in 8 rows"),
        (lambda text: text.replace("train", "test"), "The split 'split.csv' has no training rows"),
        (lambda text: text.replace("6,", "six,", 1), "The split 'split.csv' cannot be read"),
        (lambda text: "", "The split 'split.csv' cannot be read"),
    ],
)
def test_a_stored_split_that_does_not_agree_is_refused(tmp_path: Path, change: Any, sentence: str) -> None:
    table, path = make_table({"a": range(40)}), tmp_path / "split.csv"
    write_split(path, split_of(table), table)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        read_split(path, table)


def test_a_split_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"The split 'gone\.csv' cannot be read"):
        read_split(tmp_path / "gone.csv", make_table({"a": range(12)}))


def test_units_are_cut_where_their_middle_falls() -> None:
    units = np.repeat([0, 1, 2, 3], [4, 2, 3, 1])
    placed = cut(units, PARTS, {"validation": 2, "test": 2})
    assert [placed[units == unit][0] for unit in range(4)] == ["train", "train", "validation", "test"]
    two = cut(np.array([0, 1]), ("train", "test"), {"test": 5})
    assert two.tolist() == ["train", "test"]


def test_shares_are_apportioned_by_the_largest_remainders() -> None:
    assert apportion(np.array([6, 3, 1]), 5, np.array([5, 2, 0])).tolist() == [3, 2, 0]
    assert apportion(np.array([10, 1, 1]), 10, np.array([4, 1, 1])).tolist() == [4, 1, 1]
    assert apportion(np.array([100, 5, 5]), 60, np.array([50, 5, 5])).tolist() == [50, 5, 5]
    rows = np.random.default_rng(0).integers(1, 1000, 50)
    share = apportion(rows, 777, rows)
    assert share.sum() == 777
    assert (np.abs(share - rows * 777 / rows.sum()) < 1).all()


def test_large_units_fall_into_one_part_each() -> None:
    units, strata = np.repeat(np.arange(10), 2), np.repeat([0, 1], 10)
    placed = stratified(units, strata, PARTS, {"validation": 4, "test": 4})
    assert Counter(placed.tolist()) == {"train": 12, "validation": 4, "test": 4}
    assert all(len(set(placed[units == unit])) == 1 for unit in range(10))


def test_a_unit_goes_to_one_part_where_its_middle_is_a_bound() -> None:
    units = np.repeat(np.arange(5), 2)
    placed = stratified(units, np.zeros(10, dtype=np.int64), PARTS, {"validation": 4, "test": 3})
    assert placed[::2].tolist() == ["test", "validation", "validation", "train", "train"]


def test_an_empty_part_is_filled_from_the_stratum_that_can_spare_most() -> None:
    units = np.repeat([0, 1, 2, 3], [1, 4, 5, 4])
    strata = np.array([1] + [0] * 13)
    placed = stratified(units, strata, PARTS, {"validation": 1, "test": 1})
    assert placed[[0, 1, 5, 10]].tolist() == ["train", "validation", "train", "test"]


def test_units_are_numbered_as_they_first_occur_whatever_their_hashes() -> None:
    values = np.random.default_rng(0).permutation(100).repeat(2)
    assert _first_seen(pl.Series(values)).tolist() == np.arange(100).repeat(2).tolist()
    assert _first_seen(pl.Series(["b", "a", "c", "b"])).tolist() == [0, 1, 2, 0]
    assert _first_seen(pl.Series([True, False, True])).tolist() == [0, 1, 0]
