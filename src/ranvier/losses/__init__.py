"""Losses: how wrong an output is, one number for each row.

A loss is called with outputs and target and gives (B,): the objective takes the mean, with the rows' weights. Its class
says which forms of ``outputs`` it takes:

- ``"classes"``: logits (B, C) of C >= 2 classes, target (B,) int64 class indices;
- ``"single"``: one logit (B, 1) for two classes, target (B,) int64, 0 or 1;
- ``"ordered"``: logits (B, C - 1) of C classes in an order, target (B,) int64 class indices;
- ``"labels"``: a logit (B, L) for each of L labels, target (B, L) float, 0 or 1; the loss is the mean over L;
- ``"values"``: (B, K), target (B, K) float; the loss is the mean over K;
- ``"rates"``: logarithms of rates (B, K), target (B, K) float of at least 0; the loss is the mean over K;
- ``"quantiles"``: step by step the quantiles of H values (B, H Q), target (B, 2 + H) as forecasts have it;
- ``"spelling"``: logits (B, T, K) of each of T frames, NaN where a row has none, target (B, S) int64, -1 where a row
  has no more symbols;
- ``"tags"``: logits (B, T, K) of each of T tokens, NaN where a row has none, target (B, T) int64, -1 there;
- ``"spans"``: two logits (B, P, 2) of each of P places, NaN where a row has none, target (B, 2) int64, the first and
  the last place of a span, -1 where there is none.

z is a logit, y the target, p_t the probability of the true class. All are finite, with finite gradients, for logits of
any size that the squares allow. Losses of outputs at each of many positions are in ``positions.py``.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ..data.series.windows import LEVELS
from ..errors import Mistake, SpecError
from ..limits import Fraction, NonNegative, Positive


class MSE:
    """The mean squared error, (y_hat - y)^2."""

    outputs: ClassVar[tuple[str, ...]] = ("values",)

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, K) and (B, K) to (B,)."""
        _check_values("mse", outputs, target)
        return (outputs - target).square().mean(dim=1)


class MAE:
    """The mean absolute error, |y_hat - y|; its gradient is 0 where the two are equal."""

    outputs: ClassVar[tuple[str, ...]] = ("values",)

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, K) and (B, K) to (B,)."""
        _check_values("mae", outputs, target)
        return (outputs - target).abs().mean(dim=1)


class Huber:
    """Huber's loss (1964), for e = y_hat - y: e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2).

    Args:
        delta: the size of an error from which on it counts linearly, in units of the (standardised) target.
    """

    outputs: ClassVar[tuple[str, ...]] = ("values",)

    def __init__(self, *, delta: Positive = 1.0) -> None:
        self.delta = delta

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, K) and (B, K) to (B,)."""
        _check_values("huber", outputs, target)
        return functional.huber_loss(outputs, target, reduction="none", delta=self.delta).mean(dim=1)


class CrossEntropy:
    """The cross-entropy, -sum_j q_j log softmax(z)_j.

    Args:
        label_smoothing: epsilon of Szegedy et al. (2016): q is 1 - epsilon on the true class, plus epsilon / C on each.
    """

    outputs: ClassVar[tuple[str, ...]] = ("classes",)

    def __init__(self, *, label_smoothing: Fraction = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, C) and (B,) to (B,)."""
        _check_classes("cross_entropy", outputs, target, self.outputs)
        return functional.cross_entropy(
            outputs, target, reduction="none", label_smoothing=self.label_smoothing
        )


class BinaryCrossEntropy:
    """The cross-entropy of two classes told apart by one logit, -[y log s(z) + (1 - y) log(1 - s(z))].

    It equals ``CrossEntropy`` of the logits (0, z). Of several labels it is the mean of each one's.

    Args:
        label_smoothing: epsilon; y becomes (1 - epsilon) y + epsilon / 2.
    """

    outputs: ClassVar[tuple[str, ...]] = ("single", "labels")

    def __init__(self, *, label_smoothing: Fraction = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, 1) and (B,), or (B, L) and (B, L), to (B,)."""
        if target.ndim == 2:
            _check_values("binary_cross_entropy", outputs, target)
        else:
            _check_classes("binary_cross_entropy", outputs, target, ("single",))
        y = target.to(outputs.dtype) * (1 - self.label_smoothing) + self.label_smoothing / 2
        marks = y.view(outputs.shape)  # (B,) becomes (B, 1)
        losses = functional.binary_cross_entropy_with_logits(outputs, marks, reduction="none")
        return losses.mean(dim=1)


