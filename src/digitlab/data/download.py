"""Bring one file from one address, or say in a phrase why not."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import urllib3

from digitlab.data.catalog import CatalogFile
from digitlab.data.gunzip import BLOCK_SIZE, GZIP_MAGIC, describe, gunzip
from digitlab.data.patience import Patience, Progress
from digitlab.errors import DataError

__all__ = ["download"]


def download(
    url: str, target: Path, file: CatalogFile, *, patience: Patience, on_progress: Progress | None
) -> None:
    """Write the file at `url` to `target`, decompressed if the cache keeps it so.

    Never writes more bytes than the catalog knows the file to have.

    Raises
    ------
    DataError
        If the server did not give that many bytes of that kind. The message is a predicate
        ("answered 404 Not Found"), for the caller to put the address before.
    OSError
        If `target` cannot be written.
    """
    timeout = (patience.connect_seconds, patience.read_seconds)
    headers = {"Accept-Encoding": "identity"}
    with _reasons(patience), requests.get(url, stream=True, timeout=timeout, headers=headers) as response:
        if response.status_code != requests.codes.ok:
            raise DataError(f"answered {response.status_code} {response.reason}")
        received = _checked_kind(_received(response, file.name, patience, on_progress), file)
        _write(gunzip(received) if file.gunzipped else received, target, file.size)
    target.chmod(0o644)  # a temporary file is its owner's alone, but a cache can be shared


@contextmanager
def _reasons(patience: Patience) -> Iterator[None]:
    """Turn every way a request can fail into a `DataError` with its reason."""
    before = sys.exception()
    try:
        yield
    except requests.ConnectTimeout:
        raise DataError(f"did not connect within {patience.connect_seconds:g} s") from None
    except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError):
        raise DataError(f"sent nothing for {patience.read_seconds:g} s") from None
    except urllib3.exceptions.HTTPError as error:
        raise DataError("broke off before the end of the file") from error
    except requests.RequestException as error:
        raise DataError(f"failed: {_root(error, before)}") from error


def _root(error: BaseException, before: BaseException | None) -> str:
    """Return what the innermost error says; the libraries wrap it up to five times."""
    while (deeper := error.__cause__ or error.__context__) is not None and deeper is not before:
        error = deeper
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _received(
    response: requests.Response, name: str, patience: Patience, on_progress: Progress | None
) -> Iterator[bytes]:
    length = response.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    received = 0
    # read1 returns what has come; read and iter_content wait for a whole block, however slowly it comes.
    for block in _paced(iter(lambda: response.raw.read1(BLOCK_SIZE), b""), patience):
        received += len(block)
        if on_progress:
            on_progress(name, received, total)
        yield block


def _paced(blocks: Iterator[bytes], patience: Patience) -> Iterator[bytes]:
    """Pass the blocks on, but give up on a server that trickles."""
    start, sent = time.monotonic(), 0
    for block in blocks:
        sent += len(block)
        seconds = time.monotonic() - start
        if seconds >= patience.stall_seconds:
            if sent < patience.minimum_rate * seconds:
                raise DataError(f"hangs: it sent {sent:,} bytes in {seconds:.0f} s")
            start, sent = time.monotonic(), 0
        yield block


def _checked_kind(blocks: Iterator[bytes], file: CatalogFile) -> Iterator[bytes]:
    """Pass the blocks on, unless the first shows another kind of file, such as an error page."""
    magic, kind = (b"PK", "zip archive") if file.name.endswith(".zip") else (GZIP_MAGIC, "gzip file")
    first = next(blocks, b"")
    if not first or not magic.startswith(first[: len(magic)]):
        raise DataError(f"sent {describe(first)} instead of a {kind}")
    yield first
    yield from blocks


def _write(blocks: Iterator[bytes], target: Path, size: int) -> None:
    written = 0
    with target.open("wb") as file:
        for block in blocks:
            written += len(block)
            if written > size:
                raise DataError(f"sent more than the {size:,} bytes expected")
            file.write(block)
    if written < size:
        raise DataError(f"sent {written:,} bytes, expected {size:,}")
