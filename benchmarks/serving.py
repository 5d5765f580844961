"""How many pictures `digitlab serve` reads in a second, who has to wait, and what hostile requests get.

    python benchmarks/serving.py runs/linear runs/mlp runs/conv

starts the command as a process of its own and asks it from this one: as many connections at once as
`--connections` says, each sending the next picture when it has its answer; then one honest connection beside
silent connections, slow bodies and very large pictures; then every request of `hostile.py`. Prints Markdown
tables, and writes every number to `results/serving.json`.
"""

import argparse
import asyncio
import io
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import hostile
import numpy as np
from PIL import Image
from record import OURS, machine, today, versions, write

SILENT, SLOW, LARGE = 100, 20, 2
LARGE_SIDE = 7000
OK = 200


@dataclass(frozen=True)
class Load:
    """What many connections got: how many answers in how many seconds, and how long each took."""

    what: str
    connections: int
    seconds: float
    waits: Sequence[float]
    statuses: dict[int, int]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        p50, p99 = np.percentile(self.waits, [50, 99])
        return {
            "what": self.what,
            "connections": self.connections,
            "answers": len(self.waits),
            "per_second": round(len(self.waits) / self.seconds, 1),
            "p50_ms": round(1e3 * float(p50), 1),
            "p99_ms": round(1e3 * float(p99), 1),
            "errors": len(self.waits) - self.statuses.get(OK, 0),
            "statuses": {str(status): count for status, count in self.statuses.items()},
        }


