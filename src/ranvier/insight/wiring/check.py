"""rv.check: what is wrong with a PyTorch program before it trains."""

from __future__ import annotations

import copy
import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import Mistake, SpecError
from ...finding import Finding
from . import examine
from .probe import Inputs, Loss, changed, measure, tensors_of

MOST_ROWS = 64


def check(
    network: nn.Module,
    loss: Loss,
    batch: tuple[Inputs, Tensor],
    optimizer: torch.optim.Optimizer | None = None,
    *,
    without: Collection[str] = (),
) -> list[Finding]:
    """Look for faults in a network, its loss, its rows and its optimizer before they train.

        for finding in rv.check(network, nn.CrossEntropyLoss(), (x, y), optimizer):
            print(finding)

    At most 64 of the rows, spread evenly, go through copies: the network, the optimizer and the random generators are
    left as they are.

    Args:
        network: any module, in the mode in which it is to train.
        loss: of (outputs, targets), a module or a function.
        batch: (x, y): the inputs, a tensor (N, ...) or a sequence or mapping of tensors, which the network is called
            with as positions or names; and the targets (N, ...). The more rows, the better: the targets are all read.
        optimizer: that is to train it, if it is to be looked at too.
        without: codes of findings that are left out, such as ``("RV219",)``.

    Returns:
        The findings, errors first; none where nothing was noticed. docs/findings has a page on each code.

    Raises:
        SpecError: the network is no module or cannot be copied, or x and y are no tensors of as many rows.

    >>> _ = torch.manual_seed(0)
    >>> network = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    >>> rows = torch.linspace(-1, 1, 36).reshape(9, 4), torch.arange(9) % 3
    >>> [finding.code for finding in check(network, nn.CrossEntropyLoss(), rows)]
    ['RV211']
    """
    x, y = _rows(network, batch)
    kept = torch.linspace(0, len(y) - 1, min(MOST_ROWS, len(y)), dtype=torch.float64).long()
    few_x = changed(x, lambda t: t[kept.to(t.device)] if len(t) == len(y) else t)
    with _undisturbed(network):
        try:
            copies = copy.deepcopy((network, loss, optimizer))
        except Exception as error:  # noqa: BLE001 (a module may hold anything)
            reason = str(error).partition("\n")[0]
            raise SpecError(
                Mistake(
                    f"the network cannot be copied: {reason}",
                    remedy="check it before its first pass, and keep no results of a pass as attributes",
                )
            ) from None
        torch.manual_seed(0)
        rows = few_x, y[kept.to(y.device)]
        program = measure(*copies[:2], *rows, (x, y), copies[2], network, without)
    return examine(program, without)


def _rows(network: Any, batch: Any) -> tuple[Any, Tensor]:
    if not isinstance(network, nn.Module):
        raise SpecError(Mistake(f"the network is a {type(network).__name__}", "a torch.nn.Module"))
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise SpecError(Mistake("the batch is no pair", "(x, y): inputs and targets"))
    x, y = batch
    each = [*tensors_of(x), y]
    if not all(isinstance(tensor, Tensor) and tensor.ndim for tensor in each):
        raise SpecError(
            Mistake("the batch holds something else than tensors of rows", remedy="use torch.as_tensor")
        )
    if not len(y) or all(len(tensor) != len(y) for tensor in each[:-1]):
        raise SpecError(
            Mistake(f"x has {len(each[0])} rows and y has {len(y)}", "as many of each, and at least one")
        )
    return x, y


@contextmanager
def _undisturbed(network: nn.Module) -> Iterator[None]:
    """Leave the random generators and the gradients as they were: a loss may close over the user's own network."""
    python, arrays = random.getstate(), np.random.get_state()
    gradients: Mapping[str, Tensor | None] = {
        name: None if p.grad is None else p.grad.clone() for name, p in network.named_parameters()
    }
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)
        for name, parameter in network.named_parameters():
            before = gradients[name]
            if before is None or parameter.grad is None:
                parameter.grad = before
            else:
                parameter.grad.copy_(before)
