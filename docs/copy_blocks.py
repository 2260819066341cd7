"""Copy the blocks of code and output from the English README and guide into the Chinese ones.

    python docs/copy_blocks.py

The text between them is for a translator: tests/test_guide.py says where the two differ. The tree of the README is
translated, too, and stays as it is.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)


def copied(english: str, chinese: str) -> str:
    """``chinese`` with the blocks of ``english``; as it is where the two have not as many.

    >>> print(copied("One:\\n```text\\n1\\n```\\n", "一：\\n```text\\n0\\n```\\n"))
    一：
    ```text
    1
    ```
    <BLANKLINE>
    """
    blocks = BLOCK.findall(english)
    if len(blocks) != len(BLOCK.findall(chinese)):
        return chinese
    remaining = iter(blocks)

    def following(match: re.Match[str]) -> str:
        block = next(remaining)
        return match[0] if match[0].startswith("```text\nsrc/") else block

    return BLOCK.sub(following, chinese)


def main() -> None:
    """Copy them, and say which files have changed."""
    pairs = [(ROOT / "README.md", ROOT / "README.zh-CN.md")]
    guide = ROOT / "docs" / "guide"
    pairs += [(page, guide / "zh" / page.name) for page in sorted((guide / "en").glob("*.md"))]
    for english, chinese in pairs:
        old = chinese.read_text(encoding="utf-8")
        new = copied(english.read_text(encoding="utf-8"), old)
        if new != old:
            chinese.write_text(new, encoding="utf-8")
            print(f"changed: {chinese.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
