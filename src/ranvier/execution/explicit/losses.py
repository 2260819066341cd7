"""Losses: J = sum_i share_i l_i over the rows, and the first delta = dJ/dz, from which all others follow.

A row's share is 1 / B, or w_i / sum w where rows are weighted. z is an output, y the target, log p = log softmax(z) or
log sigmoid(z).

    mse             l = mean_k e_k^2, e = z - y                dl/dz = 2 e / K
    mae             l = mean_k |e_k|                           dl/dz = sign(e) / K
    huber           l = mean_k c_k (e_k - c_k / 2),            dl/dz = c / K
                    c = e cut to -delta .. delta
    cross-entropy   l = -sum_j q_j log p_j                     dl/dz = p - q
    binary c.-e.    l = mean_k (1 - q_k) z_k                   dl/dz = (sigmoid(z) - q) / K
                        - log sigmoid(z_k)
    focal           l = -(1 - p_t)^gamma log p_t               dl/dz_t = g = (1 - p_t)^gamma (gamma p_t log p_t
                                                                              - (1 - p_t))
                                                               dl/dz_j = -g p_j / (1 - p_t) for j other than t

q is the target as probabilities, with label smoothing; p_t the probability of the true class t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ... import losses

Loss = Callable[[Tensor], float]
"""Given each row's share (R, 1), writes delta into its buffer and gives J."""


def build(loss: object, z: Tensor, target: Tensor, delta: Tensor) -> Loss:
    """The loss for outputs z (R, K) and a target (R,) or (R, K); ``delta`` (R, K) is written at each call.

    Args:
        loss: an object whose type is a key of ``LOSSES``.
    """
    return LOSSES[type(loss)](loss, z, target, delta)


def _mse(loss: losses.MSE, z: Tensor, y: Tensor, delta: Tensor) -> Loss:
    e, outputs = torch.empty_like(z), z.shape[1]
    all_e, all_delta = _in_a_row(e), _in_a_row(delta)

    def backward(share: Tensor) -> float:
        torch.sub(z, y, out=e)
        torch.mul(e, share, out=delta).mul_(2.0 / outputs)
        return torch.dot(all_e, all_delta).item() / 2.0

    return backward


def _mae(loss: losses.MAE, z: Tensor, y: Tensor, delta: Tensor) -> Loss:
    e, outputs = torch.empty_like(z), z.shape[1]
    all_e, all_delta = _in_a_row(e), _in_a_row(delta)

    def backward(share: Tensor) -> float:
        torch.sub(z, y, out=e)
        torch.sign(e, out=delta).mul_(share).div_(outputs)
        return torch.dot(all_e, all_delta).item()

    return backward


def _huber(loss: losses.Huber, z: Tensor, y: Tensor, delta: Tensor) -> Loss:
    e, cut, outputs, bound = torch.empty_like(z), torch.empty_like(z), z.shape[1], loss.delta
    all_e, all_delta = _in_a_row(e), _in_a_row(delta)

    def backward(share: Tensor) -> float:
        torch.sub(z, y, out=e)
        torch.clamp(e, -bound, bound, out=cut)
        torch.mul(cut, share, out=delta).div_(outputs)
        e.sub_(cut, alpha=0.5)
        return torch.dot(all_e, all_delta).item()

    return backward


def _cross_entropy(loss: losses.CrossEntropy, z: Tensor, target: Tensor, delta: Tensor) -> Loss:
    rows, classes = z.shape
    z, p, true_class = (
        z.t(),
        delta.t(),
        target[None],
    )  # one class below the other, in which order they may stand
    log_p, log_right = torch.empty_like(z), z.new_empty(1, rows)
    epsilon, total = loss.label_smoothing, z.new_empty(1, 1)
    minus_there, elsewhere = z.new_full((1, rows), epsilon - 1.0), epsilon / classes

    def backward(share: Tensor) -> float:
        torch.log_softmax(z, 0, out=log_p)
        torch.exp(log_p, out=p).scatter_add_(0, true_class, minus_there)
        torch.gather(log_p, 0, true_class, out=log_right)
        if epsilon:
            p.sub_(elsewhere)
            log_right.mul_(1.0 - epsilon).add_(log_p.sum(0, keepdim=True), alpha=elsewhere)
        delta.mul_(share)
        return -torch.mm(log_right, share, out=total).item()

    return backward


def _binary_cross_entropy(loss: losses.BinaryCrossEntropy, z: Tensor, target: Tensor, delta: Tensor) -> Loss:
    epsilon, outputs = loss.label_smoothing, z.shape[1]
    q, rows = torch.empty_like(z), torch.empty_like(z)
    marks = target if target.ndim == 2 else target[:, None]  # of several labels, or of two classes

    def backward(share: Tensor) -> float:
        q.copy_(marks).mul_(1.0 - epsilon).add_(epsilon / 2.0)
        torch.sigmoid(z, out=delta).sub_(q).mul_(share).div_(outputs)
        torch.sub(1.0, q, out=rows).mul_(z).sub_(torch.nn.functional.logsigmoid(z)).mul_(share)
        return rows.sum().item() / outputs

    return backward


def _focal(loss: losses.Focal, z: Tensor, target: Tensor, delta: Tensor) -> Loss:
    return (_focal_of_two if z.shape[1] == 1 else _focal_of_classes)(loss.gamma, z, target, delta)


def _focal_of_two(gamma: float, z: Tensor, target: Tensor, delta: Tensor) -> Loss:
    def backward(share: Tensor) -> float:
        sign = (2 * target - 1).to(z.dtype)[:, None]
        log_right, log_wrong = (torch.nn.functional.logsigmoid(u) for u in (z * sign, -z * sign))
        focus = torch.exp(gamma * log_wrong)
        torch.mul(_focal_slope(gamma, focus, log_right, log_wrong), sign * share, out=delta)
        return -(focus * log_right * share).sum().item()

    return backward


def _focal_of_classes(gamma: float, z: Tensor, target: Tensor, delta: Tensor) -> Loss:
    true_class = target[:, None]

    def backward(share: Tensor) -> float:
        logs = torch.log_softmax(z, 1)
        log_right = logs.gather(1, true_class)
        log_wrong = logs.scatter(1, true_class, -torch.inf).logsumexp(1, keepdim=True)
        focus = torch.exp(gamma * log_wrong)
        slope = _focal_slope(gamma, focus, log_right, log_wrong)
        torch.exp(logs - log_wrong, out=delta).neg_().scatter_(1, true_class, 1.0).mul_(slope * share)
        return -(focus * log_right * share).sum().item()

    return backward


def _focal_slope(gamma: float, focus: Tensor, log_right: Tensor, log_wrong: Tensor) -> Tensor:
    """g = (1 - p)^gamma (gamma p log p - (1 - p)), from the logarithms of p and 1 - p."""
    return focus * (gamma * torch.exp(log_right) * log_right - torch.exp(log_wrong))


def _in_a_row(values: Tensor) -> Tensor:
    """All numbers of a matrix (R, K), in the order of memory, which is by rows or by columns."""
    return (values if values.is_contiguous() else values.t()).view(-1)


LOSSES: dict[type[Any], Callable[[Any, Tensor, Tensor, Tensor], Loss]] = {
    losses.MSE: _mse,
    losses.MAE: _mae,
    losses.Huber: _huber,
    losses.CrossEntropy: _cross_entropy,
    losses.BinaryCrossEntropy: _binary_cross_entropy,
    losses.Focal: _focal,
}
