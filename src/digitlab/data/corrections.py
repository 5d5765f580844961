"""The labels of MNIST's test set that people do not agree with.

C. G. Northcutt, A. Athalye and J. Mueller, "Pervasive label errors in test sets destabilize machine
learning benchmarks" (NeurIPS 2021, data sets and benchmarks), showed 100 test images to five people each. For
15 of them fewer than three agreed with the label given; for ten of these, three or more chose another one.
"""

import numpy as np
import numpy.typing as npt

from digitlab.data.dataset import Dataset

__all__ = ["CORRECTED", "IN_DOUBT", "corrected", "disputed", "is_mnist_test"]

MNIST_TEST = "26120b4578752d7d87c2cb6601f15f4b0efd4dd7947b156b4f7aa2d35f931d2f"

CORRECTED = {947: 9, 1621: 6, 1901: 4, 2462: 0, 2597: 3, 3558: 0, 5937: 3, 6651: 6, 6783: 6, 9729: 6}
"""The digit that most people saw, by the number of the image."""

IN_DOUBT = (2130, 2654, 3520, 8527, 9679)
"""Images of which no digit has a majority."""


def is_mnist_test(dataset: Dataset) -> bool:
    """Return whether these are MNIST's 10,000 test images with their labels, to the byte."""
    return dataset.fingerprint == MNIST_TEST


def disputed(dataset: Dataset) -> frozenset[int]:
    """Return the images whose label most people did not see: none, unless this is MNIST's test set."""
    return frozenset((*CORRECTED, *IN_DOUBT)) if is_mnist_test(dataset) else frozenset()


def corrected(test: Dataset) -> tuple[Dataset, npt.NDArray[np.intp]] | None:
    """Return MNIST's test set with the labels that most people chose, without the images in doubt.

    Returns
    -------
    Dataset, ndarray of intp
        The images left, and their numbers; None if `test` is not MNIST's test set, to the byte.
    """
    if not is_mnist_test(test):
        return None
    rows = np.setdiff1d(np.arange(len(test)), IN_DOUBT)
    labels = test.labels.copy()
    labels[list(CORRECTED)] = list(CORRECTED.values())
    whole = Dataset(test.pixels, labels, f"{test.name} with corrected labels", test.writers, test.series)
    return whole.take(rows), rows