class Focal:
    """The focal loss (Lin et al. 2017), -(1 - p_t)^gamma log p_t: rows that are already right count less.

    Args:
        gamma: how much less; 0 is cross-entropy.
    """

    outputs: ClassVar[tuple[str, ...]] = ("single", "classes")

    def __init__(self, *, gamma: NonNegative = 2.0) -> None:
        self.gamma = gamma

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, 1) or (B, C), and (B,), to (B,)."""
        _check_classes("focal", outputs, target, self.outputs)
        # (1 - p)^gamma from log(1 - p): the power of a rounded 1 - p = 0 has no finite gradient for gamma < 1
        if outputs.shape[1] == 1:
            z = outputs[:, 0] * _sign(target, outputs)
            log_right, log_wrong = functional.logsigmoid(z), functional.logsigmoid(-z)
        else:
            logs = torch.log_softmax(outputs, dim=1)
            log_right = logs.gather(1, target[:, None])[:, 0]
            log_wrong = _without_target(logs, target).logsumexp(dim=1)
        return -torch.exp(self.gamma * log_wrong) * log_right


class CORN:
    """The negative log-likelihood of classes in an order, from conditional probabilities: -log P(y).

    Output j is the logit of P(y > j | y >= j), so that P(y > j) is a product that falls with j whatever the outputs
    are: Shi, Cao & Raschka, Deep neural networks for rank-consistent ordinal regression (2021, arXiv 2111.08851), which
    divides by the number of its terms instead of the number of rows.
    """

    outputs: ClassVar[tuple[str, ...]] = ("ordered",)

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, C - 1) and (B,) to (B,)."""
        if outputs.ndim != 2 or target.shape != outputs.shape[:1]:
            raise SpecError(
                Mistake(
                    f"loss 'corn' was given outputs of shape {shown(outputs)} for a target of shape {shown(target)}",
                    "outputs of shape (rows, classes less 1) for a target of shape (rows,)",
                    "let the network's last layer give one value less than there are classes",
                )
            )
        places = torch.arange(outputs.shape[1], device=outputs.device)
        above = (target[:, None] > places).to(outputs.dtype)
        losses = functional.binary_cross_entropy_with_logits(outputs, above, reduction="none")
        asked = target[:, None] >= places  # whether y >= j, so that output j has something to say
        return torch.where(asked, losses, torch.zeros_like(losses)).sum(dim=1)


class Poisson:
    """Half the Poisson deviance, y log(y / r) - y + r, of a rate r = exp(z) that the output z is the logarithm of.

    Its gradient exp(z) - y is that of the negative log-likelihood, and it is 0 where the rate is y. Above z = 30 the
    rate goes on as a straight line, so that it stays finite.
    """

    outputs: ClassVar[tuple[str, ...]] = ("rates",)

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, K) and (B, K) to (B,)."""
        _check_values("poisson", outputs, target)
        deviance = torch.xlogy(target, target) - target * log_rate_of(outputs) - target + rate_of(outputs)
        return deviance.clamp_min(0.0).mean(dim=1)  # where the rate is y, rounding may leave less than 0


HIGHEST = 30.0
"""The logarithm of a rate above which the rate grows linearly."""


def rate_of(logarithm: Tensor) -> Tensor:
    """The rate exp(z), and above z = 30 the straight line that touches it there."""
    return logarithm.clamp_max(HIGHEST).exp() * (1 + (logarithm - HIGHEST).clamp_min(0.0))


def log_rate_of(logarithm: Tensor) -> Tensor:
    """The logarithm of ``rate_of``: z, and above z = 30 less than that."""
    return logarithm.clamp_max(HIGHEST) + (logarithm - HIGHEST).clamp_min(0.0).log1p()


class PerceptronCriterion:
    """Rosenblatt's criterion: what a wrong answer lacks to be right, and 0 for a right one.

    One output s with y as -1 or +1: -y s where y s <= 0, else 0. Its gradient is -y x for a wrong row, and also where
    s = 0, so that gradient descent on single rows at rate 1 is Rosenblatt's rule w <- w + y x (1958), and starts from
    zero weights as well.

    C scores: max_(j != y) s_j - s_y where this is at least 0, else 0, which is Kesler's construction (Nilsson 1965;
    Duda & Hart 1973): a tie is a wrong answer here too, and of several best rivals the first is changed.
    """

    outputs: ClassVar[tuple[str, ...]] = ("single", "classes")

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, 1) or (B, C), and (B,), to (B,)."""
        _check_classes("perceptron", outputs, target, self.outputs)
        if outputs.shape[1] == 1:
            lack = -outputs[:, 0] * _sign(target, outputs)
        else:
            rival = _without_target(outputs.detach(), target).argmax(dim=1)
            lack = (outputs.gather(1, rival[:, None]) - outputs.gather(1, target[:, None]))[:, 0]
        return torch.where(lack < 0, torch.zeros_like(lack), lack)  # so that NaN stays NaN


