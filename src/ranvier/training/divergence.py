"""Where a loss that is not finite comes from: the first layer, and the rows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..data.batches import Batch
from ..finding import Finding

REMEDY = "Use a learning rate ten times smaller, or clip the gradient with regularization.clip=1."
CLIPPED = {"regularization.clip": 1.0}
"""The second half of the remedy, as settings."""

SHOWN = 5
"""How many rows the finding names."""


def bad_parameters(network: nn.Module) -> list[str]:
    """The names of parameters and buffers that hold a value which is not finite."""
    return [
        n for n, t in network.state_dict().items() if t.is_floating_point() and not torch.isfinite(t).all()
    ]


@torch.no_grad()
def diagnose(network: nn.Module, batch: Batch, step: int, loss: float) -> Finding:
    """Say why the loss of ``batch`` was not finite at ``step`` (from 1).

    The batch goes through the network once more. The first layer whose output is not finite, though its input is,
    is the place; the rows are those of its output that are not finite.
    """
    layer, rows = _first_bad_layer(network, batch)
    parameters = bad_parameters(network)
    if parameters:
        place, cause = (
            parameters[0],
            f"The weights of {parameters[0]!r} are no longer finite: the last update was too large.",
        )
    elif layer:
        place, cause = layer, f"The outputs of layer {layer!r} are too large for its numbers."
    else:
        rows = [int(row) for row in batch.rows]
        place, cause = "loss", "The outputs are finite, the loss of them is not."
    shown = [row + 1 for row in rows[:SHOWN]]
    evidence: dict[str, Any] = {
        "step": step,
        "loss": str(loss),
        "layer": layer,
        "rows": shown,
        "row_count": len(rows),
    }
    more = ", ..." if len(rows) > SHOWN else ""
    return Finding(
        code="RV201",
        severity="error",
        place=f"{place}, step {step}, rows {', '.join(map(str, shown))}{more}",
        cause=f"The loss was {loss} at step {step}. {cause}",
        remedy=REMEDY,
        evidence=evidence,
        settings=CLIPPED,
    )


def unmeasurable(epoch: int, step: int) -> Finding:
    """Say that the network's outputs for the validation rows were not finite, though the training loss was."""
    return Finding(
        code="RV201",
        severity="error",
        place=f"validation rows, epoch {epoch}, step {step}",
        cause=f"The loss of the validation rows was not finite after step {step}: the weights have grown too large.",
        remedy=REMEDY,
        evidence={"epoch": epoch, "step": step},
        settings=CLIPPED,
    )


def _first_bad_layer(network: nn.Module, batch: Batch) -> tuple[str | None, list[int]]:
    found: list[tuple[str, Tensor]] = []

    def look(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            if not found and isinstance(output, Tensor) and not torch.isfinite(output).all():
                found.append((name, output))

        return hook

    leaves = [(name, module) for name, module in network.named_modules() if not list(module.children())]
    hooks = [module.register_forward_hook(look(name)) for name, module in leaves]
    try:
        network(batch.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if not found:
        return None, []
    name, output = found[0]
    per_row = ~torch.isfinite(output).reshape(len(output), -1).all(dim=1)
    rows = batch.rows[per_row.cpu()] if len(per_row) == len(batch) else batch.rows
    return name, [int(row) for row in rows]
