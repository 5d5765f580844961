"""Any picture file, opened safely: its size looked at first, then turned upright and laid on paper."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from digitlab.errors import DataNotFoundError, PictureError
from digitlab.files import storage_errors

__all__ = [
    "FORMATS",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "SUFFIXES",
    "WORKING_SIDE",
    "open_picture",
    "picture_size",
]

Picture = NDArray[np.uint8]
"""(h, w, 3): red, green, blue."""

MAX_FILE_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000

# What is larger is shrunk to it: no digit of a photo needs more, and time and memory stay bounded.
WORKING_SIDE = 1600

# HEIC, which phones write, where pillow-heif is installed.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "HEIF")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif"})

# Ink this light, of 255, was drawn to be seen on a dark page.
LIGHT_INK = 160

# What 16 bits have for each of 8.
SIXTEEN = 257


def open_picture(source: Path | bytes, *, name: str | None = None) -> Picture:
    """Decode a picture: turned as its camera says, what is transparent laid on paper, the first frame alone.

    Parameters
    ----------
    source
        A file, or its content.
    name
        What to call it in an error; the file's path if not given.

    Returns
    -------
    uint8 (h, w, 3)
        Red, green and blue; the longer side is at most `WORKING_SIDE`.

    Raises
    ------
    PictureError
        If it is no picture of `FORMATS`, is damaged, or is larger than `MAX_FILE_BYTES` or
        `MAX_PIXELS`; the latter before anything is decoded.
    DataNotFoundError, StorageError
        If the file is not there or cannot be read.
    """
    name = name or (str(source) if isinstance(source, Path) else "The picture")
    content = _content(source, name)
    with _picture_errors(name), Image.open(io.BytesIO(content), formats=_known_formats()) as image:
        _check_size(image, name)
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
        upright = _shrinkable(ImageOps.exif_transpose(image))
        upright.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BOX)
        return _on_paper(upright)


def picture_size(content: bytes, *, name: str = "The picture") -> tuple[int, int]:
    """Return the width and height that a file's header tells; nothing is decoded.

    Raises
    ------
    PictureError
        If it is no picture of `FORMATS`, or is larger than `MAX_FILE_BYTES` or `MAX_PIXELS`.
    """
    content = _content(content, name)
    with _picture_errors(name), Image.open(io.BytesIO(content), formats=_known_formats()) as image:
        _check_size(image, name)
        return image.size


def _content(source: Path | bytes, name: str) -> bytes:
    content = source if isinstance(source, bytes) else _content_of_file(source)
    if len(content) > MAX_FILE_BYTES:
        raise PictureError(
            f"{name} is larger than {MAX_FILE_BYTES // 2**20} MiB, the most that is read. "
            "It was not opened; save it smaller."
        )
    if not content:
        raise PictureError(
            f"{name} is empty: there is no picture in it. Nothing was read; save it anew, or name another."
        )
    return content


def _content_of_file(file: Path) -> bytes:
    """Return what is in a file, and no more of it than shows that it is too large."""
    with storage_errors(f"Cannot read {file}"):
        instead = _instead_of_file(file)
    if instead:
        raise DataNotFoundError(
            f"There is no picture at {file}: {instead}. Expected a picture file or a folder of them. "
            "Nothing was read there; look at the name."
        )
    with storage_errors(f"Cannot read {file}"), file.open("rb") as opened:
        return opened.read(MAX_FILE_BYTES + 1)


def _instead_of_file(place: Path) -> str:
    """Say what is at a place that is no file; empty where it is one."""
    if place.is_file():
        return ""
    if place.is_dir():
        return "it is a folder"
    if place.exists():
        return "it is a pipe or a device"
    return "it is a link that leads nowhere" if place.is_symlink() else "nothing is there"


def _known_formats() -> tuple[str, ...]:
    with suppress(ImportError):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    return tuple(name for name in FORMATS if name != "HEIF" or "HEIF" in Image.OPEN)


@contextmanager
def _picture_errors(name: str) -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        raise PictureError(
            f"{name} is no picture that can be read. Expected {', '.join(FORMATS[:-1])} "
            "(HEIC too, with `pip install 'digitlab[heic]'`); save it as one of these."
        ) from None
    except PictureError:
        raise
    # The warning is of half as many pixels, and raised where warnings are errors.
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(
            f"{name} has more than the {MAX_PIXELS:,} pixels that are read. "
            "It was not decoded; shrink it or cut out the digits."
        ) from None
    except Exception as error:  # whatever a decoder raises, its file is to blame
        raise PictureError(
            f"{name} looks like a picture but cannot be decoded ({str(error).rstrip('.')}). "
            "It may be cut off or damaged; save it anew."
        ) from None


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name} has {width:,} x {height:,} pixels, and at most {MAX_PIXELS:,} are read. "
            "It was not decoded; shrink it or cut out the digits."
        )


def _shrinkable(image: Image.Image) -> Image.Image:
    """Return a picture that can be shrunk: a palette's numbers have no mean, nor have swapped bytes."""
    if image.mode == "I;16B":
        return Image.fromarray(np.asarray(image).astype(np.uint16))
    return image.convert("RGBA") if image.mode in ("P", "PA", "1") else image


def _on_paper(image: Image.Image) -> Picture:
    if image.mode.startswith("I;16"):
        return np.repeat(np.asarray(np.asarray(image) // SIXTEEN, np.uint8)[..., None], 3, axis=2)
    if image.mode.startswith(("I", "F")):
        return np.repeat(_eight_bits(np.asarray(image, np.float64))[..., None], 3, axis=2)
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    rgba = np.asarray(image.convert("RGBA"), np.float32)
    colour, cover = rgba[..., :3], rgba[..., 3:] / 255
    laid = colour * cover + _paper_under(colour, cover) * (1 - cover)
    return np.asarray(np.rint(laid), np.uint8)


def _eight_bits(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Stretch 32 bits, whose white no header tells, over what is there; what is no number is as most is."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("none of its values is a finite number")
    low, high = finite.min(), finite.max()
    known = np.nan_to_num(values, nan=np.median(finite)).clip(low, high)
    return np.asarray(np.rint((known - low) / max(high - low, 1e-9) * 255), np.uint8)


def _paper_under(colour: NDArray[Any], cover: NDArray[Any]) -> NDArray[np.float32]:
    """Return the paper's colour: that of the picture if it fills most of it, else what its ink shows on."""
    seen = colour[cover[..., 0] > 0.5]
    if len(seen) > cover.size / 2:
        return np.asarray(np.median(seen, axis=0), np.float32)
    light = len(seen) and seen.mean() > LIGHT_INK
    return np.full(3, 0 if light else 255, np.float32)
