"""What the tests of estimators share: few images."""

import numpy as np
import pytest

from digitlab.data import Dataset


@pytest.fixture(scope="session")
def few(digits: tuple[Dataset, Dataset]) -> Dataset:
    """Return 500 of the bundled digits; the shapes of their fits are compiled once for many tests."""
    return digits[0].take(np.arange(500))
