"""What every request passes before the application sees it, and every answer on its way out."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitlab.recognition import MAX_FILE_BYTES
from digitlab.web.access import Access, in_query
from digitlab.web.limits import DRAIN_SECONDS

__all__ = ["SECURITY_HEADERS", "Guard"]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        # No string becomes HTML or a script, whatever a later change of the page forgets.
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

Refusal = tuple[HTTPStatus, str]


class Guard:
    """Refuses what does not come from the page itself or is too large, and protects what is answered."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        exchange = _Exchange(headers, receive, send, self._cookie(scope))
        refused = self._refusal(scope, headers)
        if refused is None:
            await self.app(scope, exchange.receive, exchange.send)
        else:
            await _refuse(*refused, exchange.send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Return why a request is not passed on, or None."""
        hosts, origin = headers.getlist("host"), headers.get("origin")
        if len(hosts) != 1 or not self.access.knows_host(hosts[0]):
            return HTTPStatus.FORBIDDEN, "This server has another name. Open the address that it printed."
        if "transfer-encoding" in headers and "content-length" in headers:
            return HTTPStatus.BAD_REQUEST, "A request tells its length in one way, not in two."
        if origin is not None and not self.access.knows_origin(origin, hosts[0]):
            return HTTPStatus.FORBIDDEN, "Other pages may not ask this server."
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_visit(headers):
            return HTTPStatus.FORBIDDEN, "Other pages may not ask this server."
        query = scope["query_string"].decode("latin-1")
        if not self.access.knows_token(dict(headers), query, _cookie_name(scope)):
            return (
                HTTPStatus.UNAUTHORIZED,
                "The token is missing or wrong. Open the address that was printed.",
            )
        if _length(headers) > MAX_FILE_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large()
        return None

    def _cookie(self, scope: Scope) -> str | None:
        """Return the cookie that keeps a token which was shown in the address."""
        if self.access.token is None or not in_query(scope["query_string"].decode("latin-1")):
            return None
        return f"{_cookie_name(scope)}={self.access.token}; HttpOnly; SameSite=Strict; Path=/"


def too_large() -> str:
    """Return what is said of a body above the limit."""
    return (
        f"The picture is larger than {MAX_FILE_BYTES // 2**20} MiB, the most that is read. Save it smaller."
    )


class _Exchange:
    """A request's body on its way in, and its answer on its way out."""

    def __init__(self, headers: Headers, receive: Receive, send: Send, cookie: str | None) -> None:
        self._receive, self._send, self._cookie = receive, send, cookie
        self._waits = headers.get("expect", "").lower() == "100-continue"
        self._pending = "transfer-encoding" in headers or _length(headers) > 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._waits = False
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._pending = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        await self._send(message)

    async def _begin(self, message: Message) -> None:
        """Complete an answer's headers; where it comes before the body is there, end the connection."""
        headers = MutableHeaders(scope=message)
        headers.update(SECURITY_HEADERS)
        if self._cookie and message["status"] < HTTPStatus.BAD_REQUEST:
            headers.append("Set-Cookie", self._cookie)
        if self._pending:
            headers["Connection"] = "close"
            if message["status"] != HTTPStatus.REQUEST_TIMEOUT:
                await self._drain()

    async def _drain(self) -> None:
        """Read on for a moment: a sender who is cut off while sending never sees the answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._pending and not self._waits:
                    await self.receive()


async def _refuse(status: HTTPStatus, reason: str, send: Send) -> None:
    content = json.dumps({"error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _is_visit(headers: Headers) -> bool:
    """Return whether somebody followed a link to the page."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _cookie_name(scope: Scope) -> str:
    """Return a name with the port in it, for a host's cookies are those of all its ports."""
    return f"digitlab-{(scope.get('server') or ('', 0))[1]}"


def _length(headers: Headers) -> int:
    given = headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0
