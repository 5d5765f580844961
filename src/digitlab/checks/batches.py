"""Whether every image was learned from, as often as any other and in a new order each time."""

from collections.abc import Iterator

import numpy as np

from digitlab.checks.evidence import Array, Evidence

__all__ = ["dropped", "same_order", "unshuffled"]

# So many standard deviations are no chance.
NO_CHANCE = 8.0
# Below so many images an order says nothing.
FEWEST = 20


def unshuffled(evidence: Evidence) -> Iterator[str]:
    """Yield whether the images came in the order of the file, or sorted by class."""
    if evidence.batches is None:
        return
    order = evidence.batches.ravel()
    if len(order) >= FEWEST and (np.diff(order) == 1).mean() > 0.9:
        yield "The images came one after the other, in the order of the file."
    labels = evidence.training_labels
    if labels is None or len(order) < FEWEST:
        return
    seen = labels[order]
    shares = np.unique(seen, return_counts=True)[1] / len(seen)
    expected, pairs = float((shares**2).sum()), len(seen) - 1
    alike = float((seen[1:] == seen[:-1]).mean())
    if expected < 1 and (alike - expected) / np.sqrt(expected * (1 - expected) / pairs) > NO_CHANCE:
        yield (
            f"The classes came in runs: {100 * alike:.0f} % of the images followed one of their own class, "
            f"where chance makes {100 * expected:.0f} %."
        )


def same_order(evidence: Evidence) -> Iterator[str]:
    """Yield whether each epoch repeated the order of the first."""
    if evidence.batches is None:
        return
    order = evidence.batches.ravel()
    again = np.flatnonzero(order[1:] == order[0])
    epoch = int(again[0]) + 1 if len(again) else len(order)
    repeated = min(epoch, len(order) - epoch)
    if repeated >= FEWEST and np.array_equal(order[:repeated], order[epoch : epoch + repeated]):
        yield f"After {epoch:,} images the same ones came again in the same order."


def dropped(evidence: Evidence) -> Iterator[str]:
    """Yield whether each epoch left the images out that do not fill a batch."""
    if evidence.batches is None or (images := evidence.training_images) is None:
        return
    order, size = evidence.batches.ravel(), evidence.batches.shape[1]
    whole = images // size * size
    epochs = len(order) // images
    if not epochs:
        return
    never = images - len(np.unique(order))
    each_once = _all_different(order, images)
    if whole < images and not each_once and len(order) >= 2 * whole and _all_different(order, whole):
        yield (
            f"Each epoch has {whole // size:,} batches of {size}, that is {whole:,} of {images:,} images; "
            f"the other {images - whole:,} were left out, and {never:,} were never learned from."
        )
    # Drawn with replacement, an image is missed in so many epochs with a probability of exp(-epochs).
    elif never > images * np.exp(-epochs) + NO_CHANCE * np.sqrt(images * np.exp(-epochs)):
        yield f"{never:,} of the {images:,} training images were in no batch of {epochs} epochs."


def _all_different(order: Array, length: int) -> bool:
    """Return whether no image is twice in any whole stretch of a length."""
    stretches = np.sort(order[: len(order) // length * length].reshape(-1, length), axis=1)
    return bool((np.diff(stretches, axis=1) > 0).all())
