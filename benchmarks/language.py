"""Bits for each character by a small GPT beside Kneser-Ney 5-grams; writing with a cache; memory while a text grows.

    scripts/bench language hamlet hamlet.txt [KEY=VALUE ...]  Hamlet, the last lines test
    scripts/bench language brown FOLDER [KEY=VALUE ...]       the Brown corpus as its files WORD/TAG, whole files test
    scripts/bench language ngrams hamlet.txt [COUNT]    our Kneser-Ney beside nltk's, on so many test characters
    scripts/bench language cache                        512 tokens with keys and values remembered, and without
    scripts/bench language memory [MB ...]              the memory of reading, encoding and drawing from a corpus
    scripts/bench language training [MB ...]            the memory of a whole training of 500 steps on it

The bars are 3% (Hamlet) and 12% (Brown) fewer bits than the 5-grams on the same held-out text, within 15 minutes of two
cores; 5 times as fast; and memory that does not grow.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import ranvier as rv
from ranvier.data.corpus import read_corpus, split_corpus, texts
from ranvier.data.corpus_tokens import encode
from ranvier.data.ledger import Ledger
from ranvier.data.tokens import Tokens
from ranvier.data.windows import Windows
from ranvier.evaluation.ngrams import NGrams
from ranvier.network.gpt import GPT
from ranvier.network.language import Sampling, write
from ranvier.settings import parse_setting

CORPORA = ("hamlet", "brown")


def plain(folder: Path, into: Path) -> Path:
    """The files of the Brown corpus as plain text, a sentence a line."""
    for path in sorted(folder.glob("c[a-r][0-9][0-9]*")):
        lines = path.read_text(encoding="utf-8").split("\n")
        said = [" ".join(token.rpartition("/")[0] for token in line.split()) for line in lines]
        (into / f"{path.stem}.txt").write_text(
            "".join(f"{line}\n" for line in said if line), encoding="utf-8"
        )
    return into


def measured(name: str, source: Path, more: list[str]) -> None:
    """Train, and print the row of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        if name == "brown":
            source = plain(source, Path(scratch))
        settings = {
            "task": "generate",
            "split.validation": 0.1,
            "split.test": 0.1,
            **dict(parse_setting(one) for one in more),
        }
        start, spent = time.monotonic(), time.process_time()
        run = rv.fit(source, settings=settings, out=Path(scratch) / "run")
        metrics = run.metrics
        ours, theirs = (
            entry["bits_per_character"] for entry in (metrics["test"], metrics["baselines"]["kneser_ney"])
        )
        print(
            f"{name}: {run.history[-1]['step']} steps, {time.process_time() - spent:.0f} s of the processor, "
        )
        print(f"  {time.monotonic() - start:.0f} s by the clock, {torch.get_num_threads()} threads")
        for line in run.history[:: max(1, len(run.history) // 10)]:
            print(f"  epoch {line['epoch']}: {line['train']['loss']:.3f} {line['validation']}")
        print(f"  GPT {ours['value']:.4f} ({ours['low']:.4f} to {ours['high']:.4f}) bits a character")
        print(f"  5-grams {theirs['value']:.4f}: {1 - ours['value'] / theirs['value']:.1%} fewer")
        print(f"  {metrics['verdict']}")


def ngrams(source: Path, count: int = 300) -> None:
    """Our 5-grams beside nltk's, on the first tokens of the test part, as ``measured`` splits the text."""
    from nltk.lm import KneserNeyInterpolated
    from nltk.util import everygrams

    corpus = read_corpus(source, Ledger())
    stretches, _ = split_corpus(corpus, 0.1, 0.1, 0)
    tokens = Tokens.fit(texts(corpus, stretches, 1.0), "characters")
    parts = encode(corpus, stretches, tokens)
    train, test = parts["train"].ids, parts["test"].ids[: count + 4]
    model = NGrams(train, tokens.size, 5)
    print(f"ours: {model.nats(test)[4:].mean() / np.log(2):.4f} bits a character")
    read, told = ([str(one) for one in part.tolist()] for part in (train, test))
    for discount in (0.1, 0.7, 0.8, 0.9):  # the first is its default
        library = KneserNeyInterpolated(5, discount=discount)
        library.fit([list(everygrams(read, max_len=5))], vocabulary_text=read)
        start = time.process_time()
        scores = [library.score(told[i], tuple(told[i - 4 : i])) for i in range(4, len(told))]
        bits = -np.mean(np.log2(np.maximum(scores, 1e-12)))
        print(f"nltk, discount {discount}: {bits:.4f} ({time.process_time() - start:.0f} s)", flush=True)


def cache(count: int = 512) -> None:
    """Write with and without a cache, one after the other, three times."""
    torch.manual_seed(0)
    network = GPT(80, layers=4, width=128, heads=4, length=count + 1, dropout=0.0)
    for _ in range(3):
        seconds, written = [], []
        for cached in (True, False):
            start = time.process_time()
            written.append(list(write(network, [5], count, Sampling(), 1, cached=cached)))
            seconds.append(time.process_time() - start)
        same = "the same tokens" if written[0] == written[1] else "OTHER TOKENS"
        print(
            f"{seconds[0]:.2f} s with, {seconds[1]:.2f} s without: {seconds[1] / seconds[0]:.1f} times, {same}"
        )


def memory(sizes: list[int], what: str) -> None:
    """The most memory that a process of its own holds for a corpus of so many MB."""
    for size in sizes:
        done = subprocess.run(
            [sys.executable, __file__, what, str(size)], capture_output=True, text=True, check=True
        )
        print(done.stdout, end="")


def written(scratch: str, size: int) -> Path:
    """A corpus of ``size`` MB."""
    line = "The quick brown fox jumps over the lazy dog, again and again and once more; 0123456789.\n"
    path = Path(scratch) / "a.txt"
    with path.open("w", encoding="utf-8") as file:
        for _ in range(size):
            file.write(line * (1_000_000 // len(line)))
    return path


def trained(size: int) -> None:
    """Train a small GPT for 500 steps on a corpus of ``size`` MB, measure it, and say what that took."""
    settings = {
        "task": "generate",
        "text.tokens": "characters",
        "network": {"name": "gpt", "layers": 1, "width": 32, "heads": 2, "length": 64},
        "training.epochs": 2,
        "training.batch_size": 16,
        "evaluation.baselines": False,
    }
    with tempfile.TemporaryDirectory() as scratch:
        path = written(scratch, size)
        start = time.process_time()
        run = rv.fit(path, settings=settings, out=Path(scratch) / "run")
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spent, steps = time.process_time() - start, run.history[-1]["step"]
        print(f"{size} MB: {held:.0f} MB held at most, {steps} steps, {spent:.0f} s of the processor")


def one(size: int) -> None:
    """Write a corpus of ``size`` MB, read, split and encode it, draw 200 batches, and say what that took."""
    with tempfile.TemporaryDirectory() as scratch:
        path = written(scratch, size)
        start = time.process_time()
        corpus = read_corpus(path, Ledger())
        stretches, _ = split_corpus(corpus, 0.1, 0.1, 0)
        tokens = Tokens.fit(texts(corpus, stretches, min(1.0, 16 / size)), "characters")
        parts = encode(corpus, stretches, tokens)
        windows = Windows(parts["train"].ids, 256, 16, 0, 200)
        for batch in windows.epoch(0):
            batch.target.sum()
        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        kind = type(parts["train"].ids).__name__
        print(
            f"{size} MB: {held:.0f} MB held at most, {time.process_time() - start:.0f} s of the processor ({kind})"
        )


def main(what: str, *more: str) -> None:
    """Run one of the benchmarks."""
    if what in CORPORA:
        measured(what, Path(more[0]).expanduser(), list(more[1:]))
    elif what == "ngrams":
        ngrams(Path(more[0]).expanduser(), *map(int, more[1:]))
    elif what == "cache":
        cache()
    elif what in ("memory", "training"):
        memory([int(size) for size in more] or [100, 400, 2000], "one" if what == "memory" else "trained")
    elif what == "trained":
        trained(int(more[0]))
    elif what == "one":
        one(int(more[0]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
