"""What every test shares: strict numerics, small data, and where the real data are."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import settings

from digitlab.data import Dataset, Split, load_dataset, stratified_split

jax.config.update("jax_numpy_dtype_promotion", "strict")  # type: ignore[no-untyped-call]
jax.config.update("jax_numpy_rank_promotion", "raise")  # type: ignore[no-untyped-call]
# What this process compiles stays in it; the processes that tests start have a cache of their own.
jax.config.update("jax_enable_compilation_cache", False)  # type: ignore[no-untyped-call]

# A shell starts background jobs with Ctrl-C ignored, and the processes that tests interrupt would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that is busy for a moment is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep tests, and the processes that they start, away from the user's cache and ledger."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
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
