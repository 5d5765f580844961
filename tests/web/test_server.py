"""Where the server listens, and what is said where it cannot."""

import socket

import pytest

from digitlab.errors import AddressError
from digitlab.web import listen
from digitlab.web.server import PORT


def test_a_port_that_is_taken_is_told() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=rf"Port {port} of 127.0.0.1 is taken .* --port; 0 takes any"):
            listen("127.0.0.1", port)


def test_the_next_free_port_is_taken_where_none_is_asked_for() -> None:
    with listen("127.0.0.1", None) as first, listen("127.0.0.1", None) as second:
        assert PORT <= first.getsockname()[1] < second.getsockname()[1]


def test_all_ports_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with listen("127.0.0.1", 0) as taken:
        monkeypatch.setattr("digitlab.web.server.PORT", taken.getsockname()[1])
        monkeypatch.setattr("digitlab.web.server.PORTS", 1)
        with pytest.raises(AddressError, match=r"The ports \d+ to \d+ of 127.0.0.1 are taken"):
            listen("127.0.0.1", None)


@pytest.mark.parametrize(
    ("host", "said"),
    [("no.such.host.invalid", "There is no host"), ("192.0.2.1", "Cannot listen on 192.0.2.1")],
)
def test_a_host_that_is_not_ours_is_told(host: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        listen(host, None)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_it_listens_by_ipv6() -> None:
    try:
        made = listen("::1", 0)
    except AddressError:
        pytest.skip("this machine has no IPv6 loopback")
    with made:
        assert made.family == socket.AF_INET6
