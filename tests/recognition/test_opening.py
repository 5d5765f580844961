"""Picture files of every kind open as one and the same picture, and what is none is refused in a line."""

import io
import os
import struct
import time
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DataNotFoundError, PictureError
from digitlab.recognition import MAX_FILE_BYTES, MAX_PIXELS, open_picture
from digitlab.recognition.opening import WORKING_SIDE

Pixels = NDArray[np.uint8]

LOSSLESS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "WEBP": {"lossless": True},
    "BMP": {},
    "GIF": {},
    "TIFF": {},
}

# Where row 0 and column 0 of the file are when the picture stands upright (EXIF 2.32, tag Orientation).
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def file_of(pixels: NDArray[Any] | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def upright(stored: Pixels, orientation: int) -> Pixels:
    """Place every pixel where the definition of the tag says."""
    row_side, column_side = ORIENTATIONS[orientation]
    height, width = stored.shape[:2]
    level = row_side in ("top", "bottom")
    found = np.zeros((height, width, 3) if level else (width, height, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            along = {"top": row, "left": row, "bottom": height - 1 - row, "right": height - 1 - row}[row_side]
            across = {
                "left": column,
                "top": column,
                "right": width - 1 - column,
                "bottom": width - 1 - column,
            }[column_side]
            found[(along, across) if level else (across, along)] = stored[row, column]
    return found


@pytest.fixture
def colours() -> Pixels:
    """Return a small picture that looks different from every side."""
    return np.random.default_rng(3).integers(0, 256, (5, 7, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_picture_stands_as_its_camera_says(kind: str, orientation: int, colours: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = file_of(colours, kind, exif=exif, **LOSSLESS[kind])
    np.testing.assert_array_equal(open_picture(content), upright(colours, orientation))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_photo_stands_as_its_camera_says(orientation: int) -> None:
    quarters = np.array([[[250, 0, 0], [0, 250, 0], [0, 0, 250]]], np.uint8)
    stored = quarters.repeat(16, axis=0).repeat(16, axis=1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = open_picture(file_of(stored, "JPEG", exif=exif, quality=95, subsampling=0))
    assert np.abs(found.astype(int) - upright(stored, orientation)).max() < 12


def test_an_orientation_that_is_none_is_left_alone(colours: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    np.testing.assert_array_equal(open_picture(file_of(colours, exif=exif)), colours)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_every_format_gives_the_same_picture(kind: str) -> None:
    few = np.array([[0, 0, 0], [255, 255, 255], [200, 30, 60]], np.uint8)
    picture = few[np.random.default_rng(0).integers(0, 3, (9, 6))]
    found = open_picture(file_of(picture, kind, **LOSSLESS[kind]))
    np.testing.assert_array_equal(found, picture)
    assert found.dtype == np.uint8


def test_jpeg_is_near(colours: Pixels) -> None:
    smooth = colours[:1, :1].repeat(40, axis=0).repeat(40, axis=1)
    assert np.abs(open_picture(file_of(smooth, "JPEG", quality=95)).astype(int) - smooth).max() < 6


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_only_the_first_frame_is_read(kind: str) -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in ("black", "white"))
    options = LOSSLESS[kind] | {"save_all": True, "append_images": [second]}
    assert not open_picture(file_of(first, kind, **options)).any()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16"])
def test_white_paper_is_white_in_every_mode(mode: str) -> None:
    page = Image.new("RGB", (12, 12), "white")
    page.paste("black", (4, 2, 8, 10))
    image = Image.fromarray(np.asarray(page.convert("L")).astype(np.uint16) * 257) if mode == "I;16" else page
    found = open_picture(file_of(image if mode == "I;16" else page.convert(mode), "TIFF"))
    assert np.abs(found.astype(int) - np.asarray(page)).max() <= 2


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_sixteen_bits_keep_their_order(one: int, other: int) -> None:
    found = open_picture(file_of(np.array([[one, other]], np.uint16)))[0, :, 0].astype(int)
    assert (found[0] - found[1]) * (one - other) >= 0


def test_grain_on_a_blank_page_of_sixteen_bits_stays_grain() -> None:
    page = np.random.default_rng(0).normal(60_000, 200, (40, 40)).astype(np.uint16)
    found = open_picture(file_of(page))
    assert found.mean() == pytest.approx(60_000 / 257, abs=2)
    assert found.std() < 3


def test_sixteen_bits_may_come_in_either_order_of_bytes() -> None:
    page = np.add.outer(np.arange(1700), np.arange(1800)).astype(np.uint16) * 18
    little, big = (open_picture(file_of(page.astype(order), "TIFF")) for order in ("<u2", ">u2"))
    np.testing.assert_array_equal(little, big)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_hides_nothing(odd: float) -> None:
    page = np.full((20, 30), 0.9, np.float32)
    page[5:15, 10:14] = 0.1
    plain = open_picture(file_of(page, "TIFF"))
    page[0, 0] = odd
    found = open_picture(file_of(page, "TIFF"))
    assert np.ptp(plain) == 255
    np.testing.assert_array_equal(found[1:], plain[1:])


def test_a_picture_without_any_number_is_refused() -> None:
    with pytest.raises(PictureError, match=r"cannot be decoded \(none of its values is a finite number"):
        open_picture(file_of(np.full((9, 9), np.nan, np.float32), "TIFF"))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "GIF"])
@pytest.mark.parametrize(("ink", "paper"), [((0, 0, 0), 255), ((20, 60, 160), 255), ((255, 255, 255), 0)])
def test_ink_on_nothing_is_laid_on_paper_that_shows_it(
    kind: str, ink: tuple[int, int, int], paper: int
) -> None:
    drawing = np.zeros((20, 20, 4), np.uint8)
    drawing[5:15, 8:12] = (*ink, 255)
    found = open_picture(file_of(drawing, kind, **LOSSLESS[kind]))
    assert (found[:5] == paper).all()
    assert np.abs(found[5:15, 8:12].astype(int) - ink).max() <= 3


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (90, 200, 10)])
def test_the_colour_of_what_is_transparent_is_not_seen(hidden: tuple[int, int, int]) -> None:
    drawing = np.zeros((20, 20, 4), np.uint8)
    drawing[..., :3] = hidden
    drawing[5:15, 8:12] = (0, 0, 0, 255)
    assert (open_picture(file_of(drawing))[:5] == 255).all()


def test_half_covered_edges_lie_between_ink_and_paper() -> None:
    drawing = np.zeros((9, 9, 4), np.uint8)
    drawing[3:6, 3:6, 3] = 255
    drawing[3:6, 6, 3] = 128
    found = open_picture(file_of(drawing))
    assert abs(int(found[4, 6, 0]) - 127) <= 1


def test_grey_with_alpha_and_a_colour_that_is_transparent() -> None:
    grey = np.zeros((10, 10, 2), np.uint8)
    grey[2:8, 4:6, 1] = 255
    found = open_picture(file_of(grey))
    assert (found[0] == 255).all()
    assert not found[2:8, 4:6].any()
    keyed = np.full((10, 10), 7, np.uint8)
    keyed[2:8, 4:6] = 0
    np.testing.assert_array_equal(open_picture(file_of(Image.fromarray(keyed), transparency=7)), found)


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (3, 2000), (60_000, 1), (1, 60_000), (2600, 2000)])
def test_large_pictures_are_shrunk_and_none_is_too_small(size: tuple[int, int]) -> None:
    height, width, channels = open_picture(file_of(Image.new("L", size, 255))).shape
    assert channels == 3
    shrunk = min(1, WORKING_SIDE / max(size))
    assert max(height, width) == min(max(size), WORKING_SIDE)
    assert (width, height) == pytest.approx([max(1, side * shrunk) for side in size], abs=1)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "CMYK", "I;16"])
