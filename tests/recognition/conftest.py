"""A finished run on the bundled digits, and its norms, made once for all tests that only read them."""

import pytest

from digitlab.data import Dataset, Split
from digitlab.recognition import Norms, norms_of
from digitlab.runs import Run
from digitlab.workflow import Data, begin_run, load_data, plan_run, train_run

SETTINGS = {"steps": 400, "periods": 1, "batch_size": 64, "hidden_units": (50,), "learning_rate": 0.01}


@pytest.fixture(scope="session")
def data() -> Data:
    return load_data("digits")


@pytest.fixture(scope="session")
def known(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a finished run with its norms; nobody may write to it."""
    run = begin_run(tmp_path_factory.mktemp("known") / "mlp", plan_run("mlp", SETTINGS, data))
    list(train_run(run, data))
    norms_of(run, lambda: data)
    return run


@pytest.fixture(scope="session")
def norms(known: Run, data: Data) -> Norms:
    return norms_of(known, lambda: data)


@pytest.fixture(scope="session")
def split(known: Run, data: Data) -> Split:
    return data.split_of(known)


@pytest.fixture(scope="session")
def data_test(data: Data) -> Dataset:
    return data.test
