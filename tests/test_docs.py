"""The documents: their links lead somewhere, what is marked ``<!-- run -->`` runs, and the tree is the tree."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from small_pictures import write_small_pictures

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])

_BLOCK = re.compile(r"^<!-- run -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]*)\)")


def runnable(text: str) -> list[tuple[str, str]]:
    """The blocks that are marked to be run: their language and their text."""
    return [(match[1], match[2]) for match in _BLOCK.finditer(text)]


def broken_links(text: str, path: Path) -> Iterator[str]:
    """The relative links of ``text`` that lead to no file, or to no heading of it."""
    for link in _LINK.findall(_FENCED.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, heading = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists() or (
            heading and heading not in headings(text if not name else target.read_text(encoding="utf-8"))
        ):
            yield link


def headings(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    assert not list(broken_links(path.read_text(encoding="utf-8"), path))


def test_a_broken_link_is_seen(tmp_path):
    (tmp_path / "a.md").write_text("# One thing, here\n")
    page = tmp_path / "index.md"
    page.write_text(
        "# Here\n[a](a.md) [b](b.md) [c](#here) [d](#there) [e](a.md#one-thing-here) [f](a.md#two) `[g](g.md)`"
    )
    assert list(broken_links(page.read_text(), page)) == ["b.md", "#there", "a.md#two"]


def is_chinese(path: Path) -> bool:
    """Whether the code of ``path`` stands in an English page too: tests/test_guide.py says that it does."""
    return path.parent.name == "zh" or path.name.endswith(".zh-CN.md")


@pytest.mark.parametrize(
    "path",
    [p for p in DOCUMENTS if not is_chinese(p) and runnable(p.read_text(encoding="utf-8"))],
    ids=lambda p: p.stem,
)
def test_what_is_marked_runs_from_top_to_bottom(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if path.name == "README.md" and path.parent == ROOT:
        write_small_pictures(tmp_path)
    space: dict[str, object] = {"__name__": "__main__"}
    for language, text in runnable(path.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(text, str(path), "exec"), space)
            printed = capsys.readouterr().out
            if path.is_relative_to(ROOT / "docs" / "guide"):
                assert list(not_printed(text, printed)) == []
                assert shown_after(path.read_text(encoding="utf-8"), text) in (None, printed)
            continue
        assert language == "console", f"{language} cannot be run"
        for line in text.splitlines():
            prompt, command, *arguments = shlex.split(line, comments=True)
            assert (prompt, command) == ("$", "ranvier"), line
            code = run(arguments, monkeypatch)
            assert code == 0, f"{line}\n{capsys.readouterr().err}"
    for drawn in tmp_path.glob("*.svg"):
        kept = ROOT / "docs" / "guide" / "pictures" / drawn.name
        message = f"{kept.name} is not what the page draws; python docs/guide/draw.py {path.stem}"
        assert alike(kept.read_text(encoding="utf-8"), drawn.read_text(encoding="utf-8")), message


def shown_after(document: str, block: str) -> str | None:
    """The text block that follows a block of Python and shows what it prints."""
    _, _, after = document.partition(block)
    found = re.match(r"```\n\n```text\n(.*?)^```$", after, re.MULTILINE | re.DOTALL)
    return found and found[1]


def not_printed(text: str, printed: str) -> Iterator[str]:
    """What the comment behind a print at the left margin says, where it was not printed; "about" promises nothing."""
    lines = {" ".join(line.split()) for line in printed.splitlines()}
    for comment in re.findall(r"^print\(.*\)  # (?!about)(.+)$", text, re.MULTILINE):
        if " ".join(comment.split()) not in lines:
            yield comment


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def alike(kept: str, drawn: str) -> bool:
    """Whether two SVG pictures differ by no more than a little in their numbers, which processors round differently."""
    pairs = zip(_NUMBER.findall(kept), _NUMBER.findall(drawn))
    return _NUMBER.sub("", kept) == _NUMBER.sub("", drawn) and all(
        abs(float(a) - float(b)) < 2 for a, b in pairs
    )


def test_a_stale_picture_and_a_wrong_comment_are_seen():
    assert alike('<path d="M1.0 2.0"/>', '<path d="M1.1 2.0"/>')
    assert not alike('<path d="M1.0 2.0"/>', '<path d="M1.0 9.0"/>')
    assert not alike("<path/>", "<rect/>")
    assert list(not_printed("print(x)  # [0 1]\nprint(y)  # about 3\nprint(z)  # 5\n", "[0  1]\n4\n")) == [
        "5"
    ]


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    from ranvier.cli import main

    monkeypatch.setattr(sys, "argv", ["ranvier", *arguments])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_the_readme_has_blocks_that_run():
    assert {language for language, _ in runnable((ROOT / "README.md").read_text(encoding="utf-8"))} == {
        "console",
        "python",
    }


def tree(text: str) -> list[Path]:
    """The paths of the README's tree; an indented line lies in the folder above it."""
    (block,) = re.findall(r"^## Contents\n\n```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    folders: list[str] = []
    paths = []
    for line in block.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        folders[depth:] = [name]
        paths.append(Path(*folders))
    return paths


def test_the_tree_of_the_readme_is_the_tree():
    paths = tree((ROOT / "README.md").read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []
    package = ROOT / "src" / "ranvier"
    there = {path.name for path in package.iterdir() if path.suffix == ".py" or list(path.glob("*.py"))}
    named = {path.name for path in paths if path.parent == Path("src/ranvier")}
    assert there - {"__init__.py", "__main__.py"} == named


def test_the_ranks_in_the_architecture_are_those_that_are_enforced():
    from test_layering import RANKS

    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    said = {
        name: int(rank)
        for rank, names in re.findall(r"^\| (\d) \| (.*) \|$", text, re.MULTILINE)
        for name in names.split(", ")
    }
    assert said == {name: rank for name, rank in RANKS.items() if not name.startswith("__")}


def test_commands_say_what_they_are():
    for path in (*(ROOT / "scripts").glob("[a-z]*"), ROOT / ".ci" / "run"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "#!/usr/bin/env bash"
        assert lines[1].startswith("# ")
        assert "set -euo pipefail" in lines
        assert path.stat().st_mode & 0o111, f"{path} cannot be executed"
