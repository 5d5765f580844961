"""The page in a real browser: Debian's Chromium without a screen."""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_digits import draw, in_a_row, strokes_of
from hostile import picture, row
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.conftest import PATIENCE_MS
from tests.web.conftest import Serve, Served, served, trained, without_data

from digitlab.recognition import Recognizer, open_picture, read_many
from digitlab.workflow import Data, load_data

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=900)
DROP = """content => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "seven.png", { type: "image/png" }));
  for (const name of ["dragover", "drop"])
    document.getElementById("paper").dispatchEvent(
      new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
PASTE = DROP.replace("drop", "paste").replace(
    "DragEvent(name, { dataTransfer", "ClipboardEvent(name, { clipboardData"
)
INKED = """canvas => {
  const { width, height } = canvas;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const inked = [...Array(data.length / 4).keys()].filter((pixel) => data[4 * pixel] < 100).map((pixel) => (pixel % width) / width);
  return [inked.reduce((a, b) => Math.min(a, b), 1), inked.reduce((a, b) => Math.max(a, b), 0), inked.length];
}"""
UNNAMED = """() => [...document.querySelectorAll("button, input, canvas, [role=listbox], a, img")].filter((each) => {
  const label = each.getAttribute("aria-label") ?? each.closest("label")?.textContent ?? each.textContent;
  return !label.trim() && each.alt === undefined && each.getAttribute("aria-hidden") !== "true";
}).map((each) => each.outerHTML)"""


@dataclass
class Watched:
    """A page, and all that must not happen on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)
    predictions: int = 0
    at_once: int = 0

    def answer(self, card: int = 0) -> str:
        """Return the digit that a run reads, once all has been said of what is on the pad."""
        expect(self.page.locator("#behind")).not_to_have_class("behind is-stale")
        expect(self.page.locator("#behind")).to_be_visible()
        return self.page.locator(".card .digit").nth(card).inner_text()


