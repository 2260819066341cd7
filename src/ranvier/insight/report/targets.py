"""Several targets in one page: the sections of each, told apart."""

from __future__ import annotations

import re
from collections.abc import Callable

from .contents import Contents
from .markup import Html, escape

Sections = dict[str, tuple[str, Html | str]]
"""By identity: the title in the list of contents, and the section, empty where there is nothing to say."""


def of_each(contents: Contents, make: Callable[[Contents], Sections]) -> Sections:
    """The sections that are about the target; of several those of each, with its name in titles and headings.

    The second target's identities begin with ``2-``, as the names of its figures do.
    """
    if not contents.targets:
        return make(contents)
    found: Sections = {}
    for place, (target, one) in enumerate(contents.targets.items(), 1):
        named = escape(target).replace("\\", r"\\")
        for name, (title, made) in make(one).items():
            own = re.sub(r' (id|aria-labelledby)="(figure-)?', rf' \1="\g<2>{place}-', made)
            own = re.sub(r'( role="region" aria-label="[^"]*)"', rf'\1: {named}"', own)
            own = own.replace("</h2>", f": {escape(target)}</h2>", 1)
            found[f"{place}-{name}"] = (f"{title}: {target}", Html(own))
    return found
