"""Images of digits with their labels, and where they come from."""

import hashlib
import os
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from digitlab.data.catalog import CATALOG, find_set
from digitlab.data.fetch import cache_path, locate, locate_writers
from digitlab.data.patience import Progress
from digitlab.data.readers import Part, add_writers, read_bundled_digits, read_catalog_files, read_path
from digitlab.errors import DataError, StorageError
from digitlab.files import storage_errors

__all__ = ["Dataset", "load_dataset"]

CLASSES = 10


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with their labels: immutable, checked, ready to train on.

    Two data sets with the same images and labels have the same `fingerprint`, whatever their names.

    Attributes
    ----------
    pixels : ndarray of shape (n, height, width), uint8
        0 is paper, 255 full ink. Read-only; a writable array is copied.
    labels : ndarray of shape (n,), uint8
        The digit of each image, 0-9. Read-only; a writable array is copied.
    name : str
        What to call it in tables and messages.
    writers : ndarray of shape (n,), int32, or None
        Who wrote each digit, as a number; None where nobody knows.
    series : ndarray of shape (n,), int32, or None
        Which of NIST's collections each is from: 4 are high-school students, 0 and 1 Census staff.

    Raises
    ------
    DataError
        If a type, a rank, a count or a label is not as above.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    name: str
    writers: npt.NDArray[np.integer[Any]] | None = None
    series: npt.NDArray[np.integer[Any]] | None = None

    def __post_init__(self) -> None:
        for field in ("pixels", "labels"):
            object.__setattr__(self, field, _frozen(getattr(self, field)))
        for field in ("writers", "series"):
            if getattr(self, field) is not None:
                object.__setattr__(self, field, self._origin(field))
        self._check("pixels", self.pixels, 3)
        self._check("labels", self.labels, 1)
        self._check_content()

    def _check(self, field: str, array: npt.NDArray[Any], rank: int) -> None:
        if array.dtype != np.uint8:
            raise DataError(
                f"The {field} of {self.name} must be uint8, found {array.dtype}; convert them first."
            )
        if array.ndim != rank:
            raise DataError(
                f"The {field} of {self.name} must have rank {rank}, found the shape {array.shape}."
            )

    def _check_content(self) -> None:
        if len(self.pixels) != len(self.labels):
            raise DataError(
                f"{self.name} has {len(self.pixels)} images but {len(self.labels)} labels; "
                "each image needs one."
            )
        if self.pixels.size == 0:
            raise DataError(f"{self.name} must hold at least one image, found the shape {self.pixels.shape}.")
        if self.labels.max() >= CLASSES:
            raise DataError(f"The labels of {self.name} must be digits 0-9, found {self.labels.max()}.")

    def _origin(self, field: str) -> npt.NDArray[np.int32]:
        numbers = np.asarray(getattr(self, field))
        if numbers.dtype.kind not in "iu" or numbers.shape != (len(self.labels),):
            raise DataError(
                f"The {field} of {self.name} must be a whole number for each of its {len(self.labels)} "
                f"images, found {numbers.dtype} of shape {numbers.shape}."
            )
        return _frozen(numbers.astype(np.int32))

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of every image, in pixels."""
        return self.pixels.shape[1], self.pixels.shape[2]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, as hexadecimal digits, of the images' shape, the pixels and the labels."""
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        digest.update(np.ascontiguousarray(self.labels).data)
        return digest.hexdigest()

    @cached_property
    def class_counts(self) -> npt.NDArray[np.intp]:
        """How many images each digit has: shape (10,)."""
        return _frozen(np.bincount(self.labels, minlength=CLASSES))

    @cached_property
    def empty_images(self) -> npt.NDArray[np.intp]:
        """The indices of the images without any ink."""
        return _frozen(np.flatnonzero(~self.pixels.any(axis=(1, 2))))

    def take(self, indices: npt.ArrayLike, *, name: str | None = None) -> "Dataset":
        """Return the images at `indices`, in that order.

        Parameters
        ----------
        indices : array_like of int, shape (m,)
            Which images; negative ones count from the end.
        name : str, optional
            The name of what is returned; the same name if not given.

        Raises
        ------
        DataError
            If an index is not an integer or out of range, or there are none.
        """
        chosen = np.asarray(indices)
        if chosen.dtype.kind not in "iu" or chosen.ndim != 1:
            raise DataError(
                f"Indices must be a list of integers, found {chosen.dtype} of shape {chosen.shape}."
            )
        if ((chosen < -len(self)) | (chosen >= len(self))).any():
            raise DataError(f"Indices must lie below {len(self)}, the number of images of {self.name}.")
        writers = None if self.writers is None else self.writers[chosen]
        series = None if self.series is None else self.series[chosen]
        return Dataset(self.pixels[chosen], self.labels[chosen], name or self.name, writers, series)

    def joined(self, other: "Dataset") -> "Dataset":
        """Return these images and after them those of `other`, whose writers, if not told, are -1: nobody's.

        Raises
        ------
        DataError
            If the other's images have another shape.
        """
        if other.image_shape != self.image_shape:
            raise DataError(
                f"{other.name} has images of {other.image_shape} pixels, {self.name} of {self.image_shape}: "
                "they cannot be one data set."
            )
        pixels = np.concatenate([self.pixels, other.pixels])
        labels = np.concatenate([self.labels, other.labels])
        return Dataset(pixels, labels, self.name, self._told(other, "writers"), self._told(other, "series"))

    def _told(self, other: "Dataset", field: str) -> npt.NDArray[Any] | None:
        ours, theirs = getattr(self, field), getattr(other, field)
        if ours is None:
            return None
        return np.concatenate([ours, np.full(len(other), -1, np.int32) if theirs is None else theirs])


