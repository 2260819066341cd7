"""Draw the pictures of the guide anew: run the code of its English pages, and keep the pictures which that draws.

    python docs/guide/draw.py [PAGE ...]

The tests run the same code and compare what it draws with what is kept here.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

GUIDE = Path(__file__).resolve().parent
BLOCK = re.compile(r"^<!-- run -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(names: list[str]) -> None:
    """Draw the pictures of the pages that are named, or of all."""
    for page in sorted((GUIDE / "en").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if "../pictures/" in text and (not names or page.stem in names):
            print(f"--- {page.stem}")
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                exec(compile("\n".join(BLOCK.findall(text)), str(page), "exec"), {"__name__": "__main__"})
                for picture in Path(folder).glob("*.svg"):
                    shutil.copy(picture, GUIDE / "pictures")
                os.chdir(GUIDE)


if __name__ == "__main__":
    main(sys.argv[1:])
