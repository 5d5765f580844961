"""Work that takes long, done beside the event loop: a few threads, a bounded queue, batches for models."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

from digitlab.recognition import picture_size
from digitlab.web.limits import (
    BATCH,
    LARGE_PIXELS,
    LARGE_WORKERS,
    MOST_LARGE_WAITING,
    MOST_SEVERAL_WAITING,
    MOST_WAITING,
    WORKERS,
)

__all__ = ["Batcher", "BusyError", "Lanes", "Workers"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class BusyError(Exception):
    """So much is waiting that more would wait too long."""


class Workers:
    """A few threads, and a bound on what is done and waits."""

    def __init__(self, threads: int = WORKERS, most: int = MOST_WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="digitlab-worker")
        self._most, self._count = most, 0

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Do some work in a thread.

        Raises
        ------
        BusyError
            If too much is waiting.
        """
        if self._count >= self._most:
            raise BusyError
        self._count += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **kwargs))
        finally:
            self._count -= 1

    def close(self) -> None:
        """Let go of what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Lanes:
    """Threads for pictures: what takes long has lanes of its own, so that nothing else waits for it."""

    def __init__(self, small: Workers | None = None) -> None:
        self.small = small or Workers()
        self._large = Workers(LARGE_WORKERS, MOST_LARGE_WAITING)
        self.several = Workers(1, MOST_SEVERAL_WAITING)
        self.loading = Workers(1)

    async def run(self, content: bytes, work: Callable[[bytes], R]) -> R:
        """Do some work on the content of a picture's file.

        Raises
        ------
        PictureError
            If it is no picture, or too large a one.
        BusyError
            If too much is waiting.
        """
        width, height = await self.small.run(picture_size, content)
        lane = self._large if width * height > LARGE_PIXELS else self.small
        return await lane.run(work, content)

    def close(self) -> None:
        """Let go of what waits."""
        for workers in (self.small, self._large, self.several, self.loading):
            workers.close()


class Batcher(Generic[T, R]):
    """Does what is waiting as one batch, for a model reads many pictures in little more time than one.

    Nobody waits for a batch to fill: the next one is what has come while the last one was done.
    """

    def __init__(self, work: Callable[[list[T]], list[R]], most: int = BATCH) -> None:
        self._work, self._most = work, most
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="digitlab-model")
        self._task: asyncio.Task[None] | None = None

    async def run(self, item: T) -> R:
        """Return what the work makes of an item, or raise what it raised for the batch."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work_off())
        return await future

    def close(self) -> None:
        """Let go of what waits."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _work_off(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            try:
                results = await loop.run_in_executor(self._thread, self._work, [item for item, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
