"""Data sets: what a Dataset promises, the bundled digits, and the real MNIST."""

import dataclasses
import gzip
import hashlib
import os
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from digitlab.data import Dataset, load_dataset, readers
from digitlab.errors import ConfigError, DataError

Images = npt.NDArray[np.uint8]
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@st.composite
def contents(draw: st.DrawFn) -> tuple[Images, Images]:
    pixels = draw(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)))
    labels = draw(hnp.arrays(np.uint8, len(pixels), elements=st.integers(0, 9)))
    return pixels, labels


def example(n: int = 20, seed: int = 0) -> tuple[Images, Images]:
    generator = np.random.default_rng(seed)
    return generator.integers(1, 256, (n, 5, 4), np.uint8), generator.integers(0, 10, n, np.uint8)


# What a Dataset promises


@given(content=contents())
@settings(max_examples=50)
def test_a_dataset_never_changes(content: tuple[Images, Images]) -> None:
    pixels, labels = content
    dataset = Dataset(pixels, labels, "any")
    before, copy = dataset.fingerprint, pixels.copy()
    pixels += 1
    labels[:] = 0
    np.testing.assert_array_equal(dataset.pixels, copy)
    assert Dataset(dataset.pixels, dataset.labels, "other name").fingerprint == before
    for array in (dataset.pixels, dataset.labels, dataset.class_counts, dataset.empty_images):
        assert not array.flags.writeable
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        dataset.name = "other"  # type: ignore[misc]


@given(content=contents(), data=st.data())
@settings(max_examples=50)
def test_taking_images_agrees_with_numpy(content: tuple[Images, Images], data: st.DataObject) -> None:
    dataset = Dataset(*content, "any")
    n = len(dataset)
    indices = data.draw(st.lists(st.integers(-n, n - 1), min_size=1))
    taken = dataset.take(indices)
    np.testing.assert_array_equal(taken.pixels, content[0][indices])
    np.testing.assert_array_equal(taken.labels, content[1][indices])
    assert (taken.name, taken.image_shape) == ("any", content[0].shape[1:])


@given(content=contents())
@settings(max_examples=50)
def test_counts_and_empty_images(content: tuple[Images, Images]) -> None:
    pixels, labels = content
    dataset = Dataset(pixels, labels, "any")
    assert dataset.class_counts.tolist() == [labels.tolist().count(digit) for digit in range(10)]
    assert dataset.empty_images.tolist() == [i for i in range(len(pixels)) if pixels[i].max() == 0]


def test_the_fingerprint_tells_every_change() -> None:
    pixels, labels = example()
    other_pixels, other_labels = pixels.copy(), labels.copy()
    other_pixels[3, 2, 1] ^= 1
    other_labels[3] = (labels[3] + 1) % 10
    variants = [
        (pixels, labels),
        (other_pixels, labels),
        (pixels, other_labels),
        (pixels.reshape(20, 4, 5), labels),
        (pixels[::-1], labels[::-1]),
    ]
    assert len({Dataset(*variant, "same").fingerprint for variant in variants}) == len(variants)
    assert (
        Dataset(np.asfortranarray(pixels), labels, "").fingerprint == Dataset(pixels, labels, "").fingerprint
    )


