"""The page on which one draws, and the HTTP API behind it."""

from digitlab.web.access import LOOPBACK, is_loopback
from digitlab.web.app import create_app
from digitlab.web.readers import warm_up
from digitlab.web.server import listen, make_server

__all__ = ["LOOPBACK", "create_app", "is_loopback", "listen", "make_server", "warm_up"]
