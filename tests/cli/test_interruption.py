"""Real processes that are stopped, softly and hard, and go on as if they never had been."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SETTINGS = [
    "--dataset",
    "digits",
    "--steps",
    "1500",
    "--periods",
    "30",
    "--hidden-units",
    "64",
    "--dropout",
    "0.2",
]


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "digitlab", "train", "mlp", "--out", str(folder), *SETTINGS, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(folder: Path, *more: str) -> bytes:
    """Train to the end and return the weights."""
    process = start(folder, *more)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return (folder / "model.safetensors").read_bytes()


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the weights of a training that nobody stopped."""
    return finish(tmp_path_factory.mktemp("unbroken") / "run")


def test_kill_9_at_random_moments_then_resume(unbroken: bytes, tmp_path: Path) -> None:
    moments = random.Random(0)
    folder = tmp_path / "broken"
    for _ in range(3):
        process = start(folder, "--resume")
        if moments.random() < 0.75:
            wait_for(folder / "checkpoint.safetensors", process)
        time.sleep(moments.uniform(0, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert finish(folder, "--resume") == unbroken
    assert len((folder / "history.jsonl").read_text().splitlines()) == 30


def test_ctrl_c_leaves_a_run_that_resumes(unbroken: bytes, tmp_path: Path) -> None:
    process = start(tmp_path / "run")
    wait_for(tmp_path / "run" / "checkpoint.safetensors", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    last = errors.splitlines()[-1]
    assert "of 30 periods are kept. Go on with: digitlab train mlp --out" in last
    assert last.endswith("--resume")
    assert finish(tmp_path / "run", "--resume") == unbroken
