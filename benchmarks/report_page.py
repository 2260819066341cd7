"""The report in a browser: size, console errors, accessibility; and the pictures of it that the documents show.

python benchmarks/report_page.py            needs Chromium; npm for axe-core, which checks the accessibility
python benchmarks/report_page.py --pictures   writes docs/pictures as well (with Pillow)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

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
    from PIL import Image

    PICTURES.mkdir(exist_ok=True)
    out = PICTURES / f"{name}.png"
    window = max(width, 500)
    browse(page, f"--window-size={window},{height}", f"--screenshot={out}", *options)
    Image.open(out).convert("RGB").crop((0, 0, width, height)).quantize(128).save(out, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        run = rv.fit("sample:breast_cancer", settings={"repeat": 3}, out=folder / "tumours")
        values = rv.fit("sample:diabetes", out=folder / "diabetes")
        pages = {
            "classes": run.folder / "report.html",
            "values": values.folder / "report.html",
            "evaluation": rv.evaluate(run, "sample:breast_cancer", out=folder / "evaluation.html").report,
        }
        script = axe(folder)
        print("| page | MB | console errors | accessibility, light | dark |\n|---|---|---|---|---|")
        for name, page in pages.items():
            assert page is not None
            light, dark = (violations(page, script, *options) for options in ((), (DARK,)))
            told = [", ".join(" ".join(each) for each in found) or "no finding" for found in (light, dark)]
            size = page.stat().st_size / 1e6
            print(f"| {name} | {size:.1f} | {console_errors(page)} | {told[0]} | {told[1]} |")
        if "--pictures" in sys.argv:
            page = pages["classes"]
            assert page is not None
            picture(page, "report", 1280, 860)
            picture(page, "report-dark", 1280, 860, DARK)
            picture(phone(page), "report-phone", 390, 844, "--allow-file-access-from-files")


if __name__ == "__main__":
    main()
