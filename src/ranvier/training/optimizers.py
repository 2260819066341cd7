"""Optimizers: how the parameters follow the gradient.

Each is a function of the named parameters (``network.named_parameters()``) and a learning rate that returns a
``torch.optim`` optimizer, or an object with the same interface. Symbols: theta is a parameter, g its gradient
(nabla_theta J), alpha the learning rate, beta a momentum or decay, v a velocity or a mean of squares, t the
step counted from 1. Operations on vectors are element by element.

The implementation is torch's own with its default choice of kernels, which on a CPU is one parameter after
another and the same bytes each time. No optimizer here draws a random number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import nn

from ..errors import Mistake, SpecError
from ..limits import Fraction, NonNegative, Positive
from .muon import Together, is_embedding, is_hidden

Named = Sequence[tuple[str, nn.Parameter]]
"""Parameters with their names, as ``list(network.named_parameters())`` gives them."""

DEFAULT_RATES: dict[str, float] = {
    "gradient_descent": 0.1,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.02,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "muon": 0.005,
}
"""The learning rate of each optimizer where the user gives none, for standardised inputs and a mean loss.

Gradient descent's suits a curvature of order 1. With beta = 0.9 a steady gradient is amplified by
1 / (1 - beta) = 10, hence the smaller rate of the two momentum methods. Adagrad's steps only shrink, so it
starts higher than the other adaptive methods, whose steps are of the size alpha whatever the gradient's scale.
Muon's step is a fifth of AdamW's first steps in size, so it takes five times the rate.
"""


class Optimizer(Protocol):
    """What the training loop uses of an optimizer. Every ``torch.optim.Optimizer`` has it."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups: each a dict with ``params``, ``lr`` (alpha in use) and ``initial_lr`` (its base)."""
        ...

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        ...

    def step(self) -> Any:
        """Move every parameter that has a gradient."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """``state`` (parameter number -> name -> tensor or None) and ``param_groups`` (plain values)."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from what ``state_dict`` gave."""
        ...


def set_rate(optimizer: Optimizer, factor: float) -> None:
    """Set each group's learning rate to ``factor`` times its own base rate, ``initial_lr``.

    Args:
        optimizer: one made by a function of this module.
        factor: what a schedule gives, from 0 to 1.
    """
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * factor


def gradient_descent(parameters: Named, learning_rate: float) -> torch.optim.Optimizer:
    """Gradient descent: theta = theta - alpha g (Cauchy 1847; on batches: Robbins & Monro 1951).

    Whether it is batch, stochastic or mini-batch gradient descent is a matter of the batch size.

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.1.

    Raises:
        SpecError: no parameter learns.
    """
    return _started(torch.optim.SGD(_learning(parameters), lr=learning_rate))


def momentum(
    parameters: Named, learning_rate: float, *, momentum: Fraction = 0.9, weight_decay: NonNegative = 0.0
) -> torch.optim.Optimizer:
    """Gradient descent with momentum: v = beta v - alpha g; theta = theta + v (Polyak 1964).

    Torch keeps b = beta b + g and moves by -alpha b. With a constant rate v = -alpha b and the two are the
    same; when a schedule changes alpha, torch's form applies the new rate to the whole velocity at once, the
    textbook's only to new gradients.

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.02.
        momentum: beta.
        weight_decay: lambda of the penalty lambda theta^2 / 2, whose gradient is added to g, of the weights that
            ``adamw`` would let decay.

    Raises:
        SpecError: no parameter learns.
    """
    groups = _penalized(_learning(parameters), weight_decay)
    return _started(torch.optim.SGD(groups, lr=learning_rate, momentum=momentum))


def nesterov(
    parameters: Named, learning_rate: float, *, momentum: Fraction = 0.9, weight_decay: NonNegative = 0.0
) -> torch.optim.Optimizer:
    """Nesterov's momentum: v = beta v - alpha g(theta + beta v); theta = theta + v (Sutskever et al. 2013).

    The gradient is taken where the velocity is about to lead. Torch stores that point, phi = theta + beta v,
    as the parameter: b = beta b + g; phi = phi - alpha (g + beta b). With a constant rate it is the same path
    seen from phi.

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.02.
        momentum: beta; at 0 this is gradient descent.
        weight_decay: as of ``momentum``.

    Raises:
        SpecError: no parameter learns.
    """
    looks_ahead = momentum > 0  # torch refuses nesterov without a momentum, where the two are the same
    groups = _penalized(_learning(parameters), weight_decay)
    return _started(torch.optim.SGD(groups, lr=learning_rate, momentum=momentum, nesterov=looks_ahead))


def adagrad(parameters: Named, learning_rate: float, *, epsilon: Positive = 1e-10) -> torch.optim.Optimizer:
    """Adagrad: v = v + g^2; theta = theta - alpha g / (sqrt(v) + epsilon) (Duchi, Hazan & Singer 2011).

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.02.
        epsilon: keeps the division finite.

    Raises:
        SpecError: no parameter learns.
    """
    return _started(torch.optim.Adagrad(_learning(parameters), lr=learning_rate, eps=epsilon))


