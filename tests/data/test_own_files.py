"""The data folder with files one already has, and what the catalog says of itself."""

import gzip
import hashlib
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import (
    CATALOG,
    CatalogFile,
    CatalogSet,
    fetch_dataset,
    list_datasets,
    load_dataset,
    own_files,
    write_idx,
)
from digitlab.data.fetch import locate
from digitlab.data.readers import read_catalog_files
from digitlab.errors import DataError, DataNotFoundError

NAME = "train-images-idx3-ubyte"
CONTENT = bytes(range(256))
PACKED = gzip.compress(CONTENT)
SMALL = CatalogSet(
    "small",
    "A small set",
    1,
    1,
    (1, 1),
    "none",
    (CatalogFile(NAME, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), (), gunzipped=True),),
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a cache of its own and no data folder."""
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DIGITLAB_DATA_DIR", raising=False)
    return tmp_path / "cache"


@pytest.mark.parametrize(
    "name", [NAME, f"{NAME}.gz", "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz"]
)
@pytest.mark.parametrize("folder", ["", "small"])
def test_own_files_in_every_spelling_are_used_where_they_lie(tmp_path: Path, name: str, folder: str) -> None:
    own = tmp_path / "own" / folder / name
    own.parent.mkdir(parents=True)
    own.write_bytes(PACKED if name.endswith(".gz") else CONTENT)
    before = own.stat()
    assert locate(SMALL, data_dir=tmp_path / "own") == [own]
    assert (own.stat().st_mtime_ns, own.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [own]


def test_the_argument_wins_over_the_environment_over_the_cache(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("argument", "environment"):
        (tmp_path / name).mkdir()
        (tmp_path / name / NAME).write_bytes(CONTENT)
    (cache / "small").mkdir(parents=True)
    (cache / "small" / NAME).write_bytes(CONTENT)
    assert locate(SMALL) == [cache / "small" / NAME]
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "environment"))
    assert locate(SMALL) == [tmp_path / "environment" / NAME]
    assert locate(SMALL, data_dir=tmp_path / "argument") == [tmp_path / "argument" / NAME]


def test_an_own_file_that_is_not_official_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT[::-1])
    with pytest.raises(DataError, match=r"is not the official file of small.*use it as it is with --dataset"):
        locate(SMALL, data_dir=tmp_path)
    (tmp_path / NAME).write_bytes(PACKED[:-20])
    with pytest.raises(DataError, match=r"is cut off: its gzip data end too early\. Copy or fetch it again"):
        locate(SMALL, data_dir=tmp_path)


def test_a_data_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        DataNotFoundError, match=r"There is no folder .*missing, named by --data-dir or DIGITLAB"
    ):
        locate(SMALL, data_dir=tmp_path / "missing")


def test_own_files_of_another_set_are_passed_over(mnist_dir: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"train-images-idx3-ubyte\.gz of kmnist is not in .*cache"):
        load_dataset("kmnist", data_dir=mnist_dir, offline=True)


# The catalog


def test_the_real_files_are_found_and_listed(mnist_dir: Path) -> None:
    paths = fetch_dataset("mnist", data_dir=mnist_dir, offline=True)[:4]
    assert content_hashes(paths) == [file.sha256 for file in CATALOG["mnist"].files]
    places = {each.name: each.place for each in list_datasets(mnist_dir)}
    assert places == dict.fromkeys(CATALOG, "not here") | {"mnist": "data folder", "digits": "bundled"}
    assert fetch_dataset("digits", offline=True) == []


def content_hashes(paths: list[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


def test_gzipped_files_are_unpacked_once_into_the_cache(mnist_dir: Path, cache: Path) -> None:
    official = [file.sha256 for file in CATALOG["mnist"].files]
    paths = fetch_dataset("mnist", data_dir=mnist_dir, offline=True)[:4]
    assert {path.parent for path in paths} == {cache / "unpacked"}
    paths[1].write_bytes(b"damaged")
    own_files._checked.cache_clear()
    assert fetch_dataset("mnist", data_dir=mnist_dir, offline=True)[:4] == paths
    assert content_hashes(paths) == official
    paths[0].unlink()
    assert fetch_dataset("mnist", data_dir=mnist_dir, offline=True)[:4] == paths
    assert content_hashes(paths) == official


def test_a_cache_that_cannot_be_written_keeps_nobody_from_the_data(
    mnist_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "file"))
    paths = fetch_dataset("mnist", data_dir=mnist_dir, offline=True)[:4]
    assert [path.parent for path in paths] == [mnist_dir] * 4


def test_the_listing_sees_the_cache_and_outlives_unofficial_files(tmp_path: Path, cache: Path) -> None:
    for file in CATALOG["kmnist"].files:
        (cache / "kmnist").mkdir(parents=True, exist_ok=True)
        with (cache / "kmnist" / file.name).open("wb") as sparse:
            sparse.truncate(file.size)
    (tmp_path / NAME).write_bytes(b"something else")
    places = {each.name: each.place for each in list_datasets(tmp_path)}
    assert (places["kmnist"], places["mnist"]) == ("cache", "not here")


def test_the_table_is_whole() -> None:
    for chosen in CATALOG.values():
        assert len(chosen.files) == {"digits": 0, "emnist_digits": 1}.get(chosen.name, 4)
        for file in chosen.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert all(re.match(r"https?://\S+\.(gz|zip)$", url) for url in file.urls)
    hashes = [file.sha256 for chosen in CATALOG.values() for file in chosen.files]
    assert len(set(hashes)) == len(hashes) == 17


def test_the_mnist_gzip_files_have_the_hashes_of_the_table(mnist_dir: Path) -> None:
    for file in CATALOG["mnist"].files:
        content = gzip.decompress((mnist_dir / f"{file.name}.gz").read_bytes())
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)


def test_members_of_an_archive_are_read_upright(tmp_path: Path) -> None:
    upright = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    arrays = [upright.swapaxes(1, 2), np.array([1, 2], np.uint8)] * 2
    members = tuple(f"gzip/{name}.gz" for name in "abcd")
    archive = tmp_path / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for member, array in zip(members, arrays, strict=True):
            write_idx(tmp_path / "member.gz", array)
            opened.write(tmp_path / "member.gz", member)
    content = archive.read_bytes()
    file = CatalogFile("gzip.zip", len(content), hashlib.sha256(content).hexdigest(), ())
    chosen = CatalogSet("packed", "A set in a zip", 2, 2, (3, 4), "none", (file,), members, transposed=True)
    train, test = read_catalog_files(chosen, locate(chosen, data_dir=tmp_path, offline=True))
    np.testing.assert_array_equal(train[0], upright)
    np.testing.assert_array_equal(test[1], [1, 2])
