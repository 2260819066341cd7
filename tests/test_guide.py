"""The guide: each page in both languages says the same, has a picture that its code draws, and leads to the next."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from test_docs import ROOT, run, runnable, tree

GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(path.name for path in (GUIDE / "en").glob("*.md"))
PAIRS = {f"guide/{name}": (GUIDE / "en" / name, GUIDE / "zh" / name) for name in PAGES}
CHAPTERS = re.findall(
    r"^\d+\. \[[^\]]+\]\((\w+\.md)\)$", (GUIDE / "en" / "README.md").read_text("utf-8"), re.M
)

_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(text: str) -> list[str]:
    """The blocks that run, of Python what it does without the comments, which are translated; and what they print."""
    blocks = [ast.dump(ast.parse(body)) if kind == "python" else body for kind, body in runnable(text)]
    return blocks + re.findall(r"^```text\n(.*?)^```$", text, re.M | re.S)


def skeleton(text: str) -> dict[str, list[str]]:
    """What is the same in every language: the headings' levels, links, pictures, names, tables, numbers."""
    prose = _FENCE.sub("", text)
    return {
        "headings": re.findall(r"^#+", prose, re.M),
        "pictures": re.findall(r"!\[[^\]]+\]\(([^)]+)\)", prose),
        "links": sorted(re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", prose)),
        "names": sorted(re.findall(r"`([^`\n]+)`", prose)),
        "tables": [str(line.count("|")) for line in prose.splitlines() if line.startswith("|")],
        "lists": [line[:2] for line in prose.splitlines() if re.match(r"- |\d+\. ", line)],
        "formulas": [str(bool(line)) for line in prose.splitlines() if line.startswith("    ")],
        "numbers": sorted(re.findall(r"\d+(?:[.,]\d+)*", re.sub(r"\]\([^)]*\)", "]", prose))),
    }


def test_both_languages_have_the_same_pages():
    assert sorted(path.name for path in (GUIDE / "zh").glob("*.md")) == PAGES


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_chinese_page_says_what_the_english_one_says(pair):
    english, chinese = map(read, pair)
    assert code(chinese) == code(english), "python docs/copy_blocks.py"
    assert len(_FENCE.findall(chinese)) == len(_FENCE.findall(english))
    theirs, ours = skeleton(english), skeleton(chinese)
    ours["links"] = sorted(link.replace("../en/README.md", "../zh/README.md") for link in ours["links"])
    assert ours == theirs


def test_a_page_that_says_something_else_is_seen():
    english = "# A\n\nOf 3 [rows](a.md) `mse`\n\n<!-- run -->\n```python\nx = 1  # one\n```\n"
    chinese = "# 甲\n\n3 [行](a.md) `mse`\n\n<!-- run -->\n```python\nx = 1  # 一\n```\n"
    assert (code(english), skeleton(english)) == (code(chinese), skeleton(chinese))
    assert code(english) != code(chinese.replace("x = 1", "x = 2"))
    for there, wrong in {"# 甲": "## 甲", "3 ": "4 ", "a.md": "b.md", "`mse`": "mse"}.items():
        assert skeleton(english) != skeleton(chinese.replace(there, wrong))


def test_the_index_names_every_page_and_each_leads_to_the_next():
    assert sorted(CHAPTERS) == [name for name in PAGES if name != "README.md"]
    for name, following in pairwise(CHAPTERS):
        assert re.search(rf"^Next: \[[^\]]+\]\({following}\)\.\n\Z", read(GUIDE / "en" / name), re.M), name
    assert "Next: " not in read(GUIDE / "en" / CHAPTERS[-1])


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_shows_the_picture_that_its_code_draws(name):
    text = read(GUIDE / "en" / name)
    shown = re.findall(r"!\[[^\]]+\]\(\.\./pictures/([^)]+)\)", text)
    drawn = re.findall(r'^draw\(\s*"([^"]+)"', "\n".join(body for _, body in runnable(text)), re.M)
    assert shown and shown == drawn


def test_no_picture_is_left_over():
    shown = {
        name for page in PAGES for name in re.findall(r"\.\./pictures/([^)]+)\)", read(GUIDE / "en" / page))
    }
    assert shown == {path.name for path in (GUIDE / "pictures").iterdir()}


def test_the_chinese_readme_says_what_the_english_one_says():
    english, chinese = (read(ROOT / name) for name in ("README.md", "README.zh-CN.md"))
    assert code(chinese)[:-1] == code(english)[:-1], "python docs/copy_blocks.py"
    contents = re.compile(r"^## (?:Contents|目录)$", re.M)
    assert tree(contents.sub("## Contents", chinese)) == tree(english), "README.zh-CN.md has the tree, too"
    theirs, ours = skeleton(english), skeleton(chinese)
    for same in ("headings", "pictures", "names", "tables", "lists", "formulas", "numbers"):
        assert ours[same] == theirs[same], same
    links = [link.replace("guide/zh/", "guide/en/") for link in ours["links"]]
    assert sorted({*links} - {"README.md"}) == sorted({*theirs["links"]} - {"README.zh-CN.md"})


COMMANDS = sorted(
    {line for name in CHAPTERS for line in re.findall(r"^    ranvier (.+)$", read(GUIDE / "en" / name), re.M)}
)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_settings_of_a_command_are_right(command, tmp_path, monkeypatch, capsys):
    """`train` as `inspect`, which reads the same settings and trains nothing; what `--plot` draws has its own tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ranvier.insight.gallery.page", lambda catalogue: catalogue)
    verb, *arguments = command.replace("--heal", "--set doctor.heal=true").split()
    if verb == "compare":  # two runs that the reader has
        assert arguments == ["runs/a", "runs/b"]
        return
    if verb == "predict":  # with a model and rows that the reader has
        assert arguments == ["runs/sales-1/model.rv", "next.csv"]
        return
    rows = [f"{n},{n % 7},{n * 0.5},{'yes' if n % 3 else 'no'}" for n in range(60)]
    Path("data.csv").write_text("\n".join(["x,y,price,ill", *rows]) + "\n")
    said = [f"{'fresh' if n % 2 else 'rotten'},they went to see {n} films and liked some" for n in range(60)]
    Path("reviews.csv").write_text("\n".join(["rating,text", *said]) + "\n")
    days = [f"2024-{1 + n // 28:02}-{1 + n % 28:02},{20 + n % 7},{n % 7 // 6}" for n in range(28 * 6)]
    Path("sales.csv").write_text("\n".join(["day,sold,promotion", *days]) + "\n")
    assert run([{"train": "inspect"}.get(verb, verb), *arguments], monkeypatch) == 0, capsys.readouterr().err
