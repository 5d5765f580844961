"""Small questions, and a real PostgreSQL on loopback."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from digitlab.data import Dataset
from digitlab.tuning import Question
from digitlab.workflow import Data

# All that is left to search is the learning rate.
ONE_SETTING = {"steps": 10, "batch_size": 32, "weight_decay": 0.0, "label_smoothing": 0.0, "augmentation": {}}


@pytest.fixture(scope="session")
def bundled(digits: tuple[Dataset, Dataset]) -> Data:
    """Return the bundled digits, as loaded by name."""
    return Data("digits", *digits)


@pytest.fixture
def question(bundled: Data) -> Question:
    """Return a question whose trials take a moment."""
    return Question("linear", bundled, ONE_SETTING)


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs, the newest, or skip."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not (found or debian):
        pytest.skip("PostgreSQL is not here: on Debian, `apt-get install postgresql` brings it")
    return debian[-1].parent if debian else Path(str(found)).parent


def unprivileged() -> str | None:
    """Return who is to run PostgreSQL, which refuses to be run by root; None for the one who runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL server, yield its address, and stop it."""
    programs, user, port = binaries(), unprivileged(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="digitlab-postgresql-"))
    if user:
        shutil.chown(folder, user)
    data = str(folder / "data")
    made = subprocess.run(
        [programs / "initdb", "--pgdata", data, "--username", "digitlab", "--auth", "trust", "--no-sync"],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [str(programs / "postgres"), "-D", data, *options],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"postgresql://digitlab:s3cret@127.0.0.1:{port}/postgres"
        wait_until_it_answers(url, server)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        shutil.rmtree(folder)


def wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL ended at once"
            assert time.monotonic() < deadline
            time.sleep(0.05)