def test_a_large_picture_is_shrunk_in_every_mode(mode: str) -> None:
    half = np.zeros((900, 2000), np.uint8)
    half[:, 1000:] = 255
    image = (
        Image.fromarray(half.astype(np.uint16) * 257)
        if mode == "I;16"
        else Image.fromarray(half).convert(mode)
    )
    found = open_picture(file_of(image, "TIFF"))
    assert found.shape == (720, 1600, 3)
    assert found[:, :795].max() <= 2
    assert found[:, 805:].min() >= 253


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    resource = pytest.importorskip("resource", reason="Windows does not tell a process's memory this way")
    rows = zlib.compressobj(1)
    data = b"".join(rows.compress(bytes(2**20)) for _ in range(120)) + rows.flush()
    bomb = png_header(30_000, 30_000) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(
        PictureError, match=r"more than the 50,000,000 pixels that are read. It was not decoded"
    ):
        open_picture(bomb)
    assert time.process_time() - begin < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize("size", [(MAX_PIXELS + 1, 1), (2**31 - 1, 2**31 - 1), (100_000, 100_000)])
def test_what_a_header_promises_is_enough_to_refuse(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=r"50,000,000 .*(pixels that )?are read. It was not decoded"):
        open_picture(png_header(*size) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""))


def test_a_file_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(PictureError, match=r"large\.png is larger than 20 MiB.*It was not opened"):
        open_picture(path)


