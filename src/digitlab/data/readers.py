"""Read images and labels from files that are here: IDX files, zip archives, `.npz`, scikit-learn's digits."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from digitlab.data.catalog import CatalogSet
from digitlab.data.gunzip import BLOCK_SIZE, describe
from digitlab.data.idx import read_idx, read_idx_gzip
from digitlab.data.stratify import stratified_indices
from digitlab.errors import DataError, DataNotFoundError
from digitlab.files import storage_errors

__all__ = [
    "Part",
    "add_writers",
    "open_npz",
    "read_bundled_digits",
    "read_catalog_files",
    "read_pair",
    "read_path",
]

DIGITS_FILE = "data/digits.csv.gz"
DIGITS_TEST_IMAGES = 450
DIGITS_SEED = 1797
NPZ_KEYS = ("x_train", "y_train", "x_test", "y_test")
QMNIST_COLUMNS = 8
CLASS, SERIES, WRITER = 0, 1, 2
IDX_NAME = re.compile(
    r"(?P<set>.*-)?(?P<part>train|t10k|test)-(?P<what>images|labels)[-.]idx\d-(ubyte|int)(\.gz)?"
)


class Part(NamedTuple):
    """What was read of a training or a test set: pixels (n, height, width), and a number for each image."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    writers: npt.NDArray[np.int32] | None = None
    series: npt.NDArray[np.int32] | None = None


