"""The page as a PDF, printed by a browser that is installed: Chromium, Chrome or Edge."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ...errors import Mistake, RunError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
SECONDS = 120


def find_browser() -> str | None:
    """The first browser of ``BROWSERS`` that is there; None where none is."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pdf(page: str) -> bytes:
    """Print a page; folded parts are unfolded.

    Args:
        page: as HTML.

    Raises:
        RunError: no browser is installed, or it could not print the page.
    """
    browser = find_browser()
    if browser is None:
        raise RunError(
            Mistake(
                "a PDF is printed by a browser, and none was found",
                "Chromium, Chrome or Edge",
                "install one, or open report.html in any browser and print it from there",
            )
        )
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        options = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
        options += [
            f"--user-data-dir={folder}/profile",
            "--virtual-time-budget=20000",
            f"--print-to-pdf={out}",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # Chromium's sandbox refuses root
            options.append("--no-sandbox")
        try:
            done = subprocess.run(
                [browser, *options, source.as_uri()], capture_output=True, timeout=SECONDS, check=False
            )
            said = (done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"])[-1]
        except subprocess.TimeoutExpired:
            said = f"nothing for {SECONDS} seconds"
        if not out.exists():
            raise RunError(
                Mistake(
                    f"{Path(browser).name} printed no PDF and said {said!r}",
                    remedy="open report.html in a browser and print it from there",
                )
            )
        return out.read_bytes()
