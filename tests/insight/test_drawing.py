"""The small pictures: where a point lands, what is left out, and that the same values give the same bytes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from ranvier.errors import RunError
from ranvier.insight.drawing import Panel, draw, svg


def path_of(text: str) -> str:
    """The one line of a picture."""
    (found,) = re.findall(r'<path stroke="[^"]+" d="([^"]*)"', text)
    return found


def test_a_line_goes_through_its_points():
    text = svg(Panel("p", lines={"a": ([0, 1, 2], [0.0, 5.0, 10.0])}, y_range=(0, 10)))
    assert path_of(text) == "M52.0 216.0L187.0 123.0L322.0 30.0"  # 270 wide from 52 on, 186 high from 30 on


def test_what_is_not_finite_interrupts_a_line():
    text = svg(Panel(lines={"a": ([0, 1, 2, 3], [1.0, np.nan, 1.0, 2.0])}))
    assert path_of(text).count("M") == 2


def test_a_logarithmic_axis_leaves_out_what_is_not_positive():
    text = svg(Panel(lines={"a": ([0, 1, 2], [0.0, 1.0, 100.0])}, log=True, y_range=(1, 100)))
    assert path_of(text) == "M187.0 216.0L322.0 30.0"
    assert ">100</text>" in text and ">50</text>" in text


def test_a_name_has_one_colour_and_one_entry_and_a_quiet_one_none():
    panels = (
        Panel(lines={"a <b>": ([0, 1], [0, 1]), "_": ([0, 1], [1, 0])}),
        Panel(points={"a <b>": ([0], [1])}),
    )
    text = svg(*panels)
    assert text.count("a &lt;b&gt;") == 1 and ">_<" not in text
    assert text.count("#3b82f6") == 3  # the line, the point, the legend
    assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()} >= {
        "svg",
        "path",
        "circle",
    }


def test_cells_are_squares_from_white_to_blue():
    text = svg(Panel(cells=[[0, 1], [0.5, 1]]))
    fills = re.findall(r'fill="(#[0-9a-f]{6})"', text)
    assert fills == ["#ffffff", "#1d4ed8", "#8ea6ec", "#1d4ed8"]
    assert svg(Panel(cells=[[2, 2]])).count("#ffffff") == 2


def test_the_same_values_give_the_same_bytes(tmp_path):
    panels = [Panel(str(n), lines={f"line {n}": (range(5), range(n, n + 5))}) for n in range(5)]
    first, second = draw(tmp_path / "a.svg", *panels), draw(tmp_path / "b.svg", *panels)
    assert first.read_bytes() == second.read_bytes()
    assert 'viewBox="0 0 1020 548"' in first.read_text()  # five panels in two rows of three, one row of names


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(RunError, match="cannot be written"):
        draw(tmp_path / "none" / "a.svg", Panel())
