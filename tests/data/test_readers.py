"""Data sets from paths: folders of IDX files in every spelling, `.npz` files, and each fault of theirs."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from digitlab.data import load_dataset, write_idx
from digitlab.errors import DataError, DataNotFoundError

Images = npt.NDArray[np.uint8]
IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def example(n: int = 20, seed: int = 0) -> tuple[Images, Images]:
    generator = np.random.default_rng(seed)
    return generator.integers(1, 256, (n, 5, 4), np.uint8), generator.integers(0, 10, n, np.uint8)


# Paths: folders of IDX files


def write_folder(
    folder: Path, arrays: list[Any] | None = None, names: tuple[str, ...] = IDX_NAMES, suffix: str = ""
) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in zip(names, arrays or [*example(20), *example(7, 1)], strict=True):
        write_idx(folder / (name + suffix), array)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("dotted", [False, True])
def test_a_folder_in_every_spelling(tmp_path: Path, suffix: str, dotted: bool) -> None:
    names = tuple(name.replace("-idx", ".idx") if dotted else name for name in IDX_NAMES)
    folder = write_folder(tmp_path / "own", names=names, suffix=suffix)
    for path in (folder, str(folder)):
        train, test = load_dataset(path)
        assert (len(train), len(test), train.name, test.name) == (20, 7, "own", "own")
        np.testing.assert_array_equal(train.pixels, example(20)[0])
        np.testing.assert_array_equal(test.labels, example(7, 1)[1])


def test_a_raw_file_is_preferred_and_other_files_do_not_matter(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"broken")
    (folder / "README").write_text("mine")
    assert len(load_dataset(folder)[0]) == 20


def test_a_folder_in_the_current_one_and_one_called_like_a_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("own", "digits"):
        write_folder(tmp_path / name)
    assert len(load_dataset("own")[0]) == 20
    assert len(load_dataset("./digits")[0]) == 20
    assert len(load_dataset("digits")[0]) == 1347


def test_qmnist_labels_give_their_class(tmp_path: Path) -> None:
    pixels, labels = example(20)
    rows = np.arange(160, dtype=np.int32).reshape(20, 8)
    rows[:, 0] = labels
    names = ("train-images-idx3-ubyte", "train-labels-idx2-int", *IDX_NAMES[2:])
    folder = write_folder(tmp_path, [pixels, rows, *example(7)], names)
    np.testing.assert_array_equal(load_dataset(folder)[0].labels, labels)


def replaced(index: int, array: Any) -> list[Any]:
    arrays: list[Any] = [*example(20), *example(7, 1)]
    arrays[index] = array
    return arrays


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (replaced(1, example(19)[1]), r"train-images-.* has 20 images but .*train-labels-.* has 19 labels"),
        (
            replaced(1, np.full(20, 10, np.uint8)),
            r"train-labels-.* labels outside 0-9, 20 in all: the first is 10",
        ),
        (
            replaced(3, np.array([0] * 6 + [-1], np.int8)),
            r"t10k-labels-.* outside 0-9, 1 in all: the first is -1 at index 6",
        ),
        (
            replaced(0, np.zeros((20, 5, 4), np.float32)),
            r"train-images-.* holds float32 pixels; expected uint8.*x \* 255",
        ),
        (replaced(0, np.zeros((20, 5, 4), np.int16)), r"train-images-.* holds int16 pixels; expected uint8"),
        (replaced(0, np.zeros((20, 20), np.uint8)), r"train-images-.* has the shape \(20, 20\)"),
        (
            replaced(1, np.zeros((20, 10), np.uint8)),
            r"train-labels-.* has the shape \(20, 10\); expected one label",
        ),
        (replaced(1, np.zeros(20, np.float32)), r"train-labels-.* holds float32 labels"),
        (
            replaced(2, np.zeros((7, 8, 8), np.uint8)),
            r"images of \(5, 4\) pixels and .*t10k-images.* of \(8, 8\)",
        ),
    ],
)
def test_each_fault_of_a_folder_names_its_file(tmp_path: Path, arrays: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset(write_folder(tmp_path, arrays))


@pytest.mark.parametrize("name", IDX_NAMES)
def test_a_folder_with_a_file_missing(tmp_path: Path, name: str) -> None:
    (write_folder(tmp_path) / name).unlink()
    with pytest.raises(
        DataNotFoundError, match=rf"expected {name} or {name.replace('-idx', '.idx')}, raw or"
    ):
        load_dataset(tmp_path)


def test_a_folder_that_holds_two_sets(tmp_path: Path) -> None:
    write_folder(tmp_path)
    write_folder(tmp_path, names=tuple(f"other-{name}" for name in IDX_NAMES))
    with pytest.raises(DataError, match="holds more than one data set"):
        load_dataset(tmp_path)


# Paths: .npz files


def npz_arrays() -> dict[str, Any]:
    return dict(zip(("x_train", "y_train", "x_test", "y_test"), [*example(20), *example(7, 1)], strict=True))


def save_npz(path: Path, **changes: Any) -> Path:
    arrays = {key: value for key, value in (npz_arrays() | changes).items() if value is not None}
    np.savez_compressed(path, **arrays)
    return path


@pytest.mark.parametrize("label_type", [np.uint8, np.int8, np.int64, np.uint32, ">i2"])
def test_an_npz_is_read_back(tmp_path: Path, label_type: Any) -> None:
    pixels, labels = example(20)
    path = save_npz(tmp_path / "own.npz", y_train=labels.astype(label_type))
    train, test = load_dataset(path)
    np.testing.assert_array_equal(train.pixels, pixels)
    np.testing.assert_array_equal(train.labels, labels)
    assert (train.name, len(test), train.labels.dtype) == ("own.npz", 7, np.dtype(np.uint8))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_train": None, "x_test": None}, "lacks y_train, x_test: expected .* found x_train, y_test"),
        ({"x_train": example()[0] / 255}, "x_train of .* holds float64 pixels"),
        ({"x_train": example()[0].astype(int)}, "x_train of .* holds int64 pixels"),
        ({"x_train": np.zeros((20, 20), np.uint8)}, r"x_train of .* has the shape \(20, 20\)"),
        ({"y_train": np.eye(20, 10, dtype=np.int32)}, r"y_train of .* has the shape \(20, 10\)"),
        ({"y_train": np.zeros(20, bool)}, "y_train of .* holds bool labels"),
        ({"y_train": np.full(20, 300)}, "y_train of .* labels outside 0-9.* the first is 300"),
        ({"y_train": example(19)[1]}, "x_train of .* has 20 images but y_train of .* has 19 labels"),
        ({"x_train": np.array([None] * 20)}, "is damaged or has unexpected content: Object arrays cannot"),
        ({"x_train": np.zeros((0, 5, 4), np.uint8), "y_train": np.zeros(0, int)}, "at least one image"),
    ],
)
def test_each_fault_of_an_npz_has_its_own_error(tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_dataset(save_npz(tmp_path / "own.npz", **changes))


def test_a_damaged_npz(tmp_path: Path) -> None:
    content = save_npz(tmp_path / "own.npz").read_bytes()
    path = tmp_path / "damaged.npz"
    path.write_bytes(content[:-100])
    with pytest.raises(DataError, match=r"cut off or not an .npz archive .it begins like a zip archive"):
        load_dataset(path)
    path.write_bytes(content[:60] + bytes(40) + content[100:])
    with pytest.raises(DataError, match="is damaged or has unexpected content"):
        load_dataset(path)
    path.write_bytes(b"<html>")
    with pytest.raises(DataError, match=r"begins like an HTML page.: expected a folder with IDX files"):
        load_dataset(path)


def test_an_npz_that_claims_too_much_costs_no_memory(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "own.npz", x_train=None)
    header = {"descr": "|u1", "fortran_order": False, "shape": (1 << 20, 1 << 20, 1 << 10)}
    with zipfile.ZipFile(path, "a") as archive, archive.open("x_train.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, header)
    with pytest.raises(DataError, match="claims an array that does not fit into memory"):
        load_dataset(path)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"There is no file or folder .*missing"):
        load_dataset(f"{tmp_path}/missing")
