"""The documentation site: built strictly, whole, and shown by a browser without a network."""

import importlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer
from playwright.sync_api import Browser, expect

import digitlab
from digitlab.cli.app import app

from ..conftest import PATIENCE_MS
from ..pages import ROOT

ROOMS = [path.parent.name for path in sorted(Path(digitlab.__file__).parent.glob("*/__init__.py"))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built as `scripts/docs` does; a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=quiet)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


class Sources(HTMLParser):
    """What a page loads by itself: not what it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get("href") if tag == "link" else given.get("src")
        if address and tag != "a":
            self.found.append(address)


def test_every_public_name_has_its_entry(site: Path) -> None:
    front = (site / "api" / "index.html").read_text()
    names = importlib.import_module("digitlab").__all__
    assert all(f"<code>{name}</code>" in front for name in names if not name.startswith("__"))
    for room in [*(room for room in ROOMS if room != "cli"), "errors"]:
        page = (site / "api" / f"{room}.html").read_text()
        for name in importlib.import_module(f"digitlab.{room}").__all__:
            told = re.search(rf'id="digitlab\.[\w.]+\.{name}"|#digitlab\.[\w.]+\.{name}"', page)
            assert told, f"{room}.{name}"


def test_every_command_and_option_is_told_of(site: Path) -> None:
    entries = (site / "commands.html").read_text().split("<h")

    def look(command: Any, name: str) -> None:
        (entry,) = (each for each in entries if f'id="{name.replace(" ", "-")}"' in each)
        for parameter in command.params:
            is_option = isinstance(parameter, typer.core.TyperOption)
            shown = parameter.opts[0] if is_option else parameter.metavar or str(parameter.name).upper()
            assert f"<code>{shown}" in entry, (name, shown)
        for each in getattr(command, "commands", {}).values():
            look(each, f"{name} {each.name}")

    look(typer.main.get_command(app), "digitlab")


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        sources = Sources()
        sources.feed(page.read_text())
        assert sources.found
        assert not [each for each in sources.found if re.match(r"(https?:)?//", each)], page


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_and_the_search_finds_from_a_folder(site: Path, browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("index", "benchmarks", "numbers", "api/data", "commands"):
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        broken = "[...document.images].filter((image) => image.complete && !image.naturalWidth).map((image) => image.src)"
        assert page.evaluate(broken) == []
    if width > 1000:
        box, told = page.get_by_role("textbox", name="Search"), page.locator(".md-search-result__meta")
        box.click()
        expect(told).to_have_text("Type to start searching", timeout=PATIENCE_MS)
        box.press_sequentially("McNemar")
        found = page.locator(".md-search-result__item").first
        expect(found).to_contain_text("McNemar", timeout=PATIENCE_MS)
    assert asked
    assert not [address for address in asked if not address.startswith(("file:", "data:"))]
    page.close()
