"""Pictures of the page that `digitlab serve` opens, for the README and for looking at it.

    python benchmarks/page.py RUN... --digit 7

serves the runs, draws a digit with the mouse in Debian's Chromium, and writes `docs/pictures/page.png`;
with `--all FOLDER` also the page on a desktop and a phone, light and dark: empty, with an answer, with
several digits.
"""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawn_digits import draw, in_a_row, strokes_of
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from serving import served

from digitlab.files import make_folder

DOCS = Path(__file__).parents[1] / "docs" / "pictures"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
NUMBER = (8, 0, 4, 8)
# After the bars have moved.
REST_MS = 600


@dataclass(frozen=True)
class Shot:
    """A picture to take: where it goes, of which screen, with which digits drawn, of all the page or not."""

    path: Path
    screen: dict[str, Any]
    scheme: str
    digits: Sequence[int] = ()
    full: bool = True


def main() -> None:
    """Serve, draw, and take pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--digit", type=int, default=7)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    shots = [Shot(DOCS / "page.png", DESK, "light", [arguments.digit])]
    if arguments.all:
        shots += _every_shot(make_folder(arguments.all), arguments.digit)
    with served(arguments.runs) as (host, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        take(browser, f"http://{host}:{port}/", shots)
        browser.close()


def _every_shot(folder: Path, digit: int) -> list[Shot]:
    screens = {"desk": DESK, "phone": PHONE}
    return [
        Shot(folder / f"{name}-{scheme}{end}.png", screen, scheme, drawn)
        for name, screen in screens.items()
        for scheme in ("light", "dark")
        for end, drawn in (("", []), ("-drawn", [digit]), ("-several", NUMBER))
    ]


def take(browser: Browser, address: str, shots: Sequence[Shot]) -> None:
    """Open the page anew for each picture, draw on it, and take the picture."""
    for shot in shots:
        context = browser.new_context(**shot.screen, color_scheme=shot.scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".card")
        if len(shot.digits) > 1:
            page.get_by_role("radio", name="Several digits").check()
            draw(page, in_a_row(shot.digits))
        elif shot.digits:
            draw(page, strokes_of(shot.digits[0]))
        if shot.digits:
            page.wait_for_selector("#behind:not(.is-stale), .is-alone #path:not([hidden])")
        page.wait_for_timeout(REST_MS)
        page.screenshot(path=shot.path, full_page=shot.full)
        shrink(shot.path)
        print(shot.path)
        context.close()


def shrink(path: Path) -> None:
    """Leave a picture 256 colours, none of them far from what it was: a third of the bytes."""
    whole = Image.open(path).convert("RGB")
    few = whole.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=5, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
