"""How a fetch is watched, and how long it may take."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Patience", "Progress"]

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes received so far, and all its bytes if the server said so."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes
    ----------
    connect_seconds : float
        For the connection.
    read_seconds : float
        For the next byte.
    minimum_rate : float
        Bytes per second: a server that sends fewer counts as hanging.
    stall_seconds : float
        The time over which the rate is measured.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 20.0
    minimum_rate: float = 2_000.0
    stall_seconds: float = 20.0