def rmsprop(
    parameters: Named, learning_rate: float, *, decay: Fraction = 0.99, epsilon: Positive = 1e-8
) -> torch.optim.Optimizer:
    """RMSprop: v = beta v + (1 - beta) g^2; theta = theta - alpha g / (sqrt(v) + epsilon) (Hinton 2012).

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.001.
        decay: beta, how much of the mean of squares is kept each step.
        epsilon: keeps the division finite.

    Raises:
        SpecError: no parameter learns.
    """
    return _started(torch.optim.RMSprop(_learning(parameters), lr=learning_rate, alpha=decay, eps=epsilon))


def adam(
    parameters: Named,
    learning_rate: float,
    *,
    beta1: Fraction = 0.9,
    beta2: Fraction = 0.999,
    epsilon: Positive = 1e-8,
) -> torch.optim.Optimizer:
    """Adam (Kingma & Ba 2015): momentum and a rate for each parameter, both corrected for starting at zero.

    m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
    theta = theta - alpha (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.001.
        beta1: decay of the mean of gradients m.
        beta2: decay of the mean of squares v.
        epsilon: keeps the division finite.

    Raises:
        SpecError: no parameter learns.
    """
    betas = (beta1, beta2)
    return _started(
        torch.optim.Adam(_learning(parameters), lr=learning_rate, betas=betas, eps=epsilon, fused=True)
    )


def adamw(
    parameters: Named,
    learning_rate: float,
    *,
    beta1: Fraction = 0.9,
    beta2: Fraction = 0.999,
    epsilon: Positive = 1e-8,
    weight_decay: NonNegative = 0.01,
) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019): Adam's step, and theta = theta - alpha lambda theta beside it.

    Only weights of two or more dimensions decay. Biases and the scales of a normalisation do not (they cannot
    overfit much, and pulling a scale to 0 silences its layer), nor do embeddings (a rare category would decay
    at steps in which it does not occur). An embedding is known by its name: see ``muon.is_embedding``.

    Args:
        parameters: names and parameters.
        learning_rate: alpha; default 0.001.
        beta1: decay of the mean of gradients m.
        beta2: decay of the mean of squares v.
        epsilon: keeps the division finite.
        weight_decay: lambda.

    Raises:
        SpecError: no parameter learns.
    """
    groups = _decay_groups(_learning(parameters), weight_decay)
    betas = (beta1, beta2)
    return _started(torch.optim.AdamW(groups, lr=learning_rate, betas=betas, eps=epsilon, fused=True))


def muon(
    parameters: Named, learning_rate: float, *, momentum: Fraction = 0.95, weight_decay: NonNegative = 0.01
) -> Optimizer:
    """Muon (Jordan 2024) on the hidden weight matrices, AdamW on everything else.

    M = beta M + (1 - beta) g; U = beta M + (1 - beta) g (with the new M: Nesterov's form);
    O = U with its singular values brought near 1 by five Newton-Schulz iterations, in bfloat16;
    theta = theta - alpha lambda theta - 0.2 sqrt(max(rows, columns)) alpha O.

    The factor 0.2 sqrt(max(rows, columns)) gives each entry a step of about 0.2 alpha whatever the matrix's shape,
    the size that AdamW's has in the long run (Liu et al. 2025, "Muon is scalable for LLM training"), so that one
    learning rate serves both halves. What counts as hidden is read from shape and name: see ``muon.is_hidden``.
    A network without a hidden matrix is trained by AdamW alone.

    Args:
        parameters: names and parameters.
        learning_rate: alpha, of both halves; default 0.005.
        momentum: beta of Muon; AdamW keeps its own defaults.
        weight_decay: lambda, of both halves, on the weights that AdamW would let decay; the same as
            ``adamw``'s, so that changing the optimizer changes one thing.

    Raises:
        SpecError: no parameter learns.
    """
    learning = _learning(parameters)
    hidden = [(name, theta) for name, theta in learning if is_hidden(name, theta)]
    rest = [(name, theta) for name, theta in learning if not is_hidden(name, theta)]
    members: list[torch.optim.Optimizer] = []
    if hidden:
        members.append(
            torch.optim.Muon(
                hidden,
                lr=learning_rate,
                momentum=momentum,
                weight_decay=weight_decay,
                adjust_lr_fn="match_rms_adamw",
            )
        )
    if rest:
        members.append(adamw(rest, learning_rate, weight_decay=weight_decay))
    return Together([_started(member) for member in members])


def _learning(parameters: Named) -> list[tuple[str, nn.Parameter]]:
    learning = [(name, theta) for name, theta in parameters if theta.requires_grad]
    if not learning:
        raise SpecError(
            Mistake(
                "the network has no parameter that learns",
                "at least one parameter with requires_grad",
                "give the network a layer, or unfreeze one",
            )
        )
    return learning


def _penalized(parameters: Named, weight_decay: float) -> Any:
    """Groups by whether they decay, where any does; otherwise the parameters as they are."""
    return _decay_groups(parameters, weight_decay) if weight_decay else parameters


def _decay_groups(parameters: Named, weight_decay: float) -> list[dict[str, Any]]:
    decaying = [(name, theta) for name, theta in parameters if theta.ndim >= 2 and not is_embedding(name)]
    steady = [(name, theta) for name, theta in parameters if theta.ndim < 2 or is_embedding(name)]
    groups = [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": steady, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _started(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """Write each group's base rate beside it, for ``set_rate``; it is saved with the state."""
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
    return optimizer
