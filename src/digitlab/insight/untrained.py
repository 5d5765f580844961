"""How smooth the first layer's tiles are before training: what noise looks like in them."""

from dataclasses import dataclass

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.insight.smoothness import morans_i
from digitlab.models import Model, first_kernel

__all__ = ["Untrained", "tile_smoothness", "untrained_smoothness"]

# So many untrained tiles that the highest hundredth of their smoothness is known to a few percent.
UNTRAINED_TILES = 1000
# One untrained tile in a hundred is taken for a structured one.
LEVEL = 0.99
# In small tiles chance alone makes neighbours alike: of conv's 32 useful filters of 6x6 pixels a third are no
# smoother than untrained ones. Moran's I tells noise apart where it spreads less, from some 200 pixels on.
TELLING = 0.05


@dataclass(frozen=True)
class Untrained:
    """How smooth the tiles of the same layer are before training.

    Parameters
    ----------
    mean, deviation
        Of Moran's I of its tiles, drawn with several seeds.
    limit
        What 99 in 100 of them do not reach; above it, a tile has structure.
    tiles
        How many were drawn.
    """

    mean: float
    deviation: float
    limit: float
    tiles: int

    def is_like(self, smoothness: float) -> bool:
        """Whether a tile is no smoother than these, where tiles are large enough to tell."""
        return self.deviation <= TELLING and smoothness <= self.limit


def tiles_of(kernel: NDArray[np.float32], tile_shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return the columns of a kernel as tiles, (units, h, w)."""
    return kernel.T.reshape(-1, *tile_shape)


def counted_pixels(inked: NDArray[np.bool_], tile_shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels of a tile that count: those with ink, or all of a window that slides over ink."""
    return inked if inked.shape == tile_shape else np.ones(tile_shape, np.bool_)


def tile_smoothness(params: dict[str, dict[str, jax.Array]], inked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return Moran's I of every tile of the layer that sees the pixels."""
    kernel, shape = first_kernel(params, (inked.shape[0], inked.shape[1]))
    return morans_i(tiles_of(kernel, shape), counted_pixels(inked, shape))


def untrained_smoothness(model: Model, inked: NDArray[np.bool_], *, seed: int = 0) -> Untrained:
    """Return how smooth the first layer's tiles are before training.

    Parameters
    ----------
    model
        The architecture.
    inked : bool (h, w)
        Which pixels have ink; see `inked_pixels`.
    seed
        The first of the seeds that weights are drawn from, as many as give 1000 tiles.
    """
    found: list[NDArray[np.float64]] = []
    shape = (inked.shape[0], inked.shape[1])
    draw = jax.jit(lambda key: first_kernel_only(model, key, shape))
    while sum(map(len, found)) < UNTRAINED_TILES:
        found.append(tile_smoothness(draw(jax.random.key(seed + len(found))), inked))
    values = np.concatenate(found)
    return Untrained(
        float(values.mean()), float(values.std()), float(np.quantile(values, LEVEL)), len(values)
    )


def first_kernel_only(
    model: Model, key: jax.Array, image_shape: tuple[int, int]
) -> dict[str, dict[str, jax.Array]]:
    """Return fresh weights of the first layer alone, so that compiled code draws no others."""
    name = model.layer_names[0]
    return {name: model.init(key, image_shape)[name]}
