"""Makes the pictures of the README anew: screenshots of pages that minitorch writes.

    python docs/images/make.py [--chromium /usr/bin/chromium]

`compare.png` is the top of the report of `minitorch compare --ruler digits`; `explain.png` is a step of the page that
`minitorch.explain` writes for z = x·y + sin x. Needs Chromium, Pillow, and what the digits program needs. The figures of
speed in the report are this machine's: let it do nothing else meanwhile.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import minitorch

HERE = Path(__file__).resolve().parent
SCALE = 2  # pixels for each of the page's
COLOURS = 64  # of a picture: a page has few, and its file stays small
# The report has more between its verdict and its curves than a front page has room for.
LEFT_OUT = "<style>section#what-ran { display: none }</style>"


def shoot(chromium: str, page: str, width: int, height: int, path: Path) -> None:
    """The page's uppermost `height` pixels as a picture."""
    subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--force-device-scale-factor={SCALE}", f"--window-size={width},{height}", f"--screenshot={path}", page],
        check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def compared(folder: Path) -> Path:
    """The report of a digits run on both engines."""
    line = ["compare", "--ruler", "--threads", "1", "--out", "out", "--no-progress", "digits"]
    subprocess.run([sys.executable, "-m", "minitorch", *line], check=True, cwd=folder, timeout=600,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return folder / "out" / "report.html"


def shortened(report: Path, folder: Path) -> Path:
    """The report without what a front page has no room for."""
    page = folder / "short.html"
    page.write_text(report.read_text(encoding="utf-8").replace("</head>", LEFT_OUT + "</head>"), encoding="utf-8")
    return page


def explained(folder: Path) -> Path:
    """The page that steps through the walk back from z."""
    x = minitorch.tensor(2.0, requires_grad=True)
    y = minitorch.tensor(3.0, requires_grad=True)
    with minitorch.pictures.watch():
        z = x * y + minitorch.sin(x)
    return minitorch.explain(z, folder / "explain.html", names={"x": x, "y": y, "z": z})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default=shutil.which("chromium") or "chromium")
    parser.add_argument("--only", choices=["compare", "explain"])
    parser.add_argument("--report", type=Path, help="a report that is there already, instead of a new one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.only != "compare":
            shoot(args.chromium, f"{explained(folder).as_uri()}#step=5", 960, 660, HERE / "explain.png")
        if args.only != "explain":
            page = shortened(args.report or compared(folder), folder)
            shoot(args.chromium, page.as_uri(), 1000, 1085, HERE / "compare.png")


if __name__ == "__main__":
    main()
