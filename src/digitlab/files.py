"""Where files go, and files written whole or not at all."""

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import platformdirs

from digitlab.errors import StorageError

__all__ = [
    "atomic_path",
    "cache_folder",
    "is_free",
    "make_folder",
    "storage_errors",
    "user_folder",
    "write_bytes",
    "write_json",
]

CACHE_DIR = "DIGITLAB_CACHE_DIR"
USER_DIR = "DIGITLAB_USER_DIR"

_OTHER_ADVICE = "Nothing was changed there; look at the place, or name another one."
_FULL = "What was there is as it was; free some space, or name another place."
_FORBIDDEN = "Nothing was changed there; ask for the permission, or name another place."
_ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
}


def cache_folder() -> Path:
    """Return the user's cache folder, unless the environment variable `DIGITLAB_CACHE_DIR` moves it."""
    return Path(os.environ.get(CACHE_DIR) or platformdirs.user_cache_dir("digitlab"))


def user_folder() -> Path:
    """Return the user's data folder, which nobody empties, unless `DIGITLAB_USER_DIR` moves it."""
    return Path(os.environ.get(USER_DIR) or platformdirs.user_data_dir("digitlab"))


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turn an `OSError` of the block into a `StorageError` that begins with `what`."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            f"{what}: {error.strerror or error}. {_ADVICE.get(error.errno or 0, _OTHER_ADVICE)}"
        ) from error


def make_folder(folder: Path) -> Path:
    """Make `folder` with its parents, if it is not there, and return it."""
    with storage_errors(f"Cannot make the folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_free(folder: Path) -> bool:
    """Return whether nothing is at `folder`, or a folder that holds nothing but hidden files."""
    if not folder.exists():
        return True
    return folder.is_dir() and all(path.name.startswith(".") for path in folder.iterdir())


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield an unused temporary path beside `path`; move it onto `path` when the block ends well.

    A reader sees the old file or the new one, never a part. The bytes reach the disk
    before the name does, so this holds across a power failure too.

    Raises
    ------
    StorageError
        If the disk is full, or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    with storage_errors(f"Cannot write {path}"):
        try:
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as indented JSON, whole or not at all."""
    write_bytes(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())
