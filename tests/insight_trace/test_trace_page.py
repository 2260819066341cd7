"""The page of a trace: every number of a 2-2-1 network equals a computation with 50 digits, to the last one shown."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

import pytest
import torch
from torch import nn

from ranvier import trace
from ranvier.insight.trace_page import page

W1, W2 = [[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45]]


def network() -> nn.Sequential:
    chain = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    for layer, weight, bias in ((chain[0], W1, [0.35, 0.35]), (chain[2], W2, [0.60])):
        layer.weight.data = torch.tensor(weight, dtype=torch.float64)
        layer.bias.data = torch.tensor(bias, dtype=torch.float64)
    return chain


def numbers(text: str) -> dict[str, str]:
    """By section and name, such as ``forward z1,1``, the value that stands on the page."""
    found = {}
    for part, body in re.findall(r'<section id="(\w+)"(.*?)</section>', text, re.DOTALL):
        for name, value in re.findall(
            r'<tr><th scope="row">(.*?)</th>.*?<td class="number">(.*?)</td></tr>', _flat(body)
        ):
            found[f"{part} {re.sub('<[^>]+>', '', name)}"] = value
    return found


def _flat(body: str) -> str:
    return re.sub(r"\n", "", body)


def by_decimal(x: list[str], y: str, rate: str) -> dict[str, str]:
    """The same step with 50 digits, an operation at a time."""
    with localcontext() as place:
        place.prec = 50
        w1 = [[Decimal(str(w)) for w in row] for row in W1]
        w2, b1, b2 = [Decimal(str(w)) for w in W2[0]], Decimal("0.35"), Decimal("0.6")
        inputs, label, alpha = [Decimal(n) for n in x], Decimal(y), Decimal(rate)
        z1 = [w1[j][0] * inputs[0] + w1[j][1] * inputs[1] + b1 for j in (0, 1)]
        a1 = [1 / (1 + (-z).exp()) for z in z1]
        z2 = w2[0] * a1[0] + w2[1] * a1[1] + b2
        a2 = 1 / (1 + (-z2).exp())
        d2 = 2 * (a2 - label) * a2 * (1 - a2)
        d1 = [w2[j] * d2 * a1[j] * (1 - a1[j]) for j in (0, 1)]
        found = {"loss J": (a2 - label) ** 2, "forward z2,1": z2, "forward a2,1": a2, "backward δ2,1": d2}
        found |= {"backward dJ/db2,1": d2, "update b2,1": b2 - alpha * d2}
        for j in (0, 1):
            found |= {
                f"forward z1,{j + 1}": z1[j],
                f"forward a1,{j + 1}": a1[j],
                f"backward δ1,{j + 1}": d1[j],
            }
            found |= {f"backward dJ/db1,{j + 1}": d1[j], f"update b1,{j + 1}": b1 - alpha * d1[j]}
            found |= {
                f"backward dJ/dw2,1 {j + 1}": d2 * a1[j],
                f"update w2,1 {j + 1}": w2[j] - alpha * d2 * a1[j],
            }
            for i in (0, 1):
                gradient = d1[j] * inputs[i]
                found |= {f"backward dJ/dw1,{j + 1} {i + 1}": gradient}
                found |= {f"update w1,{j + 1} {i + 1}": w1[j][i] - alpha * gradient}
        return {name: f"{value:.6f}" for name, value in found.items()}


def test_every_number_equals_the_hand_computation_to_the_last_digit():
    text = page(trace(network(), [[0.05, 0.10]], [[0.01]], rate=0.5))
    assert numbers(text) == by_decimal(["0.05", "0.10"], "0.01", "0.5")


def test_what_is_written_out_comes_to_its_value():
    text = _flat(page(trace(network(), [[0.05, 0.10]], [[0.01]], rate=0.5)))
    pairs = re.findall(r"<small>([-+ ·().\d^]+)</small></td><td class=\"number\">([-.\d]+)</td>", text)
    assert len(pairs) >= 20
    for written, value in pairs:
        assert eval(written.replace("·", "*").replace("^", "**")) == pytest.approx(float(value), abs=3e-6), (
            written
        )


def test_several_rows_classes_and_another_optimizer():
    chain = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3, bias=False)).double()
    step = trace(chain, torch.eye(2), [0, 2], loss="cross_entropy", optimizer="adam")
    text, found = page(step, digits=4), numbers(page(step, digits=4))
    assert found["forward z1,2(2)"] == f"{step.layers[0].z[1, 1].item():.4f}".replace("-0.0000", "0.0000")
    assert found["backward dJ/dw2,3 1"] == f"{step.layers[1].weight_gradient[2, 0].item():.4f}".replace(
        "-0.0000", "0.0000"
    )
    assert "2 rows" in text and "adam(w, dJ/dw)" in text and "y = 0, 2" in text
    assert "forward b2,1" not in found and "update b2,1" not in found


def test_long_sums_and_what_is_no_function_of_one_element():
    chain = nn.Sequential(nn.Linear(9, 2), nn.Softmax(-1))
    text = page(trace(chain, torch.ones(1, 9), [[1.0, 0.0]]))
    assert "a sum of 9 products + (" in text
    assert "softmax&#x27;(z1)" in text and "<script" not in text
