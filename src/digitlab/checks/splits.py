"""Whether the sets are apart: what a number says of new digits depends on it.

Each check returns what it found, a sentence each, or None where there is not enough evidence to ask.
"""

from itertools import combinations

import numpy as np

from digitlab.checks.evidence import SETS, Array, Evidence

__all__ = ["chosen_on_test", "duplicated", "nested", "shared_writers"]


def nested(evidence: Evidence) -> list[str] | None:
    """Return which sets share images, by their numbers or else by their pixels."""
    keys = {name: hashes(pixels) for name, pixels in evidence.pixels.items()}
    comparable = [
        (of, one, other, what)
        for one, other in combinations(SETS, 2)
        for of, what in ((evidence.rows, "the same rows"), (keys, "the same pixels"))
        if one in of and other in of
    ]
    found: dict[tuple[str, str], str] = {}
    for of, one, other, what in comparable:
        smaller, larger = sorted((one, other), key=lambda name: len(of[name]))
        shared = len(np.intersect1d(of[one], of[other]))
        if shared and shared == len(np.unique(of[smaller])):
            said = f"Every one of the {shared:,} {smaller} images is a {larger} image too ({what})."
            found.setdefault((one, other), said)
        elif shared:
            found.setdefault((one, other), f"{shared:,} images are in both {one} and {other} ({what}).")
    return list(found.values()) if comparable else None


def duplicated(evidence: Evidence) -> list[str] | None:
    """Return in which sets images are there more than once."""
    found = []
    for name, pixels in evidence.pixels.items():
        _, counts = np.unique(hashes(pixels), return_counts=True)
        if more := len(pixels) - len(counts):
            found.append(
                f"{more:,} of the {len(pixels):,} {name} images are copies of others; one is there "
                f"{counts.max()} times."
            )
    return found if evidence.pixels else None


def shared_writers(evidence: Evidence) -> list[str] | None:
    """Return which sets have digits by the same people."""
    found = []
    for one, other in combinations(evidence.writers, 2):
        people, theirs = (
            np.intersect1d(evidence.writers[one], evidence.writers[other]),
            evidence.writers[other],
        )
        if len(people):
            found.append(
                f"{len(people):,} people wrote digits of both {one} and {other}: "
                f"{np.isin(theirs, people).sum():,} of the {len(theirs):,} {other} images are by them."
            )
    return found if len(evidence.writers) > 1 else None


def chosen_on_test(evidence: Evidence) -> list[str] | None:
    """Return whether model or settings were chosen by looking at what should not be chosen by."""
    if evidence.chosen_on is None and evidence.models_before is None:
        return None
    found = []
    if evidence.chosen_on in ("test", "training"):
        found.append(f"Model or settings were chosen on the {evidence.chosen_on} set.")
    if evidence.models_before:
        found.append(
            f"{evidence.models_before} other model(s) had been scored on this test set before this one was "
            "made, and this one is the best of them."
        )
    return found


def hashes(pixels: Array) -> Array:
    """Return the bytes of each image as one value, (images,), so that equal images are equal values."""
    # Adding zero makes -0.0 and 0.0 the same bytes.
    flat = np.ascontiguousarray(pixels + np.zeros((), pixels.dtype)).reshape(len(pixels), -1)
    return flat.view(np.dtype((np.void, flat.itemsize * flat.shape[1]))).ravel()
