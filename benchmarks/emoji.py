"""A set of real small colour pictures: the emoji of Debian's Noto Color Emoji in Unicode's nine groups.

    scripts/bench emoji FOLDER [SIDE]

FOLDER, which must not be there yet, gets a folder for each group with pictures of SIDE (32) pixels, and ``emoji.csv``
with the columns ``picture``, ``category`` and ``base``. Emoji that differ in the tone of skin or hair, or in being a
man or a woman, have one base, so that ``--role base=group`` keeps them in one part of the split. The font and the list
come from the packages fonts-noto-color-emoji and unicode-data (``apt-get install``).
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
LIST = Path("/usr/share/unicode/emoji/emoji-test.txt")
DRAWN, ADVANCE = 109, 136
"""The only size that the font has, and how wide one of its pictures is."""

VARIANT = re.compile(r"\b(wo)?m[ae]n\b|\bperson\b|\bpeople\b|\bboy\b|\bgirl\b|: .*")


def emoji() -> list[tuple[str, str, str]]:
    """The characters of each emoji, its group, and its base."""
    found, group = [], ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("# group:"):
            group = line.partition(": ")[2].lower().replace(" & ", "_and_")
        if "; fully-qualified" not in line:
            continue
        codes, _, words = line.partition(";")
        name = words.partition("# ")[2].split(" ", 2)[2]
        base = name if group == "flags" else VARIANT.sub("", name).strip()
        found.append(("".join(chr(int(code, 16)) for code in codes.split()), group, base or "people"))
    return found


def picture(characters: str, font: ImageFont.FreeTypeFont, side: int) -> Image.Image | None:
    """The emoji on white; None where the font has no picture of its own for these characters."""
    if font.getlength(characters) > ADVANCE:
        return None
    left, top, right, bottom = font.getbbox(characters)
    longest = max(right - left, bottom - top)
    if not longest:
        return None
    paper = Image.new("RGB", (longest, longest), "white")
    place = ((longest - (right - left)) // 2 - left, (longest - (bottom - top)) // 2 - top)
    ImageDraw.Draw(paper).text(place, characters, font=font, embedded_color=True)
    return paper.resize((side, side), Image.Resampling.LANCZOS)


def main() -> None:
    folder, side = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 32
    if not FONT.exists() or not LIST.exists():
        sys.exit("apt-get install fonts-noto-color-emoji unicode-data")
    folder.mkdir(parents=True)
    font = ImageFont.truetype(str(FONT), DRAWN, layout_engine=ImageFont.Layout.RAQM)
    counts: Counter[str] = Counter()
    seen: set[bytes] = set()
    with (folder / "emoji.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["picture", "category", "base"])
        for characters, group, base in emoji():
            image = picture(characters, font, side)
            if image is None or image.tobytes() in seen:
                counts["left out: no picture of its own"] += 1
                continue
            seen.add(image.tobytes())
            name = f"{group}/{'-'.join(f'{ord(one):x}' for one in characters)}.png"
            (folder / group).mkdir(exist_ok=True)
            image.save(folder / name)
            lines.writerow([name, group, base])
            counts[group] += 1
    for group, count in counts.items():
        print(f"{group}: {count:,}")


if __name__ == "__main__":
    main()
