"""Fetching: after every kind of failure the next mirror, then the cache; nothing is ever left half done."""

import gzip
import hashlib
import http.server
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import CatalogFile, CatalogSet, Patience
from digitlab.data.fetch import locate
from digitlab.errors import DataError, DataNotFoundError, FetchError, StorageError

HURRY = Patience(connect_seconds=0.5, read_seconds=0.5, minimum_rate=10_000, stall_seconds=0.4)
CONTENT = np.random.default_rng(0).bytes(60_000)  # does not compress, so that a cut shows
PACKED = gzip.compress(CONTENT, mtime=0)
NAME = "train-images-idx3-ubyte"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the first part of the path says."""

    server: "Mirrors"

    def do_GET(self) -> None:
        behaviour = self.path.split("/")[1]
        self.server.asked.append(behaviour)
        if behaviour.isdigit():
            self.send_error(int(behaviour))
        elif behaviour == "hang":
            self.server.closing.wait()
        elif behaviour == "trickle":
            self.begin(len(PACKED))
            for byte in PACKED:
                self.wfile.write(bytes([byte]))
                if self.server.closing.wait(0.05):
                    return
        elif behaviour == "moved":
            self.send_response(302)
            self.send_header("Location", "/good/file.gz")
            self.end_headers()
        elif behaviour in BODIES:
            self.begin(len(BODIES[behaviour]), BODIES[behaviour])
        else:
            self.begin(len(PACKED), PACKED[:30_000])
            if behaviour != "cut":
                self.server.closing.wait(0.4 if behaviour == "slow" else None)
                self.wfile.write(PACKED[30_000:])

    def begin(self, length: int, start: bytes = b"") -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(start)

    def log_message(self, format: str, *args: object) -> None:
        pass


BODIES = {
    "good": PACKED,
    "packed-otherwise": gzip.compress(CONTENT, 1, mtime=9),
    "html": b"<!DOCTYPE html><html>Sign in to this network</html>",
    "empty": b"",
    "cut-gzip": PACKED[:30_000],
    "wrong": gzip.compress(CONTENT[::-1]),
    "long": gzip.compress(bytes(50_000_000)),
    "short": gzip.compress(CONTENT[:-1]),
    "garbage": PACKED + b"garbage",
}


class Mirrors(http.server.ThreadingHTTPServer):
    """A server on loopback that notes what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.closing = threading.Event()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/file.gz"


