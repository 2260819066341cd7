"""A page in one file that opens anywhere and loads nothing, light or dark, in the report's style."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .report.markup import Html, escape, join, tag
from .report.page import POLICY, plotly_script
from .report.style import SCRIPT, STYLE


def offline(title: str, lead: str, *sections: Html, figures: Mapping[str, Any] | None = None) -> str:
    """The page as HTML.

    Args:
        title: of the page and its first heading.
        lead: one or two sentences below it.
        sections: ``markup.section`` or any other HTML.
        figures: Plotly figures by the names that ``markup.figure`` gives their places; None needs no script.

    Raises:
        RunError: there are figures, and Plotly, whose JavaScript draws them, is not installed.
    """
    head = tag("header", join(tag("h1", title), tag("p", lead, class_="verdict")))
    parts = [tag("div", join(head, tag("main", join(*sections), id="main")), class_="frame")]
    if figures:
        drawn = json.dumps(figures, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
        parts.append(Html(f'<script type="application/json" id="figures">{drawn}</script>'))
        parts.append(Html(f"<script>{plotly_script()}</script>\n<script>{SCRIPT}</script>"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>{STYLE}{MORE}</style>\n'
        f"</head>\n<body>\n{join(*parts)}\n</body>\n</html>\n"
    )


MORE = """
@media (min-width: 1080px) { .frame { grid-template-columns: minmax(0, 1fr); } }
thead th:first-child { width: 9rem; }
.many { display: grid; gap: 0 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
"""
"""The report has a list of contents beside it, which these pages have not."""
