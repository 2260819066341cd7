"""The documents as a site: it builds without a warning, and each file that they link to is a page of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from test_docs import ROOT

pytest.importorskip("mkdocs", reason="the extra 'docs' is not installed")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_document_is_a_page(site):
    documents = {
        path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")
    }
    documents |= {
        Path("examples", path.stem).with_suffix(".html") for path in (ROOT / "examples").glob("*.py")
    }
    documents |= {Path(name) for name in ("index.html", "zh.html", "changelog.html", "examples/index.html")}
    pages = {path.relative_to(site) for path in site.rglob("*.html")} - {Path("404.html")}
    assert pages == {page.with_name("index.html") if page.stem == "README" else page for page in documents}


def test_links_and_pictures_lead_to_pages(site):
    for page in site.rglob("*.html"):
        if page.name == "404.html":  # its links begin at the root of a server
            continue
        for link in re.findall(r'(?:href|src)="([^"#:]+)["#]', page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(site)}: {link}"
    assert 'href="guide/en/index.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert 'href="../../examples/perceptron.html"' in (site / "guide/zh/neuron.html").read_text(
        encoding="utf-8"
    )