@pytest.fixture
def mirrors() -> Iterator[Mirrors]:
    with Mirrors() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a cache of its own, no data folder, and the way to loopback without a proxy."""
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("DIGITLAB_DATA_DIR", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    return tmp_path / "cache"


def one_file(*urls: str, gunzipped: bool = True) -> CatalogSet:
    name, content = (NAME, CONTENT) if gunzipped else (f"{NAME}.gz", PACKED)
    file = CatalogFile(name, len(content), hashlib.sha256(content).hexdigest(), urls, gunzipped)
    return CatalogSet("small", "A small set", 1, 1, (1, 1), "none", (file,))


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def refusing_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/file.gz"


FAILURES = {
    "403": "answered 403 Forbidden",
    "404": "answered 404 Not Found",
    "503": "answered 503 Service Unavailable",
    "html": "sent an HTML page instead of a gzip file",
    "empty": "sent nothing instead of a gzip file",
    "cut": "broke off before the end of the file",
    "cut-gzip": "is cut off: its gzip data end too early",
    "wrong": "sent other bytes than the official ones: their SHA-256 differs",
    "long": "sent more than the 60,000 bytes expected",
    "short": "sent 59,999 bytes, expected 60,000",
    "garbage": "goes on after the end of its gzip data, with the bytes 67 61 72 62",
    "hang": r"sent nothing for 0\.5 s",
    "hang-later": r"sent nothing for 0\.5 s",
    "trickle": r"hangs: it sent \d+ bytes in \d+ s",
}


@pytest.mark.parametrize("behaviour", FAILURES)
def test_after_any_failure_the_next_mirror_is_tried(mirrors: Mirrors, cache: Path, behaviour: str) -> None:
    [path] = locate(one_file(mirrors.url(behaviour), mirrors.url("good")), patience=HURRY)
    assert mirrors.asked == [behaviour, "good"]
    assert path == cache / "small" / NAME
    assert path.read_bytes() == CONTENT
    assert files_under(cache) == [NAME]


def test_when_all_fail_each_address_is_listed_with_its_reason_then_the_ways_out(
    mirrors: Mirrors, cache: Path
) -> None:
    reasons = {mirrors.url(behaviour): reason for behaviour, reason in FAILURES.items()}
    reasons[refusing_url()] = "failed: Connection refused"
    reasons["http://no-such-host.invalid/file.gz"] = "failed: "
    with pytest.raises(FetchError, match=r"No address gave train-images-idx3-ubyte of small:\n") as caught:
        locate(one_file(*reasons), patience=HURRY)
    lines = str(caught.value).splitlines()
    for line, (url, reason) in zip(lines[1:-1], reasons.items(), strict=True):
        assert re.match(rf"  {re.escape(url)} {reason}", line)
    for way_out in ("try again", NAME, "--data-dir or DIGITLAB_DATA_DIR", "--dataset digits"):
        assert way_out in lines[-1]
    assert not files_under(cache)


def test_reasons_are_the_networks_own_inside_a_handler_of_another_error() -> None:
    try:
        raise KeyError("another error")
    except KeyError:
        with pytest.raises(FetchError, match="failed: Connection refused"):
            locate(one_file(refusing_url()), patience=HURRY)


@pytest.mark.parametrize("behaviour", ["packed-otherwise", "slow", "moved"])
def test_any_gzip_of_the_right_content_will_do(mirrors: Mirrors, behaviour: str) -> None:
    [path] = locate(one_file(mirrors.url(behaviour)))
    assert path.read_bytes() == CONTENT


def test_a_file_known_by_its_gzip_hash_is_kept_gzipped(mirrors: Mirrors) -> None:
    chosen = one_file(
        mirrors.url("packed-otherwise"), mirrors.url("html"), mirrors.url("good"), gunzipped=False
    )
    [path] = locate(chosen)
    assert mirrors.asked == ["packed-otherwise", "html", "good"]
    assert path.read_bytes() == PACKED


def test_progress_counts_the_bytes_received(mirrors: Mirrors) -> None:
    calls: list[tuple[str, int, int | None]] = []
    locate(one_file(mirrors.url("good")), on_progress=lambda *call: calls.append(call))
    assert calls[-1] == (NAME, len(PACKED), len(PACKED))
    assert [done for _, done, _ in calls] == sorted({done for _, done, _ in calls})


# The cache


def test_what_is_cached_is_not_asked_for_again(mirrors: Mirrors) -> None:
    chosen = one_file(mirrors.url("good"))
    assert locate(chosen) == locate(chosen) == locate(chosen, offline=True)
    assert mirrors.asked == ["good"]


@pytest.mark.parametrize("damage", [b"", CONTENT[:-1], CONTENT[:-1] + b"x", PACKED])
def test_a_corrupt_cached_file_is_replaced(mirrors: Mirrors, cache: Path, damage: bytes) -> None:
    chosen = one_file(mirrors.url("good"))
    [path] = locate(chosen)
    path.write_bytes(damage)
    assert locate(chosen) == [path]
    assert path.read_bytes() == CONTENT
    assert files_under(cache) == [NAME]


def test_offline_nothing_is_asked_and_the_error_says_what_to_do(mirrors: Mirrors, cache: Path) -> None:
    chosen = one_file(mirrors.url("good"))
    with pytest.raises(DataNotFoundError, match=r"of small is not in .*cache.*offline.*--data-dir"):
        locate(chosen, offline=True)
    [path] = locate(chosen)
    path.write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"is damaged: its SHA-256.*offline.*--data-dir"):
        locate(chosen, offline=True)
    assert path.read_bytes() == b"damaged"
    assert mirrors.asked == ["good"]


def test_a_cache_folder_that_cannot_be_made(
    mirrors: Mirrors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(StorageError, match=r"Cannot make the folder .*cache.small: Not a directory"):
        locate(one_file(mirrors.url("good")))


def test_what_the_data_folder_lacks_is_fetched_into_the_cache(
    mirrors: Mirrors, tmp_path: Path, cache: Path
) -> None:
    (tmp_path / "own").mkdir()
    assert locate(one_file(mirrors.url("good")), data_dir=tmp_path / "own") == [cache / "small" / NAME]
    assert not files_under(tmp_path / "own")


SCRIPT = """
import sys, resource
from digitlab.data import CatalogFile, CatalogSet
from digitlab.data.fetch import locate
from digitlab.errors import DigitlabError
name, size, sha256, url, limit = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
file = CatalogFile(name, int(size), sha256, (url,), True)
try:
    print(*locate(CatalogSet("small", "A small set", 1, 1, (1, 1), "none", (file,))))
except DigitlabError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def fetching_process(url: str, *, file_size_limit: int = 0) -> subprocess.Popen[str]:
    [file] = one_file(url).files
    arguments = [file.name, str(file.size), file.sha256, url, str(file_size_limit)]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_two_processes_that_fetch_at_once_both_get_the_file(mirrors: Mirrors, cache: Path) -> None:
    processes = [fetching_process(mirrors.url("slow")) for _ in range(2)]
    outputs = [process.communicate(timeout=30) for process in processes]
    assert outputs == [(f"{cache / 'small' / NAME}\n", "")] * 2  # and pooch says nothing on stderr
    assert (cache / "small" / NAME).read_bytes() == CONTENT
    assert files_under(cache) == [NAME]


def test_ctrl_c_leaves_no_temporary_file(mirrors: Mirrors, cache: Path) -> None:
    process = fetching_process(mirrors.url("hang-later"))
    deadline = time.monotonic() + 20
    while not files_under(cache) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert files_under(cache)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=20)[1]
    assert not files_under(cache)


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(mirrors: Mirrors, cache: Path) -> None:
    process = fetching_process(mirrors.url("good"), file_size_limit=10_000)
    output, errors = process.communicate(timeout=20)
    assert re.match(r"StorageError: Cannot write .*: File too large\. What was there is as it was", errors)
    assert (output, process.returncode) == ("", 1)
    assert mirrors.asked == ["good"]
    assert not files_under(cache)
