"""Normalisation: x_hat = (x - mean) / sqrt(variance + epsilon), y = gamma x_hat + beta.

Batch normalisation (Ioffe & Szegedy 2015) takes mean and variance of each feature over the B rows, layer normalisation
(Ba et al. 2016) of each row over its D features. Both depend on x, hence the two terms that are taken away:

    dJ/dbeta = sum_B delta,   dJ/dgamma = sum_B delta x_hat,   g = gamma delta
    dJ/dx = (g - mean(g) - x_hat mean(g x_hat)) / sqrt(variance + epsilon)

with the means over the same numbers as above.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .linear import gradient


class Norm:
    """``nn.BatchNorm1d`` (over dimension 0) or ``nn.LayerNorm`` (over dimension 1) in training, on x (B, D).

    A batch normalisation also keeps its running mean and (unbiased) variance, for prediction.
    """

    y_is_spent = True

    def __init__(self, module: nn.BatchNorm1d | nn.LayerNorm, x: Tensor, dx: Tensor | None) -> None:
        self.module, self.x, self.dx = module, x, dx
        self.over = 0 if isinstance(module, nn.BatchNorm1d) else 1
        self.gamma, self.beta = module.weight.detach(), module.bias.detach()
        self.gamma_gradient, self.beta_gradient = gradient(module.weight), gradient(module.bias)
        self.x_hat, self.y = torch.empty_like(x), torch.empty_like(x)
        self.product, self.dy = torch.empty_like(x), torch.empty_like(x)
        one_each = x.sum(self.over, keepdim=True)
        self.mean, self.scale, self.mean_g, self.mean_gx = (torch.empty_like(one_each) for _ in range(4))

    def forward(self) -> None:
        """y = gamma x_hat + beta."""
        torch.mean(self.x, self.over, keepdim=True, out=self.mean)
        torch.sub(self.x, self.mean, out=self.x_hat)
        torch.mul(self.x_hat, self.x_hat, out=self.product)
        torch.mean(self.product, self.over, keepdim=True, out=self.scale)  # the variance
        if isinstance(self.module, nn.BatchNorm1d):
            self._remember(self.module)
        self.scale.add_(self.module.eps).rsqrt_()
        self.x_hat.mul_(self.scale)
        torch.addcmul(self.beta, self.x_hat, self.gamma, out=self.y)

    def backward(self) -> None:
        """dJ/dx = (g - mean(g) - x_hat mean(g x_hat)) / sqrt(variance + epsilon)."""
        torch.mul(self.dy, self.x_hat, out=self.product)
        torch.sum(self.product, 0, out=self.gamma_gradient)
        torch.sum(self.dy, 0, out=self.beta_gradient)
        if self.dx is None:
            return
        g = self.dy.mul_(self.gamma)
        self.product.mul_(self.gamma)
        torch.mean(g, self.over, keepdim=True, out=self.mean_g)
        torch.mean(self.product, self.over, keepdim=True, out=self.mean_gx)
        torch.mul(self.x_hat, self.mean_gx, out=self.product)
        torch.sub(g, self.mean_g, out=self.dx).sub_(self.product).mul_(self.scale)

    def _remember(self, module: nn.BatchNorm1d) -> None:
        rows = len(self.x)
        share = float(module.momentum or 0.0)
        if module.running_mean is not None and module.running_var is not None:
            module.running_mean.lerp_(self.mean[0], share)
            module.running_var.lerp_(self.scale[0] * (rows / (rows - 1)), share)
        if module.num_batches_tracked is not None:
            module.num_batches_tracked.add_(1)