def main() -> None:
    """Serve, ask, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    with served(arguments.runs) as address:
        document: dict[str, Any] = {
            "date": today(),
            "machine": machine(),
            "versions": versions([*OURS, "fastapi", "uvicorn", "pillow"]),
            "runs": [path.name for path in arguments.runs],
            "load": _loads(address, arguments.connections, arguments.seconds),
            "beside_others": _beside_others(address, arguments.seconds),
            "hostile": [_asked(address, request) for request in hostile.REQUESTS],
        }
    _print_loads([*document["load"], *document["beside_others"]])
    _print_hostile(document["hostile"])
    write("serving", document)


@contextmanager
def served(runs: Sequence[Path]) -> Iterator[hostile.Address]:
    """Run `digitlab serve` until the block ends, and yield where it listens."""
    command = [sys.executable, "-m", "digitlab", "serve", "--no-open", "--port", "0", *map(str, runs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        place = urlsplit(process.stdout.readline().rpartition(" ")[2].strip())
        address = (place.hostname or "", place.port or 0)
        load(address, "POST", 4, 3)  # what is compiled at the start has been compiled
        yield address
    finally:
        process.terminate()
        process.wait()


def load(address: hostile.Address, method: str, connections: int, seconds: float, what: str = "") -> Load:
    """Ask for so many seconds over so many connections, each with one request at a time."""
    request = _request(address, method)
    found: list[tuple[int, float]] = []

    async def ask_on(end: float) -> None:
        reader, writer = await asyncio.open_connection(*address)
        while time.perf_counter() < end:
            begin = time.perf_counter()
            writer.write(request)
            found.append((await _status(reader), time.perf_counter() - begin))
        writer.close()

    async def ask_all() -> float:
        begin = time.perf_counter()
        await asyncio.gather(*(ask_on(begin + seconds) for _ in range(connections)))
        return time.perf_counter() - begin

    took = asyncio.run(ask_all())
    return Load(what, connections, took, [wait for _, wait in found], Counter(status for status, _ in found))


def _request(address: hostile.Address, method: str) -> bytes:
    body = hostile.picture() if method == "POST" else b""
    path = "/api/predict" if method == "POST" else "/api/health"
    lines = [f"{method} {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Content-Type: image/png"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    """Read an answer to its end and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lengths = [line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length:")]
    await reader.readexactly(int(lengths[0]))
    return int(head.split(" ", 2)[1])


def _loads(address: hostile.Address, connections: Sequence[int], seconds: float) -> list[dict[str, Any]]:
    asked = [load(address, "POST", count, seconds, "pictures of 280 x 280") for count in connections]
    asked.append(load(address, "GET", max(connections), min(seconds, 5), "/api/health"))
    return [each.as_dict() for each in asked]


def _beside_others(address: hostile.Address, seconds: float) -> list[dict[str, Any]]:
    """Return how long one honest connection waits while others misbehave."""
    others = {
        f"beside {SILENT} silent connections": _silent,
        f"beside {SLOW} slow bodies": _slow,
        f"beside {LARGE} senders of {LARGE_SIDE:,} x {LARGE_SIDE:,} pixels": _large,
        f"beside {LARGE} senders of ink to be cut in thousands of ways": _dense,
    }
    found = []
    for what, misbehave in others.items():
        with misbehave(address):
            found.append(load(address, "POST", 1, seconds, what).as_dict())
    return found


@contextmanager
def _silent(address: hostile.Address) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(socket.create_connection(address)).sendall(b"POST / HTTP/1.1\r\nX-")
        yield


@contextmanager
def _slow(address: hostile.Address) -> Iterator[None]:
    head = "\r\n".join(["POST /api/predict HTTP/1.1", f"Host: {address[0]}", "Content-Type: image/png"])
    with ExitStack() as stack:
        for _ in range(SLOW):
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(f"{head}\r\nContent-Length: 100000\r\n\r\nx".encode())
        yield


@contextmanager
def _large(address: hostile.Address) -> Iterator[None]:
    file = io.BytesIO()
    Image.new("L", (LARGE_SIDE, LARGE_SIDE), 255).save(file, "PNG")
    with _sending(address, hostile.Hostile("large", frozenset(), body=file.getvalue())):
        yield


@contextmanager
def _dense(address: hostile.Address) -> Iterator[None]:
    with _sending(address, hostile.Hostile("dense", frozenset(), path="/api/read", body=hostile.dense())):
        yield


@contextmanager
def _sending(address: hostile.Address, request: hostile.Hostile) -> Iterator[None]:
    """Send a request again and again, over a few connections."""
    stop = Event()

    def go_on() -> None:
        while not stop.is_set():
            hostile.ask(address, request)

    threads = [Thread(target=go_on) for _ in range(LARGE)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def _asked(address: hostile.Address, request: hostile.Hostile) -> dict[str, Any]:
    answer = hostile.ask(address, request)
    healthy = hostile.ask(address, hostile.Hostile("", frozenset({OK}), "GET", "/api/health")).status == OK
    return {
        "request": request.name,
        "status": answer.status,
        "right": answer.status in request.expected,
        "error": _reason(answer.body),
        "seconds": round(answer.seconds, 2),
        "healthy_after": healthy,
    }


def _reason(body: bytes) -> str:
    try:
        told, _ = json.JSONDecoder().raw_decode(body.decode())
    except ValueError:
        return body.decode("latin-1")[:80]
    return str(told["error"]) if isinstance(told, dict) and "error" in told else ""


def _print_loads(rows: Sequence[dict[str, Any]]) -> None:
    print("| what | connections | answers a second | p50, ms | p99, ms | errors |\n|---|---|---|---|---|---|")
    for row in rows:
        names = ("what", "connections", "per_second", "p50_ms", "p99_ms", "errors")
        print(f"| {' | '.join(str(row[name]) for name in names)} |")


def _print_hostile(rows: Sequence[dict[str, Any]]) -> None:
    print("\n| request | status | after, s | what it was told |\n|---|---|---|---|")
    for row in rows:
        wrong = "" if row["right"] and row["healthy_after"] else " (WRONG)"
        print(f"| {row['request']} | {row['status']}{wrong} | {row['seconds']} | {row['error']} |")


if __name__ == "__main__":
    main()
