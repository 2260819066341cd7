"""Files of series: channels, classes, missing points, and sentences for what is broken."""

from __future__ import annotations

import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError

HEAD = "#waves\n@problemName W\n@classLabel true a b\n"


def written(folder, text):
    path = folder / "W_TRAIN.ts"
    path.write_text(text, encoding="utf-8")
    return path


def test_channels_of_any_length_and_classes(tmp_path):
    table = read(written(tmp_path, HEAD + "@Data\n1,2:3,4:a\n\n5,?,6:7,8,9:b\n"), Ledger())
    assert table.frame.to_dict(as_series=False) == {
        "channel_1": [[1.0, 2.0], [5.0, None, 6.0]],
        "channel_2": [[3.0, 4.0], [7.0, 8.0, 9.0]],
        "label": ["a", "b"],
    }
    assert table.target == "label"
    assert table.declared == {"channel_1": "series", "channel_2": "series"}


def test_without_classes_there_is_no_target(tmp_path):
    table = read(written(tmp_path, "@classLabel false\n@data\n1,2,3\n4\n"), Ledger())
    assert table.frame.to_dict(as_series=False) == {"series": [[1.0, 2.0, 3.0], [4.0]]}
    assert table.target is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("const x = 1;\n", "W_TRAIN.ts is no file of series"),
        (HEAD, "W_TRAIN.ts is no file of series"),
        (HEAD + "@data\n", "W_TRAIN.ts has no rows"),
        (
            "@timeStamps true\n@classLabel true a\n@data\n(1,2):a\n",
            "The points in W_TRAIN.ts have time stamps",
        ),
        (HEAD + "@data\n1,2:a\n1,2\n", "Line 6 of W_TRAIN.ts has 1 parts with a colon between. Expected 2"),
        (HEAD + "@data\na\n", "Line 5 of W_TRAIN.ts has 1 parts with a colon between. Expected series, and"),
        (HEAD + "@data\n1,2:a\n1,two:a\n", "Line 6 of W_TRAIN.ts says 'two'. Expected numbers"),
    ],
)
def test_what_is_broken_is_told(tmp_path, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read(written(tmp_path, text), Ledger())
