"""The report in a browser: size, console errors, accessibility; and the pictures of it that the documents show.

python benchmarks/report_page.py            needs Chromium; npm for axe-core, which checks the accessibility
python benchmarks/report_page.py --pictures   writes docs/pictures as well
python benchmarks/report_page.py --keep FOLDER   leaves the pages there
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image

import ranvier as rv
from ranvier.insight.report.pdf import find_browser

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=15000"]
DARK = "--blink-settings=preferredColorScheme=0"
CHECK = """<script>%s</script><script>
window.addEventListener("load", function () {
  axe.run(document, {resultTypes: ["violations"]}).then(function (found) {
    document.title = "axe " + JSON.stringify(found.violations.map(function (v) { return [v.impact, v.id]; }));
  });
});
</script></body>"""


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    browser = find_browser()
    assert browser, "Chromium, Chrome or Edge must be installed"
    return subprocess.run(
        [browser, *OPTIONS, *options, page.as_uri()], capture_output=True, text=True, check=False, timeout=300
    )


def axe(folder: Path) -> str:
    """axe-core's script, from npm."""
    subprocess.run(["npm", "pack", "axe-core"], cwd=folder, check=True, capture_output=True)
    (packed,) = folder.glob("axe-core-*.tgz")
    with tarfile.open(packed) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member
        return member.read().decode()


def console_errors(page: Path) -> int:
    said = browse(page, "--enable-logging=stderr", "--dump-dom").stderr
    return len(re.findall(r"CONSOLE.*(?:error|refused|uncaught)", said, re.IGNORECASE))


def violations(page: Path, script: str, *options: str) -> list[list[str]]:
    checked = page.with_name(f"checked-{page.name}")
    checked.write_text(page.read_text().replace("</body>", CHECK.replace("%s", script)))
    found = re.search(r"<title>axe (.*?)</title>", browse(checked, "--dump-dom", *options).stdout)
    assert found, "axe-core did not answer"
    answer: list[list[str]] = json.loads(found[1])
    return answer


def phone(page: Path) -> Path:
    """The page as a telephone shows it, 390 wide: Chromium's own windows are wider."""
    frame = page.with_name(f"phone-{page.name}")
    frame.write_text(
        f'<body style="margin:0"><iframe src="{page.name}" style="border:0;width:390px;height:844px"></iframe>'
    )
    return frame


def picture(page: Path, name: str, width: int, height: int, *options: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    out = PICTURES / f"{name}.png"
    window = max(width, 500)
    browse(page, f"--window-size={window},{height}", f"--screenshot={out}", *options)
    Image.open(out).convert("RGB").crop((0, 0, width, height)).quantize(128).save(out, optimize=True)


def customers(rows: int = 700) -> pl.DataFrame:
    """A made table with two targets; for the old, one city is harder than the others."""
    generator = np.random.default_rng(0)
    age, income = (
        generator.normal(45, 14, rows).clip(18, 90).round(),
        generator.gamma(4.0, 700.0, rows).round(),
    )
    city = generator.choice(["Leeds", "Hull", "York"], rows, p=[0.5, 0.3, 0.2])
    score = (age - 45) / 12 + (income - 2800) / 900 + generator.normal(0, 1 + 2 * (city == "York"), rows)
    amount = (200 + 60 * score + generator.normal(0, 30, rows)).round(2)
    pays = np.where(score > 0.6, "yes", "no")
    return pl.DataFrame({"age": age, "income": income, "city": city, "pays": pays, "amount": amount})


def shapes(folder: Path, each: int = 40) -> Path:
    """A folder of made pictures: discs, squares and bars in noise."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    for number in range(3 * each):
        cx, cy, size = *generator.integers(10, 22, 2), generator.integers(4, 10)
        inside = {
            "disc": (x - cx) ** 2 + (y - cy) ** 2 < size**2,
            "square": (abs(x - cx) < size) & (abs(y - cy) < size),
            "bar": abs(x - cx) < size / 2,
        }
        name = list(inside)[number % 3]
        pixels = generator.integers(0, 130, (32, 32)) + 110 * inside[name]
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def pages(folder: Path) -> dict[str, Path]:
    """A report of each kind, by name."""
    run = rv.fit("sample:breast_cancer", settings={"repeat": 3}, out=folder / "tumours")
    few = {"training.epochs": 6}
    asked = {
        "evaluation.costs": {"false_negative": 5.0, "false_positive": 1.0},
        "evaluation.slices": ["city"],
    }
    table = customers()
    runs = {
        "classes": run,
        "values": rv.fit("sample:diabetes", out=folder / "diabetes"),
        "costs and groups": rv.fit(
            table.drop("amount"), target="pays", settings=few | asked, out=folder / "customers"
        ),
        "several targets": rv.fit(table, target=["pays", "amount"], settings=few, out=folder / "both"),
        "pictures": rv.fit(shapes(folder / "shapes"), settings=few, out=folder / "drawn"),
    }
    found = {name: one.folder / "report.html" for name, one in runs.items()}
    new = rv.evaluate(run, "sample:breast_cancer", out=folder / "evaluation.html").report
    assert new is not None
    return {**found, "evaluation": new}


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        found, script = pages(folder), axe(folder)
        print(
            "| page | MB | console errors | accessibility, light | dark | telephone |\n|---|---|---|---|---|---|"
        )
        for name, page in found.items():
            told = [
                ", ".join(" ".join(each) for each in violations(page, script, *options)) or "no finding"
                for options in ((), (DARK,), ("--window-size=500,844",))
            ]
            size = page.stat().st_size / 1e6
            print(f"| {name} | {size:.1f} | {console_errors(page)} | " + " | ".join(told) + " |", flush=True)
        if "--pictures" in sys.argv:
            page = found["classes"]
            picture(page, "report", 1280, 860)
            picture(page, "report-dark", 1280, 860, DARK)
            picture(phone(page), "report-phone", 390, 844, "--allow-file-access-from-files")
        if "--keep" in sys.argv:
            for name, page in found.items():
                shutil.copy(page, Path(sys.argv[-1]) / f"{name.replace(' ', '-')}.html")


if __name__ == "__main__":
    main()
