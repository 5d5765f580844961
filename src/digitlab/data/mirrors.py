"""Fetch one file of a set from the first mirror that has it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch

from digitlab.data.catalog import CatalogFile, CatalogSet
from digitlab.data.download import download
from digitlab.data.own_files import ways_out
from digitlab.data.patience import Patience, Progress
from digitlab.errors import DataError, FetchError
from digitlab.files import make_folder, storage_errors

__all__ = ["fetch_file"]


def fetch_file(
    chosen: CatalogSet, file: CatalogFile, path: Path, *, patience: Patience, on_progress: Progress | None
) -> None:
    """Try the mirrors in their order, until one gives the file that goes to `path`.

    Two processes that do this at once are safe: each writes its own temporary file, checks it and
    renames it.

    Raises
    ------
    FetchError
        If no mirror gave it; the message has each one's reason.
    StorageError
        If it cannot be written.
    """
    make_folder(path.parent)
    failures = []
    for url in file.urls:
        failure = _try_mirror(url, path, file, patience, on_progress)
        if failure is None:
            return
        failures.append(f"  {url} {failure}")
    raise FetchError("\n".join([f"No address gave {file.name} of {chosen.name}:", *failures, ways_out(file)]))


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
