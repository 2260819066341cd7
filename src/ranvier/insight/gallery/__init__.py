"""Catalogues as pictures: what ``ranvier catalog NAME --plot`` draws, computed by the members themselves.

curves.py         activations, losses, schedules: functions of one number, and their derivatives
weights.py        initializers: the weights they draw, and what becomes of a signal
paths.py          optimizers on two surfaces
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...catalog import CATALOGUES
from ...errors import Mistake, SpecError, did_you_mean
from ..offline import offline
from ..report.markup import Html, figure, join, section, tag
from ..report.traces import Figure


@dataclass(frozen=True)
class Drawing:
    """A picture with what is to be said of it.

    Args:
        name: short, unique on its page.
        title: above it.
        caption: below it; read out, too.
        plot: a Plotly figure.
        small: whether it stands beside others.
    """

    name: str
    title: str
    caption: str
    plot: Figure
    small: bool = False


@dataclass(frozen=True)
class Gallery:
    """What the page of a catalogue shows: one or two sentences, and the pictures."""

    lead: str
    drawings: list[Drawing]


def page(catalogue: str) -> str:
    """The members of a catalogue as pictures, on one page that needs no network.

    Args:
        catalogue: activations, initializers, losses, optimizers or schedules.

    Raises:
        SpecError: there is no such catalogue, or nothing of it can be drawn.
        RunError: Plotly is not installed.
    """
    made = _gallery(catalogue)()
    large = [_placed(each) for each in made.drawings if not each.small]
    small = [_placed(each) for each in made.drawings if each.small]
    parts = [section("all", "Side by side", *large)]
    if small:
        parts.append(section("each", "One by one", tag("div", join(*small), class_="many")))
    figures = {each.name: each.plot for each in made.drawings}
    return offline(f"Ranvier: {catalogue}", made.lead, *parts, figures=figures)


def _placed(drawing: Drawing) -> Html:
    heading = tag("h3", drawing.title)
    return tag(
        "div", join(heading, figure(drawing.name, drawing.caption, f"{drawing.title}: {drawing.caption}"))
    )


def _gallery(catalogue: str) -> Callable[[], Gallery]:
    from .curves import activations, losses, schedules
    from .paths import optimizers
    from .weights import initializers

    galleries: dict[str, Callable[[], Gallery]] = {
        "activations": activations,
        "initializers": initializers,
        "losses": losses,
        "optimizers": optimizers,
        "schedules": schedules,
    }
    if catalogue in galleries:
        return galleries[catalogue]
    if catalogue in CATALOGUES:
        happened = f"the members of the catalogue {catalogue!r} are no curves"
        raise SpecError(Mistake(happened, "one of: " + ", ".join(galleries)))
    happened = f"there is no catalogue called {catalogue!r}"
    raise SpecError(Mistake(happened, remedy=did_you_mean(catalogue, galleries)))