def test_a_file_is_read_and_called_by_its_name(tmp_path: Path, colours: Pixels) -> None:
    path = tmp_path / "seven"
    path.write_bytes(file_of(colours))
    np.testing.assert_array_equal(open_picture(path), colours)
    path.write_bytes(b"")
    with pytest.raises(PictureError, match=r"seven is empty"):
        open_picture(path)
    with pytest.raises(PictureError, match=r"upload 3 is empty"):
        open_picture(b"", name="upload 3")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes and no such names")
def test_what_is_there_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.png")
    for name, found in {
        "none.png": "nothing is there",
        ".": "it is a folder",
        "link.png": "it is a link that leads nowhere",
        "pipe.png": "it is a pipe or a device",
    }.items():
        with pytest.raises(DataNotFoundError, match=rf"no picture at .*: {found}\. Expected a picture file"):
            open_picture(tmp_path / name)
    with pytest.raises(OSError, match=r"Cannot read .*: File name too long|nothing is there"):
        open_picture(tmp_path / (300 * "x"))


@pytest.mark.parametrize(
    "content",
    [
        b"just text",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"<!DOCTYPE html><html></html>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"PK\x03\x04" + bytes(60),
        b"\x89PNG",
        bytes(500),
        b"P6 2 2 255\n" + bytes(12),
    ],
    ids=["text", "svg", "html", "pdf", "eps", "zip", "a signature alone", "zeros", "a format not taken"],
)
def test_what_is_no_picture_is_told_so(content: bytes) -> None:
    with pytest.raises(
        PictureError, match=r"^The picture is no picture that can be read\. Expected PNG, JPEG"
    ):
        open_picture(content)


def photo_like(side: int = 96) -> Image.Image:
    rng = np.random.default_rng(1)
    return Image.fromarray(rng.integers(0, 256, (side, side, 3)).astype(np.uint8))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_cut_off_is_told_so(kind: str, share: float) -> None:
    content = file_of(photo_like(), kind)
    with pytest.raises(PictureError, match=r"cannot be decoded|no picture that can be read") as error:
        open_picture(content[: int(len(content) * share)], name="cut")
    assert "\n" not in str(error.value)


def opened(content: bytes) -> tuple[Pixels, str]:
    """Return a picture, or what is told instead."""
    try:
        return open_picture(content), ""
    except PictureError as error:
        return np.empty(0, np.uint8), str(error)


FILES = {kind: file_of(photo_like(24), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")}


@settings(max_examples=100)
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_a_damaged_file_is_a_picture_or_an_error_in_a_line(kind: str, changes: list[tuple[int, int]]) -> None:
    content = bytearray(FILES[kind])
    for place, value in changes:
        content[place % len(content)] = value
    found, told = opened(bytes(content))
    assert "\n" not in told
    assert told or (found.ndim == 3 and found.dtype == np.uint8)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(file_of(photo_like()))
    path.chmod(0)
    with pytest.raises(OSError, match="Cannot read"):
        open_picture(path)


def test_heic_as_phones_write_it() -> None:
    pytest.importorskip("pillow_heif", reason="HEIC needs pillow-heif: pip install 'digitlab[heic]'")
    open_picture(FILES["PNG"])
    page = np.full((64, 48, 3), 240, np.uint8)
    page[16:48, 20:28] = 20
    found = open_picture(file_of(page, "HEIF", quality=90))
    assert found.shape == page.shape
    assert np.abs(found.astype(int) - page).mean() < 6


@pytest.mark.parametrize("fails", [MemoryError, OverflowError, ZeroDivisionError, struct.error, RuntimeError])
def test_whatever_a_decoder_raises_is_told_as_damage(
    fails: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: Any, **__: Any) -> None:
        raise fails("within the decoder")

    monkeypatch.setattr(Image.Image, "thumbnail", decode)
    with pytest.raises(PictureError, match="cannot be decoded"):
        open_picture(FILES["PNG"])


def test_what_the_process_warns_of_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are opened by many threads, and its filters are shared by all."""
    filters, seen, shrink = list(warnings.filters), [], Image.Image.thumbnail

    def thumbnail(*given: Any) -> None:
        seen.append(list(warnings.filters))
        shrink(*given)

    monkeypatch.setattr(Image.Image, "thumbnail", thumbnail)
    open_picture(FILES["PNG"])
    assert seen == [filters]


def test_the_warning_of_a_bomb_is_told_as_one_where_warnings_are_errors() -> None:
    with pytest.raises(PictureError, match=r"more than the 50,000,000 pixels that are read\. It was not"):
        open_picture(png_header(10_000, 10_000) + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""))
