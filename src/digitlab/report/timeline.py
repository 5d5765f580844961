"""A page with a slider: one picture for each moment of a training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.figures import webp
from digitlab.files import make_folder, write_bytes
from digitlab.insight import Timeline
from digitlab.report.render import data_url, render

__all__ = ["write_timeline_page"]


def write_timeline_page(
    path: Path, timeline: Timeline, frames: Sequence[NDArray[np.uint8]], *, of: str, about_the_end: str
) -> Path:
    """Write an HTML file that shows a training step by step; without script, all steps one below the other.

    Parameters
    ----------
    path
        Where; written whole or not at all.
    timeline
        What is told.
    frames : sequence of uint8 (height, width, 3)
        One for each of its snapshots; see `pictures.frames_of`.
    of
        What was trained on what.
    about_the_end
        Whether the training led where it did before; see `Timeline.end_sentence`.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    height, width, _ = frames[0].shape
    moments = [_moment(timeline, index, frame) for index, frame in enumerate(frames)]
    page = render(
        "timeline.html.j2",
        title=f"{of}: what it learned, step by step",
        sentences=timeline.sentences(),
        about_the_end=about_the_end,
        moments=moments,
        tiles=timeline.tiles,
        images=int(timeline.support.sum()),
        unit_of_length=timeline.unit_of_length,
        width=width,
        height=height,
    )
    make_folder(path.parent)
    write_bytes(path, page.encode())
    return path


def _moment(timeline: Timeline, index: int, frame: NDArray[np.uint8]) -> dict[str, Any]:
    hardest = int(timeline.hardest[index])
    return {
        "step": f"{timeline.steps[index]:,}",
        "right": f"{100 * timeline.accuracy[index]:.1f}",
        "log_loss": f"{timeline.log_loss[index]:.4f}",
        "moved": f"{np.median(timeline.moved[index]):.2f}",
        "alike": f"{np.median(timeline.alike[index]):.2f}",
        "noise": int(timeline.is_noise[index].sum()),
        "hardest": hardest,
        "hardest_right": f"{100 * timeline.recall[index, hardest]:.1f}",
        "picture": data_url(webp(frame), "image/webp"),
    }
