"""The page without a server, in a real browser and from the disk, held against what Python makes of the same."""

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from drawn_digits import draw, strokes_of
from numpy.typing import NDArray
from pens import written
from photos import KINDS, photo
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, Request, expect
from tests.conftest import PATIENCE_MS
from tests.export.conftest import Originals

from digitlab.data.framing import MNIST, Geometry
from digitlab.data.pen import drawn_digits
from digitlab.errors import ConfigError, ExportExistsError
from digitlab.evaluation import probabilities
from digitlab.export import build_html, check_free, write_html
from digitlab.export.html import layers_in
from digitlab.export.original import Original
from digitlab.models import Linear, predict_logits
from digitlab.recognition import Norms, Recognizer, norms_of, prepare
from digitlab.recognition.guard import MODEL, strangeness
from digitlab.recognition.numbers import usual_numbers
from digitlab.workflow import begin_run, load_data, plan_run, train_run

Picture = NDArray[np.uint8]
READ_PIXELS = """images => images.map((text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return [digitlab.reader.probabilities(bytes), digitlab.reader.strangeness(bytes)];
})"""
READ_PICTURES = """pictures => Promise.all(pictures.map(async (text) => {
  const image = await createImageBitmap(new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]));
  const answer = digitlab.read(image);
  return { ...answer, pixels: [...answer.pixels.data], stages: answer.stages.map(([name]) => name) };
}))"""
AT_A_TIME = 20


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that must neither complain nor ask anybody."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def asked(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            wrong.append(f"asked {request.url}")

    page.on("request", asked)
    yield page
    context.close()
    assert wrong == []


