"""Threads with a bound, and batches of what is waiting."""

import asyncio
import io
import time
from collections.abc import Sequence

import pytest
from PIL import Image

from digitlab.web.workers import Batcher, BusyError, Lanes, Workers


def test_what_waits_is_done_as_one_batch() -> None:
    sizes: list[int] = []

    def work(items: list[int]) -> list[int]:
        sizes.append(len(items))
        time.sleep(0.02)
        return [item * item for item in items]

    async def ask() -> list[int]:
        batcher = Batcher(work, most=8)
        return await asyncio.gather(*(batcher.run(number) for number in range(20)))

    assert asyncio.run(ask()) == [number * number for number in range(20)]
    assert max(sizes) == 8
    assert len(sizes) <= 4


def test_a_batch_that_fails_fails_for_its_own_and_the_next_goes_on() -> None:
    def work(items: list[int]) -> list[int]:
        if 0 in items:
            raise ValueError("no zero")
        return items

    async def ask() -> tuple[Sequence[int | BaseException], int]:
        batcher = Batcher(work)
        failed = await asyncio.gather(batcher.run(0), batcher.run(1), return_exceptions=True)
        return failed, await batcher.run(2)

    failed, after = asyncio.run(ask())
    assert [str(error) for error in failed] == ["no zero", "no zero"]
    assert after == 2


def test_more_than_may_wait_are_refused_and_room_is_made_again() -> None:
    async def ask() -> list[object]:
        workers = Workers(threads=1, most=3)
        found = await asyncio.gather(
            *(workers.run(time.sleep, 0.01) for _ in range(5)), return_exceptions=True
        )
        again = await workers.run(lambda: "again")
        workers.close()
        return [*found, again]

    *found, again = asyncio.run(ask())
    assert [type(each) for each in found] == [type(None)] * 3 + [BusyError] * 2
    assert again == "again"


def test_the_error_of_some_work_is_its_askers() -> None:
    async def ask() -> None:
        await Workers().run(int, "seven")

    with pytest.raises(ValueError, match="seven"):
        asyncio.run(ask())


def test_small_pictures_do_not_wait_for_large_ones() -> None:
    def png(side: int) -> bytes:
        file = io.BytesIO()
        Image.new("1", (side, side)).save(file, "PNG")
        return file.getvalue()

    order: list[int] = []

    async def ask() -> None:
        lanes = Lanes(Workers(1))

        async def read(side: int, seconds: float) -> None:
            await lanes.run(png(side), lambda _: time.sleep(seconds))
            order.append(side)

        await asyncio.gather(read(1200, 0.3), read(1201, 0.01), *(read(side, 0.01) for side in (8, 9)))
        lanes.close()

    asyncio.run(ask())
    assert order == [8, 9, 1200, 1201]
