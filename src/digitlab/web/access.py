"""Who may ask: a browser on this machine, or one that has the token."""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

__all__ = ["LOOPBACK", "Access", "is_loopback"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches a host."""
    return host in LOOPBACK or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


@dataclass(frozen=True)
class Access:
    """The hosts by which the page may be called, and the token to be shown, if any.

    A page elsewhere whose name an attacker points at this machine (DNS rebinding) comes with that name as
    its host. An address is nobody's to point, so where there is a token every address will do.
    """

    hosts: frozenset[str] = LOOPBACK
    token: str | None = field(default=None, repr=False)

    def knows_host(self, host: str) -> bool:
        """Return whether a request's Host header is one of ours, whatever its port."""
        name = _without_port(host).lower()
        return name in self.hosts or (self.token is not None and _is_address(name))

    def knows_origin(self, origin: str, host: str) -> bool:
        """Return whether a request's Origin header is the page that its Host header names."""
        return origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"}

    def knows_token(self, headers: Mapping[str, str], query: str, cookie: str) -> bool:
        """Return whether a request shows the token: in its address, in that cookie, or as a bearer."""
        if self.token is None:
            return True
        shown = [in_query(query), _in_cookie(headers.get("cookie", ""), cookie)]
        shown.append(headers.get("authorization", "").removeprefix("Bearer "))
        return any(secrets.compare_digest(each.encode(), self.token.encode()) for each in shown)


def in_query(query: str) -> str:
    """Return the token in the query of an address, or nothing."""
    return parse_qs(query).get("token", [""])[-1]


def _in_cookie(header: str, name: str) -> str:
    try:
        kept = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return kept.value if kept else ""


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
