"""Gzip, decompressed as it comes: the one place that knows how a gzip stream can be broken."""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from digitlab.errors import DataError

__all__ = ["BLOCK_SIZE", "GZIP_MAGIC", "describe", "gunzip"]

BLOCK_SIZE = 1 << 18
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WBITS = zlib.MAX_WBITS | 16  # zlib's way to say: a gzip header and trailer, with its checksum


def gunzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress a gzip stream, at most 256 KiB at a time.

    Nothing is decompressed ahead of what is asked for, so a decompression bomb costs no more than
    the caller accepts.

    Parameters
    ----------
    blocks : iterable of bytes
        The compressed stream, cut anywhere: one or more gzip members, zero padding after the last.

    Yields
    ------
    bytes
        The decompressed content.

    Raises
    ------
    DataError
        If the stream is damaged, cut off, fails its checksum, or goes on after its end. The message
        is a predicate ("is cut off ..."), for the caller to put the name of the file before.
    """
    decoder = zlib.decompressobj(GZIP_WBITS)
    for block in blocks:
        while block := block.lstrip(b"\0") if decoder.eof else block:
            decoder = _next_member(block) if decoder.eof else decoder
            yield _decompress(decoder, block)
            block = decoder.unconsumed_tail or decoder.unused_data
    if not decoder.eof:
        raise DataError("is cut off: its gzip data end too early")


def _next_member(block: bytes) -> Any:
    if block[0] != GZIP_MAGIC[0]:
        raise DataError(f"goes on after the end of its gzip data, with {describe(block)}")
    return zlib.decompressobj(GZIP_WBITS)


def _decompress(decoder: Any, block: bytes) -> bytes:
    try:
        content: bytes = decoder.decompress(block, BLOCK_SIZE)
    except zlib.error as error:
        raise DataError(f"has damaged gzip data ({str(error).rpartition(': ')[2]})") from None
    return content


def describe(head: bytes) -> str:
    """Say in words what a file that begins with `head` looks like."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "an HTML page"
    if head.startswith(b"PK"):
        return "a zip archive"
    if head.startswith(GZIP_MAGIC):
        return "a gzip file"
    return f"the bytes {head[:4].hex(' ')}" if head else "nothing"
