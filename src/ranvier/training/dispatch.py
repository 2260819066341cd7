"""How a network's operations are carried out under autograd: one by one, compiled into fewer, or as CUDA graphs.

Compiling and capturing are both for batches of one shape. A batch of another, as the last one of an epoch, goes through
the network as it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..data.batches import Batch
from ..errors import Mistake, SpecError
from ..execution.plan import Dispatch
from .state import copy_weights

Inputs = dict[str, Tensor]


class Dispatched(nn.Module):
    """A network whose training forward and backward passes are carried out as ``dispatch`` says.

    The parameters are the network's own; the network itself is not changed. Dropout draws what it draws otherwise.

    Args:
        network: in training mode.
        dispatch: ``compiled`` (``torch.compile``) or ``cuda_graphs`` (``torch.cuda.make_graphed_callables``).
        sample: a batch of the shape that most have, on the network's device. Call within the precision of the steps.
    """

    def __init__(self, network: nn.Module, dispatch: Dispatch, sample: Batch) -> None:
        super().__init__()
        self.network = network
        self.shapes = _shapes(sample.inputs)
        self.fast: Callable[[Inputs], Any] = WAYS[dispatch](network, sample.inputs)

    def forward(self, inputs: Inputs) -> Any:
        """The network's outputs for a batch of any shape."""
        return self.fast(inputs) if _shapes(inputs) == self.shapes else self.network(inputs)


def _compiled(network: nn.Module, inputs: Inputs) -> Callable[[Inputs], Any]:
    """Compiled at the first call. Random numbers are torch's own, so that dropout draws the same masks.

    A step raises SpecError where the network cannot be compiled.
    """
    with warnings.catch_warnings():  # torch's own parts use what torch calls deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        compiled: Any = torch.compile(network, dynamic=False, options={"fallback_random": True})

    def call(inputs: Inputs) -> Any:
        try:
            return compiled(inputs)
        except torch._dynamo.exc.TorchDynamoException as reason:
            raise _refused("compiled", reason) from None

    return call


def _graphed(network: nn.Module, inputs: Inputs) -> Callable[[Inputs], Any]:
    """Captured on a copy of the inputs. The passes that come before a capture move nothing that is kept.

    A capture that fails would leave the card's random numbers unusable, so that it is looked at beforehand whether the
    network waits for its own results, as where it counts rows.

    Raises:
        SpecError: it does.
    """
    before = copy_weights(network)
    static: Any = {name: block.clone() for name, block in inputs.items()}
    waiting = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        network(static)
    except RuntimeError as reason:
        raise _refused("cuda_graphs", reason) from None
    finally:
        torch.cuda.set_sync_debug_mode(waiting)
    captured: Any = torch.cuda.make_graphed_callables(_Within(network), (static,), allow_unused_input=True)
    network.load_state_dict(before)
    graphed: Callable[[Inputs], Any] = captured
    return graphed


def _refused(dispatch: Dispatch, reason: RuntimeError) -> SpecError:
    return SpecError(
        Mistake(
            f"execution.dispatch is {dispatch!r}, and torch says: {str(reason).splitlines()[0]}",
            "a network that it can carry out so",
            "leave the setting out",
        )
    )


class _Within(nn.Module):
    """The network within a module that a capture may change, in place of the network."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Inputs) -> Any:
        return self.network(inputs)


WAYS: dict[Dispatch, Callable[[nn.Module, Inputs], Callable[[Inputs], Any]]] = {
    "compiled": _compiled,
    "cuda_graphs": _graphed,
}


def _shapes(inputs: Inputs) -> dict[str, torch.Size]:
    return {name: block.shape for name, block in inputs.items()}
