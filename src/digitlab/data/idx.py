"""The IDX format, in which MNIST and its siblings are published.

An IDX file is two zero bytes, one byte for the type, one byte for the rank, the dimensions as
big-endian uint32, then the values in C order, big-endian.
"""

import gzip
import math
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from digitlab.data.gunzip import BLOCK_SIZE, GZIP_MAGIC, describe, gunzip
from digitlab.errors import DataError, DataNotFoundError, IDXError
from digitlab.files import atomic_path, storage_errors

__all__ = ["read_idx", "read_idx_gzip", "write_idx"]

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
CODES = {dtype.newbyteorder("="): code for code, dtype in TYPES.items()}
MAX_RANK = 64  # numpy's limit; the format itself allows 255
MAX_HEADER = 4 + 4 * 255


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Read an IDX file of any type and rank, raw or gzipped.

    Whether a file is gzipped is decided by its first two bytes, not by its name. A raw file is
    memory-mapped, so that reading costs nothing until the values are used.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    array : ndarray
        Read-only, in the shape that the header gives, in the file's big-endian byte order
        (`array.astype(array.dtype.newbyteorder("="))` makes it native). uint8, int8, int16, int32,
        float32 or float64.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    IDXError
        If the file is not IDX, has an unknown type, ends too early, goes on too long, is broken
        gzip, or claims a size that no file can have.
    StorageError
        If the file may not be read.
    """
    path = Path(path)
    with _opened(path) as file:
        head = file.read(MAX_HEADER)
        if head.startswith(GZIP_MAGIC):
            file.seek(0)
            return read_idx_gzip(iter(lambda: file.read(BLOCK_SIZE), b""), path)
        dtype, shape, offset = _parse_header(path, head)
        _check_size(path, dtype, shape, offset, os.fstat(file.fileno()).st_size)
        if math.prod(shape) == 0:
            return _read_only(np.empty(shape, dtype))
        return np.memmap(file, dtype, "r", offset, shape)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with storage_errors(f"Cannot read {path}"):
        exists, is_file = path.exists(), path.is_file()
    if not exists:
        raise DataNotFoundError(f"There is no file {path}.")
    if not is_file:
        raise IDXError(f"{path} is not a file but a folder or device; an IDX file was expected.")
    with storage_errors(f"Cannot read {path}"), path.open("rb") as file:
        yield file


def _parse_header(path: Path, head: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Return the type, the shape, and the number of bytes of the header."""
    if any(head[:2]):
        raise IDXError(
            f"{path} is not an IDX file: it should begin with two zero bytes but looks like "
            f"{describe(head)}. Fetch or copy it again."
        )
    if len(head) < 4:
        raise IDXError(f"{path} is cut off in its header: it holds {len(head)} bytes of at least 4.")
    code, rank = head[2], head[3]
    if code not in TYPES:
        known = ", ".join(f"0x{known:02x} {dtype.name}" for known, dtype in TYPES.items())
        raise IDXError(f"{path} has the unknown IDX type code 0x{code:02x}; known are {known}.")
    if rank > MAX_RANK:
        raise IDXError(f"{path} claims rank {rank}; an array can have at most {MAX_RANK} dimensions.")
    offset = 4 + 4 * rank
    if len(head) < offset:
        raise IDXError(
            f"{path} is cut off in its header: rank {rank} needs {offset} bytes, found {len(head)}."
        )
    shape = tuple(int(size) for size in np.frombuffer(head, ">u4", rank, 4))
    _check_possible(path, TYPES[code], shape)
    return TYPES[code], shape, offset


def _check_possible(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if math.prod(max(size, 1) for size in shape) * dtype.itemsize > sys.maxsize:
        raise IDXError(
            f"{path} claims the shape {shape}, more than any file can hold: its header is damaged."
        )


def _check_size(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int, found: int) -> None:
    expected = offset + math.prod(shape) * dtype.itemsize
    claim = f"its header claims shape {shape} of {dtype.name}"
    if found < expected:
        raise IDXError(f"{path} is cut off: {claim}, so expected {expected:,} bytes, found {found:,}.")
    if found > expected:
        raise IDXError(f"{path} has trailing bytes: {claim}, so expected {expected:,} bytes, found more.")


def read_idx_gzip(blocks: Iterable[bytes], path: Path) -> npt.NDArray[Any]:
    """Read a gzipped IDX file from a stream of bytes; `path` is what messages call it."""
    content = gunzip(blocks)
    try:
        data = _take(content, MAX_HEADER)
        dtype, shape, offset = _parse_header(path, bytes(data[:MAX_HEADER]))
        data += _take(content, offset + math.prod(shape) * dtype.itemsize + 1 - len(data))
    except IDXError:
        raise
    except DataError as error:
        raise IDXError(f"{path} {error}. Fetch or copy it again.") from error
    _check_size(path, dtype, shape, offset, len(data))
    return _read_only(np.frombuffer(data, dtype, math.prod(shape), offset).reshape(shape))


def _take(content: Iterator[bytes], size: int) -> bytearray:
    """Take blocks until there are `size` bytes or no more; grows with what comes, not with the claim."""
    data = bytearray()
    while len(data) < size and (block := next(content, None)) is not None:
        data += block
    return data


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def write_idx(path: str | os.PathLike[str], array: npt.ArrayLike) -> None:
    """Write an array as an IDX file, whole or not at all.

    Parameters
    ----------
    path : path
        The file to write; gzipped when the name ends in `.gz`. Equal arrays give equal bytes.
    array : array_like
        uint8, int8, int16, int32, float32 or float64, in any byte order and of any rank.

    Raises
    ------
    DataError
        If IDX has no code for the array's type, or cannot express its dimensions.
    StorageError
        If the disk is full, or the folder cannot be written.
    """
    path, array = Path(path), np.asarray(array)
    content = _header(array) + array.astype(TYPES[_code(array)]).tobytes()
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
                compressed.write(content)
        else:
            file.write(content)


def _header(array: npt.NDArray[Any]) -> bytes:
    if max(array.shape, default=0) >= 1 << 32:
        raise DataError(f"IDX cannot express a dimension above 2**32 - 1; the shape is {array.shape}.")
    return bytes([0, 0, _code(array), array.ndim]) + np.array(array.shape, ">u4").tobytes()


def _code(array: npt.NDArray[Any]) -> int:
    try:
        return CODES[array.dtype.newbyteorder("=")]
    except KeyError:
        raise DataError(
            f"IDX cannot express {array.dtype}: convert the array to one of "
            f"{', '.join(dtype.name for dtype in CODES)} first."
        ) from None
