"""Translation of verses from English to French, split by chapter, beside the text itself and a word table.

    scripts/bench translate verses.tsv [OUT]       train, measure, and print the table
    scripts/bench translate verses.tsv OUT STOP    stop after so many seconds; the same command goes on with it

The bar is a BLEU at least 4 points above that of the word table, within 20 minutes of two cores. Seconds are of the
clock while it trained, over all sittings.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import ranvier as rv
from ranvier.errors import Interrupted
from ranvier.training.history import read_history

SETTINGS: dict[str, Any] = {
    "task": "translate",
    "columns": {"chapter": "group", "verse": "ignored", "zh": "ignored", "es": "ignored"},
    "training.epochs": 8,
    "doctor.trials": False,
}


def trained(source: Path, out: Path) -> rv.Run:
    """The finished run in ``out``, which is begun or gone on with."""
    if (out / "run.toml").exists():
        return rv.resume(out)
    return rv.fit(source, target="fr", settings=SETTINGS, out=out)


def main() -> None:
    source = Path(sys.argv[1])
    if len(sys.argv) > 3:
        timer = threading.Timer(float(sys.argv[3]), os.kill, (os.getpid(), signal.SIGINT))
        timer.daemon = True
        timer.start()
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch) / "run"
        try:
            run = trained(source, out)
        except Interrupted as stopped:
            print(stopped)
            return
        seconds = sum(line.get("seconds", 0.0) for line in read_history(out / "timing.jsonl"))
        tested, beside = run.metrics["test"], run.metrics["baselines"]
        print("| | BLEU | chrF | ROUGE-L |\n|---|---|---|---|")
        for name, each in {"the network": tested, **beside}.items():
            values = (f"{each[metric]['value']:.4g}" for metric in ("bleu", "chrf", "rouge_l"))
            print(f"| {name} | {' | '.join(values)} |")
        bleu = tested["bleu"]
        print(
            f"\nBLEU {bleu['low']:.4g} to {bleu['high']:.4g} (95%); {seconds:.0f} s; {len(run.history)} epochs"
        )


if __name__ == "__main__":
    main()
