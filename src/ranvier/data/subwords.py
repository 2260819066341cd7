"""Pieces of words, learnt by the package tokenizers (``pip install 'ranvier[text]'``).

Both levels work on the bytes of UTF-8, each written as one visible character (as GPT-2 does), so that any text can be
encoded and comes back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from ..errors import Mistake, ModelFileError, SpecError

ROUNDS = 4
"""So often the likelihoods of a unigram's pieces are estimated from the segmentation that the last ones gave."""

LONGEST = 24
"""A piece has so many bytes at most."""

_REPLACED = "ï¿½"  # U+FFFD, its three bytes each as a visible character


@dataclass(frozen=True)
class Subwords:
    """The pieces that were learnt, in the order of their ids from 0.

    Args:
        pieces: each written as visible characters, one a byte.
        merges: of ``bpe``, which two pieces become one, in the order in which that is tried.
        scores: of ``unigram``, the logarithm of each piece's likelihood.
    """

    pieces: tuple[str, ...]
    merges: tuple[tuple[str, str], ...] = ()
    scores: tuple[float, ...] = ()

    @classmethod
    def fit(cls, level: str, texts: Sequence[str], size: int) -> Self:
        """Learn ``size`` pieces from texts; fewer, where they do not yield so many.

        The library's estimates of likelihoods differ from run to run; so of ``unigram`` it finds the pieces, and the
        likelihoods are counted here.

        Raises:
            SpecError: the package tokenizers is not installed.
        """
        library = _library()
        alphabet = sorted(library.pre_tokenizers.ByteLevel.alphabet())
        common = {"show_progress": False, "special_tokens": [], "initial_alphabet": alphabet}
        if level == "bpe":
            made = _made(library, library.models.BPE())
            trainer = library.trainers.BpeTrainer(vocab_size=size, max_token_length=LONGEST, **common)
            made.train_from_iterator(texts, trainer)
            model = json.loads(made.to_str())["model"]
            ordered = sorted(model["vocab"], key=model["vocab"].__getitem__)
            return cls(tuple(ordered), merges=tuple((a, b) for a, b in model["merges"]))
        pieces = list(alphabet)
        if any(map(str.strip, texts)):
            made = _made(library, library.models.Unigram())
            trainer = library.trainers.UnigramTrainer(vocab_size=size, max_piece_length=LONGEST, **common)
            made.train_from_iterator(texts, trainer)
            pieces = sorted(set(made.get_vocab()) | set(alphabet))
        found = cls(tuple(pieces), scores=(0.0,) * len(pieces))
        for _ in range(ROUNDS):
            ids, _lengths = found.encode(texts)
            counts = np.bincount(ids, minlength=len(pieces)) + 0.1
            scores = np.log(counts / counts.sum()).round(6).tolist()
            found = cls(found.pieces, scores=tuple(scores))
        return found

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids of N texts, one after another (L,), and how many each has (N,)."""
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = [np.array(one.ids, dtype=np.int64) for one in encoded]
        lengths = np.array([len(one) for one in ids], dtype=np.int64)
        return np.concatenate([np.empty(0, dtype=np.int64), *ids]), lengths

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each piece begins and ends in a text, in characters; pieces of one character have the same."""
        return [(int(first), int(end)) for first, end in self._tokenizer.encode(text).offsets]

    def decode(self, ids: Sequence[int | None]) -> str:
        """The text of ids; None is U+FFFD, and so are bytes that are no UTF-8."""
        pieces = [_REPLACED if one is None else self.pieces[one] for one in ids]
        return str(self._tokenizer.decoder.decode(pieces)) if pieces else ""

    def state(self) -> dict[str, Any]:
        """What was learnt, as JSON values."""
        return {
            "pieces": list(self.pieces),
            "merges": [list(pair) for pair in self.merges],
            "scores": list(self.scores),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """The pieces that ``state`` described.

        Raises:
            ModelFileError: a merge names a piece that is not there, or the likelihoods are not one a piece.
            SpecError: the package tokenizers is not installed.
        """
        pieces, scores = tuple(state["pieces"]), tuple(state["scores"])
        merges = tuple((first, second) for first, second in state["merges"])
        known = set(pieces)
        unfit = [pair for pair in merges if not known.issuperset((*pair, "".join(pair)))]
        if unfit or (scores and len(scores) != len(pieces)) or (scores and merges):
            raise ModelFileError("the pieces of words in the model's state do not agree with one another")
        return cls(pieces, merges, scores)

    @cached_property
    def _tokenizer(self) -> Any:
        library = _library()
        if self.scores:
            return _made(library, library.models.Unigram(list(zip(self.pieces, self.scores))))
        vocabulary = {piece: place for place, piece in enumerate(self.pieces)}
        return _made(library, library.models.BPE(vocabulary, list(self.merges)))


def _made(library: Any, model: Any) -> Any:
    made = library.Tokenizer(model)
    made.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = library.decoders.ByteLevel()
    return made


def _library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise SpecError(
            Mistake(
                "tokens of level 'bpe' and 'unigram' need the package tokenizers, which is not installed",
                remedy="pip install 'ranvier[text]', or take the level words, characters or bytes",
            )
        ) from None
    return tokenizers