class SquaredHinge:
    """The squared hinge of each class against all others, mean over the outputs of max(0, 1 - s z / m)^2.

    s is +1 for the true class and -1 for the others; one output tells the second class (+1) from the first (-1). An
    output beyond the margin teaches nothing more, as in a support vector machine (Cortes & Vapnik 1995; one against
    all: Rifkin & Klautau 2004).

    Args:
        margin: m, how far an output is to be from 0. The softmax of outputs at a margin of 1 is never sure of a class
            among many; at 5 it is.
    """

    outputs: ClassVar[tuple[str, ...]] = ("single", "classes")

    def __init__(self, *, margin: Positive = 1.0) -> None:
        self.margin = margin

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, 1) or (B, C), and (B,), to (B,)."""
        _check_classes("squared_hinge", outputs, target, self.outputs)
        if outputs.shape[1] == 1:
            sign = _sign(target, outputs)[:, None]
        else:
            sign = 2 * functional.one_hot(target, outputs.shape[1]).to(outputs.dtype) - 1
        return functional.relu(1 - sign * outputs / self.margin).square().mean(dim=1)


class Quantile:
    """The pinball loss of the quantiles of a forecast, mean of 2 max(q (y - f_q), (q - 1) (y - f_q)) / e.

    Its levels q are ``data.series.windows.LEVELS``. The target's first column is the error e of the seasonal naive
    forecast, so that series of all sizes count alike; its second is not looked at, and the others are y.
    """

    outputs: ClassVar[tuple[str, ...]] = ("quantiles",)

    def __call__(self, outputs: Tensor, target: Tensor) -> Tensor:
        """(B, H Q) and (B, 2 + H) to (B,)."""
        levels = torch.tensor(LEVELS, dtype=outputs.dtype, device=outputs.device)
        steps = target.shape[1] - 2 if target.ndim == 2 else 0
        if outputs.ndim != 2 or steps < 1 or outputs.shape != (len(target), steps * len(levels)):
            raise SpecError(
                Mistake(
                    f"loss 'quantile' was given outputs of shape {shown(outputs)} for a target of shape "
                    f"{shown(target)}",
                    f"outputs of shape (rows, {len(levels)} x horizon) for a target of shape (rows, 2 + horizon)",
                    "let the network's last layer give as many values as the loss takes",
                )
            )
        above = target[:, 2:, None] - outputs.view(-1, steps, len(levels))
        losses = 2.0 * torch.maximum(levels * above, (levels - 1.0) * above)
        return losses.mean(dim=(1, 2)) / target[:, 0]


def _sign(target: Tensor, outputs: Tensor) -> Tensor:
    """Classes 0 and 1 as -1 and +1 (B,), in the outputs' type."""
    return (2 * target - 1).to(outputs.dtype)


def _without_target(scores: Tensor, target: Tensor) -> Tensor:
    """The scores (B, C), with minus infinity for the true class."""
    true_class = functional.one_hot(target, scores.shape[1]).bool()
    return scores.masked_fill(true_class, -torch.inf)


def _check_values(loss: str, outputs: Tensor, target: Tensor) -> None:
    """Refuse what would be broadcast: (B, 1) with (B,) is (B, B) to PyTorch."""
    if outputs.ndim != 2 or outputs.shape != target.shape:
        raise SpecError(
            Mistake(
                f"loss {loss!r} was given outputs of shape {shown(outputs)} for a target of shape {shown(target)}",
                "both of the same shape (rows, values)",
                "let the network's last layer give as many values as the target has",
            )
        )


def _check_classes(loss: str, outputs: Tensor, target: Tensor, forms: tuple[str, ...]) -> None:
    columns = {"single": "1", "classes": "classes"}
    fits = outputs.ndim == 2 and (
        ("single" in forms and outputs.shape[1] == 1) or ("classes" in forms and outputs.shape[1] >= 2)
    )
    if not fits or target.shape != outputs.shape[:1]:
        expected = " or ".join(f"(rows, {columns[form]})" for form in forms)
        raise SpecError(
            Mistake(
                f"loss {loss!r} was given outputs of shape {shown(outputs)} for a target of shape {shown(target)}",
                f"outputs of shape {expected} for a target of shape (rows,)",
                "let the network's last layer give as many values as the loss takes",
            )
        )


def shown(tensor: Tensor) -> str:
    """Its shape, for a sentence."""
    return str(tuple(tensor.shape))
