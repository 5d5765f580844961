"""Run command lines in this process, in a folder of their own."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from digitlab.cli.app import run

QUICK = ["--dataset", "digits", "--steps", "40", "--periods", "4"]
SMALL = [*QUICK, "--hidden-units", "20"]


@dataclass(frozen=True)
class Answer:
    """What a command line gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Shell = Callable[..., Answer]
Made = Callable[..., Path]


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], drafts: None
) -> Shell:
    """Return a function that runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("DIGITLAB_USER_DIR", str(tmp_path / "user"))

    def call(*arguments: str) -> Answer:
        code = run(arguments)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network that reads the bundled digits, trained in a second."""
    folder = tmp_path_factory.mktemp("reader") / "net"
    settings = [
        "--dataset",
        "digits",
        "--steps",
        "300",
        "--periods",
        "2",
        "--hidden-units",
        "40",
        "--augment",
        "shift=1",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DIGITLAB_DATA_DIR", raising=False)
        assert run(["train", "mlp", *settings, "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def kept_runs(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a maker of runs that nobody may write to; asked for the same again, it trains nothing."""

    @cache
    def make(*arguments: str) -> Path:
        folder = tmp_path_factory.mktemp("kept") / "run"
        assert run(["train", *arguments, "--out", str(folder)]) == 0
        return folder

    return make


@pytest.fixture
def made(shell: Shell, kept_runs: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Made:
    """Return what puts a run, or a folder of seeds, into the folder that the shell is in: `made(NAME, MODEL, ...)`.

    For tests of what is done with a run; it is trained once for all that ask for the same.
    """

    def copy(name: str, *arguments: str) -> Path:
        folder = Path(shutil.copytree(kept_runs(*arguments), tmp_path / name))
        capsys.readouterr()
        return folder

    return copy
