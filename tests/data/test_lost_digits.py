"""The test digits that MNIST left out: found where they are, never fetched, and by whom they are."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import (
    CATALOG,
    CatalogFile,
    CatalogSet,
    Dataset,
    load_dataset,
    lost_digits,
    read_idx,
    write_idx,
)

UNREACHABLE = "http://127.0.0.1:9/"
NAMES = (
    "qmnist-train-images-idx3-ubyte.gz",
    "qmnist-train-labels-idx2-int.gz",
    "qmnist-test-images-idx3-ubyte.gz",
    "qmnist-test-labels-idx2-int.gz",
)


@pytest.fixture
def qmnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_dataset: Callable[..., Dataset]) -> Dataset:
    """Let a small set be QMNIST, with its files in a folder, and its first 20 test digits MNIST's."""
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("DIGITLAB_DATA_DIR", raising=False)
    folder = tmp_path / "own" / "qmnist"
    folder.mkdir(parents=True)
    train, test = make_dataset(30), make_dataset(70, seed=1)
    files = []
    for images, labels, whole in ((*NAMES[:2], train), (*NAMES[2:], test)):
        table = np.zeros((len(whole), 8), np.int32)
        table[:, 0], table[:, 1], table[:, 2] = whole.labels, 4, np.arange(len(whole)) // 7
        for name, array in ((images, whole.pixels), (labels, table)):
            write_idx(tmp_path / "plain", array)
            content = gzip.compress((tmp_path / "plain").read_bytes(), mtime=0)
            (folder / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            files.append(CatalogFile(name, len(content), digest, (UNREACHABLE + name,)))
    shape = (30, 70, (5, 4), "none")
    monkeypatch.setitem(CATALOG, "qmnist", CatalogSet("qmnist", "Small", *shape, tuple(files)))
    first = test.take(np.arange(20), name="mnist")
    monkeypatch.setattr("digitlab.data.corrections.MNIST_TEST", first.fingerprint)
    return first


def test_the_rest_of_the_test_set_comes_with_its_writers(qmnist: Dataset, tmp_path: Path) -> None:
    whole = load_dataset("qmnist", data_dir=tmp_path / "own", offline=True)[1]
    assert whole.writers is not None
    assert whole.series is not None
    found = lost_digits(qmnist, data_dir=tmp_path / "own")
    assert found is not None
    assert found.fingerprint == whole.take(np.arange(20, 70)).fingerprint != whole.fingerprint
    np.testing.assert_array_equal(found.writers, whole.writers[20:])
    np.testing.assert_array_equal(found.series, whole.series[20:])


def test_the_test_files_in_the_cache_are_enough(qmnist: Dataset, tmp_path: Path) -> None:
    assert lost_digits(qmnist) is None
    (tmp_path / "cache" / "qmnist").mkdir(parents=True)
    for name in NAMES[2:]:
        (tmp_path / "own" / "qmnist" / name).rename(tmp_path / "cache" / "qmnist" / name)
    found = lost_digits(qmnist)
    assert found is not None
    assert len(found) == 50


@pytest.mark.parametrize("missing", NAMES[2:])
def test_nothing_is_fetched_for_them(qmnist: Dataset, tmp_path: Path, missing: str) -> None:
    (tmp_path / "own" / "qmnist" / missing).unlink()
    assert lost_digits(qmnist, data_dir=tmp_path / "own") is None


def test_a_damaged_file_is_said_and_leaves_them_out(qmnist: Dataset, tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "qmnist"
    cached.mkdir(parents=True)
    for name in NAMES[2:]:
        (cached / name).write_bytes(b"cut off")
    with pytest.warns(UserWarning, match=r"QMNIST's other test digits are left out.*is damaged"):
        assert lost_digits(qmnist) is None


def test_other_sets_have_none(
    qmnist: Dataset, tmp_path: Path, make_dataset: Callable[..., Dataset], digits: tuple[Dataset, Dataset]
) -> None:
    for other in (make_dataset(20), *digits):
        assert lost_digits(other, data_dir=tmp_path / "own") is None


def test_who_wrote_them_is_what_the_docstring_says(qmnist_dir: Path) -> None:
    folder = qmnist_dir.parent / "qmnist"
    train, test = (read_idx(folder / name)[:, 1:3] for name in (NAMES[1], NAMES[3]))
    first, lost = test[:10_000], test[10_000:]
    writers = {
        series: len(set(lost[lost[:, 0] == series, 1].tolist())) for series in np.unique(lost[:, 0]).tolist()
    }
    counts = {series: int((lost[:, 0] == series).sum()) for series in writers}
    assert writers == {0: 127, 1: 111, 4: 250}
    assert counts == {0: 13_450, 1: 11_956, 4: 24_594}
    people, of_first = set(lost[:, 1].tolist()), set(first[:, 1].tolist())
    assert len(people) == 488
    assert not people & set(train[:, 1].tolist())
    assert 1 not in test[:10_000, 0]
    assert 1 not in train[:, 0]
    assert len(people & of_first) == 250
    assert np.isin(lost[:, 1], list(of_first)).sum() == 24_582
    students = set(first[first[:, 0] == 4, 1].tolist())
    assert len(students) == len(students & people) == 249