@pytest.fixture(scope="module")
def reader(recognizers: list[Recognizer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the small models under a name that would be HTML."""
    with served(recognizers, tmp_path_factory.mktemp("corrections")) as made:
        yield made


def opened(browser: Browser, address: str, **options: Any) -> Iterator[Watched]:
    """Yield a page that must neither complain nor ask anybody else."""
    context = browser.new_context(**({"viewport": DESK} | options))
    watched = Watched(context.new_page())
    page, under_way = watched.page, set()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda said: watched.wrong.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: watched.wrong.append(str(error)))

    def asked(request: Any) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            watched.wrong.append(f"asked {request.url}")
        if "/api/predict" in request.url:
            under_way.add(request)
            watched.predictions += 1
            watched.at_once = max(watched.at_once, len(under_way))

    def ended(request: Any) -> None:
        under_way.discard(request)

    page.on("request", asked)
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)
    page.goto(f"{address}/")
    expect(page.locator(".card").first).to_be_visible()
    yield watched
    context.close()
    assert watched.wrong == []
    assert watched.at_once <= 1


@pytest.fixture
def watched(browser: Browser, reader: Served) -> Iterator[Watched]:
    yield from opened(browser, reader.address)


@pytest.fixture
def phone(browser: Browser, reader: Served) -> Iterator[Watched]:
    yield from opened(browser, reader.address, viewport=PHONE, has_touch=True, is_mobile=True)


@pytest.mark.optimized
def test_every_digit_drawn_is_read(
    browser: Browser, mnist_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mnist")
    whole = load_data("mnist", data_dir=mnist_dir)
    some = Data(whole.source, whole.train.take(np.arange(5_000)), whole.test.take(np.arange(100)))
    network = trained("mlp", some, folder / "mlp", steps=500)
    with served([network], folder / "corrections") as server:
        for page in opened(browser, server.address):
            read = {}
            for digit in range(10):
                draw(page.page, strokes_of(digit))
                read[digit] = page.answer()
                page.page.click("#clear")
            assert read == {digit: str(digit) for digit in range(10)}


def test_an_answer_appears_while_drawing_and_requests_never_pile_up(watched: Watched) -> None:
    page = watched.page
    expect(page.locator("#hint")).to_be_visible()
    expect(page.locator("#guide")).to_be_visible()
    draw(watched.page, strokes_of(8))
    for card in range(2):
        assert watched.answer(card) in {*"0123456789", "?"}
    expect(page.locator("#said")).to_contain_text("linear")
    expect(page.locator("#hint")).to_be_hidden()
    expect(page.locator(".card .seen canvas").first).to_be_visible()
    expect(page.locator("#why figure")).to_have_count(3)
    expect(page.locator("#steps li img").last).to_be_visible()
    assert watched.predictions < 25


def test_the_units_light_up_and_one_is_shown_close_up(watched: Watched) -> None:
    page = watched.page
    draw(watched.page, strokes_of(3))
    watched.answer()
    expect(page.locator("#tiles .tile")).to_have_count(16)
    lights = page.locator("#tiles .tile").evaluate_all(
        "tiles => tiles.map((tile) => Number(tile.style.getPropertyValue('--light')))"
    )
    assert max(lights) == 1
    strongest = int(np.argmax(lights))
    expect(page.locator("#closeup h4")).to_have_text(f"Unit {strongest}")
    page.locator("#tiles .tile").nth(2).click()
    expect(page.locator("#closeup h4")).to_have_text("Unit 2")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#closeup h4")).to_have_text("Unit 3")
    page.get_by_role("radio", name="linear").check()
    expect(page.locator("#tiles .tile")).to_have_count(10)


def test_undo_redo_and_clear(watched: Watched) -> None:
    page = watched.page
    for button in ("#undo", "#redo", "#clear"):
        expect(page.locator(button)).to_be_disabled()
    draw(watched.page, strokes_of(1)[:1])
    draw(watched.page, strokes_of(4))
    watched.answer()
    seen = pixels_of(page)
    page.click("#undo")
    watched.answer()
    assert not np.array_equal(pixels_of(page), seen)
    page.keyboard.press("Control+Shift+Z")
    watched.answer()
    expect(page.locator("#redo")).to_be_disabled()
    np.testing.assert_array_equal(pixels_of(page), seen)
    page.click("#clear")
    expect(page.locator("#hint")).to_be_visible()
    expect(page.locator("#behind")).to_be_hidden()
    page.keyboard.press("Control+z")
    watched.answer()
    np.testing.assert_array_equal(pixels_of(page), seen)
    for _ in range(4):
        page.keyboard.press("Control+z")
    expect(page.locator("#hint")).to_be_visible()


def pixels_of(page: Page) -> np.ndarray[Any, Any]:
    """Return what the first run sees, as it is painted."""
    address = page.locator(".card .seen canvas").first.evaluate("canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("L"))


@pytest.mark.parametrize("script", [DROP, PASTE], ids=["dropped", "pasted"])
def test_a_picture_is_read_as_it_is(watched: Watched, recognizers: list[Recognizer], script: str) -> None:
    watched.page.evaluate(script, base64.b64encode(picture()).decode())
    expected = recognizers[0].read([open_picture(picture())])[0]
    assert watched.answer() == ("?" if expected.rejected else str(expected.digit))


def test_a_picture_is_opened_from_a_file_and_one_that_is_none_is_told(
    watched: Watched, tmp_path: Path
) -> None:
    page = watched.page
    (tmp_path / "seven.png").write_bytes(picture())
    (tmp_path / "seven.txt").write_text("seven")
    page.set_input_files("#file", tmp_path / "seven.png")
    watched.answer()
    with page.expect_response("**/api/predict*") as answered:
        page.set_input_files("#file", tmp_path / "seven.txt")
    assert answered.value.status == 415
    expect(page.locator("#notice")).to_contain_text("Expected a picture")
    expect(page.locator(".card .digit").first).to_have_text("\u2013")
    expect(page.locator("#behind")).to_be_hidden()
    watched.wrong = [said for said in watched.wrong if "415" not in said]
    page.click("#undo")
    watched.answer()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_format_that_the_browser_cannot_show_is_shown_by_the_server(
    watched: Watched, tmp_path: Path
) -> None:
    Image.open(io.BytesIO(picture())).save(tmp_path / "seven.tif")
    watched.page.set_input_files("#file", tmp_path / "seven.tif")
    watched.answer()
    colours = (
        "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    )
    watched.page.wait_for_timeout(100)
    assert watched.page.locator("#pad").evaluate(colours) > 2


def test_a_correction_is_kept_changed_and_taken_back(watched: Watched, reader: Served) -> None:
    page = watched.page
    expect(page.get_by_role("button", name="That was a 7")).to_be_disabled()
    draw(watched.page, strokes_of(7))
    watched.answer()
    page.get_by_role("button", name="That was a 1").click()
    expect(page.locator("#kept")).to_contain_text("Kept as a 1")
    page.get_by_role("button", name="That was a 7").click()
    expect(page.locator("#kept")).to_contain_text("Kept as a 7")
    expect(page.get_by_role("button", name="That was a 7")).to_have_attribute("aria-pressed", "true")
    kept = list(reader.corrections.rglob("*.png"))
    assert [path.parent.name for path in kept] == ["7"]
    drawn = open_picture(kept[0])
    assert drawn.shape == (280, 280, 3)
    assert 0.02 < (drawn < 128).mean() < 0.2
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#kept")).to_contain_text("taken back")
    assert not list(reader.corrections.rglob("*.png"))


def test_it_can_be_used_and_drawn_on_by_keyboard_alone(watched: Watched) -> None:
    page = watched.page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="One digit")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pad")).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    watched.answer()
    page.keyboard.press("Tab")
    expect(page.locator("#undo")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("#labels button").nth(1).evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#kept")).to_contain_text("Kept as a 1")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#kept")).to_contain_text("taken back")


def test_everything_has_a_name(watched: Watched) -> None:
    draw(watched.page, strokes_of(2))
    watched.answer()
    assert watched.page.evaluate(UNNAMED) == []


def test_on_a_phone_the_answer_stands_below_the_pad_and_nothing_sticks_out(phone: Watched) -> None:
    page = phone.page
    draw(phone.page, strokes_of(5))
    phone.answer()
    expect(page.locator(".camera")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for card in page.locator(".card .digit").all():
        box = card.bounding_box()
        assert box
        assert box["y"] + box["height"] <= PHONE["height"]


def test_a_finger_draws(phone: Watched) -> None:
    page = phone.page
    box = page.locator("#pad").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in strokes_of(1)[1]]
    for kind, (x, y) in zip(["touchStart"] + ["touchMove"] * len(points), points, strict=False):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.answer()
    assert page.evaluate("scrollY") == 0


def test_in_the_dark_the_page_is_dark_and_what_is_sent_is_not(browser: Browser, reader: Served) -> None:
    read = []
    for scheme in ("light", "dark"):
        for page in opened(browser, reader.address, color_scheme=scheme):
            draw(page.page, strokes_of(6))
            read.append((page.answer(), page.page.locator(".card .sure").first.inner_text()))
            ground = page.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            assert (ground == "rgb(19, 21, 24)") == (scheme == "dark")
    assert read[0] == read[1]


def test_the_token_leaves_the_address_and_the_page_goes_on(browser: Browser, serve: Serve) -> None:
    with serve(token="secret-of-this-test") as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server.address}/?token=secret-of-this-test")
        expect(page.locator(".card").first).to_be_visible()
        assert page.url == f"{server.address}/"
        page.reload()
        expect(page.locator(".card").first).to_be_visible()
        context.close()


def test_a_name_that_is_html_is_shown_as_it_is(
    browser: Browser, recognizers: list[Recognizer], tmp_path: Path
) -> None:
    from dataclasses import replace

    name = "<img src=x onerror=alert(1)>"
    run = replace(recognizers[0].run, folder=tmp_path / name)
    run.folder.symlink_to(recognizers[0].run.folder)
    with served([replace(recognizers[0], run=run), recognizers[1]], tmp_path / "corrections") as server:
        for page in opened(browser, server.address):
            draw(page.page, strokes_of(0))
            page.answer()
            assert page.page.locator("img[onerror]").count() == 0


def several(page: Page) -> None:
    page.get_by_role("radio", name="Several digits").check()
    expect(page.locator(".row-card").first).to_be_visible()


def looked_at(page: Page) -> str:
    """Return which digit is looked into, once all has been said of it."""
    expect(page.locator("#behind:not(.is-stale)")).to_be_visible()
    return page.locator("#behind-title").inner_text()


def test_a_number_that_is_drawn_is_read_with_a_box_around_each_digit(watched: Watched) -> None:
    page = watched.page
    several(page)
    with page.expect_response("**/api/read/**"):
        draw(page, in_a_row([1, 7, 4]))
    expect(page.locator(".row-card").first.locator(".chip")).to_have_count(3)
    for card in page.locator(".row-card").all():
        assert re.fullmatch(r"[0-9?]{3}", card.locator(".text").inner_text())
        places = [box.bounding_box() for box in card.locator(".box").all()]
        sides = [(place["x"], place["x"] + place["width"]) for place in places if place]
        assert len(sides) == 3
        assert sides == sorted(sides)
        assert all(end < start for (_, end), (start, _) in pairwise(sides))
    expect(page.locator("#said")).to_contain_text(re.compile(r"reads( (\d|unread)){3}"))
    expect(page.locator("#correct")).to_be_hidden()


def test_a_digit_of_several_is_looked_into(watched: Watched) -> None:
    page = watched.page
    several(page)
    draw(page, in_a_row([1, 7, 4]))
    looked_at(page)
    card = page.locator(".row-card").nth(0)
    with page.expect_response("**/api/read/0/0?*") as answered:
        card.locator(".chip").nth(0).click()
    told = answered.value.json()
    expect(page.get_by_role("radio", name="linear")).to_be_checked()
    expect(card.locator(".chip").nth(0)).to_have_attribute("aria-selected", "true")
    expect(card.locator(".box").nth(0)).to_have_class(re.compile("is-chosen"))
    expect(card.locator(".bars .is-best")).to_have_attribute("aria-label", re.compile(f"^{told['digit']}:"))
    expect(page.locator("#behind-title")).to_have_text(f"Behind the answer of linear: {told['digit']}")
    expect(page.locator("#sentences li").last).to_have_text(told["why"]["sentences"][-1])
    with page.expect_response("**/api/read/0/1?*"):
        page.keyboard.press("ArrowRight")
    expect(card.locator(".chip").nth(1)).to_be_focused()
    with page.expect_response("**/api/read/0/2?*"):
        card.locator(".box").nth(2).click()
    expect(card.locator(".chip").nth(2)).to_have_attribute("tabindex", "0")
    assert page.evaluate(UNNAMED) == []


def test_a_photo_of_a_number_is_read_as_it_is(watched: Watched, recognizers: list[Recognizer]) -> None:
    page = watched.page
    several(page)
    page.evaluate(DROP, base64.b64encode(row(4)).decode())
    looked_at(page)
    for card, recognizer in zip(page.locator(".row-card").all(), recognizers, strict=True):
        assert card.locator(".text").inner_text() == read_many(recognizer, open_picture(row(4))).text


def test_what_is_drawn_stays_when_one_digit_becomes_several_and_back(watched: Watched) -> None:
    page = watched.page
    draw(page, strokes_of(4))
    watched.answer()
    seen = pixels_of(page)
    several(page)
    looked_at(page)
    expect(page.locator(".row-card").first.locator(".chip")).to_have_count(1)
    draw(page, in_a_row([1, 7, 4, 1])[-2:])
    expect(page.locator(".row-card").first.locator(".chip")).to_have_count(2)
    page.get_by_role("radio", name="One digit").check()
    watched.answer()
    box = page.locator("#pad").bounding_box()
    assert box
    assert box["width"] == box["height"]
    inked = page.locator("#pad").evaluate(INKED)
    assert inked[0] < 0.5 < 0.85 < inked[1] < 1
    page.click("#undo")
    page.click("#undo")
    watched.answer()
    np.testing.assert_array_equal(pixels_of(page), seen)


def test_a_blank_number_and_a_cleared_one_leave_nothing_behind(watched: Watched) -> None:
    page = watched.page
    several(page)
    draw(page, in_a_row([7, 1]))
    looked_at(page)
    page.click("#clear")
    for part in ("#behind", "#speaks", "#path", ".chips >> nth=0"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.locator(".row-card .text").first).to_have_text("\u2013")
    expect(page.locator("#hint")).to_contain_text("8048")


def test_it_says_what_speaks_for_an_answer_and_shows_digits_like_it(watched: Watched) -> None:
    page = watched.page
    draw(page, strokes_of(3))
    digit = watched.answer(1)
    expect(page.locator("#sentences")).to_contain_text("the runner-up is")
    expect(page.locator("#alike li")).to_have_count(5)
    page.get_by_role("radio", name="linear").check()
    expect(page.locator("#behind-title")).to_contain_text("of linear")
    assert digit


def test_without_the_training_digits_the_sentences_stand_alone(
    browser: Browser, recognizers: list[Recognizer], tmp_path: Path
) -> None:
    with served([without_data(recognizers[0], tmp_path)], tmp_path / "corrections") as server:
        for page in opened(browser, server.address):
            draw(page.page, strokes_of(3))
            page.answer()
            expect(page.page.locator("#alike-about")).to_contain_text("are not on this machine")
            expect(page.page.locator("#alike")).to_be_hidden()
            expect(page.page.locator("#sentences")).to_contain_text("the runner-up is")


def test_the_picture_that_came_last_stays_however_long_others_take(watched: Watched) -> None:
    page = watched.page
    page.evaluate(
        """() => {
          const open = createImageBitmap;
          let number = 0;
          window.createImageBitmap = async (...given) => {
            if (number++ === 0) await new Promise((done) => setTimeout(done, 600));
            return open(...given);
          };
        }"""
    )
    several(page)
    for content in (row(4), row(2)):
        page.evaluate(DROP, base64.b64encode(content).decode())
    looked_at(page)
    page.wait_for_timeout(800)
    looked_at(page)
    expect(page.locator(".row-card").first.locator(".chip")).to_have_count(2)


def test_of_two_quick_corrections_the_second_is_kept(watched: Watched, reader: Served) -> None:
    page = watched.page
    draw(page, strokes_of(7))
    watched.answer()
    page.evaluate(
        "() => [1, 7].forEach((label) => document.getElementById('labels').children[label].click())"
    )
    expect(page.locator("#kept")).to_contain_text("Kept as a 7")
    assert [path.parent.name for path in reader.corrections.rglob("*.png")] == ["7"]
    page.locator("#back").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#kept")).to_contain_text("taken back")
    expect(page.get_by_role("button", name="That was a 7")).to_be_focused()


def test_tiles_that_come_late_do_not_replace_those_of_the_run_that_is_looked_into(watched: Watched) -> None:
    page = watched.page
    draw(page, strokes_of(7))
    watched.answer()
    held: list[Any] = []
    page.route("**/api/runs/0/tiles", lambda route: held.append(route))
    with page.expect_request("**/api/runs/0/tiles"):
        page.get_by_role("radio", name="linear").check()
    page.get_by_role("radio", name="mlp").check()
    expect(page.locator("#behind-title")).to_contain_text("of mlp")
    expect(page.locator("#units-about")).to_contain_text("16 units")
    held[0].continue_()
    page.wait_for_timeout(300)
    expect(page.locator("#tiles .tile")).to_have_count(16)


def test_a_pen_that_is_pressed_harder_draws_wider(watched: Watched) -> None:
    page = watched.page
    box = page.locator("#pad").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    inked = []
    for force in (0.1, 0.9):
        for kind, share in (
            ("mousePressed", 0.2),
            ("mouseMoved", 0.5),
            ("mouseMoved", 0.8),
            ("mouseReleased", 0.8),
        ):
            place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + share * box["height"]}
            pen = {
                "type": kind,
                "button": "left",
                "buttons": 1,
                "clickCount": 1,
                "pointerType": "pen",
                "force": force,
            }
            session.send("Input.dispatchMouseEvent", pen | place)
        watched.answer()
        inked.append(page.locator("#pad").evaluate(INKED)[2])
        page.click("#clear")
    assert inked[1] > 2 * inked[0]


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_four_runs_stand_side_by_side_and_nothing_sticks_out(
    browser: Browser, recognizers: list[Recognizer], tmp_path: Path, screen: ViewportSize
) -> None:
    with served(recognizers * 2, tmp_path / "corrections") as server:
        for watched in opened(browser, server.address, viewport=screen):
            page = watched.page
            draw(page, strokes_of(5))
            watched.answer(3)
            assert page.evaluate("document.documentElement.scrollWidth") == screen["width"]
            several(page)
            draw(page, in_a_row([1, 7, 4, 1, 1, 7]))
            looked_at(page)
            expect(page.locator(".row-card")).to_have_count(4)
            assert page.evaluate("document.documentElement.scrollWidth") == screen["width"]


def test_only_what_is_new_is_spoken(watched: Watched) -> None:
    loud = watched.page.locator("[aria-live], [role=status], [role=alert]")
    assert loud.evaluate_all("all => all.map((each) => each.id || each.className)") == [
        "notice",
        "said",
        "kept",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    style = (Path(__file__).parents[2] / "src/digitlab/web/static/style.css").read_text()
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in style.split("@media")[:2])
    colours = light | (dark if scheme == "dark" else {})
    pairs = [
        (text, ground) for text in ("ink", "soft", "accent", "warn") for ground in ("page", "panel", "paper")
    ]
    for text, ground in [*pairs, ("on-accent", "accent"), ("warn", "warn-panel")]:
        lighter, darker = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, ground)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    shares = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
