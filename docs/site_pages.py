"""What mkdocs is told beyond `docs`: README, CHANGELOG and the examples are pages of the site too.

In the repository the documents link to files wherever these are. Here each such link is turned to the page that the
file has on the site, and a link to a file that has none (a script, a folder) is left as its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "README.md": "index.md",
    "README.zh-CN.md": "zh.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples/index.md",
}
"""Files outside of `docs`, and the pages they are."""
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))
PAGES |= {f"examples/{name}": f"examples/{name.removesuffix('.py')}.md" for name in EXAMPLES}

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"(^```.*?^```$|`[^`\n]*`)", re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> Any:
    """Build the navigation from what is there."""
    findings = sorted(path.name for path in (ROOT / "docs" / "findings").glob("RV*.md"))
    config["nav"] = [
        {"Ranvier": "index.md"},
        {"中文": "zh.md"},
        {"Guide": chapters("en")},
        {"指南": chapters("zh")},
        {
            "Examples": [
                PAGES["examples/README.md"],
                *({name: PAGES[f"examples/{name}"]} for name in EXAMPLES),
            ]
        },
        {"Findings": ["findings/README.md", *(f"findings/{name}" for name in findings)]},
        {"Project": ["architecture.md", "log.md", "changelog.md"]},
    ]
    return config


def chapters(language: str) -> list[str]:
    """The pages of the guide in the order of its index."""
    text = (ROOT / "docs" / "guide" / language / "README.md").read_text(encoding="utf-8")
    names = re.findall(r"^\d+\. \[[^\]]+\]\((\w+\.md)\)$", text, re.MULTILINE)
    return [f"guide/{language}/{name}" for name in ("README.md", *names)]


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie elsewhere."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        if name.endswith(".py"):
            text = f"# {Path(name).name}\n\n```python\n{text}```\n"
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn the links to files of the repository into links to pages of the site."""
    where = {site: name for name, site in PAGES.items()}
    here = where.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    parts = FENCE.split(markdown)  # every second one is code
    parts[::2] = [LINK.sub(lambda match: turned(match, here, page.file.src_uri), part) for part in parts[::2]]
    return "".join(parts)


def turned(match: re.Match[str], here: str, source: str) -> str:
    """A link as the page ``source`` of the site must have it; ``here`` is its file in the repository."""
    picture, text, link = match.groups()
    target, _, heading = link.partition("#")
    if re.match(r"[a-z]+:", link) or not target:
        return match[0]
    name = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
    site = PAGES.get(name, name.removeprefix("docs/") if name.startswith("docs/") else None)
    if site is None:
        return text
    shown = posixpath.relpath(site, posixpath.dirname(source) or ".")
    return f"{picture}[{text}]({shown}{'#' + heading if heading else ''})"
