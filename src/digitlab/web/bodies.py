"""The bodies of requests: read to a limit, before a deadline, and not too many at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from digitlab.recognition import MAX_FILE_BYTES
from digitlab.web.guard import too_large
from digitlab.web.limits import BODY_SECONDS, MOST_BYTES, RETRY_SECONDS

__all__ = ["PICTURE_TYPES", "Bodies", "busy"]

PICTURE_TYPES = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/bmp",
    "image/gif",
    "image/tiff",
    "image/heic",
    "image/heif",
    "application/octet-stream",
)


def busy() -> HTTPException:
    """Return the answer to a request that comes while too much is waiting."""
    retry = {"Retry-After": str(RETRY_SECONDS)}
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "Too much is asked at once. Ask again.", retry)


class Bodies:
    """Reads pictures out of requests, and counts the bytes that all of them hold together."""

    def __init__(self, *, seconds: float = BODY_SECONDS, most: int = MOST_BYTES) -> None:
        self._seconds, self._most, self._held = seconds, most, 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Yield a request's body, whose bytes count until the block ends.

        Raises
        ------
        HTTPException
            415 if it is no picture by its type, 400 if it is empty or ends early, 408 if it takes too long,
            413 if it is too large, 503 if all bodies together are.
        """
        _check_type(request.headers.get("content-type", ""))
        content = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in request.stream():
                    self._held += len(chunk)
                    content += chunk
                    self._check_size(content)
            yield bytes(content)
        except TimeoutError:
            raise HTTPException(
                HTTPStatus.REQUEST_TIMEOUT, f"The picture took longer than {self._seconds:.0f} s to arrive."
            ) from None
        except ClientDisconnect:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The picture is cut off.") from None
        finally:
            self._held -= len(content)

    def _check_size(self, content: bytearray) -> None:
        if len(content) > MAX_FILE_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large())
        if self._held > self._most:
            raise busy()


def _check_type(given: str) -> None:
    name = given.partition(";")[0].strip().lower()
    if name not in PICTURE_TYPES:
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Expected a picture as the body, with its Content-Type: one of {', '.join(PICTURE_TYPES)}.",
        )
