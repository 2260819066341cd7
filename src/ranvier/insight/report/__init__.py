"""The report: a run's folder as one page that opens anywhere, or as plain text.

contents.py       what the folder holds, read once; layers.py: its network
figures.py        the pictures, as plain Plotly figures; traces.py: what they are put together from
markup.py         pieces of HTML; style.py: the style sheet and the script
page.py           the whole page
overview.py       title, verdict, findings
data.py           what was read; network.py; learning.py; measure.py; probabilities.py; repeat.py: a section each
filters.py        what a network for pictures looks for; samples.py: what a language model writes;
                  transcripts.py: what was heard in sounds, and where
words.py          what each token of a text did to its prediction; maps.py: which token looked at which
seeds.py          the spread over seeds; drift.py: new rows beside training rows; slices.py: groups of rows
markdown.py       the same as plain text; pdf.py: as a browser prints it

It is a pure function of the folder: the same files give the same bytes, and runs of the same seed the same report.
"""

from __future__ import annotations

from pathlib import Path

from ...files import write_text
from .contents import Contents, read
from .figures import figures
from .markdown import markdown
from .page import page
from .pdf import pdf
from .summary import summary

NAME = "report.html"

__all__ = ["NAME", "Contents", "figures", "markdown", "page", "pdf", "read", "summary", "write"]


def write(folder: str | Path, miss_cost: float | None = None) -> Path:
    """Write ``report.html`` into a run's folder; gives its path.

    Args:
        folder: of the run.
        miss_cost: see ``page``.

    Raises:
        RunError: the folder is no run, a file of it is damaged, or the place cannot be written.
    """
    path = Path(folder) / NAME
    write_text(path, page(read(folder), miss_cost))
    return path
