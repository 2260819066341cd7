"""The newer losses against independent oracles, in value and gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.metrics import mean_poisson_deviance
from sklearn.svm import LinearSVC
from torch.nn import functional

from ranvier.losses import CORN, HIGHEST, BinaryCrossEntropy, Poisson, SquaredHinge, log_rate_of, rate_of

Z = torch.randn(40, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def gradient(value: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(value, at)[0]


def test_poisson_is_half_the_deviance_and_has_the_gradient_of_the_likelihood():
    target = torch.poisson(Z.exp(), generator=torch.Generator().manual_seed(1))
    z = Z.clone().requires_grad_()
    found = Poisson()(z, target)
    deviance = [mean_poisson_deviance(y, r) for y, r in zip(target.numpy(), Z.exp().numpy())]
    np.testing.assert_allclose(found.detach().numpy(), np.array(deviance) / 2)
    other = Z.clone().requires_grad_()
    likelihood = functional.poisson_nll_loss(other, target, log_input=True)
    torch.testing.assert_close(gradient(found.mean(), z), gradient(likelihood, other))


def test_a_rate_goes_on_as_the_line_that_touches_it():
    z = torch.tensor([HIGHEST - 1e-6, HIGHEST + 1e-6, HIGHEST + 2.0], dtype=torch.float64, requires_grad=True)
    rates = rate_of(z)
    torch.testing.assert_close(log_rate_of(z), rates.log())
    slopes = gradient(rates.sum(), z)
    torch.testing.assert_close(rates[1] / rates[0], torch.tensor(1.0, dtype=torch.float64), rtol=1e-5, atol=0)
    torch.testing.assert_close(slopes[1], torch.tensor(np.exp(HIGHEST)), rtol=1e-5, atol=0)
    torch.testing.assert_close(rates[2], torch.tensor(3 * np.exp(HIGHEST)))


def corn_of_the_paper(logits: torch.Tensor, target: torch.Tensor, classes: int) -> torch.Tensor:
    """The sum over the tasks of each one's binary cross-entropy on its own subset of the rows (paper, section 3.4)."""
    total = logits.new_zeros(())
    for task in range(classes - 1):
        inside = target > task - 1
        above = (target[inside] > task).to(logits.dtype)
        log = functional.logsigmoid(logits[inside, task])
        total = total - (log * above + (log - logits[inside, task]) * (1 - above)).sum()
    return total


def test_corn_is_the_papers_and_the_likelihood_of_the_class():
    target = torch.randint(0, 4, (40,), generator=torch.Generator().manual_seed(1))
    z, other = Z.clone().requires_grad_(), Z.clone().requires_grad_()
    found, expected = CORN()(z, target), corn_of_the_paper(other, target, 4)
    torch.testing.assert_close(found.sum(), expected)
    torch.testing.assert_close(gradient(found.sum(), z), gradient(expected, other))
    above = torch.sigmoid(Z).cumprod(1)
    chances = torch.cat([torch.ones(40, 1), above], 1) - torch.cat([above, torch.zeros(40, 1)], 1)
    torch.testing.assert_close(found.detach(), -chances[torch.arange(40), target].log())


def test_several_labels_are_the_mean_of_their_cross_entropies():
    target = (Z > 0.2).double().flip(0)
    z, other = Z.clone().requires_grad_(), Z.clone().requires_grad_()
    found = BinaryCrossEntropy()(z, target)
    expected = functional.multilabel_soft_margin_loss(other, target, reduction="none")
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradient(found.sum(), z), gradient(expected.sum(), other))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("margin", [1.0, 5.0])
def test_the_least_squared_hinge_is_that_of_a_support_vector_machine(classes: int, margin: float) -> None:
    inputs, labels = load_iris(return_X_y=True)
    inputs, labels = inputs[labels < classes] / 8, labels[labels < classes]
    machine = LinearSVC(C=1.0, fit_intercept=False, tol=1e-10, max_iter=100_000, dual=True).fit(
        inputs, labels
    )
    x, y = torch.from_numpy(inputs), torch.from_numpy(labels)
    outputs = 1 if classes == 2 else classes
    w = torch.zeros(outputs, 4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([w], max_iter=500, tolerance_grad=1e-10, tolerance_change=1e-14)

    def total() -> torch.Tensor:
        optimizer.zero_grad()
        losses = SquaredHinge(margin=margin)(margin * x @ w.T, y)
        value: torch.Tensor = w.square().sum() / 2 + outputs * losses.sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(total)  # type: ignore[arg-type]
    np.testing.assert_allclose(w.detach().numpy(), machine.coef_, atol=1e-4)
