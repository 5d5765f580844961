"""Pictures for a page: figures with their sentences, and digits."""

import io

import matplotlib.image
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from numpy.typing import NDArray

from digitlab import figures
from digitlab.report.blocks import Figure
from digitlab.report.render import data_url

__all__ = ["figure", "ink"]


def figure(picture: Axes, sentence: str) -> Figure:
    """Return a picture with its sentence."""
    content = figures.as_png(picture)
    height, width = matplotlib.image.imread(io.BytesIO(content)).shape[:2]
    return Figure(data_url(content), sentence, width, height)


def ink(pixels: NDArray[np.uint8]) -> Markup:
    """Return a digit as a small picture, dark ink on paper."""
    written = io.BytesIO()
    matplotlib.image.imsave(written, pixels, cmap="gray_r", vmin=0, vmax=255, format="png")
    return data_url(written.getvalue())
