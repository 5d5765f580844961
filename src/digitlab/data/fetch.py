"""Find the files of a catalog set: in the data folder, in the cache, or else at a mirror."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from digitlab.data.catalog import CatalogFile, CatalogSet, find_set
from digitlab.data.own_files import own_file, own_folders, ways_out
from digitlab.data.patience import Patience, Progress
from digitlab.errors import DataError, DataNotFoundError
from digitlab.files import cache_folder, storage_errors

__all__ = ["cache_path", "fetch_dataset", "locate", "locate_here", "locate_writers"]

PATIENCE = Patience()


def fetch_dataset(
    name: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
    patience: Patience = PATIENCE,
) -> list[Path]:
    """Make sure that every file of a catalog set is here, and return where.

    Parameters
    ----------
    name : str
        A name in the catalog.
    data_dir, offline, on_progress
        As for `load_dataset`.
    patience : Patience, optional
        How long to wait for a server.

    Returns
    -------
    list of Path
        The checked files; none for a set that comes with a library.

    Raises
    ------
    ConfigError, DataNotFoundError, DataError, FetchError, StorageError
        As for `load_dataset`.
    """
    chosen = find_set(name)
    paths = locate(chosen, data_dir=data_dir, offline=offline, on_progress=on_progress, patience=patience)
    writers = locate_writers(
        chosen, data_dir=data_dir, offline=offline, on_progress=on_progress, patience=patience
    )
    return paths + writers


def locate(
    chosen: CatalogSet,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
    patience: Patience = PATIENCE,
) -> list[Path]:
    """Return the checked files of `chosen`, each from the data folder, the cache or a mirror.

    Parameters and errors are those of `fetch_dataset`.
    """
    return [_locate(chosen, file, data_dir, offline, on_progress, patience) for file in chosen.files]


def locate_writers(
    chosen: CatalogSet,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
    patience: Patience = PATIENCE,
) -> list[Path]:
    """Return the two files that tell who wrote each digit of `chosen`, of training and of test.

    Returns
    -------
    list of Path
        Empty where nobody knows, or where they are not here and `offline` holds.

    Raises
    ------
    DataError, FetchError, StorageError
        As `fetch_dataset`.
    """
    if not chosen.writers:
        return []
    owner = find_set(chosen.writers)
    try:
        return [_locate(owner, file, data_dir, offline, on_progress, patience) for file in owner.files[1::2]]
    except DataNotFoundError:
        return []


def locate_here(
    chosen: CatalogSet, files: Sequence[CatalogFile], *, data_dir: str | os.PathLike[str] | None = None
) -> list[Path]:
    """Return some checked files of `chosen` from the data folder or the cache; nothing is fetched.

    Returns
    -------
    list of Path
        Empty if one of them is not here.

    Raises
    ------
    DataError, StorageError
        As `fetch_dataset`.
    """
    try:
        return [_locate(chosen, file, data_dir, True, None, PATIENCE) for file in files]
    except DataNotFoundError:
        return []


def _locate(
    chosen: CatalogSet,
    file: CatalogFile,
    data_dir: str | os.PathLike[str] | None,
    offline: bool,
    on_progress: Progress | None,
    patience: Patience,
) -> Path:
    path = own_file(chosen, file, own_folders(chosen, data_dir)) or _cached(chosen, file)
    if path is None and offline:
        raise _missing(chosen, file)
    return path or _fetch(chosen, file, patience, on_progress)


def cache_path(chosen: CatalogSet, file: CatalogFile) -> Path:
    """Return where the cache keeps a file."""
    return cache_folder() / chosen.name / file.name


def _cached(chosen: CatalogSet, file: CatalogFile) -> Path | None:
    """Return the cached file if it is there and has its hash; a damaged one counts as missing."""
    path = cache_path(chosen, file)
    with storage_errors(f"Cannot read {path}"):
        if not path.is_file():
            return None
        with path.open("rb") as content:
            intact = hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
    return path if intact else None


def _missing(chosen: CatalogSet, file: CatalogFile) -> DataError:
    path = cache_path(chosen, file)
    if path.exists():
        return DataError(
            f"{path} is damaged: its SHA-256 is not that of {chosen.name}. It was left as it is, for "
            f"nothing may be fetched offline. {ways_out(file)}"
        )
    return DataNotFoundError(
        f"{file.name} of {chosen.name} is not in {path.parent}, and nothing may be fetched offline. "
        f"{ways_out(file)}"
    )


def _fetch(chosen: CatalogSet, file: CatalogFile, patience: Patience, on_progress: Progress | None) -> Path:
    # Imported here, for it brings an HTTP client that takes a tenth of a second and is needed once.
    from digitlab.data.mirrors import fetch_file

    path = cache_path(chosen, file)
    fetch_file(chosen, file, path, patience=patience, on_progress=on_progress)
    return path
