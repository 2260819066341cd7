"""Tags: the defaults on the Brown corpus with the universal tag set, split by text, beside each word's usual tag.

    scripts/bench tags FOLDER [SHARE] [SEED]      the files c*.pos: word/tag with white space between

Brown's tags become the twelve of Petrov, Das and McDonald (A universal part-of-speech tagset, 2012) as in their map:
suffixes (-TL, -HL, -NC), negation and possession are left out, foreign words are X, and of contractions those that
begin with a verb are verbs and the others particles. SHARE of the texts are read, 1 by default. Seconds are of the
clock and of the processor, for reading, training and measuring.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import ranvier as rv

GROUPS = {
    "NOUN": "NN NNS NP NPS NR NRS PN",
    "VERB": "BE BED BEDZ BEG BEM BEN BER BEZ DO DOD DOZ HV HVD HVG HVN HVZ MD VB VBD VBG VBN VBZ",
    "ADJ": "AP JJ JJR JJS JJT OD",
    "ADV": "* QL QLP RB RBR RBT RN WQL WRB",
    "PRON": "PP$$ PPL PPLS PPO PPS PPSS WPO WPS",
    "DET": "ABX AT DT DTI DTS DTX PP$ WDT WP$",
    "ADP": "CS IN",
    "NUM": "CD",
    "CONJ": "CC",
    "PRT": "ABL ABN EX RP TO UH",
    ".": "` `` ' '' ( ) * , -- . :",
    "X": "NIL",
}
UNIVERSAL = {tag: name for name, tags in GROUPS.items() for tag in tags.split()} | {"*": "ADV"}


def universal(tag: str) -> str:
    """The universal tag of one of Brown's.

    >>> universal("np$-tl"), universal("ppss+md"), universal("md*"), universal("fw-in"), universal("vb+ppo")
    ('NOUN', 'PRT', 'VERB', 'X', 'VERB')
    """
    tag = tag.upper()
    if tag.startswith("FW-"):
        return "X"
    if tag in UNIVERSAL:
        return UNIVERSAL[tag]
    whole = tag
    while tag[-3:] in ("-TL", "-HL", "-NC"):
        tag = tag[:-3]
    first, plus, _ = tag.partition("+")
    for base in (first, first.rstrip("*"), first.rstrip("$"), first.rstrip("*$")):
        if base in UNIVERSAL:
            found = UNIVERSAL[base]
            return found if not plus or found == "VERB" else "PRT"
    raise ValueError(whole)


def sentences(folder: Path, share: float = 1.0) -> pl.DataFrame:
    """A row a sentence: the text that it stands in, its words, and their tags."""
    files = sorted(folder.glob("c*.pos"))
    rows = []
    for path in files[:: max(1, round(1 / share))]:
        for line in path.read_text(encoding="utf-8").split("\n"):
            pairs = [token.rpartition("/") for token in line.split()]
            if pairs:
                rows.append(
                    (path.stem, [word for word, _, _ in pairs], [universal(tag) for _, _, tag in pairs])
                )
    return pl.DataFrame(rows, schema=["text", "words", "tags"], orient="row")


def main(folder: str, share: str = "1", seed: str = "0") -> None:
    """Train with the defaults, and print a table."""
    start, used = time.perf_counter(), time.process_time()
    frame = sentences(Path(folder).expanduser(), float(share))
    with tempfile.TemporaryDirectory() as place:
        settings = {"columns.text.role": "group", "seed": int(seed)}
        run = rv.fit(frame, target="tags", settings=settings, out=Path(place) / "run")
        print(run, file=sys.stderr)
        taken = f"{time.perf_counter() - start:.0f} | {time.process_time() - used:.0f}"
        print(
            "| sentences | network | token accuracy | words not seen | usual tag | seconds | of the processor |"
        )
        print("|---|---|---|---|---|---|---|")
        said, other = (
            run.metrics["test"]["token_accuracy"],
            run.metrics["baselines"]["lexicon"]["token_accuracy"],
        )
        unseen = run.metrics.get("tagged", {}).get("unseen", {}).get("accuracy", float("nan"))
        print(
            f"| {frame.height:,}, seed {seed} | `{run.spec.network.name}` | {said['value']:.4f} ({said['low']:.4f} to "
            f"{said['high']:.4f}) | {unseen:.4f} | {other['value']:.4f} | {taken} |"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
