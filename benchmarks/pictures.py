"""Every picture of the documentation and the README, made anew: `scripts/screenshots`.

    python benchmarks/pictures.py [FOLDER]

trains the runs that the pages tell of (seconds each; MNIST as `digitlab` finds it), has the shell draw
them, photographs the pages and the report in Debian's Chromium, and writes all to `docs/pictures/`. What is
in FOLDER already is not trained again; without one nothing is kept. Looks at the test sets go to a ledger
of their own.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import plot
from page import DESK, DOCS, NUMBER, Shot, shrink, take
from pens import written
from photos import KINDS
from playwright.sync_api import Browser, sync_playwright
from record import RESULTS
from serving import served

from digitlab.figures import save
from digitlab.files import make_folder

COMPARISONS = {
    "digits": "--dataset digits",
    "first": "--preset exercise",
    "better": "",
}
COMMANDS = (
    "weights first/mlp --unit 98",
    "timeline first/mlp",
    "units first/mlp",
    "evaluate better/conv",
    "mistakes better/conv",
    "explain better/conv 5",
    "templates better/conv",
    "predict better/conv photo.jpg --explain why",
    "export better/conv --to html --out digits.html --force",
)
DRAWN = {
    "digits": "digits/figures/digits.png",
    "digits-accuracy": "digits/figures/accuracy.png",
    "linear-weights": "first/linear/figures/weights.png",
    "log-loss": "first/figures/log-loss.png",
    "unit": "first/mlp/figures/unit-98-digits.png",
    "timeline": "first/mlp/figures/timeline.png",
    "units": "first/mlp/figures/units.png",
    "accuracy": "better/figures/accuracy.png",
    "confusion": "better/conv/figures/confusion-validation.png",
    "reliability": "better/conv/figures/reliability-validation.png",
    "coverage": "better/conv/figures/coverage-validation.png",
    "mistakes": "better/conv/figures/mistakes-validation.png",
    "explain": "better/conv/figures/explain-validation-5.png",
    "templates": "better/conv/figures/templates.png",
    "why": "why/photo.png",
}
RUNS = ("better/linear", "better/mlp", "better/conv")
DIGIT, OTHER_DIGIT = 7, 3
PHOTOGRAPHED, KIND, SEED = 4, "photo, everything", 3


def main() -> None:
    """Train, draw, photograph."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?")
    chosen = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(make_folder(chosen) if chosen else temporary)
        os.environ["DIGITLAB_USER_DIR"] = "user"
        draw()
        with served([Path(run) for run in RUNS]) as (host, port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            photograph(browser, f"http://{host}:{port}/")
            browser.close()
        save(plot.draw(list(plot.courses(RESULTS))), plot.PICTURE)


def draw() -> None:
    """Have the shell draw what it draws."""
    for name, options in COMPARISONS.items():
        if not Path(name, "report.html").exists():
            digitlab(f"compare {options} --out {name}")
    rng = np.random.default_rng(SEED)
    Path("photo.jpg").write_bytes(KINDS[KIND].file(written(PHOTOGRAPHED, rng).strokes, rng))
    for command in COMMANDS:
        digitlab(command)
    for name, path in DRAWN.items():
        shutil.copy(path, DOCS / f"{name}.png")
        shrink(DOCS / f"{name}.png")


def photograph(browser: Browser, address: str) -> None:
    """Photograph the page with a digit and with several, and the beginning of a report."""
    shots = [
        Shot(DOCS / "page.png", DESK, "light", [DIGIT]),
        Shot(DOCS / "drawn.png", desk(1005), "light", [DIGIT], full=False),
        Shot(DOCS / "several.png", desk(872), "light", NUMBER, full=False),
    ]
    take(browser, address, shots)
    alone = Path("digits.html").absolute().as_uri()
    take(browser, alone, [Shot(DOCS / "alone.png", DESK, "light", [OTHER_DIGIT])])
    page = browser.new_page(viewport={"width": 860, "height": 760})
    page.goto(Path("digits/report.html").absolute().as_uri())
    page.screenshot(path=DOCS / "report.png")
    shrink(DOCS / "report.png")


def desk(height: int) -> dict[str, Any]:
    """Return a screen as wide as a desktop's that ends where something on the page does."""
    return DESK | {"viewport": DESK["viewport"] | {"height": height}}


def digitlab(command: str) -> None:
    """Run a command as from the shell."""
    print("digitlab", command)
    subprocess.run(
        [sys.executable, "-m", "digitlab", *shlex.split(command)], check=True, stdout=subprocess.DEVNULL
    )


if __name__ == "__main__":
    main()
