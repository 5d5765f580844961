"""Who may ask: hosts, origins, and the token."""

import httpx
import pytest
from hypothesis import given, strategies as st
from tests.web.conftest import Serve

from digitlab.web.access import LOOPBACK, Access, is_loopback

TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8000", True),
        ("LOCALHOST:1", True),
        ("[::1]:8000", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1@evil.example", False),
        ("192.168.1.10:8000", False),
        ("", False),
        ("[::1", True),
        ("[evil.example]", False),
    ],
)
def test_hosts(host: str, known: bool) -> None:
    assert Access().knows_host(host) is known


def test_with_a_token_any_address_will_do_but_no_other_name() -> None:
    access = Access(token=TOKEN)
    assert access.knows_host("192.168.1.10:8000")
    assert access.knows_host("[fe80::1]:8000")
    assert not access.knows_host("evil.example")


@given(st.text())
def test_no_other_name_is_known(host: str) -> None:
    assert Access().knows_host(host) <= (
        host.lower().strip("[]").split("]")[0].split(":")[0] in LOOPBACK | {""}
    )


def test_the_origin_is_the_host_itself() -> None:
    access = Access()
    assert access.knows_origin("http://localhost:8000", "localhost:8000")
    assert access.knows_origin("https://localhost:8000", "localhost:8000")
    assert not access.knows_origin("http://localhost:8001", "localhost:8000")
    assert not access.knows_origin("http://localhost", "localhost:8000")
    assert not access.knows_origin("null", "localhost:8000")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("me", False),
    ],
)
def test_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_nothing_is_answered_without_the_token(serve: Serve) -> None:
    with serve(token=TOKEN) as server:
        for path in ("/", "/page.js", "/api/health", "/api/runs", "/api/openapi.json", "/nothing"):
            assert server.client.get(path).status_code == 401
            assert server.client.get(path, params={"token": TOKEN[:-1]}).status_code == 401
        assert server.client.get("/", headers={"Authorization": f"Bearer {TOKEN}x"}).status_code == 401
        wrong = {f"digitlab-{server.port}": "wrong"}
        assert httpx.get(server.address, cookies=wrong, trust_env=False).status_code == 401


def test_the_token_of_the_address_is_kept_as_a_cookie(serve: Serve) -> None:
    with serve(token=TOKEN) as server:
        answer = server.client.get("/", params={"token": TOKEN})
        assert answer.status_code == 200
        cookie = answer.headers["Set-Cookie"]
        assert cookie == f"digitlab-{server.port}={TOKEN}; HttpOnly; SameSite=Strict; Path=/"
        assert server.client.get("/api/runs").status_code == 200


def test_a_program_shows_the_token_as_a_bearer(serve: Serve) -> None:
    with serve(token=TOKEN) as server:
        answer = server.client.get("/api/health", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers


def test_without_a_token_no_cookie_is_set(serve: Serve) -> None:
    with serve() as server:
        assert "Set-Cookie" not in server.client.get("/", params={"token": "x"}).headers
