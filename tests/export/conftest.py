"""Finished runs of each model, on digits drawn by code that are 28x28 as MNIST's, made once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitlab.data import Dataset
from digitlab.data.framing import MNIST
from digitlab.data.pen import drawn_digits
from digitlab.export import Original
from digitlab.runs import Run
from digitlab.workflow import Data, begin_run, plan_run, train_run

Originals = Mapping[str, Original]

SETTINGS = {"steps": 40, "periods": 1, "batch_size": 32}
MODELS: dict[str, dict[str, Any]] = {
    "linear": {},
    "mlp": {"hidden_units": (9, 7)},
    # The sides after the first layer are odd: 28 -> 12 -> 6 -> 4.
    "conv": {"channels": (4, 6), "hidden_units": (8,)},
}


@pytest.fixture(scope="session")
def drawn_data() -> Data:
    drawn = drawn_digits(300, MNIST)
    return Data(
        "drawn", drawn.take(np.arange(240), name="drawn"), drawn.take(np.arange(240, 300), name="drawn")
    )


@pytest.fixture(scope="session")
def runs(drawn_data: Data, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Return a run of each model; nobody may write to them."""
    made = {}
    for name, settings in MODELS.items():
        folder: Path = tmp_path_factory.mktemp("exported") / name
        made[name] = begin_run(folder, plan_run(name, SETTINGS | settings, drawn_data))
        list(train_run(made[name], drawn_data))
    return made


@pytest.fixture(scope="session")
def originals(runs: dict[str, Run], drawn_data: Data) -> Originals:
    return {name: Original.of(run, drawn_data) for name, run in runs.items()}


@pytest.fixture(scope="session")
def test_digits(drawn_data: Data) -> Dataset:
    """Return digits that no run has seen."""
    return drawn_data.test
