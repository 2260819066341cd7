"""Microseconds a prediction, Ranvier beside ONNX Runtime and the plain modules, in turns in one process.

    python benchmarks/inference.py [--rounds 60] [--threads 1]

The networks have the shape of Adult: 6 numbers and 8 categories, prepared already. Seconds of the processor where one
thread is asked for, since other work on the machine lengthens them less; of many calls the quickest and the median.
"""

from __future__ import annotations

import argparse
import io
import logging
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import onnxruntime
import torch
from peers import ours
from torch import Tensor, nn

from ranvier.execution.prediction import Predictor

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "64-64": ours.small_network,
    "the default network": ours.table_network,
}


class Positional(nn.Module):
    """A network with its blocks as arguments, as an export wants them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, number: Tensor, category: Tensor) -> Tensor:
        outputs: Tensor = self.network({"number": number, "category": category})
        return outputs


def session(network: nn.Module, inputs: dict[str, Tensor], threads: int) -> onnxruntime.InferenceSession:
    """The network in ONNX Runtime, for batches of any size, with all its optimizations."""
    file = io.BytesIO()
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Positional(network), (inputs["number"], inputs["category"]), file, dynamo=False, opset_version=17,
            input_names=["number", "category"], output_names=["outputs"],
            dynamic_axes={"number": {0: "rows"}, "category": {0: "rows"}},
        )  # fmt: skip
    logging.disable(logging.NOTSET)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    return onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])


@torch.no_grad()
def compare(name: str, rows: int, rounds: int, threads: int) -> None:
    """One line: microseconds of each, the quickest and the median of the calls."""
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    inputs = ours.adult(rows).inputs
    arrays = {key: block.numpy() for key, block in inputs.items()}
    peer, predictor = session(network, ours.adult(3).inputs, threads), Predictor(network)
    runs: dict[str, Callable[[], object]] = {
        "Ranvier": lambda: predictor(inputs),
        "ONNX Runtime": lambda: peer.run(None, arrays),
        "the module": lambda: network(inputs),
    }
    first = runs["Ranvier"]()
    assert isinstance(first, Tensor)
    np.testing.assert_allclose(first.numpy(), peer.run(None, arrays)[0], rtol=1e-4, atol=1e-5)
    clock = time.process_time_ns if threads == 1 else time.perf_counter_ns
    taken: dict[str, list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            run()  # what the one before left in the cache does not count
            started = clock()
            run()
            taken[key].append((clock() - started) / 1e3)
    ours_least, ours_median = min(taken["Ranvier"]), statistics.median(taken["Ranvier"])
    print(f"\n{name}, {rows} row(s)")
    for key, times in taken.items():
        least, median = min(times), statistics.median(times)
        print(
            f"  {key:<14} quickest {least:9.0f} us ({least / ours_least:5.2f} x Ranvier)"
            f"   median {median:9.0f} us ({median / ours_median:5.2f} x Ranvier)",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {asked.threads} thread(s)")
    for name in NETWORKS:
        for rows in (1, 32, 256, 4096):
            compare(name, rows, max(8, asked.rounds * 256 // max(rows, 256)), asked.threads)


if __name__ == "__main__":
    main()
