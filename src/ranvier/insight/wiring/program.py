"""What was measured of a program before it trains: plain numbers and names, which the wiring checks read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

CLASS_LOSSES = ("cross_entropy", "nll_loss")
VALUE_LOSSES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
BINARY_LOSSES = ("binary_cross_entropy", "binary_cross_entropy_with_logits")


@dataclass(frozen=True)
class Values:
    """A tensor in figures.

    Args:
        shape: of it.
        whole: whether it holds whole numbers.
        low, high: of its finite values; 0 where there are none.
        mean, spread: of these: mean and standard deviation.
        bad: how many are not finite.
    """

    shape: tuple[int, ...]
    whole: bool
    low: float
    high: float
    mean: float
    spread: float
    bad: int

    @property
    def size(self) -> float:
        """The root of the mean square."""
        return float((self.mean**2 + self.spread**2) ** 0.5)


@dataclass(frozen=True)
class Layer:
    """A module without children, or with parameters of its own, that was called.

    Args:
        name: as in ``named_modules``.
        kind: the name of its class.
        parameters: how many tensors of its own it has.
        inputs: what came in; None where that is no tensor of numbers.
        leaks: whether, in evaluation, a row of its output depends on other rows of the batch.
        silent: whether its output was 0 for all rows.
    """

    name: str
    kind: str
    parameters: int
    inputs: Values | None
    leaks: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Parameter:
    """A parameter of the network.

    Args:
        name: as in ``named_parameters``.
        learns: whether it requires a gradient.
        used: whether the module that owns it was called.
        optimized: whether the optimizer holds it; None without an optimizer.
        gradient: ``none``, ``zero`` or ``some``.
        alike: whether all units of it have the same weights and the same gradient.
        empty: whether it is a matrix of zeros.
        slope: what the loss does along the gradient, as a share of what the gradient promises (1 is right); None where
            that could not be measured.
    """

    name: str
    learns: bool
    used: bool
    optimized: bool | None
    gradient: Literal["none", "zero", "some"]
    alike: bool = False
    empty: bool = False
    slope: float | None = None


@dataclass(frozen=True)
class LossCall:
    """A function of torch that computed the loss.

    Args:
        name: ``cross_entropy``, ``mse_loss`` and so on.
        outputs: what the network gave it.
        log_probabilities: whether each row of ``outputs`` is logarithms of probabilities that sum to 1.
        ignored: the class that it leaves out.
        value: what it gave; None where it failed or gave no single number.
        encoded: whether it was given more values than there are targets, all from 0 to 1, as a loss of ordered classes
            makes of them.
    """

    name: str
    outputs: Values
    log_probabilities: bool
    ignored: int
    value: float | None
    encoded: bool = False


@dataclass(frozen=True)
class Overfit:
    """What came of learning a few rows by heart.

    Args:
        rows: how many.
        steps: of all attempts together.
        first: the loss before them.
        lowest: the lowest loss on the way.
        trivial: the lowest loss of outputs that are the same for all rows.
        merged: the first module that gave the same for all rows in the end; empty where there is none.
    """

    rows: int
    steps: int
    first: float
    lowest: float
    trivial: float
    merged: str = ""


@dataclass(frozen=True)
class Program:
    """A network, its loss, at most 64 rows and an optimizer, in figures.

    Args:
        rows: how many went through the network.
        target: of all rows that were given, but for the class that the loss leaves out.
        inputs: each tensor of the inputs; how many are not finite is counted in all rows.
        layers: in the order in which they were called.
        parameters: in the order of the network.
        outputs: of the network; None where there are none, or they are no tensor.
        last: what was done last to the outputs: ``softmax``, ``sigmoid``, ``relu``, ``tanh``, ... or nothing known.
        last_place: the layer of which the outputs came.
        loss_call: the recognised function that computed the loss, if there was one.
        loss: its value on the rows; None where it could not be computed.
        loss_learns: whether the loss has a gradient.
        failed: the stage that failed: ``forward``, ``loss`` or ``backward``.
        failed_place: the layer that was at work then, or before.
        message: the first line of what torch said.
        batch_softmax: the layers in which a softmax went over the rows of the batch.
        broadcast: the shapes of two tensors that the loss paired each with each.
        in_place: the last operation that changed a tensor in place, and the layer before it.
        unregistered: shapes of tensors that have a gradient and are no parameters of the network or the loss.
        leaks: whether the outputs of a row depend on the other rows, in evaluation.
        noisy: whether two passes in evaluation differ.
        evaluation: modules that matter (dropout, batch norm) and are in evaluation mode.
        all_evaluation: whether the whole network is in evaluation mode.
        foreign: how many parameters the optimizer holds that are not the network's; None without an optimizer.
        rates: the optimizer's learning rates.
        overfit: what came of learning the rows by heart; None where that was not tried.
    """

    rows: int
    target: Values
    inputs: tuple[Values, ...] = ()
    layers: tuple[Layer, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    outputs: Values | None = None
    last: str = ""
    last_place: str = "outputs"
    loss_call: LossCall | None = None
    loss: float | None = None
    loss_learns: bool = True
    failed: str = ""
    failed_place: str = ""
    message: str = ""
    batch_softmax: tuple[str, ...] = ()
    broadcast: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    in_place: tuple[str, str] | None = None
    unregistered: tuple[tuple[int, ...], ...] = ()
    leaks: bool = False
    noisy: bool = False
    evaluation: tuple[str, ...] = ()
    all_evaluation: bool = False
    foreign: int | None = None
    rates: tuple[float, ...] = field(default=())
    overfit: Overfit | None = None

    @property
    def width(self) -> int:
        """K, the number of outputs of a row: the second dimension."""
        shape = self.loss_call.outputs.shape if self.loss_call else self.outputs.shape if self.outputs else ()
        return shape[1] if len(shape) > 1 else 1
