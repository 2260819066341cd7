"""Files with a token and its tag a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranvier.data.ledger import Ledger
from ranvier.data.source import read
from ranvier.errors import DataError

SENTENCES = (
    "-DOCSTART- -X- O\n\n# id = 1\nEU NNP B-ORG\nrejects VBZ O\n# NN O\n\n\n# id = 2\n \nPeter  NNP\tB-PER\n"
)

UNIVERSAL = """# sent_id = 1
# text = Vámonos, ya
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\tV\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\tP\t_\t1\tobj\t_\t_
2.1\tno\tno\tX\tX\t_\t_\t_\t_\t_

1\tNew York\tNew York\tPROPN\tP\t_\t0\troot\t_\t_
"""


def write(folder: Path, text: str, name: str = "a.conll") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_sentences_are_rows_and_fields_are_lists(tmp_path: Path) -> None:
    ledger = Ledger()
    table = read(write(tmp_path, SENTENCES.replace("  NNP\t", " NNP ")), ledger)
    assert table.frame.to_dict(as_series=False) == {
        "tokens": [["EU", "rejects", "#"], ["Peter"]],
        "column_2": [["NNP", "VBZ", "NN"], ["NNP"]],
        "tags": [["B-ORG", "O", "O"], ["B-PER"]],
    }
    assert table.target == "tags" and ledger.read == 2
    assert table.declared == dict.fromkeys(["tokens", "column_2", "tags"], "tokens")


def test_tokens_that_are_to_be_tagged_have_no_tags(tmp_path: Path) -> None:
    table = read(write(tmp_path, "a\nb\n\nc\n", "a.iob"), Ledger())
    assert table.frame.to_dict(as_series=False) == {"tokens": [["a", "b"], ["c"]]}
    assert table.target is None


def test_universal_dependencies(tmp_path: Path) -> None:
    table = read(write(tmp_path, UNIVERSAL, "a.conllu"), Ledger())
    assert table.frame.to_dict(as_series=False) == {
        "tokens": [["Vamos", "nos"], ["New York"]],
        "lemmas": [["ir", "nosotros"], ["New York"]],
        "tags": [["VERB", "PRON"], ["PROPN"]],
    }


@pytest.mark.parametrize(
    ("text", "name", "match"),
    [
        (
            "a X\nb\n",
            "a.conll",
            "Line 2 of a.conll has 1 fields. Expected 2, as the first line has. Put tabs",
        ),
        ("1\ta\tX\n", "a.conllu", "Line 1 of a.conllu has 3 fields. Expected 10"),
        ("-DOCSTART- O\n\n", "a.bio", "a.bio has no tokens. Expected a token and its tag a line"),
        ("\n \n", "a.conll", "a.conll is empty"),
    ],
)
def test_a_broken_file_is_told_in_a_sentence(tmp_path: Path, text: str, name: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read(write(tmp_path, text, name), Ledger())
