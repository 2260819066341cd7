"""The whole page, in one file that needs no network."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from ...errors import Mistake, RunError
from .answered import answered_section
from .contents import Contents
from .data import data_section
from .drift import drift_section
from .extracted import extracted_section
from .figures import figures
from .filters import filters_section
from .forecasts import forecasts_section
from .learning import learning_section
from .markup import Html, escape, join, tag
from .measure import classes_section, measure_section, values_section, worst_section
from .network import network_section
from .overview import findings_section, head, title
from .probabilities import probabilities_section
from .repeat import repeat_section
from .samples import samples_section
from .seeds import seeds_section
from .slices import slices_section
from .style import SCRIPT, STYLE
from .tagged import tagged_section
from .targets import Sections, of_each
from .transcripts import transcripts_section
from .translations import translations_section
from .words import words_section

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""The page may load nothing from anywhere."""


def page(contents: Contents, miss_cost: float | None = None) -> str:
    """The report as HTML; the same contents give the same bytes.

    Args:
        contents: of a run's folder.
        miss_cost: what a missed row of the second of two classes costs, a false alarm costing 1: one more line in the
            table of thresholds.

    Raises:
        RunError: Plotly, whose JavaScript draws the figures, is not installed.
    """
    sections = {
        **of_each(contents, _how_good),
        "drift": ("New rows", drift_section(contents)),
        "findings": ("Findings", findings_section(contents)),
        "data": ("What was read", data_section(contents)),
        "network": ("The network", network_section(contents)),
        "learning": ("The training", learning_section(contents)),
        **of_each(contents, lambda one: _in_detail(one, miss_cost)),
        "filters": ("Filters and feature maps", filters_section(contents.sheets)),
        "samples": ("What it writes", samples_section(contents)),
        "repeat": ("To repeat it", repeat_section(contents)),
    }
    shown = {name: entry for name, entry in sections.items() if entry[1]}
    links = join(*(tag("li", tag("a", text, href=f"#{name}")) for name, (text, _) in shown.items()))
    nav = tag("nav", tag("ul", links), aria_label="Contents")
    main = tag("main", join(*(made for _, made in shown.values())), id="main")
    footer = tag("footer", "Made by ranvier. This page is one file and needs no network.")
    frame = tag("div", join(nav, head(contents), main, footer), class_="frame")
    body = join(
        tag("a", "To the report", href="#main", class_="skip"),
        frame,
        Html(f'<script type="application/json" id="figures">{_json(figures(contents))}</script>'),
        Html(f"<script>{plotly_script()}</script>"),
        Html(f"<script>{SCRIPT}</script>"),
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title(contents))}</title>\n<link rel="icon" href="data:,">\n<style>{STYLE}</style>\n'
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _how_good(contents: Contents) -> Sections:
    return {
        "measure": ("The measure", measure_section(contents)),
        "seeds": ("The seeds", seeds_section(contents)),
    }


def _in_detail(contents: Contents, miss_cost: float | None) -> Sections:
    return {
        "classes": ("The labels" if contents.labels else "The classes", classes_section(contents)),
        "values": ("The values", values_section(contents)),
        "transcripts": ("What was heard", transcripts_section(contents)),
        "answered": ("The answers", answered_section(contents)),
        "extracted": ("What was found", extracted_section(contents)),
        "tagged": ("The tags", tagged_section(contents)),
        "translations": ("Written from other texts", translations_section(contents)),
        "forecasts": ("The forecasts", forecasts_section(contents)),
        "probabilities": ("The probabilities", probabilities_section(contents, miss_cost)),
        "slices": ("Groups of rows", slices_section(contents)),
        "worst": ("The worst mistakes", worst_section(contents)),
        "words": ("What words did", words_section(contents)),
    }


def plotly_script() -> str:
    """Plotly's JavaScript, as its Python package ships it; the package itself is not imported.

    Raises:
        RunError: it is not installed.
    """
    found = find_spec("plotly")
    if found is None or found.origin is None:
        raise RunError(Mistake("plotly is not installed", "plotly 6 or newer", "pip install plotly"))
    return (Path(found.origin).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def _json(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
