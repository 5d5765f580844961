"""The server: a socket, a patient but not endless protocol, and uvicorn around the application."""

import asyncio
import errno
import socket
from collections import Counter
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI
from h11 import IDLE
from uvicorn.protocols.http.h11_impl import H11Protocol

from digitlab.errors import AddressError
from digitlab.web.limits import HEADER_SECONDS, KEEP_ALIVE_SECONDS, MOST_CONNECTIONS, MOST_OF_ONE_ADDRESS

__all__ = ["PORT", "PORTS", "PatientProtocol", "listen", "make_server"]

PORT = 8000
# So many are tried where none is asked for.
PORTS = 20
BACKLOG = 256
STOP_SECONDS = 2


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that waits only so long for a request's headers, and serves only so many of one address.

    uvicorn waits for ever for headers that were begun, and counts who waits among those it serves, so that a
    few hundred silent connections would shut everybody out.
    """

    header_seconds = HEADER_SECONDS
    most_of_one_address = MOST_OF_ONE_ADDRESS
    _held: ClassVar[Counter[str]] = Counter()
    _timer: asyncio.TimerHandle | None = None
    _address = ""

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request, unless its sender has too many connections."""
        super().connection_made(transport)
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        self._held[self._address] += 1
        if self._held[self._address] > self.most_of_one_address:
            transport.abort()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._held[self._address] -= 1
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; stop waiting once they make a whole head."""
        super().data_received(data)
        self._watch() if self.conn.their_state is IDLE else self._unwatch()

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.header_seconds, self.transport.abort)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def listen(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens at a host, at the port asked for or else the first free one from 8000.

    Raises
    ------
    AddressError
        If there is no such host, or the port is taken or not allowed.
    """
    ports = range(PORT, PORT + PORTS) if port is None else [port]
    for number in ports:
        try:
            return _bound(host, number)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or number == ports[-1]:
                raise AddressError(_refused(host, port, error)) from None
    raise AssertionError("a port is tried")


def make_server(app: FastAPI) -> uvicorn.Server:
    """Return a server of the application; `run(sockets=[...])` serves until Ctrl-C."""
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        # Of broken requests nobody needs to hear.
        log_level="error",
        access_log=False,
        server_header=False,
        # Who is behind a proxy is no matter here, and a header must not choose an address.
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def _refused(host: str, port: int | None, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"There is no host {host} here. Name one of this machine's with --host, such as 127.0.0.1."
    if error.errno == errno.EADDRINUSE:
        wanted = (
            f"Port {port} of {host} is" if port else f"The ports {PORT} to {PORT + PORTS - 1} of {host} are"
        )
        return f"{wanted} taken by another program. Name another one with --port; 0 takes any that is free."
    where = f"{host} at port {port}" if port else host
    return f"Cannot listen on {where}: {error.strerror or error}. Name another --host or --port."
