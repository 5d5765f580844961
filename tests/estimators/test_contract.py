"""scikit-learn's own checks of an estimator, all that it has, with a reason for each that cannot pass."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.utils.estimator_checks import parametrize_with_checks

from digitlab.estimators import ConvClassifier, LinearClassifier, MLPClassifier


class Framed(ConvClassifier):
    """`ConvClassifier`, but for features that are no picture: most checks have 1 to 20, which it refuses.

    They are the first pixels of one of 8x8. All else is the estimator's own.
    """

    def _image_shape(self, features: int, pictures: tuple[int, int] | None) -> tuple[int, int]:
        return (8, 8)

    def _pixels(self, features: NDArray[Any], rows: int) -> NDArray[Any]:
        return super()._pixels(np.pad(features, ((0, 0), (0, 64 - features.shape[1]))), rows)


SMALL: dict[str, Any] = {"steps": 100, "batch_size": 8}
CHECKED = [
    LinearClassifier(learning_rate=0.1, **SMALL),
    MLPClassifier(hidden_units=8, **SMALL),
    Framed(channels=(4, 4), **SMALL),
]
# One reason for one check. It depends on a machine's products whether they differ for fewer layers too.
SINGLE_PRECISION = {
    "check_methods_subset_invariance": "probabilities from single precision are the same to 1e-6, not to 1e-7, "
    "where one picture is read alone and many together, since their products are summed in another order"
}


def exceptions(estimator: Any) -> dict[str, str]:
    return {} if isinstance(estimator, LinearClassifier) else SINGLE_PRECISION


@parametrize_with_checks(CHECKED, expected_failed_checks=exceptions, xfail_strict=False)
def test_the_contract(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", CHECKED)
def test_one_picture_alone_is_read_as_among_others_to_single_precision(estimator: Any) -> None:
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(40, 5)), np.arange(40) % 3
    estimator.fit(X, y)
    together = estimator.predict_proba(X)
    alone = np.concatenate([estimator.predict_proba(row[None]) for row in X])
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-6)
