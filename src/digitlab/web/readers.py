"""Loaded runs at the service of many requests."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from digitlab.recognition import Geometry, Ink, Prediction, Recognizer, open_picture, prepare
from digitlab.web.answers import answer, evidence_of, stages_of, units_of
from digitlab.web.workers import Batcher, Lanes

__all__ = ["Readers", "names_of", "warm_up"]

Extra = str
"""stages, evidence or units."""


class Readers:
    """Reads pictures with each of several runs: opening and preparing in a few threads, models in batches."""

    def __init__(self, recognizers: Sequence[Recognizer], lanes: Lanes) -> None:
        self.recognizers = tuple(recognizers)
        self.names = names_of(recognizers)
        self._lanes = lanes
        self._batchers = [Batcher(recognizer.judge) for recognizer in recognizers]
        self._geometries = tuple(dict.fromkeys(recognizer.geometry for recognizer in recognizers))

    async def read(self, content: bytes, extras: frozenset[Extra]) -> dict[str, Any]:
        """Return what each run reads in a picture, given as the content of its file, and why.

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
        if extras:
            found = await self._lanes.small.run(self._extras, predictions, extras)
            answers = [told | more for told, more in zip(answers, found, strict=True)]
        return {"width": width, "height": height, "answers": answers}

    def close(self) -> None:
        """Let go of what waits."""
        for batcher in self._batchers:
            batcher.close()

    def _prepared(self, content: bytes) -> tuple[tuple[int, ...], dict[Geometry, Ink]]:
        picture = open_picture(content)
        return picture.shape[:2], {each: prepare(picture, each) for each in self._geometries}

    def _extras(self, predictions: Sequence[Prediction], extras: frozenset[Extra]) -> list[dict[str, Any]]:
        return [
            _more(recognizer, prediction, extras)
            for recognizer, prediction in zip(self.recognizers, predictions, strict=True)
        ]


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
        _more(recognizer, predictions[0], frozenset(("evidence", "units")))


def _more(recognizer: Recognizer, prediction: Prediction, extras: frozenset[Extra]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "stages" in extras:
        found["stages"] = stages_of(prediction.ink)
    if "evidence" in extras:
        found["evidence"] = evidence_of(recognizer, prediction)
    if "units" in extras:
        found["units"] = units_of(recognizer, prediction)
    return found
