"""Find the files of a catalog set: in the data folder, in the cache, or else at a mirror."""

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch

from digitlab.data.catalog import CatalogFile, CatalogSet, find_set
from digitlab.data.download import Patience, Progress, download
from digitlab.data.own_files import DATA_DIR, own_file, own_folders, usable_names
from digitlab.errors import DataError, DataNotFoundError, FetchError
from digitlab.files import cache_folder, make_folder, storage_errors

__all__ = ["cache_path", "fetch_dataset", "locate"]

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
    return locate(
        find_set(name), data_dir=data_dir, offline=offline, on_progress=on_progress, patience=patience
    )


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
    folders = own_folders(chosen, data_dir)
    paths = []
    for file in chosen.files:
        path = own_file(chosen, file, folders) or _cached(chosen, file)
        if path is None and offline:
            raise _missing(chosen, file)
        paths.append(path or _fetch(chosen, file, patience, on_progress))
    return paths


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
            f"nothing may be fetched offline. {_ways_out(file)}"
        )
    return DataNotFoundError(
        f"{file.name} of {chosen.name} is not in {path.parent}, and nothing may be fetched offline. "
        f"{_ways_out(file)}"
    )


def _fetch(chosen: CatalogSet, file: CatalogFile, patience: Patience, on_progress: Progress | None) -> Path:
    """Try the mirrors in their order, and return the cached file.

    Two processes that do this at once are safe: each writes its own temporary file, checks it and
    renames it.
    """
    path = cache_path(chosen, file)
    make_folder(path.parent)
    failures = []
    for url in file.urls:
        failure = _try_mirror(url, path, file, patience, on_progress)
        if failure is None:
            return path
        failures.append(f"  {url} {failure}")
    raise FetchError(
        "\n".join([f"No address gave {file.name} of {chosen.name}:", *failures, _ways_out(file)])
    )


def _try_mirror(
    url: str, path: Path, file: CatalogFile, patience: Patience, on_progress: Progress | None
) -> str | None:
    """Fetch from one address into the cache; return the reason if it failed."""

    def downloader(url: str, target: str, _pooch: object) -> None:
        download(url, Path(target), file, patience=patience, on_progress=on_progress)

    try:
        with storage_errors(f"Cannot write {path}"), _quiet_pooch():
            pooch.retrieve(url, file.sha256, fname=path.name, path=path.parent, downloader=downloader)
    except DataError as error:
        return str(error)
    except ValueError:
        return "sent other bytes than the official ones: their SHA-256 differs"
    return None


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    """Keep pooch from writing to standard error."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _ways_out(file: CatalogFile) -> str:
    return (
        "Ways out: try again with a network; or put the files you have "
        f"({' or '.join(usable_names(file))}, and so on) into a folder and name it with --data-dir or "
        f"{DATA_DIR}; or use --dataset digits, which needs no download."
    )
