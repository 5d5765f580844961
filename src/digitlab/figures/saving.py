"""A figure as files whose bytes depend on nothing but the figure."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from digitlab.figures.style import DPI, styled
from digitlab.files import atomic_path, make_folder

__all__ = ["as_png", "save"]

# A name in a script that the font lacks is drawn as boxes; that is no reason to stop or to warn.
MISSING_GLYPH = "Glyph .* missing from font"
# No date, and no version of the drawing library.
_METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


@styled
def as_png(picture: Axes | Figure) -> bytes:
    """Return a figure as the bytes of a PNG, 150 dpi."""
    figure, written = _figure_of(picture), io.BytesIO()
    with _laid_out(figure):
        _write(figure, written, "png")
    return written.getvalue()


@styled
def save(picture: Axes | Figure, path: Path | str) -> list[Path]:
    """Write a figure as `path`.png (150 dpi) and `path`.svg, each whole or not at all.

    Parameters
    ----------
    picture : matplotlib.axes.Axes or matplotlib.figure.Figure
        The figure, or an Axes of it.
    path : path
        Where, without a suffix; its folder is made if it is not there.

    Returns
    -------
    list of pathlib.Path
        The PNG and the SVG.

    Raises
    ------
    StorageError
        If the disk is full, or the folder cannot be written.
    """
    figure, path = _figure_of(picture), Path(path)
    make_folder(path.parent)
    with _laid_out(figure):
        return [_save_as(figure, path.with_name(f"{path.name}.{kind}"), kind) for kind in _METADATA]


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Fit the margins once, so that both files have the same and no time is lost on the second."""
    engine = figure.get_layout_engine()
    if engine is not None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=MISSING_GLYPH)
            engine.execute(figure)
    figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


def _save_as(figure: Figure, path: Path, kind: str) -> Path:
    with atomic_path(path) as temporary:
        _write(figure, temporary, kind)
    return path


def _write(figure: Figure, place: Path | io.BytesIO, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        figure.savefig(place, format=kind, dpi=DPI, metadata=_METADATA[kind])


def _figure_of(picture: Axes | Figure) -> Figure:
    figure = picture if isinstance(picture, Figure) else picture.figure.figure
    _make_drawable(figure)
    return figure


def _make_drawable(figure: Figure) -> None:
    """Write with backslashes what no file can hold: the bytes of a file name that are no text."""
    for text in figure.findobj(Text):
        said = text.get_text()
        drawable = said.encode(errors="backslashreplace").decode()
        if drawable != said:
            text.set_text(drawable)
