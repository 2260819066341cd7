"""The pages of ranvier catalog --plot: every member is drawn, and what is drawn is right."""

from __future__ import annotations

import json
import re

import pytest

from ranvier.catalog import CATALOGUES
from ranvier.errors import SpecError
from ranvier.insight.gallery import page, paths
from ranvier.insight.gallery.curves import activations, losses, schedules
from ranvier.insight.gallery.weights import initializers


def drawn(gallery, name):
    """The lines of one picture: name to x and y."""
    (found,) = [each for each in gallery.drawings if each.name == name]
    return {trace["name"]: (trace["x"], trace["y"]) for trace in found.plot["data"] if "name" in trace}


def at(line, x):
    return dict(zip(*line))[x]


def test_activations_and_their_derivatives():
    values, slopes = drawn(activations(), "values"), drawn(activations(), "slopes")
    assert set(values) == set(slopes) == set(CATALOGUES["activations"])
    assert at(values["sigmoid"], 0.0) == at(values["softmax"], 0.0) == 0.5
    assert at(slopes["sigmoid"], 0.0) == at(slopes["softmax"], 0.0) == 0.25
    assert (at(values["relu"], -2.0), at(values["relu"], 2.0), at(slopes["relu"], 2.0)) == (0, 2, 1)
    assert at(values["silu"], 1.0) == pytest.approx(0.731059, abs=1e-6)


def test_losses_of_numbers_and_of_classes():
    gallery = losses()
    values, slopes, classes = (drawn(gallery, name) for name in ("numbers", "numbers-slope", "classes"))
    assert (at(values["mse"], 4.0), at(slopes["mse"], 4.0), at(values["mae"], -3.0)) == (16, 8, 3)
    assert (at(values["huber"], 0.5), at(values["huber"], 3.0)) == (0.125, 2.5)
    counts = drawn(gallery, "counts")
    assert (at(counts["poisson"], 0.0), at(counts["poisson"], 1.0)) == (
        0,
        pytest.approx(2.718282 - 2, abs=1e-6),
    )
    for name in ("cross_entropy", "binary_cross_entropy", "corn"):
        assert at(classes[name], 0.0) == pytest.approx(0.693147, abs=1e-6)
    assert at(classes["perceptron"], -2.0) == 2
    left_out = re.findall(r"Not drawn: (.*)\.", gallery.lead)
    shown = {*values, *classes, *counts, *(left_out[0].split(", ") if left_out else [])}
    assert shown == set(CATALOGUES["losses"])


def test_schedules_over_a_run():
    lines = drawn(schedules(), "all-lines")
    assert set(lines) == set(CATALOGUES["schedules"])
    assert (at(lines["cosine"], 0), at(lines["cosine"], 100)) == (1, 0.5)
    assert at(lines["plateau"], 100) == 1 > at(lines["plateau"], 199)


def test_initializers_keep_or_lose_a_signal():
    sizes = drawn(initializers(), "signal")
    assert set(sizes) == set(CATALOGUES["initializers"])
    assert at(sizes["uniform"], 30) < 1e-6 < 0.2 < at(sizes["he_normal"], 30) < 3


def test_optimizers_go_down_a_valley(monkeypatch):
    monkeypatch.setattr(paths, "STEPS", 20)
    monkeypatch.setattr(paths, "RATES", (0.1, 0.5))
    rate, path, heights = paths.best(paths.SURFACES[0], "gradient_descent")
    assert rate == 0.1, "with 0.5 the steep axis is multiplied by 1 - 0.5 * 10 = -4 in each step"
    assert path[:2] == [(-4.0, 1.6), (-3.6, 0.0)]  # (1 - 0.1) x and (1 - 0.1 * 10) y
    assert path[20][0] == pytest.approx(-4 * 0.9**20, abs=1e-5)
    assert heights[0] == pytest.approx((16 + 10 * 1.6**2) / 2)
    names = {name.split()[0] for name in drawn(paths.optimizers(), "valley")}
    assert names == set(CATALOGUES["optimizers"])


@pytest.mark.parametrize("catalogue", ["activations", "schedules"])
def test_a_page_is_whole_and_loads_nothing(catalogue):
    text = page(catalogue)
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', text)[1])
    assert set(re.findall(r'id="figure-([^"]+)"', text)) == set(figures)
    assert {f"one-{name}" for name in CATALOGUES[catalogue]} <= set(figures)
    assert "default-src 'none'" in text and not re.search(
        r'(src|href)="(?!data:|#)', text.split("<script>")[0]
    )
    assert text == page(catalogue)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(
        SpecError, match="members of the catalogue 'tasks' are no curves. Expected one of: activations"
    ):
        page("tasks")
    with pytest.raises(SpecError, match="There is no catalogue called 'losess'. Did you mean 'losses'"):
        page("losess")
