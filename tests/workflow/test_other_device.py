"""Training on a device that is not the processor, as a graphics card is: nothing of the two is mixed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import other_device

SCRIPT = Path(other_device.__file__)


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("g++") is None, reason="no g++ to build it"
)
def test_each_kind_learns_there_what_it_learns_on_the_processor(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(SCRIPT), str(tmp_path), *other_device.CASES]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [each["case"] for each in found] == list(other_device.CASES)
    for each in found:
        here, there = each["losses"]
        assert there == pytest.approx(here, rel=1e-3), each["case"]
