"""ranvier trace: one step of learning in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Json, emit, say


def trace(
    widths: Annotated[
        str, typer.Argument(help="The layers' widths from the input on, such as 2-2-1.")
    ] = "2-2-1",
    x: Annotated[str, typer.Option("--x", help="The row that goes in, numbers with commas.")] = "",
    y: Annotated[str, typer.Option("--y", help="Its target, numbers with commas.")] = "",
    activation: Annotated[
        str, typer.Option("--activation", help="See: ranvier catalog activations.")
    ] = "sigmoid",
    loss: Annotated[str, typer.Option("--loss", help="See: ranvier catalog losses.")] = "mse",
    optimizer: Annotated[
        str, typer.Option("--optimizer", help="See: ranvier catalog optimizers.")
    ] = "gradient_descent",
    rate: Annotated[float, typer.Option("--rate", help="The learning rate alpha.")] = 0.1,
    seed: Annotated[int, typer.Option("--seed", help="Of the first weights.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write it as a page, with all calculations.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one step of learning, the formula beside each number: z, a, loss, delta, gradients, update.

    \b
    Examples:
      ranvier trace 2-2-1 --x 1,0 --y 1
      ranvier trace 2-4-1 --activation tanh --optimizer adam --rate 0.01
      ranvier trace 2-2-1 --x 1,0 --y 1 --out trace.html
    """
    from ..errors import Mistake, SpecError, raise_if_any

    layers = _numbers(widths.replace("-", ","))
    whole = all(width >= 1 and width == int(width) for width in layers) and len(layers) >= 2
    mistakes = (
        [] if whole else [Mistake(f"the widths are {widths!r}", "two or more whole numbers, such as 2-2-1")]
    )
    row = _numbers(x) if x else [1.0, *[0.0] * (int(layers[0]) - 1)] if whole else []
    target = _numbers(y) if y else [1.0] * int(layers[-1]) if whole else []
    if whole and len(row) != layers[0]:
        mistakes.append(
            Mistake(f"--x {x!r} has {len(row)} usable numbers", f"{layers[0]:g}, as the input is wide")
        )
    if whole and len(target) != layers[-1]:
        mistakes.append(
            Mistake(f"--y {y!r} has {len(target)} usable numbers", f"{layers[-1]:g}, as the output is wide")
        )
    raise_if_any(SpecError, mistakes)

    import torch
    from torch import nn

    from ..catalog import load
    from ..insight.trace import trace as take_step

    function = load("activations", activation)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pairs = zip(map(int, layers), map(int, layers[1:]))
        chain = nn.Sequential(*(part for pair in pairs for part in (nn.Linear(*pair), function())))
    step = take_step(chain, [row], [target], loss=loss, optimizer=optimizer, rate=rate)
    if out is not None:
        from ..files import write_text
        from ..insight.trace_page import page

        write_text(out, page(step))
    if as_json:
        emit({"event": "done", "loss": step.loss, "new_loss": step.new_loss, "lines": list(step.lines())})
    elif out is not None:
        say(f"written to {out}")
    else:
        say(str(step))


def _numbers(text: str) -> list[float]:
    """The numbers in ``text``; none where one of them is not one."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        return []
