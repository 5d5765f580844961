"""Choose some of a set's images by chance, or deal all out: every class in its share, or whole writers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from digitlab.errors import ConfigError, DataError

__all__ = ["fold_numbers", "stratified_indices", "writer_indices"]

# These keep the draws apart from each other and from everything else that is drawn from the same seed.
PURPOSE = 0x5_711
WRITERS_PURPOSE = 0x3217E5
FOLDS_PURPOSE = 0xF01D5


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
    generator = _generator(seed, PURPOSE)
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


def writer_indices(
    writers: npt.NDArray[np.integer[Any]], series: npt.NDArray[np.integer[Any]], fraction: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Choose all images of some writers, as near to a fraction of each series' images as may be.

    Parameters
    ----------
    writers, series : ndarray of shape (n,), integer
        Who wrote each image, and in which collection it is; a writer is in one.
    fraction, seed
        As for `stratified_indices`.

    Returns
    -------
    rest, chosen : ndarray of intp
        Sorted and disjoint; together they cover every index once.

    Raises
    ------
    ConfigError
        If the fraction leaves one of the two parts empty, or the seed is negative.
    DataError
        If a series has one writer only, or a writer several series.
    """
    _chosen_total(len(writers), fraction)
    generator = _generator(seed, WRITERS_PURPOSE)
    if len(np.unique([writers, series], axis=1)[0]) > len(np.unique(writers)):
        raise DataError(
            "Some writers are in more than one series: give each person one, or leave series out."
        )
    chosen = [_some_of(writers[series == each], fraction, generator) for each in np.unique(series)]
    is_chosen = np.isin(writers, np.concatenate(chosen))
    return np.flatnonzero(~is_chosen), np.flatnonzero(is_chosen)


def fold_numbers(labels: npt.NDArray[np.uint8], folds: int, seed: int) -> npt.NDArray[np.intp]:
    """Deal all images out to folds at random, each class in its share.

    Parameters
    ----------
    labels : ndarray of shape (n,), integer
        The class of each image.
    folds : int
        How many there are, 1 or more.
    seed : int
        Not negative. The same seed deals the same.

    Returns
    -------
    ndarray of shape (n,), intp
        The fold of each image, 0 .. folds - 1. Of all images, and of each class, no fold has two more
        than another.

    Raises
    ------
    ConfigError
        If the seed is negative.
    """
    shuffled = _generator(seed, FOLDS_PURPOSE).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    numbers = np.empty(len(labels), np.intp)
    numbers[by_class] = np.arange(len(labels)) % folds
    return numbers


def _some_of(
    writers: npt.NDArray[np.integer[Any]], fraction: float, generator: np.random.Generator
) -> npt.NDArray[np.integer[Any]]:
    """Return writers at random, at least one and not all, who wrote about a fraction of the images."""
    people, sizes = np.unique(writers, return_counts=True)
    if len(people) < 2:
        raise DataError(
            f"Writer {people[0]} wrote a whole collection of {len(writers)} images alone: to split by "
            "writer, each collection needs two. Split it with --split-by stratified."
        )
    order = generator.permutation(len(people))
    short_of = np.abs(np.cumsum(sizes[order]) - fraction * len(writers))
    chosen: npt.NDArray[np.integer[Any]] = people[order[: short_of[:-1].argmin() + 1]]
    return chosen


def _generator(seed: int, purpose: int) -> np.random.Generator:
    if seed < 0:
        raise ConfigError(f"The seed must be 0 or more, not {seed}.")
    return np.random.default_rng([seed, purpose])


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
