"""What the tests of estimators share: code that is compiled soon, and few images."""

from collections.abc import Iterator

import jax
import numpy as np
import pytest

from digitlab.data import Dataset


@pytest.fixture(autouse=True, scope="module")
def compiled_soon() -> Iterator[None]:
    """Have XLA hurry: the shapes are a hundred, each compiled once and used for a moment."""
    jax.config.update("jax_disable_most_optimizations", True)  # type: ignore[no-untyped-call]
    yield
    jax.config.update("jax_disable_most_optimizations", False)  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def few(digits: tuple[Dataset, Dataset]) -> Dataset:
    """Return 500 of the bundled digits; the shapes of their fits are compiled once for many tests."""
    return digits[0].take(np.arange(500))
