"""Answers that stand in a passage: facts of made-up persons, asked for in other words than those of the training.

    scripts/bench extract [SEEDS] [ROWS] [NETWORK]

No table of real passages and questions is at hand, so this one is made. Each passage tells six facts of each of two
persons in a random order; a question asks for one of them. Names, years and places are drawn anew for each passage. Of
each fact there are five sentences and five questions; the last sentence and the last two questions of each stand in
test rows alone, so that no test row is asked in words that were learnt; validation rows are. Seconds are
of the processor.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import ranvier as rv

FIRST = "Ada Boris Carla Dmitri Elin Farid Greta Hugo Ines Jonas Kira Luca Mina Nils Olga Pavel Runa Said Tove Yusuf"
LAST = "Abel Brandt Costa Dahl Ekman Faber Grau Holm Ivers Jansen Keller Lund Moreau Novak Okoye Petrov Quist Roth Sand"
CITY = "Arden Belmora Corvin Dunhall Esker Farrow Glimmen Harrow Isenby Jorvik Kestrel Lorne Marlow Norden Oakby Pelham"
JOB = "architect,baker,violin maker,marine biologist,judge,pilot,tailor,translator,watchmaker,surgeon,gardener,printer"
FIRM = "Alder Works,Blue Harbour,Copperline,Deep Field Ltd,Eastgate Mills,Fennel and Sons,Granite Bank,Hollow Press"
LOVE = (
    "chess,rowing,old maps,bird watching,jazz piano,mountain climbing,pottery,fencing,black tea,kite flying"
)

FACTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "year": (
        ("{n} was born in {v}.", "In {v} {n} was born.", "{n}, born in {v}, grew up with four sisters.",
         "The year of birth of {n} is {v}.", "{n} came into the world in {v}."),
        ("When was {n} born?", "In which year was {n} born?", "What is the year of birth of {n}?",
         "What year was {n} born in?", "Since when has {n} been in the world?"),
    ),
    "city": (
        ("{n} lives in {v}.", "The home of {n} is in {v}.", "Today {n} has a house in {v}.",
         "{n} moved to {v} and lives there.", "In {v} stands the house where {n} lives."),
        ("Where does {n} live?", "In which town does {n} live?", "Where is the home of {n}?",
         "Where does {n} have a house?", "To which town did {n} move?"),
    ),
    "job": (
        ("{n} works as a {v}.", "{n} became a {v}.", "The profession of {n} is {v}.",
         "By profession {n} is a {v}.", "{n} earns a living as a {v}."),
        ("What does {n} work as?", "What is the profession of {n}?", "What did {n} become?",
         "What is {n} by profession?", "As what does {n} earn a living?"),
    ),
    "firm": (
        ("The employer of {n} is {v}.", "{n} is employed by {v}.", "{v} pays the wages of {n}.",
         "{n} has a contract with {v}.", "{v} has employed {n} for years."),
        ("Who is the employer of {n}?", "By whom is {n} employed?", "Who pays the wages of {n}?",
         "With whom does {n} have a contract?", "Who has employed {n}?"),
    ),
    "spouse": (
        ("{n} is married to {v}.", "{n} married {v}.", "The spouse of {n} is {v}.",
         "{v} and {n} are married.", "The wedding of {n} and {v} was in June."),
        ("Who is married to {n}?", "Whom did {n} marry?", "Who is the spouse of {n}?",
         "To whom is {n} married?", "With whom did {n} have a wedding?"),
    ),
    "love": (
        ("{n} is fond of {v}.", "What {n} likes most is {v}.", "In the evenings {n} enjoys {v}.",
         "{v} is the hobby of {n}.", "A hobby that {n} enjoys is {v}."),
        ("What is {n} fond of?", "What does {n} like most?", "What does {n} enjoy in the evenings?",
         "What hobby does {n} have?", "What is the hobby that {n} enjoys?"),
    ),
}  # fmt: skip
SENTENCES, QUESTIONS = 4, 3
"""So many of each, the first ones, stand in training rows."""


def made(rows: int, seed: int, test: bool) -> pl.DataFrame:
    """A table of ``passage``, ``question`` and ``answer``: of each passage three questions."""
    draw = np.random.default_rng([seed, test])

    def one(words: str, separator: str = " ") -> str:
        return str(draw.choice(words.split(separator)))

    def person() -> str:
        return f"{one(FIRST)} {one(LAST)}"

    table = []
    while len(table) < rows:
        told, asked = [], []
        for name in {person(): 0, person(): 0}:
            values = {
                "year": str(draw.integers(1890, 2006)),
                "city": one(CITY),
                "job": one(JOB, ","),
                "firm": one(FIRM, ","),
                "spouse": person(),
                "love": one(LOVE, ","),
            }
            for fact, value in values.items():
                sentences, questions = FACTS[fact]
                first, of = (SENTENCES, QUESTIONS) if test else (0, 0)
                last, end = (5, 5) if test else (SENTENCES, QUESTIONS)
                sentence = sentences[int(draw.integers(first, last))].format(n=name, v=value)
                told.append(sentence[0].upper() + sentence[1:])
                said = value if value in told[-1] else value[0].upper() + value[1:]
                asked.append((questions[int(draw.integers(of, end))].format(n=name), said))
        passage = " ".join(told[at] for at in draw.permutation(len(told)))
        table += [(passage, *asked[at]) for at in draw.permutation(len(asked))[:3]]
    return pl.DataFrame(table[:rows], schema=["passage", "question", "answer"], orient="row")


def main(seeds: str = "1", rows: str = "6000", network: str = "") -> None:
    """Measure, and print a table."""
    print(
        "| seed | network | validation F1 | exact | F1 | sentence, exact | sentence, F1 | most frequent, F1 | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for seed in range(int(seeds)):
        settings = {"task": "extract", "seed": seed, **({"network": network} if network else {})}
        began = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            run = rv.fit(
                made(int(rows), seed, False),
                target="answer",
                test=made(1500, seed, True),
                settings=settings,
                out=Path(folder) / "run",
            )
            print(run, file=sys.stderr)
            found, beside = run.metrics["test"], run.metrics["baselines"]
            learnt = run.metrics["validation"]["span_f1"]["value"]
        f1, exact = found["span_f1"], found["span_exact"]
        print(
            f"| {seed} | `{run.spec.network.name if run.spec.network else ''}` | {learnt:.4f} "
            f"| {exact['value']:.4f} ({exact['low']:.4f} to {exact['high']:.4f}) "
            f"| {f1['value']:.4f} ({f1['low']:.4f} to {f1['high']:.4f}) "
            f"| {beside['sentence']['span_exact']['value']:.4f} | {beside['sentence']['span_f1']['value']:.4f} "
            f"| {beside['trivial']['span_f1']['value']:.4f} | {time.process_time() - began:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
