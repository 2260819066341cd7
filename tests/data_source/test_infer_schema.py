"""The schema that is inferred, column by column."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from ranvier.data import infer
from ranvier.data.infer import infer_schema
from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError, SpecError
from ranvier.spec import ColumnSpec

N = 60
TARGET = ["yes", "no", "no"] * (N // 3)
AGE = [20 + i % 17 for i in range(N)]


def table(y=TARGET, **columns):
    return read({"age": AGE, **columns, "y": y}, Ledger())


def schema_of(one, columns=None, target="y", task=None, ledger=None):
    said = {name: ColumnSpec.model_validate(value) for name, value in (columns or {}).items()}
    return infer_schema(one, said, target, task, ledger or Ledger())


def texts(values):
    return [None if value is None else str(value) for value in values]


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        ([i % 4 + 0.5 for i in range(N)], "number", "numbers from 0.5 to 3.5"),
        ([i % 12 for i in range(N)], "number", "whole numbers, 12 distinct"),
        (["a", "b", "c"] * (N // 3), "category", "3 distinct words"),
        ([0, 1] * (N // 2), "boolean", "1 and 0"),
        (["yes", "no"] * (N // 2), "boolean", "yes and no"),
        ([i * 37 % 1009 for i in range(N)], "number", "whole numbers from 0 to 1000"),
        (["x"] * (N - 1) + [None], "category", "1 distinct word"),
        ([f"the {i} of them went to town" for i in range(N)], "text", "text, 6 words on average"),
        ([f"他们在城里数了{i}条船" for i in range(N)], "text", "text, 9 characters on average"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_kinds_of_inputs(values, kind, reason, as_text):
    column = schema_of(table(c=texts(values) if as_text else values))["c"]
    assert (column.kind, column.role) == (kind, "input")
    if reason != "whole numbers from 0 to 1000":
        assert column.reason == reason
    else:
        assert column.reason.startswith("whole numbers from ")


SET_ASIDE = {
    "constant": (["x"] * N, r"the same value in every row \(x\)"),
    "constant number": ([3.0] * N, r"the same value in every row \(3.0\)"),
    "empty": ([None] * N, "it has no values"),
    "missing words": (["NA", "?", ""] * (N // 3), "it has no values"),
    "name": ([f"n{i}" for i in range(N)], "each value occurs once"),
    "count": (list(range(1, N + 1)), "whole numbers that count the rows"),
    "shuffled count": ([i * 7 % N + 5 for i in range(N)], "whole numbers that count the rows"),
    "long codes": (
        [f"https://example.com/{i:020}" for i in [*range(40), *range(20)]],
        r"most values are different, and long \(40 characters on average\)",
    ),
    "nearly distinct": (
        [f"n{max(i, 2)}" for i in range(N)],
        r"nearly every value is different \(58 in 60 rows\)",
    ),
    "dates of two readings": (
        [f"{i % 12 + 1:02}/{i % 11 + 1:02}/2020" for i in range(N)],
        "dates of which no value tells whether 12/01/2020 is the 12th of the 1st month or the other way round",
    ),
    "dates of both writings": (
        [f"{i % 28 + 1:02}/{(i + 14) % 28 + 1:02}/2020" for i in range(N)],
        r"dates with the day first and with the month first \(15/01/2020, 01/15/2020\)",
    ),
    "times": ([f"{i % 24}:30" for i in range(N)], r"times of day, which no kind reads yet \(0:30\)"),
    "durations": (
        [timedelta(hours=i % 9) for i in range(N)],
        "times of day or durations, which no kind reads yet",
    ),
    "several units": (
        [f"{max(i, 2)} {'kg' if i % 3 else 'lb'}" for i in range(N)],
        r"numbers with several units \(kg, lb\)",
    ),
    "structures": ([{"a": i} for i in range(N)], r"values of type Struct.*, which no kind reads"),
    "constant vector": ([[1, 2]] * N, "the same value in every row"),
}

WRITTEN = {
    "dates": (
        [f"2020-{i % 12 + 1:02}-{i % 27 + 1:02}" for i in range(N)],
        "date",
        "dates from 2020-01-01 to 2020-12-24",
    ),
    "a date a row": (
        [str(date(2020, 1, 1) + timedelta(i)) for i in range(N)],
        "date",
        "dates from 2020-01-01 to 2020-02-29",
    ),
    "Chinese dates": (
        [f"2020年{i % 12 + 1}月1日" for i in range(N)],
        "date",
        "dates from 2020-01-01 to 2020-12-01",
    ),
    "German dates": (
        [f"{i % 9 + 1}.{i % 12 + 1}.2020" for i in range(N)],
        "date",
        "dates from 2020-01-01 to 2020-12-09, the day before the month",
    ),
    "American dates": (
        [f"{i % 12 + 1}/{i % 28 + 1}/2020 1:30 PM" for i in range(N)],
        "date",
        "dates from 2020-01-01 to 2020-12-24, the month before the day",
    ),
    "native dates": (
        [date(2020, 1, i % 20 + 1) for i in range(N)],
        "date",
        "dates from 2020-01-01 to 2020-01-20",
    ),
    "decimal comma": (
        [f"{i % 9},5" for i in range(N)],
        "quantity",
        "quantities from 0.5 to 8.5, with a decimal comma",
    ),
    "thousands": (
        [f"{i % 9 + 1},500,000.5" for i in range(N)],
        "quantity",
        "quantities from 1.5e+06 to 9.5e+06, with commas between thousands",
    ),
    "money": ([f"${i % 9}.50" for i in range(N)], "quantity", "quantities from 0.5 to 8.5, in $"),
    "per cent": ([f"{i}%" for i in range(N)], "quantity", "quantities from 0 to 59, in %"),
    "plural": (
        [f"{i} day{'s' if i != 1 else ''}" for i in range(N)],
        "quantity",
        "quantities from 0 to 59, in day",
    ),
    "labels": (
        [";".join(label for bit, label in enumerate("abcd") if i + 1 & 1 << bit) or None for i in range(N)],
        "labels",
        "4 distinct labels, with ';' between",
    ),
    "lists of text": ([["a", "b"][: i % 3] for i in range(N)], "labels", "lists of 2 distinct labels"),
    "vectors": ([[i, 1] for i in range(N)], "vector", "vectors of 2 numbers"),
}


@pytest.mark.parametrize("case", WRITTEN)
def test_kinds_that_are_told_by_how_they_are_written(case):
    values, kind, reason = WRITTEN[case]
    column = schema_of(table(c=values))["c"]
    assert (column.kind, column.role, column.reason) == (kind, "input", reason)


@pytest.mark.parametrize(
    "values",
    [
        ["Portland, OR", "Salem, OR", "Boise, ID"] * (N // 3),
        ["1st", "2nd", "3rd"] * (N // 3),
        ["18-24", "25-34", "35-44"] * (N // 3),
        ["C23 C25", "B5", "E46"] * (N // 3),
        ["Private", "Private, inc.", "State"] * (N // 3),
        ["100 W", "60 W", "2 kW"] * (N // 3),
    ],
)
def test_words_that_only_look_like_something_else_stay_categories(values):
    assert schema_of(table(c=values))["c"].kind == "category"


@pytest.mark.parametrize("case", SET_ASIDE)
def test_what_is_set_aside_and_said(case):
    values, reason = SET_ASIDE[case]
    ledger = Ledger()
    schema = schema_of(table(c=values), ledger=ledger)
    assert schema.inputs == ("age",)
    assert (schema["c"].kind, schema["c"].role) == (None, "ignored")
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(schema["c"].reason)
    assert [(e.outcome, e.column, e.reason) for e in ledger.entries] == [
        ("set aside", "c", schema["c"].reason)
    ]


@pytest.mark.parametrize(
    "case",
    [case for case in SET_ASIDE if case not in ("durations", "structures", "constant vector")],
)
def test_a_role_or_kind_said_by_the_user_overrides(case):
    ledger = Ledger()
    schema = schema_of(
        table(c=SET_ASIDE[case][0]), {"c": {"role": "input", "kind": "category"}}, ledger=ledger
    )
    assert (schema["c"].kind, schema["c"].role, schema["c"].reason) == ("category", "input", "said by you")
    assert ledger.entries == []
    assert schema_of(table(c=SET_ASIDE[case][0]), {"c": "category"})["c"].role == "input"


def test_a_role_alone_leaves_the_kind_to_the_values():
    column = schema_of(table(c=list(range(N))), {"c": "input"})["c"]
    assert (column.kind, column.reason) == ("number", "whole numbers from 0 to 59; the role is said by you")


@pytest.mark.parametrize("name", ["id", "user_id", "PassengerId", "row number", "Index", "订单编号"])
def test_numbers_named_as_identifiers_are_set_aside(name):
    values = [i * i * 31 + 7 for i in range(N)]
    assert schema_of(table(**{name: values}))[name].role == "ignored"


@pytest.mark.parametrize("name", ["paid", "width", "grid", "indexed", "valid", "squid"])
def test_other_names_are_not(name):
    values = [i * i * 31 + 7 for i in range(N)]
    assert schema_of(table(**{name: values}))[name].role == "input"


def test_an_identifier_that_occurs_again_is_none():
    assert schema_of(table(id=[i // 2 for i in range(N)]))["id"].role == "input"
    assert schema_of(table(c=[i + 0.5 for i in range(N)]))["c"].role == "input"


def test_few_rows_do_not_make_a_count():
    one = read({"x": [0, 1, 2, 3], "z": [5, 5, 6, 6], "y": [0, 1, 1, 0]}, Ledger())
    assert schema_of(one).inputs == ("x", "z")


def test_a_count_that_is_the_only_input_is_the_question():
    ledger = Ledger()
    schema = schema_of(
        read({"x": list(range(50)), "y": [2.0 * i for i in range(50)]}, Ledger()), ledger=ledger
    )
    assert (schema["x"].kind, schema["x"].role) == ("number", "input")
    assert schema["x"].reason == "whole numbers that count the rows, but there is no other input"
    assert ledger.entries == []


def test_what_the_source_declares_is_kept():
    one = read(pl.DataFrame({"c": pl.Series(["1", "2"] * 30, dtype=pl.Categorical), "y": TARGET}), Ledger())
    assert schema_of(one)["c"].reason == "category, as the source declares"


def test_ignored_by_the_user_is_in_the_ledger():
    ledger = Ledger()
    schema = schema_of(table(c=[1, 2] * 30), {"c": "ignored"}, ledger=ledger)
    assert schema["c"].reason == "said by you"
    assert str(ledger.entries[0]) == "column c set aside: said by you"


def test_other_roles_are_no_inputs():
    said = {"g": "group", "t": "time", "w": "weight"}
    schema = schema_of(
        table(g=["a", "b"] * 30, t=[f"2020-01-{i % 28 + 1:02}" for i in range(N)], w=[0, 2] * 30), said
    )
    assert schema.inputs == ("age",)
    assert [schema.named(role) for role in said.values()] == [("g",), ("t",), ("w",)]
    assert schema["w"].kind in ("number", "boolean")


COUNTS = "; if they count something, the task 'count' may suit them better"
TARGETS = {
    "few whole numbers": ([i % 12 for i in range(N)], "category", "whole numbers, 12 distinct"),
    "too many for the rows": ([i % 13 for i in range(N)], "number", "whole numbers, 13 distinct" + COUNTS),
    "more than twenty": (
        [i % 21 for i in range(21 * 6)][:N],
        "number",
        "whole numbers from 0 to 20" + COUNTS,
    ),
    "below 0": ([i % 21 - 1 for i in range(21 * 6)][:N], "number", "whole numbers from -1 to 19"),
    "two of few": ([0, 1] * 30, "category", "whole numbers, 2 distinct"),
    "whole floats": ([1.0, 2.0] * 30, "category", "whole numbers, 2 distinct"),
    "floats": ([1.5, 2.0] * 30, "number", "numbers from 1.5 to 2"),
    "infinite": ([1, 2, np.inf] * 20, "number", "whole numbers, 2 distinct"),
    "words": (TARGET, "category", "2 distinct words"),
    "booleans": ([True, False] * 30, "category", "as the source declares"),
}


@pytest.mark.parametrize("case", TARGETS)
def test_kinds_of_targets(case):
    values, kind, reason = TARGETS[case]
    column = schema_of(table(values))["y"]
    assert (column.kind, column.role, column.reason) == (kind, "target", reason)


def test_boundary_of_twenty_classes():
    def kind(classes):
        y = [i % classes for i in range(classes * 5)]
        return schema_of(read({"x": [0.5, *range(len(y) - 1)], "y": y}, Ledger()))["y"].kind

    assert (kind(20), kind(21)) == ("category", "number")


def test_two_classes_of_few_rows():
    one = read({"x": [0.5, 1.5, 2.5, 3.0], "y": [0, 1, 1, 0]}, Ledger())
    assert schema_of(one)["y"].kind == "category"
    three = read({"x": [0.5, 1.5, 2.5, 3.0, 4.0, 4.5], "y": [0, 1, 2, 0, 1, 2]}, Ledger())
    assert schema_of(three)["y"].kind == "number"


def test_the_task_or_the_user_decides_on_the_targets_kind():
    numbers = [i % 3 for i in range(N)]
    assert schema_of(table(numbers), task="regress")["y"].kind == "number"
    assert schema_of(table([i % 30 for i in range(N)]), task="classify")["y"].kind == "category"
    assert schema_of(table(numbers), {"y": "number"})["y"].reason == "said by you"
    assert schema_of(table([0, 1] * 30), {"y": "boolean"})["y"].kind == "category"


def test_where_the_target_comes_from():
    one = table(z=[1.5, 2.5] * 30)
    assert schema_of(one, {"z": "target"}, target=None).target == "z"
    assert schema_of(one, {"z": {"role": "target", "kind": "number"}}, target="z").target == "z"
    iris = read("sample:iris", Ledger())
    assert schema_of(iris, target=None).target == "species"
    assert schema_of(iris, target="petal_width")["species"].role == "input"


def test_samples_are_the_same_each_time_and_said(monkeypatch):
    monkeypatch.setattr(infer, "SAMPLED_CELLS", 160)
    monkeypatch.setattr(infer, "FEWEST_SAMPLED", 10)
    one = table(c=[i % 2 for i in range(N - 1)] + [7], name=[f"n{i}" for i in range(N - 1)] + ["n0"])
    schema = schema_of(one)
    assert schema == schema_of(one)
    assert schema["age"].reason.endswith(", in 40 sampled rows")
    assert (schema["c"].kind, schema["c"].reason) == ("number", "whole numbers, 3 distinct")  # not a boolean
    assert (
        schema["name"].reason == "nearly every value is different (40 in 40 rows), in 40 sampled rows"
    )  # n0 twice, though not in the sample


@pytest.mark.parametrize(
    ("columns", "target", "task", "sentences"),
    [
        ({}, "yy", None, ["no column 'yy', the target. Did you mean 'y'?"]),
        ({"agee": "input"}, "y", None, ["has no column 'agee'. Did you mean 'age'?"]),
        ({"age": "target"}, "y", None, ["several columns have the role 'target': 'age', 'y'"]),
        ({"y": "group"}, "y", None, ["column 'y' is the target and has the role 'group' too"]),
        ({"age": "group", "c": "group"}, "y", None, ["several columns have the role 'group': 'age', 'c'"]),
        ({}, None, None, ["no target is named for a dict of columns"]),
        ({}, None, "tag", ["read from a file whose name ends in .conll"]),
        ({"c": {"kind": "numbr"}}, "y", None, ["no kind called 'numbr'. Did you mean 'number'?"]),
        ({}, "y", "regres", ["no task called 'regres'. Did you mean 'regress'?"]),
        ({"y": "number"}, "y", "classify", ["task is classify, and the target's kind is 'number'"]),
        ({"y": "date"}, "y", None, ["target's kind is 'date'. Expected one of number, category, boolean"]),
        ({"y": "category"}, "y", "regress", ["task is regress, and the target's kind is 'category'"]),
        (
            {"agee": "input", "d": "time"},
            "yy",
            "x",
            ["'yy'", "'agee'", "no column 'd'", "no task called 'x'"],
        ),
    ],
)
def test_requests_that_cannot_be_met(columns, target, task, sentences):
    with pytest.raises(SpecError) as raised:
        schema_of(table(c=[1, 2] * 30), columns, target, task)
    found = [str(mistake) for mistake in raised.value.mistakes]
    assert len(found) == len(sentences)
    for sentence, mistake in zip(sentences, found):
        assert sentence.lower() in mistake.lower()


def test_parts_given_twice():
    from ranvier.data.source import read_parts

    rows = {"age": AGE, "p": ["train", "test"] * 30, "y": TARGET}
    one = read_parts(rows, None, {**rows, "age": AGE[::-1]}, Ledger())
    with pytest.raises(
        SpecError, match="has the role 'part', and the parts are given as places of their own"
    ):
        schema_of(one, {"p": "part"})


@pytest.mark.parametrize(
    ("y", "columns", "task", "match"),
    [
        ([None] * N, {}, None, "Target 'y' has no values"),
        (["a"] * N, {}, None, "has a single class, 'a'. Expected at least two classes"),
        ([2.5] * N, {}, None, "is 2.5 in every row. Expected at least two"),
        ([5] * N, {}, None, "has a single class, '5'"),
        ([5] * N, {}, "regress", "is 5 in every row"),
        ([f"n{i}" for i in range(N)], {}, None, "60 of its 60 classes occur once"),
        (list(range(N)), {}, "classify", "or the task regress to learn a number"),
        (TARGET, {}, "regress", "60 of its 60 values are not finite numbers, such as 'yes'"),
        ([np.inf, 1, 2, -np.inf, np.inf, np.inf] * 10, {}, None, None),
        ([np.inf, -np.inf] * 30, {}, "regress", "60 of its 60 values are not finite numbers, such as 'inf'"),
        ([date(2020, 1, 1), date(2020, 1, 2)] * 30, {}, None, "Target 'y' holds dates or times"),
        ([[1], [2]] * 30, {}, None, r"Target 'y' holds values of type List\(Int64\)"),
        (TARGET, {"age": "ignored"}, None, r"no input beside the target 'y' \(age: said by you\)"),
        (TARGET, {"age": "weight", "c": "input"}, None, None),
    ],
)
def test_values_that_cannot_be_learnt(y, columns, task, match):
    one = read({"age": AGE, "c": [1.5, 2] * 30, "y": y} if "c" in columns else {"age": AGE, "y": y}, Ledger())
    if match is None:
        assert schema_of(one, columns, task=task).target == "y"
        return
    with pytest.raises(DataError, match=match):
        schema_of(one, columns, task=task)


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        ([-1, 1] * 30, "Weight 'w' has 30 values that are not numbers of at least 0"),
        (["a", "1", None] * 20, "Weight 'w' has 40 values"),
        ([[1]] * N, "Weight 'w' has 60 values"),
        ([0] * N, "Weight 'w' is 0 in every row"),
    ],
)
def test_weights_must_weigh(weight, match):
    with pytest.raises(DataError, match=match):
        schema_of(table(w=weight), {"w": "weight"})


@pytest.mark.parametrize("values", [[{"a": 1}] * N, [None] * N])
def test_an_input_that_no_kind_reads(values):
    with pytest.raises(
        DataError, match=r"Column 'c' \(.*\) cannot be an input: no kind reads its values. Ignore it"
    ):
        schema_of(table(c=values), {"c": "input"})


def test_a_pattern_says_the_kind_of_all_columns_that_fit():
    schema = schema_of(table(x1=[1.5, 2] * 30, x2=[3.5, 1] * 30), {"x*": {"kind": "series"}})
    assert [(schema[name].kind, schema[name].reason) for name in ("x1", "x2")] == [
        ("series", "said by you")
    ] * 2
    with pytest.raises(SpecError, match=r"has no column 'z\*'"):
        schema_of(table(), {"z*": {"kind": "series"}})


def test_lists_of_numbers_of_many_lengths_are_series():
    schema = schema_of(table(c=[[1] * (i % 3 + 1) for i in range(N)]))
    assert (schema["c"].kind, schema["c"].role) == ("series", "input")
    assert schema["c"].reason == "series of 1 to 3 numbers"
