"""The data folder: files of catalog sets that the user has already, used where they lie."""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

from digitlab.data.catalog import CATALOG, CatalogFile, CatalogSet
from digitlab.data.gunzip import BLOCK_SIZE, GZIP_MAGIC, gunzip
from digitlab.errors import DataError, DataNotFoundError
from digitlab.files import storage_errors

__all__ = ["DATA_DIR", "own_file", "own_folders", "usable_names"]

DATA_DIR = "DIGITLAB_DATA_DIR"


def own_folders(chosen: CatalogSet, data_dir: str | os.PathLike[str] | None) -> list[Path]:
    """Return the folders to look into: those of `data_dir`, or else of `DIGITLAB_DATA_DIR`.

    Raises
    ------
    DataNotFoundError
        If the folder that is named is not there.
    """
    given = data_dir or os.environ.get(DATA_DIR)
    if not given:
        return []
    with storage_errors(f"Cannot read {given}"):
        is_folder = Path(given).is_dir()
    if not is_folder:
        raise DataNotFoundError(f"There is no folder {given}, named by --data-dir or {DATA_DIR}.")
    return [Path(given) / chosen.name, Path(given)]


def own_file(chosen: CatalogSet, file: CatalogFile, folders: list[Path]) -> Path | None:
    """Return the user's copy of `file`, passing over files of other sets that have the same name.

    Raises
    ------
    DataError
        If a file of that name belongs to no set of the catalog.
    """
    for path in (folder / name for folder in folders for name in _spellings(file.name)):
        with storage_errors(f"Cannot read {path}"):
            status = path.stat() if path.is_file() else None
        if status is None:
            continue
        hashes = _hashes(path, status.st_size, status.st_mtime_ns)
        if file.sha256 in hashes:
            return path
        if not hashes & _known_hashes():
            raise DataError(
                f"{path} is not the official file of {chosen.name}: its SHA-256 is none that is known. "
                f"Put {' or '.join(usable_names(file))} there as published, remove it, or use it as it "
                f"is with --dataset {path.parent}."
            )
    return None


def usable_names(file: CatalogFile) -> list[str]:
    """Return the names under which a file of the user's can be checked against the known hash."""
    return [name for name in _spellings(file.name) if file.gunzipped or name.endswith((".gz", ".zip"))]


def _spellings(name: str) -> list[str]:
    """Return the names under which people keep an IDX file; an archive has only its own."""
    if name.endswith(".zip"):
        return [name]
    stem = name.removesuffix(".gz")
    return [spelt + suffix for spelt in (stem, stem.replace("-idx", ".idx")) for suffix in ("", ".gz")]


@lru_cache
def _hashes(path: Path, size: int, modified: int) -> frozenset[str]:
    """Return the SHA-256 of a file and of what it decompresses to; remembered until the file changes."""
    with storage_errors(f"Cannot read {path}"), path.open("rb") as file:
        hashes = {hashlib.file_digest(file, "sha256").hexdigest()}
        file.seek(0)
        if file.read(2) == GZIP_MAGIC:
            file.seek(0)
            hashes |= _decompressed_hash(path, iter(partial(file.read, BLOCK_SIZE), b""))
    return frozenset(hashes)


def _decompressed_hash(path: Path, blocks: Iterator[bytes]) -> set[str]:
    """Hash the content, and no further than the largest file whose content has a known hash."""
    digest, rest = hashlib.sha256(), max(file.size for file in _catalog_files() if file.gunzipped)
    try:
        for block in gunzip(blocks):
            digest.update(block)
            rest -= len(block)
            if rest < 0:
                return set()
    except DataError as error:
        raise DataError(f"{path} {error}. Copy or fetch it again.") from error
    return {digest.hexdigest()}


def _catalog_files() -> list[CatalogFile]:
    return [file for each in CATALOG.values() for file in each.files]


def _known_hashes() -> frozenset[str]:
    return frozenset(file.sha256 for file in _catalog_files())
