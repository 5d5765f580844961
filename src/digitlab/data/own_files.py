"""The data folder: files of catalog sets that the user has already, used where they lie."""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from digitlab.data.catalog import CATALOG, CatalogFile, CatalogSet
from digitlab.data.gunzip import BLOCK_SIZE, GZIP_MAGIC, gunzip
from digitlab.errors import DataError, DataNotFoundError, StorageError
from digitlab.files import atomic_path, cache_folder, make_folder, storage_errors

__all__ = ["DATA_DIR", "own_file", "own_folders", "usable_names", "ways_out"]

DATA_DIR = "DIGITLAB_DATA_DIR"


def own_folders(chosen: CatalogSet, data_dir: str | os.PathLike[str] | None) -> list[Path]:
    """Return the folders to look into: those of `data_dir`, or else of `DIGITLAB_DATA_DIR`.

    A folder that is called like a set may lie beside those of the others.

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
    folder = Path(given)
    beside = [folder.resolve().parent / chosen.name] if folder.resolve().name in CATALOG else []
    return [folder / chosen.name, folder, *beside]


def own_file(chosen: CatalogSet, file: CatalogFile, folders: list[Path]) -> Path | None:
    """Return the user's copy of `file`, passing over files of other sets that have the same name.

    Of a gzipped copy, return what the cache keeps of its content: decompressing MNIST takes longer than
    many a training.

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
        found = (path, status.st_size, status.st_mtime_ns, cache_folder())
        readable, hashes = _checked(*found)
        if not readable.exists():  # somebody has emptied the cache meanwhile
            _checked.cache_clear()
            readable, hashes = _checked(*found)
        if file.sha256 in hashes:
            return readable
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
def _checked(path: Path, size: int, modified: int, cache: Path) -> tuple[Path, frozenset[str]]:
    """Return where to read a file, and the SHA-256 of it and of what it decompresses to.

    Remembered until the file changes, or another folder is the cache.
    """
    with storage_errors(f"Cannot read {path}"), path.open("rb") as file:
        own = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        if own in _known_hashes() or file.read(2) != GZIP_MAGIC:
            return path, frozenset({own})
        file.seek(0)
        try:
            readable, content = _unpacked(cache / "unpacked" / own, _blocks(file))
        except StorageError:  # of the cache; it only saves time
            file.seek(0)
            readable, content = path, _write_and_hash(_blocks(file))
        except DataError as error:
            raise DataError(f"{path} {error}. Copy or fetch it again.") from error
    return (readable if content in _known_hashes() else path), frozenset({own, content})


def _unpacked(copy: Path, blocks: Iterator[bytes]) -> tuple[Path, str]:
    """Return the copy of what a gzip file decompresses to, made if it is not there, and its SHA-256."""
    with storage_errors(f"Cannot read {copy}"):
        if copy.is_file():
            with copy.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            if content in _known_hashes():
                return copy, content
    make_folder(copy.parent)
    with atomic_path(copy) as temporary, temporary.open("wb") as file:
        content = _write_and_hash(blocks, file)
    if content not in _known_hashes():
        copy.unlink(missing_ok=True)
    return copy, content


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(file.read, BLOCK_SIZE), b"")


def _write_and_hash(blocks: Iterator[bytes], file: BinaryIO | None = None) -> str:
    """Decompress no further than the largest file whose content has a known hash."""
    digest, rest = hashlib.sha256(), max(each.size for each in _catalog_files() if each.gunzipped)
    for block in gunzip(blocks):
        digest.update(block)
        if file:
            file.write(block)
        rest -= len(block)
        if rest < 0:
            return ""
    return digest.hexdigest()


def _catalog_files() -> list[CatalogFile]:
    return [file for each in CATALOG.values() for file in each.files]


def _known_hashes() -> frozenset[str]:
    return frozenset(file.sha256 for file in _catalog_files())


def ways_out(file: CatalogFile) -> str:
    """Return what a user can do who lacks a file."""
    return (
        "Ways out: try again with a network; or put the files you have "
        f"({' or '.join(usable_names(file))}, and so on) into a folder and name it with --data-dir or "
        f"{DATA_DIR}; or use --dataset digits, which needs no download."
    )
