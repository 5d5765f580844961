"""A real server on loopback, with models that were trained in a moment."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from hostile import BODY_SECONDS

from digitlab.recognition import Recognizer, norms_of
from digitlab.web import create_app, listen, make_server
from digitlab.workflow import Data, begin_run, load_data, plan_run, settle, train_run


@dataclass(frozen=True)
class Served:
    """A server that answers, where its corrections go, and who asks it."""

    port: int
    corrections: Path
    client: httpx.Client

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Serve = Callable[..., AbstractContextManager[Served]]


@contextmanager
def served(recognizers: list[Recognizer], corrections: Path, **options: Any) -> Iterator[Served]:
    """Serve in a thread until the block ends."""
    server = make_server(create_app(recognizers, corrections=corrections, **options))
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield Served(port, corrections, client)
    finally:
        server.should_exit = True
        thread.join()


def trained(model: str, data: Data, folder: Path, **settings: Any) -> Recognizer:
    """Return a model trained on some data, ready to read."""
    config = plan_run(model, settle(model, {"periods": 1} | settings, preset="quick", kept=None), data)
    run = begin_run(folder, config)
    for _ in train_run(run, data):
        pass
    return Recognizer.of(run, norms_of(run, lambda: data))


def without_data(recognizer: Recognizer, folder: Path) -> Recognizer:
    """Return a model as it is on a machine to which its run was carried, and its data were not."""
    run = recognizer.run
    data = replace(run.config.data, name="mnist", source=str(folder / "gone"))
    shutil.copytree(run.folder, folder / run.name)
    return replace(
        recognizer, run=replace(run, folder=folder / run.name, config=replace(run.config, data=data))
    )


@pytest.fixture(scope="session")
def recognizers(tmp_path_factory: pytest.TempPathFactory) -> list[Recognizer]:
    """Return a linear model and a network of the bundled digits, ready to read."""
    folder, data = tmp_path_factory.mktemp("runs"), load_data("digits")
    linear = trained("linear", data, folder / "linear", steps=300)
    return [linear, trained("mlp", data, folder / "mlp", steps=300, hidden_units=(16,))]


@pytest.fixture
def serve(recognizers: list[Recognizer], tmp_path: Path) -> Serve:
    """Return what serves these models with other options."""
    return lambda **options: served(recognizers, tmp_path / "corrections", **options)


@pytest.fixture(scope="module")
def server(recognizers: list[Recognizer], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve these models for all tests of a file; a body may take a second."""
    with served(recognizers, tmp_path_factory.mktemp("corrections"), body_seconds=BODY_SECONDS) as made:
        yield made
