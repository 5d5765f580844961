"""What is exported: a finished run, and what is known of it."""

from dataclasses import dataclass, field
from importlib.metadata import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab import __version__
from digitlab.data import CATALOG, Dataset
from digitlab.data.framing import MNIST, OPTDIGITS
from digitlab.evaluation import Calibration, Evaluation, Interval, Look, looks_in, wilson_interval
from digitlab.models import Params, describe_model
from digitlab.runs import LOOKS, Run
from digitlab.scoring import calibrate_run, read_run, score_run
from digitlab.workflow import Data

__all__ = ["Original", "TestScore"]

UNKNOWN_LICENCE = "not known to digitlab: ask whoever the data are from"


@dataclass(frozen=True)
class TestScore:
    """What a run once did on the test set.

    Parameters
    ----------
    accuracy, interval
        The share of images read right, and its 95 % Wilson interval.
    n
        How many images.
    look
        Which look at this test set, by this user, was the first with this model.
    """

    accuracy: float
    interval: Interval
    n: int
    look: int

    @classmethod
    def of(cls, look: Look, n: int) -> "TestScore":
        """Return what a look at `n` images saw."""
        return cls(look.accuracy, wilson_interval(round(look.accuracy * n), n), n, look.number)


@dataclass(frozen=True, eq=False)
class Original:
    """A finished run, and what a file made of it is held against and tells.

    Parameters
    ----------
    run, params
        The run and its weights.
    images
        Its validation images.
    logits : float64 (n, classes)
        What it makes of them.
    evaluation
        How good that is.
    calibration
        What its probabilities are worth there, and the temperature fitted there.
    test
        What it did on the test set; None if it never looked.
    """

    run: Run
    params: Params = field(repr=False)
    images: Dataset
    logits: NDArray[np.float64]
    evaluation: Evaluation
    calibration: Calibration
    test: TestScore | None

    @classmethod
    def of(cls, run: Run, data: Data) -> "Original":
        """Read a run's validation images, and no test image.

        Raises
        ------
        DataError
            If the run was trained on other data.
        RunError
            If it is not finished, or damaged.
        """
        images = data.split_of(run).validation
        logits = read_run(run, images)
        return cls(
            run=run,
            params=run.params(),
            images=images,
            logits=logits,
            evaluation=score_run(run, images, logits),
            calibration=calibrate_run(run, data, images, logits),
            test=_test_score(run, data.test),
        )

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return self.run.config.data.image_shape

    @property
    def temperature(self) -> float:
        """What logits are divided by, so that probabilities are what they say."""
        return self.calibration.temperature

    def facts(self) -> dict[str, Any]:
        """Return what every exported file tells of itself, as JSON holds it."""
        data, score = self.run.config.data, self.evaluation.score()
        return {
            "model": describe_model(self.run.config.model),
            "image_shape": list(self.image_shape),
            "classes": [str(digit) for digit in range(self.run.config.model.classes)],
            "temperature": self.temperature,
            "ink_geometry": _ink_geometry(self.image_shape),
            "data_set": data.name,
            "data_fingerprint": data.train_fingerprint,
            "data_licence": licence_of(data.source),
            "validation": {name: score[name] for name in ("accuracy", "interval", "log_loss", "n")},
            "weights_sha256": self.run.model_digest(),
            "digitlab_version": __version__,
            "digitlab_licence": metadata("digitlab")["License-Expression"],
        }


def licence_of(source: str) -> str:
    """Return the licence of a data set as its publishers state it."""
    return CATALOG[source].licence if source in CATALOG else UNKNOWN_LICENCE


def _ink_geometry(image_shape: tuple[int, int]) -> str:
    for geometry in (MNIST, OPTDIGITS):
        if geometry.image_shape == image_shape:
            side = geometry.box
            return f"as {geometry.name}: ink in a square of {side}x{side}, 0 paper, 255 ink"
    return "that of its data set; 0 paper, 255 ink"


def _test_score(run: Run, test: Dataset) -> TestScore | None:
    """Return what the run remembers of its first look at the test set, with the weights that it has."""
    model = run.model_digest()
    for look in looks_in(run.folder / LOOKS):
        if (look.test_set, look.model) == (test.fingerprint, model):
            return TestScore.of(look, len(test))
    return None
