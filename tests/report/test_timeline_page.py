"""The page of a timeline: it stands alone, and says all it has to say without its script."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import Split
from digitlab.errors import StorageError
from digitlab.insight import Timeline, follow
from digitlab.models import Linear
from digitlab.report import write_timeline_page
from digitlab.training import TrainingConfig

FRAMES = [np.full((20, 30, 3), shade, np.uint8) for shade in (0, 60, 120, 180)]


class Page(HTMLParser):
    """The tags of a page with what they say of themselves."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def timeline(digits_split: Split) -> Timeline:
    return follow(Linear(), TrainingConfig(steps=40, periods=4), digits_split, [0, 1, 10, 40])


def written(timeline: Timeline, path: Path, of: str = "linear trained on digits") -> str:
    written = write_timeline_page(path, timeline, FRAMES, of=of, about_the_end="It ended well.")
    assert written == path
    return path.read_text()


def test_it_asks_nothing_of_the_network_and_has_the_same_bytes_each_time(
    timeline: Timeline, tmp_path: Path
) -> None:
    text = written(timeline, tmp_path / "new" / "page.html")
    assert text == written(timeline, tmp_path / "again.html")
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text)
    assert not re.search(r"https?:|@import|url\(", text)


def test_without_its_script_every_moment_is_there_to_be_read(timeline: Timeline, tmp_path: Path) -> None:
    text = written(timeline, tmp_path / "page.html")
    page = Page(text)
    pictures = page.all("img")
    assert [(picture["alt"] or "").split(";")[0] for picture in pictures] == [
        f"The templates after {step}" for step in ("0 steps", "1 step", "10 steps", "40 steps")
    ]
    assert all((picture["src"] or "").startswith("data:image/webp;base64,") for picture in pictures)
    assert {(picture["width"], picture["height"]) for picture in pictures} == {("30", "20")}
    assert not any("hidden" in attributes for attributes in page.all("figure"))
    assert all(sentence in text for sentence in ("It ended well.", timeline.progress_sentence()))
    assert f"<td>{100 * timeline.accuracy[2]:.1f}</td><td>{timeline.log_loss[2]:.4f}</td>" in text


def test_the_slider_has_a_name_and_waits_for_the_script(timeline: Timeline, tmp_path: Path) -> None:
    page = Page(written(timeline, tmp_path / "page.html"))
    [control] = [attributes for attributes in page.all("div") if attributes.get("id") == "control"]
    assert "hidden" in control
    [slider] = page.all("input")
    assert (slider["type"], slider["min"], slider["max"], slider["value"]) == ("range", "0", "3", "3")
    assert [label["for"] for label in page.all("label")] == [slider["id"]]
    said = [figure["data-said"] for figure in page.all("figure")]
    assert said[3] == f"step 40, {100 * timeline.accuracy[3]:.1f} % right"


def test_a_name_is_text_and_nothing_else(timeline: Timeline, tmp_path: Path) -> None:
    text = written(timeline, tmp_path / "page.html", of="linear trained on <script>x</script>")
    assert "&lt;script&gt;x" in text
    assert "<script>x" not in text


def test_a_page_that_cannot_be_written_is_a_storage_error(timeline: Timeline, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already")
    with pytest.raises(StorageError, match="Cannot make the folder"):
        written(timeline, tmp_path / "file" / "page.html")
