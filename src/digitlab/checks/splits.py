"""Whether the sets are apart: what a number says of new digits depends on it."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from digitlab.checks.evidence import SETS, Array, Evidence

__all__ = ["chosen_on_test", "duplicated", "nested", "shared_writers"]


def nested(evidence: Evidence) -> Iterator[str]:
    """Yield which sets share images, by their numbers or else by their pixels."""
    keys = {name: hashes(pixels) for name, pixels in evidence.pixels.items()}
    for one, other in combinations(SETS, 2):
        for of, what in ((evidence.rows, "the same rows"), (keys, "the same pixels")):
            if shared := len(_shared(of, one, other)):
                smaller, larger = sorted((one, other), key=lambda name: len(of[name]))
                if shared == len(np.unique(of[smaller])):
                    yield f"Every one of the {shared:,} {smaller} images is a {larger} image too ({what})."
                else:
                    yield f"{shared:,} images are in both {one} and {other} ({what})."
                break


def duplicated(evidence: Evidence) -> Iterator[str]:
    """Yield in which sets images are there more than once."""
    for name, pixels in evidence.pixels.items():
        _, counts = np.unique(hashes(pixels), return_counts=True)
        if more := len(pixels) - len(counts):
            yield (
                f"{more:,} of the {len(pixels):,} {name} images are copies of others; one is there "
                f"{counts.max()} times."
            )


def shared_writers(evidence: Evidence) -> Iterator[str]:
    """Yield which sets have digits by the same people."""
    for one, other in combinations(SETS, 2):
        people = _shared(evidence.writers, one, other)
        if len(people):
            theirs = evidence.writers[other]
            yield (
                f"{len(people):,} people wrote digits of both {one} and {other}: "
                f"{np.isin(theirs, people).sum():,} of the {len(theirs):,} {other} images are by them."
            )


def chosen_on_test(evidence: Evidence) -> Iterator[str]:
    """Yield whether model or settings were chosen by looking at what should not be chosen by."""
    if evidence.chosen_on in ("test", "training"):
        yield f"Model or settings were chosen on the {evidence.chosen_on} set."
    if evidence.models_before:
        yield (
            f"{evidence.models_before} other model(s) had been scored on this test set before this one was "
            "made, and this one is the best of them."
        )


def hashes(pixels: Array) -> Array:
    """Return the bytes of each image as one value, (images,), so that equal images are equal values."""
    flat = np.ascontiguousarray(pixels).reshape(len(pixels), -1)
    return flat.view(np.dtype((np.void, flat.itemsize * flat.shape[1]))).ravel()


def _shared(of: Mapping[str, Array], one: str, other: str) -> Array:
    return np.intersect1d(of[one], of[other]) if one in of and other in of else np.empty(0)
