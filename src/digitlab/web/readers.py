"""Loaded runs at the service of many requests."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from digitlab.data import CATALOG, Dataset
from digitlab.recognition import (
    Geometry,
    Ink,
    Prediction,
    Recognizer,
    Several,
    find_some,
    open_picture,
    prepare,
    read_many,
)
from digitlab.runs import Run
from digitlab.web.answers import answer, row, stages_of, units_of, why_of
from digitlab.web.limits import LOAD_SECONDS, MOST_WAYS
from digitlab.web.training import Load, Training
from digitlab.web.workers import Batcher, Lanes

__all__ = ["Readers", "names_of", "warm_up"]

Extra = str
"""stages, why or units."""


class Readers:
    """Reads pictures with each of several runs: opening and preparing in a few threads, models in batches."""

    def __init__(self, recognizers: Sequence[Recognizer], lanes: Lanes, load: Load) -> None:
        self.recognizers = tuple(recognizers)
        self.names = names_of(recognizers)
        self._lanes = lanes
        self._training = Training(load)
        self._batchers = [Batcher(recognizer.judge) for recognizer in recognizers]
        self._geometries = tuple(dict.fromkeys(recognizer.geometry for recognizer in recognizers))

    async def read(self, content: bytes, extras: frozenset[Extra], run: int | None) -> dict[str, Any]:
        """Return what each run reads in a picture, given as the content of its file, and why.

        Parameters
        ----------
        content
            Of the file.
        extras
            What to tell beside the answers.
        run
            Of which run to tell it; None for all.

        Raises
        ------
        PictureError
            If it is no picture that can be read.
        BusyError
            If too much is waiting.
        """
        (height, width), inks = await self._lanes.run(content, self._prepared)
        asked = zip(self._batchers, self.recognizers, strict=True)
        predictions = await asyncio.gather(*(batcher.run(inks[each.geometry]) for batcher, each in asked))
        answers = [answer(number, self.names[number], each) for number, each in enumerate(predictions)]
        for number in range(len(answers)) if run is None else [run]:
            answers[number] |= await self._extras(number, predictions[number], extras)
        return {"width": width, "height": height, "answers": answers}

    async def read_several(self, content: bytes) -> dict[str, Any]:
        """Return what each run reads in a picture of several digits.

        Raises
        ------
        PictureError
            If it is no picture that can be read, or has too much ink.
        BusyError
            If too much is waiting.
        """
        return await self._lanes.several.run(self._rows, content)

    async def read_one_of_several(
        self, content: bytes, run: int, number: int, extras: frozenset[Extra]
    ) -> dict[str, Any] | None:
        """Return what a run reads in one of several digits, counted from 0, and why; None if there is none.

        Raises
        ------
        PictureError
            If it is no picture that can be read, or has too much ink.
        BusyError
            If too much is waiting.
        """
        _, [found] = await self._lanes.several.run(_found, content, [self.recognizers[run]])
        if not 0 <= number < len(found.digits):
            return None
        prediction = found.digits[number]
        return answer(run, self.names[run], prediction) | await self._extras(run, prediction, extras)

    def close(self) -> None:
        """Let go of what waits."""
        for batcher in self._batchers:
            batcher.close()

    def _prepared(self, content: bytes) -> tuple[tuple[int, ...], dict[Geometry, Ink]]:
        picture = open_picture(content)
        return picture.shape[:2], {each: prepare(picture, each) for each in self._geometries}

    def _rows(self, content: bytes) -> dict[str, Any]:
        (height, width), found = _found(content, self.recognizers)
        rows = [row(number, self.names[number], each) for number, each in enumerate(found)]
        return {"width": width, "height": height, "answers": rows}

    async def _extras(self, number: int, prediction: Prediction, extras: frozenset[Extra]) -> dict[str, Any]:
        if not extras:
            return {}
        recognizer = self.recognizers[number]
        training, missing = None, ""
        if "why" in extras and prediction.digit is not None:
            training, missing = await self._compared(recognizer.run)
        return await self._lanes.small.run(_more, recognizer, prediction, extras, training, missing)

    async def _compared(self, run: Run) -> tuple[Dataset | None, str]:
        """Return what a run learned from, or why it is not at hand."""
        training = self._training.at_hand(run)
        if training is not None:
            return training, ""
        loading = asyncio.ensure_future(self._lanes.loading.run(self._training.load, run))
        await asyncio.wait([loading], timeout=LOAD_SECONDS)
        if not loading.done():
            return None, "The training digits are being loaded, to be compared with what is drawn next."
        training = loading.result()
        return training, "" if training is not None else _not_here(run)


def names_of(recognizers: Sequence[Recognizer]) -> list[str]:
    """Return a name for each run: its folder's, with the folder around it where two are called alike."""
    folders = [recognizer.run.folder.resolve() for recognizer in recognizers]
    counts = Counter(folder.name for folder in folders)
    return [f"{each.parent.name}/{each.name}" if counts[each.name] > 1 else each.name for each in folders]


def warm_up(recognizers: Sequence[Recognizer]) -> None:
    """Read something with every run, so that what is compiled is compiled before somebody waits for it."""
    picture = np.full((28, 28, 3), 255, np.uint8)
    picture[6:22, 13:16] = 0
    for recognizer in recognizers:
        ink = prepare(picture, recognizer.geometry)
        predictions = [recognizer.judge([ink] * count)[0] for count in (1, 17, 33)]
        _more(recognizer, predictions[0], frozenset(("why", "units")))


def _found(content: bytes, recognizers: Sequence[Recognizer]) -> tuple[tuple[int, ...], list[Several]]:
    picture = open_picture(content)
    found = find_some(picture, MOST_WAYS)
    return picture.shape[:2], [read_many(each, picture, found=found) for each in recognizers]


def _not_here(run: Run) -> str:
    name = run.config.data.name
    said = f"The training digits of {name} are not on this machine, so none are compared."
    return f"{said} `digitlab data fetch {name}` fetches them." if name in CATALOG else said


def _more(
    recognizer: Recognizer,
    prediction: Prediction,
    extras: frozenset[Extra],
    training: Dataset | None = None,
    missing: str = "",
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "stages" in extras:
        found["stages"] = stages_of(prediction.ink)
    if "why" in extras:
        found["why"] = why_of(recognizer, prediction, training, missing)
    if "units" in extras:
        found["units"] = units_of(recognizer, prediction)
    return found
