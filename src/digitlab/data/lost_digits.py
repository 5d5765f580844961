"""The 50,000 test digits that MNIST left out, as QMNIST has made them again.

C. Yadav and L. Bottou, "Cold case: the lost MNIST digits" (NeurIPS 2019): of the 60,000 digits that were
made to test on, MNIST published 10,000, which are the first rows of QMNIST's test set. Counted in its
labels, the others are by 488 people: 127 of NIST's series 0 (13,450 digits), 111 of series 1 (11,956), of
which MNIST has not one digit, and 250 of series 4 (24,594). None of them is among the 539 people of the
training set. But 250 of them also wrote some of the 10,000, nearly all of its students, and nearly half of
the others (24,582 digits) is by them: these are new images, and only half of them are by new people.
"""

import os
import warnings

import numpy as np

from digitlab.data.catalog import find_set
from digitlab.data.corrections import is_mnist_test
from digitlab.data.dataset import Dataset
from digitlab.data.fetch import locate_here
from digitlab.data.readers import read_pair
from digitlab.errors import DataError, StorageError

__all__ = ["lost_digits"]


def lost_digits(test: Dataset, *, data_dir: str | os.PathLike[str] | None = None) -> Dataset | None:
    """Return what QMNIST's test set has beyond MNIST's, with its writers and series.

    Nothing is fetched for it; `digitlab data fetch qmnist` does that.

    Parameters
    ----------
    test : Dataset
        The test set that a model is scored on.
    data_dir
        As for `load_dataset`.

    Returns
    -------
    Dataset
        50,000 digits; None if `test` is not MNIST's test set, to the byte, or QMNIST's test images and
        labels are not here. Where they are damaged a warning says so.
    """
    if not is_mnist_test(test):
        return None
    qmnist = find_set("qmnist")
    try:
        files = locate_here(qmnist, qmnist.files[2:], data_dir=data_dir)
        if not files:
            return None
        part = read_pair(*files)
    except (DataError, StorageError) as error:
        warnings.warn(
            f"QMNIST's other test digits are left out; all else is as usual. The reason: {error}",
            stacklevel=2,
        )
        return None
    whole = Dataset(name="qmnist beyond mnist", **part._asdict())
    return whole.take(np.arange(len(test), len(whole)))
