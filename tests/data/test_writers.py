"""Who wrote which digit: read, checked, carried along, and held apart by the split."""

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.data import (
    CATALOG,
    SPLITS,
    CatalogFile,
    CatalogSet,
    Dataset,
    fetch_dataset,
    load_dataset,
    stratified_split,
    write_idx,
    writer_indices,
    writer_split,
)
from digitlab.errors import ConfigError, DataError, FetchError

RANDOM = np.random.default_rng(5)
UNREACHABLE = "http://127.0.0.1:9/"


def table(labels: NDArray[np.uint8], writers: NDArray[Any]) -> NDArray[np.int32]:
    """Return labels as QMNIST has them: class, series, writer and five more columns."""
    rows = np.zeros((len(labels), 8), np.int32)
    rows[:, 0], rows[:, 1], rows[:, 2] = labels, np.where(writers < 4, 4, 0), writers
    return rows


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a set `small` into the catalog, and its files with those of its writers into a folder."""
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DIGITLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    own, files = tmp_path / "own", {}
    own.mkdir()
    for part, count in (("train", 80), ("t10k", 20)):
        labels = np.arange(count, dtype=np.uint8) % 10
        write_idx(own / f"{part}-images-idx3-ubyte", RANDOM.integers(0, 255, (count, 4, 4), np.uint8))
        write_idx(own / f"{part}-labels-idx1-ubyte", labels)
        # The tables tell of more digits than the set has, as QMNIST's do of its test set.
        longer = np.arange(count + 10, dtype=np.uint8) % 10
        plain = own / f"tables-{part}"
        write_idx(plain, table(longer, np.arange(count + 10) // 10))
        (own / f"{plain.name}.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
        plain.unlink()
        for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte", f"tables-{part}.gz"):
            content = (own / name).read_bytes()
            files[name] = CatalogFile(
                name, len(content), hashlib.sha256(content).hexdigest(), (UNREACHABLE + name,)
            )
    digits = [files[name] for name in files if not name.startswith("tables")]
    tables = [files[f"{part}-images-idx3-ubyte"] for part in ("train", "t10k")]
    both = (tables[0], files["tables-train.gz"], tables[1], files["tables-t10k.gz"])
    shape = (80, 20, (4, 4), "none")
    monkeypatch.setitem(
        CATALOG, "small", CatalogSet("small", "Small", *shape, tuple(digits), writers="tables")
    )
    monkeypatch.setitem(CATALOG, "tables", CatalogSet("tables", "Tables", *shape, both))
    return own


def test_writers_come_with_the_digits_where_their_tables_are_here(small: Path) -> None:
    train, test = load_dataset("small", data_dir=small, offline=True)
    assert train.writers is not None
    assert train.series is not None
    assert test.writers is not None
    np.testing.assert_array_equal(train.writers, np.arange(80) // 10)
    np.testing.assert_array_equal(train.series, np.where(np.arange(80) < 40, 4, 0))
    np.testing.assert_array_equal(test.writers, np.arange(20) // 10)
    paths = fetch_dataset("small", data_dir=small, offline=True)
    assert [path.name for path in paths[4:]] == ["tables-train.gz", "tables-t10k.gz"]


def test_without_the_tables_nobody_is_known_and_no_network_is_asked(small: Path) -> None:
    (small / "tables-t10k.gz").unlink()
    # All digits are in an own folder, so this may not wait for the address that nobody answers.
    train, test = load_dataset("small", data_dir=small)
    assert train.writers is test.writers is train.series is None
    with pytest.raises(DataError, match=r"Who wrote which digit of small is not known here.*--split-by"):
        writer_split(train)


def test_digits_that_were_fetched_are_used_where_the_tables_cannot_be(small: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cache" / "small"
    cached.mkdir(parents=True)
    for file in CATALOG["small"].files:
        (cached / file.name).write_bytes((small / file.name).read_bytes())
    # All digits are here from before, so no network is asked for the tables either.
    train, _ = load_dataset("small")
    assert train.writers is None
    with pytest.raises(FetchError, match=r"No address gave tables-train\.gz"):
        fetch_dataset("small")
    (tmp_path / "cache" / "tables").mkdir(exist_ok=True)
    (tmp_path / "cache" / "tables" / "tables-train.gz").write_bytes(b"cut off")
    (tmp_path / "cache" / "tables" / "tables-t10k.gz").write_bytes(b"cut off")
    with pytest.warns(UserWarning, match=r"not known, so writers are not told apart.*is damaged"):
        assert load_dataset("small")[0].fingerprint == train.fingerprint


def test_a_table_of_other_digits_is_refused(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = (np.arange(90, dtype=np.uint8) + 1) % 10
    write_idx(small / "plain", table(labels, np.arange(90)))
    content = gzip.compress((small / "plain").read_bytes(), mtime=0)
    (small / "tables-train.gz").write_bytes(content)
    first, old, *rest = CATALOG["tables"].files
    new = CatalogFile(old.name, len(content), hashlib.sha256(content).hexdigest(), old.urls)
    tables = CatalogSet("tables", "Tables", 80, 20, (4, 4), "none", (first, new, *rest))
    monkeypatch.setitem(CATALOG, "tables", tables)
    with pytest.warns(UserWarning, match=r"tables-train.gz labels other digits than these"):
        train, _ = load_dataset("small", data_dir=small, offline=True)
    assert train.writers is None


def test_a_folder_with_qmnists_labels_tells_the_writers(tmp_path: Path) -> None:
    for part, count in (("train", 30), ("test", 10)):
        labels = np.arange(count, dtype=np.uint8) % 10
        write_idx(tmp_path / f"qmnist-{part}-images-idx3-ubyte", np.zeros((count, 4, 4), np.uint8))
        write_idx(tmp_path / f"qmnist-{part}-labels-idx2-int", table(labels, np.arange(count) // 5))
    train, _ = load_dataset(tmp_path)
    assert train.writers is not None
    np.testing.assert_array_equal(train.take([29, 0]).writers, [5, 0])


def test_writers_of_another_length_or_type_are_refused(make_dataset: Callable[..., Dataset]) -> None:
    images = make_dataset(4)
    wrongs: list[Any] = [np.arange(5), np.arange(4.0), np.zeros((4, 1), int)]
    for wrong in wrongs:
        with pytest.raises(DataError, match=r"writers of .* must be a whole number for each of its 4 images"):
            Dataset(images.pixels, images.labels, "few", writers=wrong)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), people=st.integers(4, 40), fraction=st.floats(0.1, 0.9))
def test_a_writer_is_on_one_side_and_each_series_in_its_share(
    seed: int, people: int, fraction: float
) -> None:
    generator = np.random.default_rng(seed)
    writers = generator.permutation(np.repeat(np.arange(people), generator.integers(1, 30, people)))
    series = (writers % 2).astype(np.int32)
    rest, chosen = writer_indices(writers, series, fraction, seed)
    assert sorted([*rest, *chosen]) == list(range(len(writers)))
    assert not set(writers[rest]) & set(writers[chosen])
    for each in (0, 1):
        sizes = np.bincount(writers[series == each])
        share = (series[chosen] == each).sum() / sizes.sum()
        assert 0 < share < 1
        assert abs(share - fraction) <= sizes.max() / sizes.sum()
    again = writer_indices(writers, series, fraction, seed)
    np.testing.assert_array_equal(again[1], chosen)


def test_other_seeds_choose_other_writers() -> None:
    writers, series = np.repeat(np.arange(50), 20), np.zeros(1000, np.int32)
    chosen = {tuple(np.unique(writers[writer_indices(writers, series, 0.2, seed)[1]])) for seed in range(5)}
    assert len(chosen) == 5


def test_a_split_by_writer_says_so(make_dataset: Callable[..., Dataset]) -> None:
    images = make_dataset(300)
    train = Dataset(images.pixels, images.labels, "known", writers=np.arange(300) // 10)
    split = SPLITS["writer"](train, validation_fraction=0.25, seed=3)
    assert (split.kind, split.validation_fraction, split.seed) == ("writer", 0.25, 3)
    assert split.training.writers is not None
    assert split.validation.writers is not None
    assert not set(split.training.writers) & set(split.validation.writers)
    assert set(split.training.writers) & set(stratified_split(train).validation.writers)  # type: ignore[arg-type]


def test_a_writer_in_two_series_is_refused() -> None:
    with pytest.raises(DataError, match="Some writers are in more than one series"):
        writer_indices(np.array([1, 1, 2, 3]), np.array([0, 4, 0, 4]), 0.5, 0)


def test_what_cannot_be_split_by_writer_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    images = make_dataset(40)
    alone = Dataset(images.pixels, images.labels, "alone", writers=np.zeros(40, int))
    with pytest.raises(DataError, match="Writer 0 wrote a whole collection of 40 images alone"):
        writer_split(alone)
    with pytest.raises(ConfigError, match="seed must be 0 or more, not -1"):
        writer_split(alone, seed=-1)
    with pytest.raises(ConfigError, match="between 0 and 1, not 1"):
        writer_split(alone, validation_fraction=1)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mnists_writers_are_those_that_are_published(qmnist_dir: Path, seed: int) -> None:
    train, test = load_dataset("mnist", data_dir=qmnist_dir, offline=True)
    assert train.writers is not None
    assert test.writers is not None
    assert test.series is not None
    assert (len(set(train.writers)), len(set(test.writers))) == (539, 297)
    assert not set(train.writers) & set(test.writers)
    assert (set(test.series[:5001]), set(test.series[5001:])) == ({4}, {0})
    # As people usually split it, validation shares most of its writers with training.
    assert len(set(train.writers[:50_000]) & set(train.writers[50_000:])) == 251
    split = writer_split(train, seed=seed)
    assert not set(split.training.writers) & set(split.validation.writers)  # type: ignore[arg-type]
    assert abs(len(split.validation) - 10_000) < 100
