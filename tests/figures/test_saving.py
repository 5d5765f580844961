"""Bytes that depend on nothing but the picture, and no state left behind."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from digitlab import figures
from digitlab.errors import StorageError

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (12, 7, 5), dtype=np.uint8)
PHOTO = RANDOM.integers(0, 256, (20, 30, 3), dtype=np.uint8)
KERNEL = RANDOM.normal(size=(35, 13))
KERNELS = np.stack([KERNEL, 2 * KERNEL, KERNEL[::-1]])
COUNTS = RANDOM.integers(0, 50, (5, 5)) + np.diag([900] * 5)
RANDOM_MAPS = RANDOM.normal(size=(2, 3, 7, 5))
PERIODS, LOSS = range(1, 11), np.linspace(1, 0.2, 10)

PICTURES: dict[str, Callable[[], Axes | Figure]] = {
    "digit_grid": lambda: figures.digit_grid(PIXELS, range(12), predictions=[0] * 12, indices=range(12)),
    "one_digit": lambda: figures.one_digit(PIXELS[0], 5),
    "class_counts": lambda: figures.class_counts([5, 6, 7]),
    "loss_curves": lambda: figures.loss_curves(PERIODS, LOSS, 1.1 * LOSS, name="mlp"),
    "compare_loss_curves": lambda: figures.compare_loss_curves({"mlp": (PERIODS, LOSS, 1.1 * LOSS)}),
    "confusion_matrix": lambda: figures.confusion_matrix(COUNTS),
    "weight_tiles": lambda: figures.weight_tiles(KERNEL, (7, 5), title="13 units"),
    "templates": lambda: figures.templates(KERNEL[:, :10], (7, 5)),
    "unit_closeup": lambda: figures.unit_closeup(KERNEL, (7, 5), 12),
    "reliability_diagram": lambda: figures.reliability_diagram({"mlp": (LOSS, LOSS, 0.9 * LOSS, LOSS)}),
    "coverage_curves": lambda: figures.coverage_curves({"mlp": (np.arange(1, 11) / 10, LOSS)}, target=0.9),
    "timeline_panels": lambda: figures.timeline_panels(
        KERNELS, (7, 5), [0, 10, 2000], accuracy=[0.1, 0.5, 0.9], log_loss=[2.3, 1, 0.3], title="13 units"
    ),
    "recall_over_steps": lambda: figures.recall_over_steps(
        [0, 10, 2000], KERNELS[:, :3, 0] ** 2 % 1, learned=[10, None, 2000], title="recall"
    ),
    "units_over_steps": lambda: figures.units_over_steps(
        [0, 10, 2000], KERNELS[:, 0], what="far", marked=[1]
    ),
    "saliency_maps": lambda: figures.saliency_maps(
        PIXELS[0], RANDOM_MAPS, row_names=["for 1", "for 2"], column_names=["a", "b", "c"]
    ),
    "mistake_gallery": lambda: figures.mistake_gallery(
        PIXELS[:3],
        [1, 2, 3],
        [4, 5, 6],
        read_probabilities=[0.9, 0.8, 0.7],
        true_probabilities=[0.1, 0.1, 0.1],
        neighbours=PIXELS[3:].reshape(3, 3, 7, 5),
        neighbour_labels=[[1, 2, 3]] * 3,
        indices=[0, 10, 59999],
    ),
    "boxed_digits": lambda: figures.boxed_digits(
        PHOTO, [[2, 3, 9, 8]], ["7"], confidences=[0.4], title="a row"
    ),
    "boxed_pictures": lambda: figures.boxed_pictures(
        [PHOTO, PHOTO], [[[2, 3, 9, 8]]] * 2, [["7"]] * 2, titles=["a", "b"]
    ),
    "own_mistakes": lambda: figures.own_mistakes(
        [PHOTO, PHOTO], PIXELS[:2], [1, 7], ["7", "1"], shares=[0.9, 0.8], names=["a.png", "b.png"]
    ),
    "nothing_read": lambda: figures.nothing_read(
        [("picture", PHOTO)], ["Refused: nothing drawn."], title="a"
    ),
    "why_read": lambda: figures.why_read(
        [("picture", PHOTO), ("ink", PIXELS[0])],
        PIXELS[0],
        RANDOM_MAPS[0],
        map_names=["for 1", "for 7", "for 1 rather than 7"],
        probabilities=[0.9, 0.1, *[0] * 8],
        neighbours=PIXELS[1:4],
        neighbour_labels=[1, 1, 7],
        sentences=["Read as 1."],
        title="a",
    ),
    "setting_importance": lambda: figures.setting_importance({"learning_rate": 0.7, "dropout": 0.3}),
    "accuracy_intervals": lambda: figures.accuracy_intervals({"mlp": (0.9, 0.8, 0.95)}, baseline=0.7),
}


def saved(draw: Callable[[], Axes | Figure], folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in figures.save(draw(), folder / "picture")]


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_arrays_give_the_same_bytes_and_nothing_is_cut_off(name: str, tmp_path: Path) -> None:
    png, svg = saved(PICTURES[name], tmp_path)
    assert [png, svg] == saved(PICTURES[name], tmp_path / "again")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    with Image.open(BytesIO(png)) as image:
        grey = np.asarray(image.convert("L"))
    for edge in (grey[:2], grey[-2:], grey[:, :2], grey[:, -2:]):
        assert edge.min() == 255  # white paper all around


DRAW_IN_ANOTHER_PROCESS = """
import hashlib, sys
import numpy as np
from pathlib import Path
from digitlab import figures

