"""Choose some of a set's images by chance, with every class in its share."""

import numpy as np
import numpy.typing as npt

from digitlab.errors import ConfigError

__all__ = ["stratified_indices"]

PURPOSE = 0x5_711  # keeps these draws apart from everything else that is drawn from the same seed


def stratified_indices(
    labels: npt.NDArray[np.uint8], fraction: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Choose a fraction of the images at random, each class in its share.

    Of a class with c of the n images, c * m / n are chosen, rounded by the largest remainder so
    that exactly m = round(fraction * n) are chosen in all.

    Parameters
    ----------
    labels : ndarray of shape (n,), integer
        The class of each image.
    fraction : float
        The share to choose, between 0 and 1.
    seed : int
        Not negative. The same seed chooses the same images.

    Returns
    -------
    rest, chosen : ndarray of intp
        Sorted and disjoint; together they cover every index once.

    Raises
    ------
    ConfigError
        If the fraction leaves one of the two parts empty, or the seed is negative.
    """
    total = _chosen_total(len(labels), fraction)
    if seed < 0:
        raise ConfigError(f"The seed must be 0 or more, not {seed}.")
    generator = np.random.default_rng([seed, PURPOSE])
    classes, counts = np.unique(labels, return_counts=True)
    chosen = np.concatenate(
        [
            generator.permutation(np.flatnonzero(labels == digit))[:quota]
            for digit, quota in zip(classes, _quotas(counts, total), strict=True)
        ]
    )
    is_chosen = np.zeros(len(labels), bool)
    is_chosen[chosen] = True
    return np.flatnonzero(~is_chosen), np.flatnonzero(is_chosen)


def _chosen_total(n: int, fraction: float) -> int:
    if not 0 < fraction < 1:
        raise ConfigError(f"The fraction to hold out must lie between 0 and 1, not {fraction}.")
    total = round(fraction * n)
    if not 0 < total < n:
        raise ConfigError(
            f"A fraction of {fraction:g} of {n} image(s) is {total}: one part would be empty. "
            "Use more images or another fraction."
        )
    return total


def _quotas(counts: npt.NDArray[np.intp], total: int) -> npt.NDArray[np.intp]:
    """Share out `total` in proportion to `counts`: round down, then one more to the largest remainders."""
    quotas, remainders = np.divmod(counts * total, counts.sum())
    quotas[np.argsort(-remainders, kind="stable")[: total - quotas.sum()]] += 1
    return quotas