def read_bundled_digits() -> tuple[Part, Part]:
    """Return scikit-learn's 1,797 digits, cut once for all into 1,347 to train on and 450 to test on.

    Counts of 0-16 become round(count * 255 / 16).
    """
    table = _bundled_table()
    pixels = np.rint(table[:, :-1].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    labels = table[:, -1].astype(np.uint8)
    train, test = stratified_indices(labels, DIGITS_TEST_IMAGES / len(labels), DIGITS_SEED)
    return Part(pixels[train], labels[train]), Part(pixels[test], labels[test])


def _bundled_table() -> npt.NDArray[np.float64]:
    """Return scikit-learn's table of digits, (1797, 65): 64 counts and a label in each row.

    Its file is read where it lies, for importing scikit-learn takes longer than training on it.
    """
    package = find_spec("sklearn")
    file = Path(package.origin).with_name("datasets") / DIGITS_FILE if package and package.origin else None
    if file and file.is_file():
        return np.loadtxt(file, delimiter=",")
    # Where another release keeps it, only that release knows.
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.column_stack([bunch.data, bunch.target])


def read_catalog_files(chosen: CatalogSet, paths: list[Path]) -> tuple[Part, Part]:
    """Return the training and the test arrays of a catalog set from its checked files."""
    if chosen.members:
        names = [paths[0] / member for member in chosen.members]
        arrays = [_read_member(paths[0], member) for member in chosen.members]
    else:
        names, arrays = paths, [read_idx(path) for path in paths]
    if chosen.transposed:
        arrays = [np.ascontiguousarray(each.swapaxes(1, 2)) if each.ndim == 3 else each for each in arrays]
    return _idx_pairs(arrays, names)


def read_pair(images: Path, labels: Path) -> Part:
    """Return the images and labels of two IDX files, and where the labels are QMNIST's their origin.

    Raises
    ------
    DataError
        If a file is not what it should be, or they do not belong together.
    """
    table = read_idx(labels)
    return _with_origin(_pair(read_idx(images), _classes(table), str(images), str(labels)), table)


def _read_member(archive: Path, member: str) -> npt.NDArray[Any]:
    with _zip_errors(archive), zipfile.ZipFile(archive) as opened, opened.open(member) as file:
        return read_idx_gzip(iter(lambda: file.read(BLOCK_SIZE), b""), archive / member)


def read_path(path: Path) -> tuple[Part, Part]:
    """Return the training and the test arrays of a folder of IDX files, or of an `.npz` file.

    Raises
    ------
    DataNotFoundError
        If the path, or a file of the folder, is not there.
    DataError
        If a file is not what it should be.
    """
    with storage_errors(f"Cannot read {path}"):
        is_folder, exists = path.is_dir(), path.exists()
    if is_folder:
        return _read_folder(path)
    if exists:
        return _read_npz(path)
    raise DataNotFoundError(f"There is no file or folder {path}.")


def _read_folder(folder: Path) -> tuple[Part, Part]:
    paths = [_find_idx(folder, part, what) for part in ("train", "test") for what in ("images", "labels")]
    return _idx_pairs([read_idx(path) for path in paths], paths)


def _find_idx(folder: Path, part: str, what: str) -> Path:
    """Find the one IDX file of this role; a raw file is preferred to the same gzipped."""
    with storage_errors(f"Cannot read {folder}"):
        matches = [(path, IDX_NAME.fullmatch(path.name)) for path in sorted(folder.iterdir())]
    found = {
        path: match["set"]
        for path, match in matches
        if match and match["what"] == what and (match["part"] == "train") == (part == "train")
    }
    if not found:
        stem = f"{'train' if part == 'train' else 't10k'}-{what}-idx{3 if what == 'images' else 1}-ubyte"
        raise DataNotFoundError(
            f"The folder {folder} has no {part} {what}: expected {stem} or "
            f"{stem.replace('-idx', '.idx')}, raw or with .gz."
        )
    if len(set(found.values())) > 1:
        names = ", ".join(path.name for path in found)
        raise DataError(
            f"The folder {folder} holds more than one data set ({names}): give each its own folder."
        )
    return min(found, key=lambda path: path.suffix == ".gz")


def add_writers(part: Part, path: Path) -> Part:
    """Return a part with the writers and series of QMNIST's labels, whose first rows are its digits.

    Raises
    ------
    DataError
        If the file holds something else, or other digits.
    """
    table = read_idx(path)
    if not _is_table(table):
        raise DataError(
            f"{path} has {table.dtype} numbers of the shape {table.shape}: expected {QMNIST_COLUMNS} columns "
            "of int32 for each digit, as QMNIST's labels have."
        )
    rows = table[: len(part.labels)]
    if not np.array_equal(rows[:, CLASS], part.labels):
        raise DataError(f"{path} labels other digits than these: it cannot say who wrote them.")
    return _with_origin(part, rows)


def _idx_pairs(arrays: list[npt.NDArray[Any]], paths: list[Path]) -> tuple[Part, Part]:
    train, test = _pairs([_classes(each) for each in arrays], [str(path) for path in paths])
    return _with_origin(train, arrays[1]), _with_origin(test, arrays[3])


def _classes(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return array[:, CLASS] if _is_table(array) else array


def _is_table(labels: npt.NDArray[Any]) -> bool:
    """Return whether these are QMNIST's labels, which also tell the writer and more."""
    return labels.dtype.name == "int32" and labels.ndim == 2 and labels.shape[1] == QMNIST_COLUMNS


def _with_origin(part: Part, labels: npt.NDArray[Any]) -> Part:
    if not _is_table(labels):
        return part
    return part._replace(writers=labels[:, WRITER], series=labels[:, SERIES])


def _read_npz(path: Path) -> tuple[Part, Part]:
    with open_npz(path, "a folder with IDX files, or an .npz file") as archive:
        missing = [key for key in NPZ_KEYS if key not in archive]
        if missing:
            raise DataError(
                f"{path} lacks {', '.join(missing)}: expected {', '.join(NPZ_KEYS)}, "
                f"found {', '.join(archive) or 'nothing'}."
            )
        arrays = [archive[key] for key in NPZ_KEYS]
    return _pairs(arrays, [f"{key} of {path}" for key in NPZ_KEYS])


@contextmanager
def open_npz(path: Path, expected: str) -> Iterator[Mapping[str, npt.NDArray[Any]]]:
    """Yield the arrays of an `.npz` file, each read when it is asked for.

    Raises
    ------
    DataError
        If it is no such file, or is damaged, or holds something else than arrays of numbers.
    StorageError
        If it cannot be read.
    """
    with storage_errors(f"Cannot read {path}"), path.open("rb") as file:
        head = file.read(16)
    if not zipfile.is_zipfile(path):
        raise DataError(
            f"{path} is cut off or not an .npz archive (it begins like {describe(head)}): expected "
            f"{expected}."
        )
    with _zip_errors(path), np.load(path, allow_pickle=False) as archive:
        yield archive


@contextmanager
def _zip_errors(path: Path) -> Iterator[None]:
    """Turn what zipfile and numpy raise on a damaged archive into a `DataError`."""
    try:
        yield
    except DataError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"{path} is damaged or has unexpected content: {error}. Make or fetch it again."
        ) from error
    except MemoryError as error:
        raise DataError(f"{path} claims an array that does not fit into memory: {error}.") from error


def _pairs(arrays: list[npt.NDArray[Any]], names: list[str]) -> tuple[Part, Part]:
    """Check training images and labels, then test images and labels, and return them as two pairs."""
    train = _pair(arrays[0], arrays[1], names[0], names[1])
    test = _pair(arrays[2], arrays[3], names[2], names[3])
    if train[0].shape[1:] != test[0].shape[1:]:
        raise DataError(
            f"{names[0]} has images of {train[0].shape[1:]} pixels and {names[2]} of {test[0].shape[1:]}; "
            "training and test images must have one shape."
        )
    return train, test


def _pair(images: npt.NDArray[Any], labels: npt.NDArray[Any], images_name: str, labels_name: str) -> Part:
    _check_images(images, images_name)
    _check_labels(labels, labels_name)
    if len(images) != len(labels):
        raise DataError(
            f"{images_name} has {len(images)} images but {labels_name} has {len(labels)} labels; "
            "they do not belong together."
        )
    return Part(images, labels.astype(np.uint8, copy=False))


def _check_images(images: npt.NDArray[Any], name: str) -> None:
    if images.dtype.kind == "f":
        raise DataError(
            f"{name} holds {images.dtype.name} pixels; expected uint8, 0 for paper and 255 for ink. "
            "If they lie between 0 and 1, store (x * 255).round().astype('uint8')."
        )
    if images.dtype != np.uint8:
        raise DataError(f"{name} holds {images.dtype.name} pixels; expected uint8.")
    if images.ndim != 3:
        raise DataError(f"{name} has the shape {images.shape}; expected (images, height, width).")


def _check_labels(labels: npt.NDArray[Any], name: str) -> None:
    if labels.dtype.kind not in "iu":
        raise DataError(f"{name} holds {labels.dtype.name} labels; expected integers 0-9.")
    if labels.ndim != 1:
        raise DataError(f"{name} has the shape {labels.shape}; expected one label for each image.")
    outside = np.flatnonzero((labels < 0) | (labels > 9))
    if outside.size:
        first = outside[0]
        raise DataError(
            f"{name} holds labels outside 0-9, {outside.size} in all: the first is {labels[first]} "
            f"at index {first}."
        )
