"""Each library's training in a process of its own, so that the threads and the memory of one are not in another's way.

A library keeps threads that wait for work by turning round and round (OpenBLAS and OpenMP do, for some milliseconds):
in one process the burst that comes next would share its core with them.
"""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from typing import Any

SEED = 0
TEST_ROWS = 2000
"""Rows that tell whether all libraries learn the same."""


class Apart:
    """A training that waits, in its process, to be told to train an epoch.

    Args:
        case: a name of ``networks.CASES``.
        library: a name of ``libraries.PEERS``, or one that begins with Ranvier, by a plan that its trials choose;
            Ranvier (32 bits) chooses among those without 16-bit numbers.

    Attributes:
        said: what it says of itself: Ranvier's plan, or why a library is left out; "" where there is nothing to say.
        runs: whether it can train.
    """

    def __init__(self, case: str, library: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, other = spawn.Pipe()
        self.process = spawn.Process(target=_serve, args=(other, case, library), daemon=True)
        self.process.start()
        self.runs, self.said = self.pipe.recv()

    def epoch(self) -> float:
        """Seconds of one more epoch, by the clock."""
        return float(self._asked("epoch"))

    def right(self) -> float:
        """The share of the test rows whose class it tells."""
        return float(self._asked("right"))

    def end(self) -> None:
        """No more epochs."""
        self.pipe.send("end")
        self.process.join()

    def _asked(self, question: str) -> Any:
        self.pipe.send(question)
        return self.pipe.recv()


def _serve(pipe: Connection, case_name: str, library: str) -> None:
    import torch

    from . import ours
    from .libraries import PEERS
    from .networks import CASES

    case = next(each for each in CASES if each.name == case_name)
    torch.manual_seed(SEED)
    x, y = case.rows(case.batch * case.steps)
    test_x, test_y = case.rows(TEST_ROWS)
    said = ""
    torch.manual_seed(SEED)  # networks of torch begin with the same weights
    try:
        if library.startswith("Ranvier"):
            plan, reason = ours.plan_for(case, x, y, exact="32 bits" in library)
            said, run = f"{plan} ({reason})", ours.ranvier(case, x, y, plan)
        else:
            run = PEERS[library](case, x, y)
    except ImportError as error:  # installed without something that it needs
        run, said = None, str(error)
    pipe.send((run is not None, said))
    while run is not None and (question := pipe.recv()) != "end":
        if question == "epoch":
            started = time.perf_counter()
            run.epoch()
            pipe.send(time.perf_counter() - started)
        else:
            pipe.send((run.classes(test_x) == test_y.numpy()).mean())
