"""Pictures one after the other: WebP and GIF files whose bytes depend on nothing but the pictures."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DataError
from digitlab.files import atomic_path, make_folder

__all__ = ["save_animation", "webp"]

FRAME_MILLISECONDS = 350
HELD_MILLISECONDS = 2500
GIF_COLOURS = 64


def save_animation(frames: Sequence[NDArray[np.uint8]], path: Path | str) -> list[Path]:
    """Write an animation as `path`.webp and `path`.gif, each whole or not at all.

    It goes round for ever and begins with the last frame, which is held: so a viewer that shows one
    frame only shows where it all led.

    Parameters
    ----------
    frames : sequence of uint8, shape (height, width, 3)
        First to last.
    path : path
        Where, without a suffix; its folder is made if it is not there.

    Returns
    -------
    list of pathlib.Path
        The WebP and the GIF.

    Raises
    ------
    DataError
        If there are no frames, or they differ in size.
    StorageError
        If the disk is full, or the folder cannot be written.
    """
    if not frames or len({frame.shape for frame in frames}) > 1:
        raise DataError(f"An animation needs one or more frames of one size; found {len(frames)}.")
    path = Path(path)
    make_folder(path.parent)
    first, *others = [Image.fromarray(frame) for frame in [frames[-1], *frames[:-1]]]
    shown = [HELD_MILLISECONDS, *[FRAME_MILLISECONDS] * len(others)]
    files = [path.with_name(f"{path.name}.{kind}") for kind in ("webp", "gif")]
    with atomic_path(files[0]) as temporary:
        first.save(
            temporary,
            "WEBP",
            save_all=True,
            append_images=others,
            duration=shown,
            loop=0,
            lossless=True,
            quality=50,
            method=1,
        )
    # One palette for all, or the colours of what stands still would flicker.
    palette = first.quantize(GIF_COLOURS)
    reduced = [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in (first, *others)]
    with atomic_path(files[1]) as temporary:
        reduced[0].save(temporary, "GIF", save_all=True, append_images=reduced[1:], duration=shown, loop=0)
    return files


def webp(frame: NDArray[np.uint8]) -> bytes:
    """Return one picture, uint8 (height, width, 3), as a WebP file that loses nothing."""
    file = BytesIO()
    Image.fromarray(frame).save(file, "WEBP", lossless=True, quality=50, method=1)
    return file.getvalue()
