"""The IDX format: round trips over every type, rank and packing, and each fault with its own message."""

import gzip
import io
import os
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from digitlab.data import read_idx, write_idx
from digitlab.errors import DataError, DataNotFoundError, IDXError, StorageError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}

arrays = st.sampled_from(sorted(TYPES.values())).flatmap(
    lambda code: st.sampled_from("<>").flatmap(
        lambda order: hnp.arrays(
            np.dtype(order + code), hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
        )
    )
)


def idx_bytes(array: npt.NDArray[Any]) -> bytes:
    """Encode by hand, as the format's description says: the oracle for the writer."""
    code = {value: key for key, value in TYPES.items()}[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + b"".join(struct.pack(">" + array.dtype.char, value) for value in array.ravel().tolist())


def write(folder: Path, content: bytes, name: str = "file-idx3-ubyte") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@given(array=arrays, suffix=st.sampled_from(["", ".gz"]))
@settings(max_examples=200)
def test_what_is_written_is_read_back(
    array: npt.NDArray[Any], suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"round-trip{suffix}"
    write_idx(path, array)
    content = path.read_bytes()
    assert content[:2] == (b"\x1f\x8b" if suffix else b"\0\0")
    found = read_idx(path)
    assert found.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)
    assert not found.flags.writeable


@pytest.mark.parametrize("code", TYPES.values())
def test_the_writer_agrees_with_the_format_by_hand(tmp_path: Path, code: str) -> None:
    array = np.arange(-3, 3).astype(code).reshape(2, 3)
    write_idx(tmp_path / "array", array)
    assert (tmp_path / "array").read_bytes() == idx_bytes(array)


def test_equal_arrays_give_equal_bytes_whatever_the_name(tmp_path: Path) -> None:
    for name in ("one.gz", "two.gz"):
        write_idx(tmp_path / name, np.arange(10, dtype=np.uint8))
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_raw_files_are_memory_mapped(tmp_path: Path) -> None:
    write_idx(tmp_path / "raw", np.zeros((3, 2), np.int16))
    assert isinstance(read_idx(tmp_path / "raw"), np.memmap)


def test_content_decides_about_gzip_not_the_name(tmp_path: Path) -> None:
    array = np.arange(5, dtype=np.uint8)
    packed = write(tmp_path, gzip.compress(idx_bytes(array)), "packed-without-suffix")
    raw = write(tmp_path, idx_bytes(array), "raw.gz")
    assert read_idx(packed).tolist() == read_idx(raw).tolist() == array.tolist()


def test_gzip_of_several_members_and_zero_padding_is_whole(tmp_path: Path) -> None:
    content = idx_bytes(np.arange(100, dtype=np.uint8))
    members = gzip.compress(content[:30]) + gzip.compress(content[30:]) + bytes(600)
    np.testing.assert_array_equal(read_idx(write(tmp_path, members)), np.arange(100))


GOOD = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
ZIPPED = io.BytesIO()
with zipfile.ZipFile(ZIPPED, "w") as _archive:
    _archive.writestr("file", GOOD)
PACKED = gzip.compress(GOOD)
WRONG_CHECKSUM = PACKED[:-8] + struct.pack("<II", zlib.crc32(GOOD) ^ 1, len(GOOD))

FAULTS = {
    "empty": (b"", "cut off in its header: it holds 0 bytes of at least 4"),
    "HTML page": (b"\n<!DOCTYPE html><html>", "is not an IDX file.*looks like an HTML page"),
    "zip": (ZIPPED.getvalue(), "is not an IDX file.*looks like a zip archive"),
    "other": (b"\x89PNG\r\n", "is not an IDX file.*looks like the bytes 89 50 4e 47"),
    "HTML in gzip": (gzip.compress(b"<html>"), "is not an IDX file.*looks like an HTML page"),
    "unknown type": (b"\0\0\x0a\x01" + bytes(8), "unknown IDX type code 0x0a; known are 0x08 uint8"),
    "rank of 65": (b"\0\0\x08\x41" + bytes(260), "claims rank 65.*at most 64"),
    "no dimensions": (GOOD[:9], "cut off in its header: rank 3 needs 16 bytes, found 9"),
    "cut off": (GOOD[:-5], r"cut off: .*shape \(2, 3, 4\) of uint8, so expected 40 bytes, found 35"),
    "trailing": (GOOD + b"\0", "has trailing bytes: .*expected 40 bytes, found more"),
    "cut off in gzip": (gzip.compress(GOOD[:-5]), "cut off: .*expected 40 bytes, found 35"),
    "trailing in gzip": (gzip.compress(GOOD + b"\0"), "has trailing bytes"),
    "gzip cut off": (PACKED[:-12], "is cut off: its gzip data end too early"),
    "gzip without trailer": (PACKED[:-4], "is cut off: its gzip data end too early"),
    "gzip header only": (PACKED[:10], "is cut off: its gzip data end too early"),
    "gzip checksum": (WRONG_CHECKSUM, r"has damaged gzip data \(incorrect data check\)"),
    "gzip damaged": (PACKED[:10] + b"\xff" * 20, "has damaged gzip data"),
    "gzip then garbage": (PACKED + b"<html>", "goes on after the end of its gzip data, with an HTML page"),
    "absurd size": (b"\0\0\x08\x03" + b"\xff" * 12, "more than any file can hold"),
    "absurd size of nothing": (b"\0\0\x08\x03" + bytes(4) + b"\xff" * 8, "more than any file can hold"),
}


@pytest.mark.parametrize(("content", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_has_its_own_message_that_names_the_file(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(IDXError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@given(content=st.binary(max_size=64).map(lambda tail: b"\0\0" + tail) | st.binary(max_size=64))
@settings(max_examples=300)
def test_any_bytes_give_an_array_or_an_idx_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name, packed in (("any", content), ("any.gz", gzip.compress(content))):
        path = write(tmp_path_factory.getbasetemp(), packed, name)
        try:
            array = read_idx(path)
        except IDXError:
            continue
        assert idx_bytes(array.astype(array.dtype.newbyteorder("="))) == content or array.dtype.kind == "f"


@given(cut=st.integers(0, len(PACKED) - 1))
@settings(max_examples=60)
def test_no_beginning_of_a_gzip_file_is_taken_for_the_whole(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.getbasetemp(), PACKED[:cut], "cut.gz")
    with pytest.raises(IDXError, match=r"cut off|is not an IDX file"):
        read_idx(path)


@pytest.mark.parametrize("claimed", [10, 1 << 31], ids=["bomb beyond a small claim", "absurd claim"])
def test_neither_a_claim_nor_a_bomb_costs_memory(tmp_path: Path, claimed: int) -> None:
    body = bytes(50_000_000) if claimed == 10 else b"only this"
    path = write(tmp_path, gzip.compress(struct.pack(">BBBBI", 0, 0, 8, 1, claimed) + body, 1))
    tracemalloc.start()
    try:
        with pytest.raises(IDXError, match=r"trailing bytes|cut off"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"There is no file .*missing"):
        read_idx(tmp_path / "missing")
    with pytest.raises(IDXError, match="is not a file but a folder"):
        read_idx(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_to_read(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.chmod(0)
    with pytest.raises(StorageError, match=r"Cannot read .*Permission denied"):
        read_idx(path)


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.bool_, np.complex64, object, "U3"])
def test_a_type_without_a_code_is_refused_and_nothing_written(tmp_path: Path, dtype: Any) -> None:
    with pytest.raises(DataError, match=r"IDX cannot express .*: convert the array to one of uint8"):
        write_idx(tmp_path / "array", np.zeros(2, dtype))
    assert not list(tmp_path.iterdir())


def test_a_dimension_too_long_for_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot express a dimension above 2\*\*32 - 1"):
        write_idx(tmp_path / "array", np.empty((1 << 32, 0), np.uint8))


def test_a_folder_that_is_not_there_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"Cannot write .*No such file or directory"):
        write_idx(tmp_path / "missing" / "array", np.zeros(2, np.uint8))