def _frozen(array: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return a plain array that nobody can write to; memory-mapped files stay mapped."""
    array = np.asarray(array)
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


def load_dataset(
    name_or_path: str | os.PathLike[str] = "mnist",
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
) -> tuple[Dataset, Dataset]:
    """Load a training set and its test set: from the catalog, fetching what is missing, or from files.

    Parameters
    ----------
    name_or_path : str or path, optional
        A name in the catalog (`digitlab data list`), or else a path: a folder with four IDX files
        (`train-images-idx3-ubyte` or `train-images.idx3-ubyte` and so on, raw or gzipped), or an
        `.npz` file with `x_train`, `y_train`, `x_test` and `y_test`. A folder that is called like a
        set of the catalog is reached as `./mnist`.

        `digits` is the set that scikit-learn carries: 1,797 images of 8x8, whose counts 0-16 become
        round(count * 255 / 16). It has no official test set, so a quarter (450 images, every class
        in its share) is held out once for all, by a seed that nothing else changes.
    data_dir : path, optional
        A folder with files of catalog sets that one already has; else the environment variable
        `DIGITLAB_DATA_DIR`. They are checked, used where they lie and never changed.
    offline : bool, optional
        Never ask the network; what is not here is an error.
    on_progress : callable, optional
        Called while fetching with a file name, the bytes so far, and all its bytes or None.

    Returns
    -------
    train, test : Dataset

    Raises
    ------
    ConfigError
        If there is no such name.
    DataNotFoundError
        If the path or one of its files is not there, or the set is not and `offline` holds.
    DataError
        If a file is not what it should be; `IDXError` if it breaks the IDX format.
    FetchError
        If no mirror gave the right bytes.
    StorageError
        If the cache folder cannot be written.
    """
    if _is_path(name_or_path):
        return _datasets(Path(name_or_path).resolve().name, *read_path(Path(name_or_path)))
    chosen = find_set(str(name_or_path))
    if not chosen.files:
        return _datasets(chosen.name, *read_bundled_digits())
    cached = [cache_path(chosen, file) for file in chosen.files]
    missing = [path for path in cached if not path.exists()]
    found = locate(chosen, data_dir=data_dir, offline=offline, on_progress=on_progress)
    train, test = read_catalog_files(chosen, found)
    try:
        # Who has the digits already did not ask for a network.
        ask = not offline and any(path in found for path in missing)
        tables = locate_writers(chosen, data_dir=data_dir, offline=not ask, on_progress=on_progress)
        if tables:
            train, test = add_writers(train, tables[0]), add_writers(test, tables[1])
    except (DataError, StorageError) as error:
        warnings.warn(
            f"Who wrote which digit of {chosen.name} is not known, so writers are not told apart; all else "
            f"is as usual. `digitlab data fetch {chosen.name}` tries again. The reason: {error}",
            stacklevel=2,
        )
    return _datasets(chosen.name, train, test)


def _is_path(name_or_path: str | os.PathLike[str]) -> bool:
    if not isinstance(name_or_path, str):
        return True
    if any(separator in name_or_path for separator in (os.sep, os.altsep) if separator):
        return True
    with storage_errors(f"Cannot read {name_or_path}"):
        return name_or_path not in {"", *CATALOG} and Path(name_or_path).exists()


def _datasets(name: str, train: Part, test: Part) -> tuple[Dataset, Dataset]:
    printable = os.fsencode(name).decode("utf-8", errors="replace")
    return Dataset(name=printable, **train._asdict()), Dataset(name=printable, **test._asdict())
