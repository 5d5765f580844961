"""What every test shares: strict numerics, small data, and where the real data are."""

import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import numpy as np
import pytest
from hypothesis import settings
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from digitlab.compilation import keep_compiled
from digitlab.data import Dataset, Split, load_dataset, stratified_split
from digitlab.figures import saving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

jax.config.update("jax_numpy_dtype_promotion", "strict")  # type: ignore[no-untyped-call]
jax.config.update("jax_numpy_rank_promotion", "raise")  # type: ignore[no-untyped-call]

# A shell starts background jobs with Ctrl-C ignored, and the processes that tests interrupt would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files that take longest. They go first, so that no worker is left with one of them when all others are done.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_MS = 30_000

LONGEST = {
    f"test_{name}.py"
    for name in (
        "augment",
        "contract",
        "conv",
        "engine",
        "estimators",
        "html",
        "interruption",
        "learn",
        "notebook",
        "page",
        "postgresql",
        "shell",
        "site",
        "trainer",
    )
}

# A machine that is busy for a moment is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first, each file's in their order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have XLA hurry: most programs run for a moment. Tests marked `optimized` compile theirs as users do."""
    hurry = item.get_closest_marker("optimized") is None
    jax.config.update("jax_disable_most_optimizations", hurry)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a browser."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no browser here: none of {', '.join(BROWSERS)}")
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator["Browser"]:
    """Open a browser without a screen; what it is asked to wait for may take as long as a busy machine does."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium)
        yield opened
        opened.close()


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Path]:
    """Keep tests, and the processes that they start, away from the user's cache and ledger.

    All workers share one cache: a guard that one has trained serves all. What they compile is kept for the next
    run of the tests too, for the name that JAX gives it says all that decides it: the program, how, and by what.
    """
    own, kept = tmp_path_factory.getbasetemp(), getattr(pytestconfig, "cache", None)
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITLAB_CACHE_DIR", str(kept.mkdir("digitlab") if kept else folder))
        keep_compiled()
        # JAX looks at all that is kept before it keeps more, which is worth it for what takes long.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)  # type: ignore[no-untyped-call]
        patch.setenv("DIGITLAB_CACHE_DIR", str(folder))
        patch.setenv("DIGITLAB_USER_DIR", str(tmp_path_factory.mktemp("user")))
        yield folder


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return the folder with the four real MNIST files, or skip."""
    given = Path(os.environ.get("DIGITLAB_DATA_DIR", ""))
    for folder in (given / "mnist", given):
        if (folder / "train-images-idx3-ubyte.gz").exists():
            return folder
    return pytest.skip("the real MNIST files are not here: set DIGITLAB_DATA_DIR to their folder")


@pytest.fixture(scope="session")
def qmnist_dir(mnist_dir: Path) -> Path:
    """Return the folder with real MNIST files that has QMNIST's labels beside it, or skip."""
    if not (mnist_dir.parent / "qmnist" / "qmnist-test-labels-idx2-int.gz").exists():
        pytest.skip("QMNIST's label files are not here: put them into a folder qmnist beside MNIST's")
    return mnist_dir


@pytest.fixture(scope="session")
def digits() -> tuple[Dataset, Dataset]:
    """Return the bundled digits: training and test."""
    return load_dataset("digits")


@pytest.fixture(scope="session")
def digits_split(digits: tuple[Dataset, Dataset]) -> Split:
    """Return the bundled digits, split."""
    return stratified_split(digits[0])


@pytest.fixture
def make_dataset() -> Callable[..., Dataset]:
    """Return a maker of small random data sets."""

    def make(n: int = 60, shape: tuple[int, int] = (5, 4), seed: int = 0) -> Dataset:
        generator = np.random.default_rng(seed)
        pixels = generator.integers(0, 256, (n, *shape)).astype(np.uint8)
        return Dataset(pixels, (np.arange(n) % 10).astype(np.uint8), "random")

    return make


def drawn(pixels: NDArray[np.uint8], side: int = 12) -> Image.Image:
    """Return a digit as somebody may have drawn it: large, dark on light paper, with a margin."""
    large = Image.fromarray(255 - pixels).resize(
        (side * pixels.shape[1], side * pixels.shape[0]), Image.Resampling.BICUBIC
    )
    paper = Image.new("L", (large.width + 6 * side, large.height + 4 * side), 245)
    paper.paste(large.point(lambda grey: grey * 245 // 255), (3 * side, 2 * side))
    return paper


@pytest.fixture(scope="session")
def own_folder(tmp_path_factory: pytest.TempPathFactory, digits: tuple[Dataset, Dataset]) -> Path:
    """Return a folder with pictures of bundled test digits, six of each: by anna in /anna/7/x.png, and by bert."""
    folder, test = tmp_path_factory.mktemp("own"), digits[1]
    for digit in range(10):
        for number, row in enumerate(np.flatnonzero(test.labels == digit)[:6]):
            place = folder / ("anna", "bert")[number % 2] / str(digit)
            place.mkdir(parents=True, exist_ok=True)
            drawn(test.pixels[row]).save(place / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def own_digits_dir() -> Path:
    """Return the real scans of own digits that lie beside the MNIST files, or skip."""
    folder = Path(os.environ.get("DIGITLAB_DATA_DIR", "")).parent / "own-digits"
    if not folder.is_dir():
        pytest.skip("no real own digits are here: put them into a folder own-digits beside DIGITLAB_DATA_DIR")
    return folder


def write_empty(figure: Figure, place: Path | io.BytesIO, kind: str) -> None:
    Figure(figsize=(figure.get_figwidth(), figure.get_figheight())).savefig(place, format=kind, dpi=30)


@pytest.fixture
def drafts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose each picture, but write an empty one in its place: nine tenths of the time are for rendering.

    Tests marked `whole_pictures` render each picture once as users get it; how it looks is for those of `figures`.
    """
    if not request.node.get_closest_marker("whole_pictures"):
        monkeypatch.setattr(saving, "_laid_out", nullcontext)
        monkeypatch.setattr(saving, "_write", write_empty)
