"""Whether every image was learned from, as often as any other and in a new order each time.

Each check returns what it found, a sentence each, or None where there is not enough evidence to ask. The
order inside a batch is of no consequence and is not looked at.
"""

import numpy as np
from scipy.stats import poisson

from digitlab.checks.evidence import NO_IMAGE, Array, Evidence

__all__ = ["dropped", "same_order", "unshuffled"]

# So many standard deviations are no chance.
NO_CHANCE = 8.0
# Nor is what happens so rarely.
RAREST = 1e-12
# Fewer images say nothing of an order.
FEWEST = 20
# Twenty images drawn at random reach over nearly all images, and never over less than this share.
NARROW = 0.25
# After how many others an image comes again varies by 0.41 of the mean where each epoch is shuffled anew.
ALIKE = 0.2


def unshuffled(evidence: Evidence) -> list[str] | None:
    """Return whether the images came in the order of the file, or sorted by class."""
    images = evidence.training_images
    blocks = _blocks(evidence)
    if blocks is None or images is None or images < 2 * blocks.shape[1]:
        return None
    found = []
    reach = np.ptp(blocks, axis=1) / images
    if (reach < NARROW).mean() > 0.5:
        found.append(
            f"The images came as they lie in the file: {blocks.shape[1]} that came together lay within "
            f"{np.median(reach) * images:,.0f} of {images:,}."
        )
    if evidence.training_labels is not None and (apart := _classes_apart(evidence.training_labels[blocks])):
        found.append(apart)
    return found


def same_order(evidence: Evidence) -> list[str] | None:
    """Return whether each epoch repeated the order of the first."""
    order, images = _order(evidence), evidence.training_images
    if order is None or evidence.batches is None or evidence.batches.shape[1] >= (images or np.inf):
        return None
    by_image = np.argsort(order, kind="stable")
    follows = np.diff(order[by_image]) == 0
    gaps = np.diff(by_image)[follows]
    if len(gaps) < FEWEST:
        return None
    if gaps.std() >= ALIKE * gaps.mean():
        return []
    return [f"Images came again after {gaps.mean():,.0f} others on average, in the same order as before."]


def dropped(evidence: Evidence) -> list[str] | None:
    """Return whether each epoch left the images out that do not fill a batch."""
    order, images = _order(evidence), evidence.training_images
    if order is None or images is None or evidence.batches is None:
        return None
    size = evidence.batches.shape[1]
    whole, epochs = images // size * size, len(order) // images
    if not epochs or len(order) < 2 * whole:
        return None
    never = images - len(np.unique(order))
    if whole < images and not _all_different(order, images) and _all_different(order, whole):
        return [
            f"Each epoch has batches of {size} for {whole:,} of {images:,} images; {images - whole:,} were "
            f"left out of each, and {never:,} were never learned from."
        ]
    # Drawn with replacement, an image is missed in so many epochs with a probability of exp(-epochs): of all
    # images about so many are, as many as a Poisson distribution has.
    by_chance = poisson.sf(never - 1, images * np.exp(-epochs))
    if by_chance < RAREST and not _is_weighted(evidence, order):
        return [f"{never:,} of the {images:,} training images were in no batch of {epochs} epochs."]
    return []


def _order(evidence: Evidence) -> Array | None:
    """Return all images in the order of training, (m,); places that no image fills are left out."""
    if evidence.batches is None:
        return None
    order: Array = evidence.batches.ravel()
    return np.asarray(order[order != NO_IMAGE])


def _blocks(evidence: Evidence) -> Array | None:
    """Return the images that came together, (blocks, images): batches, or as many small ones as have 20."""
    order = _order(evidence)
    if order is None or evidence.batches is None:
        return None
    size = evidence.batches.shape[1]
    size *= -(-FEWEST // size)
    return order[: len(order) // size * size].reshape(-1, size) if len(order) >= size else None


def _classes_apart(blocks: Array) -> str:
    """Say whether some classes came together more than chance makes them, by chi-squared over blocks."""
    classes = np.unique(blocks)
    counts = np.stack([(blocks == each).sum(axis=1) for each in classes], axis=1)
    expected = blocks.shape[1] * counts.sum(axis=0) / counts.sum()
    freedom = (len(blocks) - 1) * (len(classes) - 1)
    if not freedom:
        return ""
    excess = (((counts - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom)
    if excess <= NO_CHANCE:
        return ""
    largest = 100 * counts.max(axis=1).mean() / blocks.shape[1]
    return (
        f"The classes came apart from each other: of {blocks.shape[1]} images that came together "
        f"{largest:.0f} % were of one class on average, of all images "
        f"{100 * expected.max() / blocks.shape[1]:.0f} %."
    )


def _is_weighted(evidence: Evidence, order: Array) -> bool:
    """Return whether some classes were drawn more often than others on purpose."""
    labels = evidence.training_labels
    if labels is None:
        return False
    classes, there = np.unique(labels, return_counts=True)
    drawn = np.array([(labels[order] == each).sum() for each in classes])
    share = there / there.sum()
    deviation = (drawn - len(order) * share) / np.sqrt(len(order) * share * (1 - share) + 1)
    return bool((np.abs(deviation) > NO_CHANCE).any())


def _all_different(order: Array, length: int) -> bool:
    """Return whether no image is twice in any whole stretch of a length."""
    stretches = np.sort(order[: len(order) // length * length].reshape(-1, length), axis=1)
    return bool((np.diff(stretches, axis=1) > 0).all())
