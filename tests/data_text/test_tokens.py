"""Text to ids and back, at each level."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest

from ranvier.data.tokens import FIRST, PAD, SIZES, UNKNOWN, Tokens, clean
from ranvier.errors import ModelFileError, SpecError

TEXTS = [
    "To be, or not to be: that is the question.",
    "Whether 'tis nobler in the mind to suffer\n\tthe slings -- and  arrows",
    "我们今天去北京。天气很好！",
    "naïve cafés; co-operate, don't; x_1 = 3.5 %",
    "हिन्दी में लिखा 🎉👍🏽",
    "",
]
LEVELS = list(SIZES)


def fit(level: str, **options: Any) -> Tokens:
    if level in ("bpe", "unigram"):
        pytest.importorskip("tokenizers")
    return Tokens.fit(TEXTS, level, **options)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_encodes_its_own_text_without_an_unknown_token(level: str) -> None:
    tokens = fit(level)
    for text in TEXTS:
        ids = tokens.encode(text)
        assert ids.dtype == np.int64 and (ids >= FIRST).all() and (ids < tokens.size).all()
    assert [tokens.name(one) for one in (PAD, UNKNOWN)] == ["(padding)", "(unknown)"]


@pytest.mark.parametrize("level", ["bytes", "bpe", "unigram"])
def test_what_works_on_bytes_gives_any_text_back_as_it_was(level: str) -> None:
    tokens = fit(level)
    for text in (*TEXTS, "never seen: ꙮ \x00 \r\n  <unk> ", "\n"):
        assert tokens.decode(tokens.encode(text)) == text
        assert (tokens.encode(text) != UNKNOWN).all()


def test_characters_give_back_what_was_seen_and_mark_the_rest() -> None:
    tokens = fit("characters")
    assert all(tokens.decode(tokens.encode(text)) == text for text in TEXTS)
    assert tokens.encode("bзe").tolist()[1] == UNKNOWN
    assert tokens.decode(tokens.encode("bзe")) == "b\ufffde"


def test_words_are_words_and_each_chinese_character_is_one() -> None:
    tokens = fit("words")
    words = [[tokens.name(one) for one in tokens.encode(text)] for text in TEXTS]
    assert words[2] == list("我们今天去北京。天气很好！")
    assert words[3][:7] == ["naïve", "cafés", ";", "co", "-", "operate", ","] and "don't" in words[3]
    assert words[4][:3] == ["हिन्दी", "में", "लिखा"]
    assert [tokens.name(one) for one in tokens.encode("be我们be")] == ["be", "我", "们", "be"]


def test_words_are_joined_as_they_are_usually_written() -> None:
    tokens = Tokens.fit(["Oh, he said (or she) 我们 said: no!"])
    assert tokens.decode(tokens.encode("Oh , he said ( or she ) 我 们 said : no !")) == (
        "Oh, he said (or she)我们said: no!"
    )


def test_the_most_frequent_tokens_are_kept_in_an_order_that_is_always_the_same() -> None:
    texts = ["b b b a a c d d"]
    assert Tokens.fit(texts).vocabulary == ("b", "a", "d", "c")
    assert Tokens.fit(texts, fewest=2).vocabulary == ("b", "a", "d")
    small = Tokens.fit(texts, size=1)
    assert (small.size, small.encode("a b").tolist()) == (3, [UNKNOWN, 2])
    assert Tokens.fit(["Ab aB"], lower=True).vocabulary == ("ab",)
    assert Tokens.fit(["Ab aB"], "characters", lower=True).encode("BA").tolist() == [3, 2]


@pytest.mark.parametrize("level", LEVELS)
def test_many_texts_are_encoded_as_each_alone(level: str) -> None:
    tokens = fit(level)
    column = pl.Series([*TEXTS, None, "new words ꙮ"])
    ids, starts = tokens.encode_all(column)
    assert starts[0] == 0 and starts[-1] == len(ids) and len(starts) == len(column) + 1
    for text, first, last in zip(column, starts, starts[1:]):
        assert np.array_equal(tokens.encode(text or ""), ids[first:last])


@pytest.mark.parametrize("level", LEVELS)
def test_the_state_is_json_and_says_everything(level: str) -> None:
    tokens = fit(level, lower=True)
    again = Tokens.from_state(json.loads(json.dumps(tokens.state())))
    assert again == tokens and again.size == tokens.size
    for text in (*TEXTS, "UNSEEN Text ꙮ"):
        assert np.array_equal(again.encode(text), tokens.encode(text))


@pytest.mark.parametrize("level", LEVELS)
def test_no_text_at_all_can_be_fitted(level: str) -> None:
    if level in ("bpe", "unigram"):
        pytest.importorskip("tokenizers")
    tokens = Tokens.fit(["", " "], level)
    assert Tokens.from_state(tokens.state()) == tokens
    assert len(tokens.encode("")) == 0
    assert tokens.decode([]) == "" == tokens.decode([PAD, PAD])


@pytest.mark.parametrize("level", ["bpe", "unigram"])
def test_pieces_are_the_same_in_each_process(level: str) -> None:
    """The library's unigram gives other likelihoods each time."""
    pytest.importorskip("tokenizers")
    code = (
        "from ranvier.data.tokens import Tokens; import random, hashlib, json; draw = random.Random(0)\n"
        "words = [''.join(draw.choices('abcdefgh', k=draw.randint(2, 9))) for _ in range(400)]\n"
        "texts = [' '.join(draw.choices(words, k=8)) for _ in range(400)]\n"
        f"tokens = Tokens.fit(texts, {level!r}, size=500)\n"
        "print(tokens.size, sum(len(tokens.encode(text)) for text in texts),\n"
        "      hashlib.sha256(json.dumps(tokens.state()).encode()).hexdigest())"
    )
    said = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(said) == 1
    size, length, _ = said.pop().split()
    assert int(size) == 502 and int(length) < 3_200 * 4


