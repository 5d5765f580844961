"""`digitlab serve`: as a process of its own, ended by Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.cli.conftest import QUICK, Shell
from tests.web.conftest import trained

from digitlab.cli.plans import newest_run
from digitlab.errors import RunNotFoundError
from digitlab.workflow import load_data

TRAIN = ["train", "linear", *QUICK]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that needs no measuring any more."""
    folder = tmp_path_factory.mktemp("ready") / "linear"
    return trained("linear", load_data("digits"), folder, steps=40).run.folder


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run the command until the block ends, and yield it with the address that it prints."""
    command = [sys.executable, "-m", "digitlab", "serve", "--no-open", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout
    try:
        yield process, process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.kill()
        process.communicate()


def test_it_serves_the_newest_run_until_ctrl_c(shell: Shell, tmp_path: Path) -> None:
    assert shell(*TRAIN).code == 0
    with serving(tmp_path) as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        told = httpx.get(f"{address}api/runs", trust_env=False).json()
        assert [run["name"] for run in told] == ["linear-digits-1"]
        assert process.stdout
        assert process.stdout.readline().startswith("It is read by ")
        assert "Draw a digit" in httpx.get(address, trust_env=False).text
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert not out
        assert err.splitlines()[-1] == "digitlab: the page is closed."


def test_sharing_makes_a_token(ready: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(ready), "--share", "--host", "127.0.0.1") as (process, address):
        place, _, token = address.partition("?token=")
        assert len(token) >= 20
        assert httpx.get(place, trust_env=False).status_code == 401
        assert httpx.get(address, trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        assert "share it on a network that you trust" in process.communicate(timeout=30)[1]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "example.com"])
def test_other_hosts_need_a_word(shell: Shell, host: str) -> None:
    answer = shell("serve", "--host", host)
    assert answer.code == 2
    assert "add --share" in answer.err


def test_without_a_run_the_command_that_makes_one_is_told(shell: Shell) -> None:
    answer = shell("serve")
    assert answer.code == 1
    assert answer.err.endswith("Make one with: digitlab train conv --preset own\n")


def test_a_port_that_is_taken_is_one_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = shell("serve", "--port", str(taken.getsockname()[1]))
    assert answer.code == 1
    assert re.fullmatch(r"digitlab: error: Port \d+ of 127.0.0.1 is taken .*\n", answer.err)


def test_an_unfinished_or_missing_run_is_told(shell: Shell, tmp_path: Path) -> None:
    assert "There is no run at" in shell("serve", "nowhere").err
    assert shell(*TRAIN, "--out", "mine").code == 0
    (tmp_path / "mine" / "model.safetensors").unlink()
    assert "is not finished" in shell("serve", "mine").err


def test_the_newest_run_is_found_below_too_and_damaged_ones_are_passed_over(
    shell: Shell, tmp_path: Path
) -> None:
    assert shell(*TRAIN, "--out", "runs/older").code == 0
    assert shell(*TRAIN, "--out", "runs/comparison/newer").code == 0
    assert newest_run(tmp_path / "runs").name in ("older", "newer")
    (tmp_path / "runs" / "older" / "config.json").write_text("{")
    assert newest_run(tmp_path / "runs").name == "newer"
    (tmp_path / "runs" / "comparison" / "newer" / "model.safetensors").unlink()
    with pytest.raises(RunNotFoundError, match=r"digitlab train conv --preset own"):
        newest_run(tmp_path / "runs")