def norms_for(original: Original, temperature: float = 1.3) -> Norms:
    """Return norms with a guard that has learned nothing, and refuses nothing."""
    guard = MODEL.init(jax.random.key(0), original.image_shape)
    # Its output layer begins at zero; so that there is something to compare, it does not here.
    guard["output"]["kernel"] = jax.random.normal(jax.random.key(1), guard["output"]["kernel"].shape)
    return Norms(temperature, 1e9, 0.0, usual_numbers(original.images.pixels), guard)


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def file_of(picture: Picture) -> bytes:
    """Return a picture as a file from which nothing is lost."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def read_in_page(page: Page, pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    sent = [text_of(file_of(each)) for each in pictures]
    parts = (sent[start : start + AT_A_TIME] for start in range(0, len(sent), AT_A_TIME))
    return [answer for part in parts for answer in page.evaluate(READ_PICTURES, part)]


def opened(page: Page, original: Original, norms: Norms, folder: Path) -> Page:
    path = folder / "digits.html"
    write_html(original, norms, path)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("name", ["linear", "mlp", "conv"])
def test_probabilities_are_pythons(page: Page, originals: Originals, name: str, tmp_path: Path) -> None:
    original = originals[name]
    norms = norms_for(original)
    pixels = drawn_digits(200, MNIST, seed=5).pixels
    found = opened(page, original, norms, tmp_path).evaluate(
        READ_PIXELS, [text_of(each.tobytes()) for each in pixels]
    )
    logits = predict_logits(original.run.config.model, original.params, pixels).astype(np.float64)
    shares, strange = (np.array(part) for part in zip(*found, strict=True))
    np.testing.assert_allclose(shares, probabilities(logits / norms.temperature), atol=1e-6)
    np.testing.assert_allclose(strange, strangeness(norms.guard, pixels), atol=1e-3, rtol=1e-5)
    assert float(page.locator("#difference").inner_text()) < 1e-6


def test_ink_is_pythons_to_the_pixel(page: Page, originals: Originals, tmp_path: Path) -> None:
    """Drawings, photos and forms of every kind; `benchmarks/export.py` does it with hundreds."""
    rng = np.random.default_rng(11)
    pictures = {
        kind: photo(written(number % 10, rng).strokes, kind, rng) for number, kind in enumerate(KINDS)
    }
    opened(page, originals["linear"], norms_for(originals["linear"]), tmp_path)
    answers = read_in_page(page, list(pictures.values()))
    off = [
        kind
        for (kind, picture), answer in zip(pictures.items(), answers, strict=True)
        if not alike(answer, picture)
    ]
    assert off == []


def alike(answer: dict[str, Any], picture: Picture, geometry: Geometry = MNIST) -> bool:
    ink = prepare(picture, geometry)
    return bool(
        answer["pixels"] == ink.pixels.ravel().tolist()
        and answer["box"] == (None if ink.box is None else list(ink.box))
        and (not ink.nothing or answer["reason"] == ink.nothing)
        and answer["stages"] == [stage.name for stage in ink.stages[1:]]
    )


ODD = {
    "white": np.full((50, 40, 3), 255, np.uint8),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "a line": np.full((1, 90, 3), 200, np.uint8),
    "rounded in two ways": np.full((3, 1, 3), (0, 1, 0), np.uint8),
    "dust": np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8),
    "a filled square": np.pad(
        np.zeros((90, 90, 3), np.uint8), ((40, 40), (40, 40), (0, 0)), constant_values=255
    ),
    "a bar across": np.pad(np.zeros((12, 200, 3), np.uint8), ((90, 90), (0, 0), (0, 0)), constant_values=255),
    "a frame": np.pad(np.full((150, 150, 3), 255, np.uint8), ((4, 4), (4, 4), (0, 0))),
    "a dark edge": np.pad(
        np.full((160, 200, 3), 240, np.uint8), ((40, 0), (0, 0), (0, 0)), constant_values=20
    ),
    "two tones, halved": np.repeat(np.repeat(np.array([[0, 255]], np.uint8), 80, 0), 80, 1)[..., None].repeat(
        3, 2
    ),
}


def test_odd_pictures_have_pythons_ink_too(page: Page, originals: Originals, tmp_path: Path) -> None:
    opened(page, originals["linear"], norms_for(originals["linear"]), tmp_path)
    for (name, picture), answer in zip(ODD.items(), read_in_page(page, list(ODD.values())), strict=True):
        assert alike(answer, picture), name
        assert sum(answer["probabilities"]) == pytest.approx(1), name


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Original, Recognizer]:
    """Return a run of the bundled digits, 8x8, and what it reads with: a guard that has learned."""
    data, folder = load_data("digits"), tmp_path_factory.mktemp("small") / "run"
    run = begin_run(folder, plan_run("mlp", {"steps": 300, "periods": 1, "hidden_units": (16,)}, data))
    list(train_run(run, data))
    return Original.of(run, data), Recognizer.of(run, norms_of(run, lambda: data))


def test_answers_and_refusals_are_those_of_predict(
    page: Page, small: tuple[Original, Recognizer], tmp_path: Path
) -> None:
    original, recognizer = small
    rng = np.random.default_rng(4)
    pictures = [photo(written(digit, rng).strokes, "canvas, jagged", rng) for digit in range(10)]
    pictures += [letter(character) for character in "AHKMWXZ?&#"] + list(ODD.values())
    opened(page, original, recognizer.norms, tmp_path)
    answers, ours = read_in_page(page, pictures), recognizer.read(pictures)
    assert [answer["digit"] for answer in answers] == [each.digit for each in ours]
    assert [answer["reason"] for answer in answers] == [each.reason for each in ours]
    assert [answer["rejected"] for answer in answers] == [each.rejected for each in ours]
    for answer, each in zip(answers, ours, strict=True):
        np.testing.assert_allclose(answer["probabilities"], each.probabilities, atol=1e-6)
        assert answer["pixels"] == each.ink.pixels.ravel().tolist()
    reasons = {each.reason.split(":")[0] for each in ours}
    assert {"", "nothing drawn", "unlike the training digits"} <= reasons


def letter(character: str) -> Picture:
    image = Image.new("RGB", (120, 120), "white")
    ImageDraw.Draw(image).text((30, 20), character, fill="black", font_size=80)
    return np.asarray(image)


def test_a_run_of_other_classes_or_pictures_has_no_page(originals: Originals) -> None:
    original = originals["linear"]
    config = replace(original.run.config, model=Linear(classes=26))
    letters = replace(original, run=replace(original.run, config=config))
    with pytest.raises(ConfigError, match=r"reads the ten digits, and .* tells 26 classes apart"):
        build_html(letters, norms_for(original), title="letters")


def test_a_digit_is_drawn_and_read_and_taken_back(page: Page, originals: Originals, tmp_path: Path) -> None:
    opened(page, originals["conv"], norms_for(originals["conv"]), tmp_path)
    expect(page.locator(".card .sure")).to_have_text("waits for a digit")
    expect(page.locator("#mode")).to_be_hidden()
    draw(page, strokes_of(7))
    expect(page.locator("#steps img")).to_have_count(5)
    expect(page.locator(".card .sure")).to_contain_text("sure")
    pixels = page.evaluate(
        "async () => [...digitlab.read(await createImageBitmap(document.querySelector('#steps img'))).pixels.data]"
    )
    assert max(pixels) == 255
    page.keyboard.press("Control+z")
    page.locator("#clear").click()
    expect(page.locator(".card .sure")).to_have_text("waits for a digit")
    expect(page.locator("#path")).to_be_hidden()


def test_a_picture_is_dropped_and_what_is_none_is_complained_of(
    page: Page, originals: Originals, tmp_path: Path
) -> None:
    opened(page, originals["linear"], norms_for(originals["linear"]), tmp_path)
    picture = tmp_path / "seven.png"
    picture.write_bytes(
        KINDS["photo"].file(written(7, np.random.default_rng(3)).strokes, np.random.default_rng(3))
    )
    page.locator("#file").set_input_files(picture)
    expect(page.locator("#steps img")).to_have_count(5)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    page.locator("#file").set_input_files(broken)
    expect(page.locator("#notice")).to_contain_text("cannot open that picture, so nothing was read")


def test_it_stands_alone(originals: Originals, tmp_path: Path) -> None:
    original, path = originals["mlp"], tmp_path / "a.html"
    assert write_html(original, norms_for(original), path) == 0
    text = path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert "import " not in text.split('<script type="module">')[1]
    kernels = [kernel for kernel, _ in layers_in(text)]
    for name, kernel in zip(original.run.config.model.layer_names, kernels, strict=True):
        np.testing.assert_array_equal(kernel, original.params[name]["kernel"])


def test_a_title_is_text_whatever_it_is_called(page: Page, originals: Originals, tmp_path: Path) -> None:
    path = tmp_path / "<b>&'</script>.html".replace("/", "")
    write_html(originals["linear"], norms_for(originals["linear"]), path)
    page.goto(path.as_uri())
    assert page.title() == path.stem
    assert page.locator("h1").inner_text() == path.stem


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("mine")
    with pytest.raises(ExportExistsError, match="is there already"):
        check_free(tmp_path / "a.html")