def test_a_piece_that_is_not_there_is_shown_as_unknown() -> None:
    tokens = fit("bpe")
    assert tokens.decode([*tokens.encode("to"), UNKNOWN, *tokens.encode("be")]) == "to\ufffdbe"
    assert Tokens("bytes").decode([UNKNOWN, 99]) == "\ufffda"
    assert Tokens("bytes").decode([FIRST + 0xE4, 99]) == "\ufffda"


def test_the_form_of_unicode_does_not_matter() -> None:
    tokens = Tokens.fit(["café"])
    assert (
        tokens.encode("cafe\u0301").tolist()
        == [2]
        == tokens.encode_all(pl.Series(["cafe\u0301"]))[0].tolist()
    )


def test_lone_surrogates_are_replaced_and_counted() -> None:
    assert clean("a\udcffb\ud83d") == ("a\ufffdb\ufffd", 2)
    assert clean("\ud83d\ude00\ufffd") == ("😀\ufffd", 0)
    assert Tokens.fit(["a\udcff"], "characters").vocabulary == ("a", "\ufffd")
    assert Tokens("bytes").decode(Tokens("bytes").encode("a\udcff")) == "a\ufffd"


def test_an_unknown_level_is_a_mistake() -> None:
    with pytest.raises(
        SpecError, match=r"there is no level of tokens 'word'. Did you mean 'words'\?|There is no"
    ):
        Tokens.fit(["a"], "word")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "tokenizers":
            raise ImportError(name)
        return imported(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        SpecError, match=r"need the package tokenizers, which is not installed. Pip install 'ranv"
    ):
        Tokens.fit(["a"], "bpe")


@pytest.mark.parametrize(
    "change",
    [
        {"level": "word"},
        {"subwords": None},
        {"level": "words"},
    ],
)
def test_a_state_of_another_level_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match="state of tokens says level"):
        Tokens.from_state(fit("bpe").state() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"pieces": ["a"]},
        {"scores": [0.5]},
    ],
)
def test_pieces_that_disagree_are_refused(change: dict[str, Any]) -> None:
    state = fit("bpe").state()
    with pytest.raises(ModelFileError, match="pieces of words in the model's state do not agree"):
        Tokens.from_state(state | {"subwords": state["subwords"] | change})
