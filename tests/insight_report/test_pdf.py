"""The report as a PDF: a browser prints it; without one, or where it fails, a sentence says what to do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ranvier.errors import RunError
from ranvier.insight.report import pdf

PAGE = "<!DOCTYPE html><html><head><title>A page</title></head><body><h1>Twelve</h1></body></html>"
MODULE = sys.modules["ranvier.insight.report.pdf"]


@pytest.mark.slow
@pytest.mark.skipif(MODULE.find_browser() is None, reason="no browser is installed")
def test_a_browser_prints_it():
    made = pdf(PAGE)
    assert made.startswith(b"%PDF-") and re.search(rb"/Title\s*\(A page\)", made)


def test_without_a_browser(monkeypatch):
    monkeypatch.setattr(MODULE.shutil, "which", lambda name: None)
    with pytest.raises(
        RunError, match="printed by a browser, and none was found. Expected Chromium, Chrome or Edge"
    ):
        pdf(PAGE)


def browser_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    monkeypatch.setattr(MODULE, "find_browser", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(MODULE.subprocess, "run", run)


def test_a_browser_that_prints_nothing(tmp_path, monkeypatch):
    def fail(command, **_):
        return subprocess.CompletedProcess(command, 1, b"", b"first\nno room\n")

    browser_that(tmp_path, monkeypatch, fail)
    with pytest.raises(RunError, match="Chromium printed no PDF and said 'no room'. Open report.html"):
        pdf(PAGE)


def test_a_browser_that_hangs(tmp_path, monkeypatch):
    def hang(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    browser_that(tmp_path, monkeypatch, hang)
    with pytest.raises(RunError, match="said 'nothing for 120 seconds'"):
        pdf(PAGE)
