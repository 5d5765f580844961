"""What no honest page sends: each gets its answer, and the server goes on."""

import json
import re
import socket
import time
from contextlib import suppress
from threading import Thread

import pytest
from hostile import REQUESTS, Hostile, ask, picture
from tests.web.conftest import Serve, Served

from digitlab.web.limits import MOST_OF_ONE_ADDRESS
from digitlab.web.server import PatientProtocol


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each.name)
def test_each_gets_its_answer(server: Served, request_: Hostile) -> None:
    answer = ask(("127.0.0.1", server.port), request_)
    assert answer.status in request_.expected
    assert not re.search(rb"Traceback|/src/|site-packages|0x[0-9a-f]{6}", answer.body)
    if "application/json" in answer.head and answer.status >= 400:
        told, _ = json.JSONDecoder().raw_decode(answer.body.decode())
        assert set(told) == {"error"}
    assert server.client.get("/api/health").status_code == 200


def test_a_refused_body_ends_the_connection(server: Served) -> None:
    told = Hostile(
        "", frozenset(), headers={"Content-Length": str(10**9), "Connection": "keep-alive"}, body=bytes(10)
    )
    answer = ask(("127.0.0.1", server.port), told)
    assert answer.status == 413
    assert "connection: close" in answer.head


def test_silent_and_slow_connections_are_ended_and_shut_nobody_out(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientProtocol, "header_seconds", 1.0)
    address = ("127.0.0.1", server.port)
    silent = [socket.create_connection(address) for _ in range(100)]
    for number, connection in enumerate(silent):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-" if number % 2 else b"")
    begin = time.perf_counter()
    assert server.client.get("/api/health").status_code == 200
    assert time.perf_counter() - begin < 0.9
    for connection in silent:
        connection.settimeout(5)
        with suppress(ConnectionResetError):
            assert connection.recv(10) == b""
        connection.close()
    assert time.perf_counter() - begin < 4


def test_a_header_that_trickles_is_ended_too(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "header_seconds", 0.5)
    begin = time.perf_counter()
    with socket.create_connection(("127.0.0.1", server.port)) as connection, suppress(ConnectionError):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        while time.perf_counter() - begin < 5:
            connection.sendall(b"X: a\r\n")
            time.sleep(0.1)
    assert time.perf_counter() - begin < 2


def test_one_address_gets_only_so_many_connections(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_OF_ONE_ADDRESS >= 64
    monkeypatch.setattr(PatientProtocol, "most_of_one_address", 5)
    made = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    made[-1].settimeout(5)
    with suppress(ConnectionResetError):
        assert made[-1].recv(10) == b""
    for connection in made:
        connection.close()


def test_slow_bodies_keep_nobody_waiting(serve: Serve) -> None:
    with serve(body_seconds=3.0) as server:
        address = ("127.0.0.1", server.port)
        slow = Hostile("", frozenset(), headers={"Content-Length": "1000"}, body=b"\x89")
        threads = [Thread(target=ask, args=[address, slow]) for _ in range(30)]
        for thread in threads:
            thread.start()
        begin = time.perf_counter()
        answer = server.client.post("/api/predict", content=picture(), headers={"Content-Type": "image/png"})
        assert answer.status_code == 200
        assert time.perf_counter() - begin < 2.5
        for thread in threads:
            thread.join()