PIXELS, LABELS = example()


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (PIXELS / 255, LABELS, "The pixels of bad must be uint8, found float64"),
        (PIXELS, LABELS.astype(int), "The labels of bad must be uint8, found int64"),
        (PIXELS.reshape(20, 20), LABELS, r"The pixels of bad must have rank 3, found the shape \(20, 20\)"),
        (PIXELS, LABELS[:, None], r"The labels of bad must have rank 1, found the shape \(20, 1\)"),
        (PIXELS, LABELS[1:], "bad has 20 images but 19 labels"),
        (PIXELS[:0], LABELS[:0], "bad must hold at least one image"),
        (PIXELS[:, :0], LABELS, "bad must hold at least one image"),
        (PIXELS, LABELS + np.uint8(5), "labels of bad must be digits 0-9, found 14"),
    ],
)
def test_each_broken_promise_has_its_own_error(pixels: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Dataset(pixels, labels, "bad")


@pytest.mark.parametrize("indices", [[20], [-21], [0.5], [True] * 20, [[1]], []])
def test_impossible_indices_are_refused(indices: Any) -> None:
    with pytest.raises(DataError, match=r"^Indices must"):
        Dataset(*example(), "any").take(indices)


# The bundled digits


def test_digits_are_scikit_learns_cut_once_for_all() -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    train, test = load_dataset("digits")
    assert (len(train), len(test), train.image_shape, train.name) == (1347, 450, (8, 8), "digits")
    assert (train.pixels.max(), train.pixels.min()) == (255, 0)
    ours = sorted(
        (image.tobytes(), label)
        for part in (train, test)
        for image, label in zip(part.pixels, part.labels, strict=True)
    )
    # A count c of 0-16 becomes round(255 c / 16): the exact half, c = 8 with 127.5, rounds to even.
    theirs = np.array([round(255 * count / 16) for count in range(17)], np.uint8)[bunch.images.astype(int)]
    assert ours == sorted((image.tobytes(), label) for image, label in zip(theirs, bunch.target, strict=True))
    assert np.abs(test.class_counts - (train.class_counts + test.class_counts) * 450 / 1797).max() < 1
    again = load_dataset("digits")
    assert [part.fingerprint for part in (train, test)] == [part.fingerprint for part in again]


def test_digits_are_the_same_where_scikit_learn_keeps_them_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = load_dataset("digits")
    monkeypatch.setattr(readers, "DIGITS_FILE", "nowhere.csv.gz")
    assert [part.fingerprint for part in load_dataset("digits")] == [part.fingerprint for part in usual]


def test_digits_need_neither_network_nor_jax_nor_scikit_learn(tmp_path: Path) -> None:
    script = (
        "import socket, sys\n"
        "def refuse(*arguments): raise SystemExit('asked the network')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from digitlab.data import load_dataset\n"
        "print(*map(len, load_dataset('digits')), *{'jax', 'scipy', 'sklearn'} & set(sys.modules))\n"
    )
    environment = {"DIGITLAB_CACHE_DIR": str(tmp_path), "DIGITLAB_DATA_DIR": str(tmp_path / "missing")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1347", "450"]
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


# The real MNIST


@pytest.fixture(scope="module")
def mnist(mnist_dir: Path) -> tuple[Dataset, Dataset]:
    return load_dataset("mnist", data_dir=mnist_dir, offline=True)


def test_mnist_has_its_known_counts_and_no_empty_image(mnist: tuple[Dataset, Dataset]) -> None:
    train, test = mnist
    assert (train.class_counts.tolist(), test.class_counts.tolist()) == (TRAIN_COUNTS, TEST_COUNTS)
    assert train.image_shape == test.image_shape == (28, 28)
    assert train.pixels[72].any()
    assert train.empty_images.size == test.empty_images.size == 0
    assert test.pixels.mean() / 255 == pytest.approx(0.1325, abs=5e-5)


def test_mnist_is_what_an_independent_reading_gives(mnist: tuple[Dataset, Dataset], mnist_dir: Path) -> None:
    content = gzip.decompress((mnist_dir / "t10k-images-idx3-ubyte.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest().startswith("0fa7898d509279e4")
    assert struct.unpack(">4I", content[:16]) == (0x803, 10_000, 28, 28)
    np.testing.assert_array_equal(mnist[1].pixels.ravel(), np.frombuffer(content, np.uint8, offset=16))


def test_mnist_loads_quickly(mnist: tuple[Dataset, Dataset], mnist_dir: Path) -> None:
    start = time.perf_counter()
    load_dataset("mnist", data_dir=mnist_dir, offline=True)
    assert time.perf_counter() - start < 3  # a quarter of a second on a quiet core


# Names


def test_an_unknown_name_lists_the_known_and_the_closest() -> None:
    with pytest.raises(
        ConfigError, match=r"called 'minst'.* Did you mean 'mnist'\? Known are mnist, fashion_mnist"
    ):
        load_dataset("minst")
    with pytest.raises(ConfigError, match=r"called ''.*Known are mnist"):
        load_dataset("")
