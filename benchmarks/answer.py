"""The best stored answer: questions to a shop's desk, some of them in words that training never had.

    scripts/bench answer [SEEDS] [ROWS] [NETWORK]

No table of real questions is at hand, so this one is made. Twelve stored answers have nine ways to ask for each, two of
which stand in test rows alone; things, days and openings are drawn anew for each row, so that rows of different answers
share words that say nothing of the answer. Measured are 1,000 rows that are asked as the training rows are, and 1,000
that are asked in the other ways. Beside the network stands the answer of the nearest training question, by the cosine
of TF-IDF. Seconds are of the processor.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import ranvier as rv

THINGS = "coat,lamp,book,phone,chair,kettle,carpet,mirror,jacket,desk,radio,bicycle,tent,clock,piano stool,garden hose"
DAYS = "on Monday,last week,yesterday,two days ago,in March,this morning,for my mother,with a voucher"
OPENINGS = "hello,good morning,excuse me,hi there,please help me,one question,"

ASKED: dict[str, tuple[str, ...]] = {
    "It is on its way, and its number shows where.": (
        "where is the {t} that I ordered {d}", "has my {t} left your store", "can I track the {t}",
        "when will the {t} from {d} come", "how long does the delivery of a {t} take", "my {t} has not arrived",
        "I ordered a {t} {d} and am still waiting",
        "has the {t} been sent", "no {t} has come, though I ordered it {d}",
    ),
    "Send it back in its box within 30 days.": (
        "I want to return the {t}", "how do I send back a {t} bought {d}", "the {t} does not fit, can I return it",
        "I changed my mind about the {t}", "can I give the {t} back", "is it possible to return a {t} without its box",
        "I do not like the {t} that I bought {d}",
        "to which address do I return my {t}", "the {t} is not what I want, how do I send it back",
    ),
    "We repair or replace it free of charge.": (
        "my {t} is broken", "the {t} bought {d} does not work any more", "a part of the {t} came off",
        "the {t} arrived damaged", "there is a crack in my {t}", "is there a warranty on the {t}",
        "can you repair my {t}",
        "the {t} stopped working {d}", "who repairs a {t} that is damaged",
    ),
    "You can pay by card, by transfer or at the door.": (
        "how can I pay for the {t}", "do you take credit cards", "can I pay the {t} by transfer",
        "which cards do you accept", "is it possible to pay at the door", "may I pay when the {t} comes",
        "can I pay for a {t} in parts",
        "do you accept a transfer for the {t}", "what ways to pay are there",
    ),
    "The money is back within five days.": (
        "when do I get my money back for the {t}", "I sent the {t} back {d}, where is my money",
        "how long does a refund take",
        "the refund of the {t} has not come", "have you paid back the {t}", "I am waiting for my refund",
        "you owe me the price of the {t} from {d}",
        "the money for my {t} is not on my account", "when is a refund paid",
    ),
    "An order can be changed until it is packed.": (
        "can I change my order", "I want another colour of the {t} that I ordered {d}", "please add a {t} to my order",
        "I ordered the wrong {t}", "can you change the size of the {t}", "I gave a wrong address with my order",
        "may I take the {t} out of the order from {d}",
        "is it too late to change the {t} in my order", "please send my order to another address",
    ),
    "Your order is cancelled, and nothing is charged.": (
        "cancel my order", "I do not need the {t} from {d} any more, please cancel it", "how do I cancel a {t}",
        "please stop the order of the {t}", "can I still cancel", "I ordered the {t} twice, cancel one",
        "take back my order of {d}",
        "I would like to cancel the {t}", "stop my order, I found a {t} elsewhere",
    ),
    "We have it in stock.": (
        "do you have the {t} in stock", "is the {t} available", "how many of the {t} are left",
        "is there a {t} in your store", "can I get a {t} right now", "will the {t} be available again",
        "is the {t} sold out",
        "how long until the {t} is in stock", "have you got any {t} left",
    ),
    "We are open from nine to six, but on Sundays.": (
        "when do you open", "are you open on Sundays", "until when is the store open",
        "what are your hours", "can I come {d} at eight", "at what time do you close",
        "is somebody there in the evening",
        "how late are you open", "what time can I come for my {t}",
    ),
    "Choose a new password by the link that we sent.": (
        "I forgot my password", "I cannot log in to my account", "how do I reset the password",
        "my account is locked", "the password from {d} does not work", "how can I change my password",
        "it says that my password is wrong",
        "I need a new password", "my account does not let me in",
    ),
    "The invoice is in your account, under papers.": (
        "I need an invoice for the {t}", "where do I find the bill of {d}", "please send me a receipt for the {t}",
        "there was no invoice in the box", "can you write my firm on the bill", "the invoice of the {t} is wrong",
        "I lost the receipt of the {t}",
        "how do I get a bill for my {t}", "please send the invoice again",
    ),
    "A code is entered in the last step, before paying.": (
        "where do I enter my code", "the code for the {t} is refused", "how do I use a gift card",
        "I have a discount code from {d}", "is there a discount on the {t}", "the gift card does not work",
        "can I use two codes for one {t}",
        "my discount was not taken off the {t}", "where does the number of a gift card go",
    ),
}  # fmt: skip
LEARNT = 7
"""So many ways to ask, the first ones, stand in training rows."""


def made(rows: int, seed: int, ways: range) -> pl.DataFrame:
    """A table of ``question`` and ``answer``, asked in these of the ways."""
    draw = np.random.default_rng([seed, ways.start])

    def one(words: str) -> str:
        return str(draw.choice(words.split(",")))

    table = []
    answers = list(ASKED)
    for _ in range(rows):
        answer = answers[int(draw.integers(len(answers)))]
        way = ASKED[answer][int(draw.integers(ways.start, ways.stop))]
        table.append((f"{one(OPENINGS)} {way.format(t=one(THINGS), d=one(DAYS))}".strip(), answer))
    return pl.DataFrame(table, schema=["question", "answer"], orient="row")


def main(seeds: str = "3", rows: str = "1000", network: str = "") -> None:
    """Measure, and print a table."""
    print("| seed | network | asked | accuracy | in the first 3 | nearest question | seconds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for seed in range(int(seeds)):
        for asked, ways in (("as learnt", range(LEARNT)), ("in new words", range(LEARNT, 9))):
            settings = {"task": "answer", "seed": seed, **({"network": network} if network else {})}
            train, test = made(int(rows), seed, range(LEARNT)), made(1000, seed + 100, ways)
            began = time.process_time()
            with tempfile.TemporaryDirectory() as folder:
                run = rv.fit(train, target="answer", test=test, settings=settings, out=Path(folder) / "run")
                print(run, file=sys.stderr)
                found, beside = run.metrics["test"], run.metrics["baselines"]["nearest"]
            accuracy = found["answer_accuracy"]
            print(
                f"| {seed} | `{run.spec.network.name if run.spec.network else ''}` | {asked} "
                f"| {accuracy['value']:.4f} ({accuracy['low']:.4f} to {accuracy['high']:.4f}) "
                f"| {found['answer_top_3']['value']:.4f} | {beside['answer_accuracy']['value']:.4f} "
                f"| {time.process_time() - began:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
