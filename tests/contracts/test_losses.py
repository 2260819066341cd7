"""What every loss keeps: one value a row, the forms it says, right gradients, finite values."""

from __future__ import annotations

import pytest
import torch

from ranvier.catalog import LOSSES, load
from ranvier.errors import SpecError
from ranvier.options import defaults

ROWS = 6
FORMS = {
    "single",
    "classes",
    "ordered",
    "labels",
    "values",
    "rates",
    "quantiles",
    "spelling",
    "tags",
    "spans",
}
OF_CLASSES = {"single", "classes", "ordered"}
CASES = [(name, form) for name in LOSSES for form in load("losses", name).outputs]


def example(form: str, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs and a target of a form, in float64."""
    generator = torch.Generator().manual_seed(seed)
    if form == "spelling":
        outputs = torch.randn(ROWS, 7, 4, generator=generator, dtype=torch.float64) * 2
        symbols = torch.randint(1, 4, (ROWS, 3), generator=generator)
        symbols[1, 2] = -1  # a shorter one
        return outputs, symbols
    if form == "tags":
        outputs = torch.randn(ROWS, 5, 4, generator=generator, dtype=torch.float64) * 2
        places = torch.randint(0, 4, (ROWS, 5), generator=generator)
        places[1, 3:] = -1  # a shorter one
        return outputs, places
    if form == "spans":
        outputs = torch.randn(ROWS, 5, 2, generator=generator, dtype=torch.float64) * 2
        first = torch.randint(0, 5, (ROWS, 1), generator=generator)
        return outputs, torch.cat([first, (first + 1).clamp_max(4)], dim=1)
    columns = {"single": 1, "classes": 4, "values": 3, "ordered": 3, "labels": 3, "rates": 3, "quantiles": 10}
    columns = columns[form]
    outputs = torch.randn(ROWS, columns, generator=generator, dtype=torch.float64) * 2
    if form == "values":
        return outputs, torch.randn(ROWS, columns, generator=generator, dtype=torch.float64) * 2
    if form == "quantiles":  # a unit above 0, the place of 0, two steps
        target = torch.randn(ROWS, 4, generator=generator, dtype=torch.float64) * 2
        return outputs, torch.cat([target[:, :1].abs() + 0.5, target[:, 1:]], dim=1)
    if form == "labels":
        return outputs, torch.randint(0, 2, (ROWS, columns), generator=generator).double()
    if form == "rates":
        return outputs, torch.randint(0, 4, (ROWS, columns), generator=generator).double()
    classes = columns + (form in ("single", "ordered"))
    return outputs, torch.randint(0, classes, (ROWS,), generator=generator)


def test_each_says_its_forms():
    for name in LOSSES:
        loss = load("losses", name)
        assert loss.outputs and set(loss.outputs) <= FORMS


@pytest.mark.parametrize(("name", "form"), CASES)
def test_one_value_a_row_that_depends_on_that_row_alone(name, form):
    loss = load("losses", name)(**defaults("losses", name))
    outputs, target = example(form)
    values = loss(outputs, target)
    assert values.shape == (ROWS,)
    assert (values >= 0).all()
    torch.testing.assert_close(
        values, torch.cat([loss(outputs[i : i + 1], target[i : i + 1]) for i in range(ROWS)])
    )


@pytest.mark.parametrize(("name", "form"), CASES)
def test_gradient_equals_finite_differences(name, form):
    outputs, target = example(form, seed=1)
    loss = load("losses", name)()
    assert loss(outputs, target).sum() > 0
    assert torch.autograd.gradcheck(lambda z: loss(z, target), (outputs.requires_grad_(),))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e4, -1e4])
@pytest.mark.parametrize(("name", "form"), CASES)
def test_finite_at_huge_outputs(name, form, size, dtype):
    outputs, target = example(form)
    outputs = torch.zeros_like(outputs, dtype=dtype)
    outputs[:, 0] = size
    outputs.requires_grad_()
    values = load("losses", name)()(outputs, target.to(dtype) if target.is_floating_point() else target)
    values.sum().backward()
    assert values.isfinite().all()
    assert outputs.grad.isfinite().all()
    assert values.dtype == dtype


@pytest.mark.parametrize(("name", "form"), CASES)
def test_nan_is_not_hidden(name, form):
    outputs, target = example(form)
    outputs[2] = torch.nan
    assert load("losses", name)()(outputs, target).isnan().tolist() == [i == 2 for i in range(ROWS)]


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_shapes_that_would_be_broadcast(name):
    loss = load("losses", name)()
    if name in ("ctc", "token_cross_entropy", "span_cross_entropy"):
        with pytest.raises(
            SpecError, match=rf"Loss '{name}' was given outputs of shape \(6, 3\) for a target of shape"
        ):
            loss(torch.zeros(ROWS, 3), torch.zeros(ROWS, 2).long())
        return
    flat = torch.zeros(ROWS)
    with pytest.raises(
        SpecError, match=rf"Loss '{name}' was given outputs of shape \(6,\) for a target of shape \(6,\)"
    ):
        loss(flat, flat.long() if OF_CLASSES & set(loss.outputs) else flat)
    column = torch.zeros(ROWS, 3 if loss.outputs == ("classes",) else 1)
    wrong = torch.zeros(ROWS, 2) if not OF_CLASSES & set(loss.outputs) else torch.zeros(ROWS + 1).long()
    with pytest.raises(
        SpecError, match=f"Loss '{name}' was given outputs of shape .* Expected .* Let the network"
    ):
        loss(column, wrong)


@pytest.mark.parametrize("name", LOSSES)
def test_refuses_a_form_that_it_does_not_take(name):
    loss = load("losses", name)()
    if loss.outputs in (("single", "labels"), ("classes",)):
        columns = 1 if loss.outputs == ("classes",) else 3
        with pytest.raises(SpecError, match=r"Expected outputs of shape \(rows, (1|classes)\) for"):
            loss(torch.zeros(ROWS, columns), torch.zeros(ROWS).long())
