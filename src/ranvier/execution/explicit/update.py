"""Optimizers on vectors: each moves a whole group of parameters in one pass.

The rules are those of ``ranvier.training.optimizers``, carried out by torch's fused kernels. What an optimizer
remembers of each parameter becomes a view of one vector, so that its ``state_dict`` stays true at every step. An
optimizer without a rule here takes its own step, from the gradients that stand in ``.grad``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from .flat import Flat

Update = Callable[[], Any]


def update(optimizer: Any, flat: Flat) -> Update:
    """A function that moves ``flat.theta`` by one step of ``optimizer``, at the rates of its groups."""
    rule = RULES.get(type(optimizer))
    if rule is None or not all(_usual(optimizer, group) for group in optimizer.param_groups):
        return partial(_own_step, optimizer)
    parts = [rule(optimizer, flat, number) for number in range(len(flat.groups))]
    if len(parts) == 1:
        return parts[0]

    def all_groups() -> None:
        for part in parts:
            part()

    return all_groups


@torch.no_grad()
def _own_step(optimizer: Any) -> None:
    optimizer.step()


def _usual(optimizer: Any, group: dict[str, Any]) -> bool:
    """Whether a group asks for nothing but what the functions of ``ranvier.training.optimizers`` can."""
    unusual = ["maximize", "amsgrad", "centered", "dampening", "lr_decay"]
    if isinstance(optimizer, torch.optim.RMSprop):
        unusual += ["momentum", "weight_decay"]
    return not any(group.get(name) for name in unusual)


def _sgd(optimizer: Any, flat: Flat, number: int) -> Update:
    """b = beta b + g; theta = theta - alpha b, or by Nesterov theta - alpha (g + beta b); beta 0 leaves g."""
    group = optimizer.param_groups[number]
    theta, g = _segment(flat, number)
    momentum = [_memory(optimizer, flat, number, "momentum_buffer")] if group["momentum"] else []

    def step() -> None:
        torch._fused_sgd_(
            theta,
            g,
            momentum,
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            lr=group["lr"],
            dampening=0.0,
            nesterov=group["nesterov"],
            maximize=False,
            is_first_step=False,
        )

    return step


def _adagrad(optimizer: Any, flat: Flat, number: int) -> Update:
    """v = v + g^2; theta = theta - alpha g / (sqrt(v) + epsilon)."""
    group = optimizer.param_groups[number]
    theta, g = _segment(flat, number)
    v, t = _memory(optimizer, flat, number, "sum"), _count(optimizer, flat, number)
    one = torch.ones_like(t)

    def step() -> None:
        torch._fused_adagrad_(
            theta,
            g,
            [v],
            [t],
            lr=group["lr"],
            lr_decay=0.0,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=False,
        )

    def counted() -> None:
        t.add_(one)
        step()

    return counted


def _rmsprop(optimizer: Any, flat: Flat, number: int) -> Update:
    """v = beta v + (1 - beta) g^2; theta = theta - alpha g / (sqrt(v) + epsilon)."""
    group = optimizer.param_groups[number]
    (theta,), (g,) = _segment(flat, number)
    v, t = _memory(optimizer, flat, number, "square_avg"), _count(optimizer, flat, number)
    one = torch.ones_like(t)
    root = torch.empty_like(v)

    def step() -> None:
        t.add_(one)
        v.mul_(group["alpha"]).addcmul_(g, g, value=1.0 - group["alpha"])
        torch.sqrt(v, out=root)
        theta.addcdiv_(g, root.add_(group["eps"]), value=-group["lr"])

    return step


def _adam(kernel: Callable[..., None]) -> Callable[[Any, Flat, int], Update]:
    """m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; theta = theta - alpha m' / (sqrt(v') + epsilon).

    m' and v' are m and v corrected for their start at 0; AdamW takes alpha lambda theta away beside it.
    """

    def build(optimizer: Any, flat: Flat, number: int) -> Update:
        group = optimizer.param_groups[number]
        theta, g = _segment(flat, number)
        m, v = (_memory(optimizer, flat, number, name) for name in ("exp_avg", "exp_avg_sq"))
        t, (beta1, beta2) = _count(optimizer, flat, number), group["betas"]
        one = torch.ones_like(t)  # a number of Python's takes twice as long

        def step() -> None:
            t.add_(one)
            kernel(
                theta,
                g,
                [m],
                [v],
                [],
                [t],
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                amsgrad=False,
                maximize=False,
            )

        return step

    return build


def _segment(flat: Flat, number: int) -> tuple[list[Tensor], list[Tensor]]:
    segment = flat.segments[number]
    return [flat.theta[segment]], [flat.gradient[segment]]


def _memory(optimizer: Any, flat: Flat, number: int, name: str) -> Tensor:
    """What the optimizer keeps under ``name`` for each parameter of a group, as one vector of which each is a view."""
    parameters = flat.groups[number]
    vector = flat.gathered(number, (optimizer.state[p].get(name) for p in parameters))
    for parameter in parameters:
        optimizer.state[parameter][name] = flat.part(vector, number, parameter)
    return vector


def _count(optimizer: Any, flat: Flat, number: int) -> Tensor:
    """The number of steps done, one for all parameters of a group."""
    parameters = flat.groups[number]
    before = optimizer.state[parameters[0]].get("step", 0.0)
    count = torch.tensor(float(before), dtype=torch.float32)
    for parameter in parameters:
        optimizer.state[parameter]["step"] = count
    return count


RULES: dict[type[Any], Callable[[Any, Flat, int], Update]] = {
    torch.optim.SGD: _sgd,
    torch.optim.Adagrad: _adagrad,
    torch.optim.RMSprop: _rmsprop,
    torch.optim.Adam: _adam(torch._fused_adam_),
    torch.optim.AdamW: _adam(torch._fused_adamw_),
}