folder = Path(sys.argv[1])
kernel = np.random.default_rng(3).normal(size=(35, 13))
grid = figures.weight_tiles(kernel, (7, 5), title="13 units")
curves = figures.loss_curves([1, 2, 3], [0.9, 0.5, 0.3], [1.0, 0.7, 0.6])
for ax in (grid, curves):
    for path in figures.save(ax, folder / "picture"):
        print(hashlib.sha256(path.read_bytes()).hexdigest())
print(*{"jax", "matplotlib.pyplot"} & set(sys.modules))
"""


def test_two_processes_give_the_same_bytes_without_pyplot_or_jax(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRAW_IN_ANOTHER_PROCESS, str(tmp_path / "other")]
    other = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    kernel = np.random.default_rng(3).normal(size=(35, 13))
    ours = [
        *saved(lambda: figures.weight_tiles(kernel, (7, 5), title="13 units"), tmp_path),
        *saved(lambda: figures.loss_curves([1, 2, 3], [0.9, 0.5, 0.3], [1.0, 0.7, 0.6]), tmp_path),
    ]
    assert other[:4] == [hashlib.sha256(content).hexdigest() for content in ours]
    assert other[4] == ""


def test_importing_the_package_imports_no_matplotlib() -> None:
    code = "import sys, digitlab.figures; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "False"


def test_every_public_name_is_there() -> None:
    others = {"as_png", "save", "save_animation", "timeline_frames", "webp", "weight_image"}
    assert set(PICTURES) | others == set(dir(figures))
    assert all(callable(getattr(figures, name)) for name in dir(figures))
    with pytest.raises(AttributeError, match="pie_chart"):
        figures.pie_chart  # type: ignore[attr-defined]  # noqa: B018


def test_bytes_are_those_of_the_file(tmp_path: Path) -> None:
    picture = PICTURES["loss_curves"]
    png, _ = figures.save(picture(), tmp_path / "picture")
    assert figures.as_png(picture()) == png.read_bytes()


def test_the_callers_settings_neither_change_nor_reach_the_picture(tmp_path: Path) -> None:
    ours = saved(PICTURES["loss_curves"], tmp_path)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "pink", "image.origin": "lower"}):
        before = dict(matplotlib.rcParams)
        assert saved(PICTURES["loss_curves"], tmp_path) == ours
        assert dict(matplotlib.rcParams) == before


def test_both_files_are_named_after_the_whole_name_and_the_folder_is_made(tmp_path: Path) -> None:
    paths = figures.save(PICTURES["class_counts"]().figure.figure, tmp_path / "new" / "rate-0.003")
    assert paths == [tmp_path / "new" / "rate-0.003.png", tmp_path / "new" / "rate-0.003.svg"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["rate-0.003.png", "rate-0.003.svg"]


def test_the_files_say_no_date_and_no_version(tmp_path: Path) -> None:
    png, svg = figures.save(PICTURES["class_counts"](), tmp_path / "picture")
    with Image.open(png) as image:
        assert set(image.info) == {"dpi"}
        assert round(image.info["dpi"][0]) == 150
    assert b"matplotlib.org" not in svg.read_bytes()
    assert b"dc:date" not in svg.read_bytes()


def test_svg_text_can_be_searched(tmp_path: Path) -> None:
    _, svg = figures.save(PICTURES["confusion_matrix"](), tmp_path / "picture")
    said = {element.text for element in ElementTree.parse(svg).iter() if element.tag.endswith("text")}
    assert {str(count) for count in COUNTS.ravel()} <= said


def test_the_figure_keeps_its_layout_engine(tmp_path: Path) -> None:
    ax = PICTURES["class_counts"]()
    engine = ax.figure.figure.get_layout_engine()
    figures.save(ax, tmp_path / "picture")
    assert ax.figure.figure.get_layout_engine() is engine


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already")
    with pytest.raises(StorageError, match="Cannot make the folder"):
        figures.save(PICTURES["class_counts"](), tmp_path / "file" / "picture")
