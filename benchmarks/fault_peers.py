"""What another tool says of the planted faults: neuraldbg, beside rv.check and rv.watch together.

    scripts/bench fault_peers [--steps 60] [--architecture mlp] [--healthy 40]

neuraldbg has no codes: a fault counts as noticed where it told of any state that is not healthy, for Ranvier where it
gave any warning or error. Both look at the same steps. It is not among Ranvier's requirements: pip install neuraldbg.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch

import ranvier as rv

sys.path.insert(0, str(Path(__file__).parent))

from faults.healthy import healthy
from faults.programs import FAULTS, Program, own_step

SOUND = ("healthy", "normal", "stable")


def trained(program: Program, steps: int, dbg: Any = None) -> None:
    """Some steps on rows that are drawn; a step that fails ends them."""
    drawn = torch.Generator().manual_seed(0)
    for _ in range(steps):
        rows = torch.randint(len(program.y), (program.batch,), generator=drawn)
        try:
            loss = (program.step or own_step)(program, program.x[rows], program.y[rows])
        except (RuntimeError, IndexError):
            return
        if dbg is not None:
            dbg.record_loss(loss)
            dbg.step_iteration()


def neuraldbg(program: Program, steps: int) -> bool:
    from neuraldbg import NeuralDbg

    with NeuralDbg(program.network) as dbg:
        trained(program, steps, dbg)
    states = [getattr(event.to_state, "value", event.to_state) for event in dbg.get_events()]
    return any(state not in SOUND for state in states)


def ranvier(program: Program, steps: int) -> bool:
    found = rv.check(program.network, program.loss, (program.x, program.y), program.optimizer)
    watch = rv.watch(program.network, program.optimizer, say=None)
    trained(program, steps)
    watch.close()
    return any(finding.severity != "info" for finding in (*found, *watch.findings))


TOOLS = {"Ranvier": ranvier, "neuraldbg": neuraldbg}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--architecture", default="mlp")
    parser.add_argument("--healthy", type=int, default=40)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    importlib.import_module("faults.open")
    planted = [fault for fault in FAULTS.values() if asked.architecture in fault.architectures]
    for name, tool in TOOLS.items():
        started = time.process_time()
        noticed = sum(tool(fault.build(asked.architecture), asked.steps) for fault in planted)
        alarms = sum(tool(program, asked.steps) for _, program in itertools.islice(healthy(), asked.healthy))
        print(
            f"{name}: {noticed} of {len(planted)} faults noticed, {alarms} of {asked.healthy} healthy programs "
            f"with an alarm; {time.process_time() - started:.0f} s of the processor",
            flush=True,
        )


if __name__ == "__main__":
    main()
