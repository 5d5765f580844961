"""Many pictures opened and read: one that cannot be opened costs none of the others."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from digitlab.errors import DataError, StorageError
from digitlab.recognition.ink import Ink, prepare
from digitlab.recognition.opening import open_picture
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.recognizer import Recognizer

__all__ = ["OnPicture", "Reading", "Source", "prepare_pictures", "read_pictures"]

Source = tuple[str, Path | bytes]
"""What to call a picture, and its file or its content."""

OnPicture = Callable[[int], None]
"""Called with the number of pictures done so far."""

# So many photos, with every step of each, fit into memory.
AT_ONCE = 32


@dataclass(frozen=True)
class Reading:
    """What came of one picture.

    name
        What it is called.
    prediction
        What was read; None where it could not be opened.
    error
        Why not; empty where it could.
    """

    name: str
    prediction: Prediction | None
    error: str


def read_pictures(
    recognizer: Recognizer, sources: Sequence[Source], *, on_picture: OnPicture | None = None
) -> Iterator[Reading]:
    """Open pictures of one digit each and read them, in their order."""
    for some in prepare_pictures(recognizer, sources, on_picture=on_picture):
        answers = iter(recognizer.judge([ink for _, ink in some if isinstance(ink, Ink)]))
        for name, ink in some:
            yield Reading(name, next(answers), "") if isinstance(ink, Ink) else Reading(name, None, ink)


def prepare_pictures(
    recognizer: Recognizer, sources: Sequence[Source], *, on_picture: OnPicture | None = None
) -> Iterator[list[tuple[str, Ink | str]]]:
    """Open pictures and find their ink, some at once, in their order.

    Yields
    ------
    list of (str, Ink or str)
        The name of each, and its ink or, where it cannot be opened, why not.
    """
    done = 0
    with ThreadPoolExecutor() as threads:
        for start in range(0, len(sources), AT_ONCE):
            some = sources[start : start + AT_ONCE]
            found = threads.map(lambda source: _prepared(recognizer, *source), some)
            yield [(name, ink) for (name, _), ink in zip(some, found, strict=True)]
            done += len(some)
            if on_picture:
                on_picture(done)


def _prepared(recognizer: Recognizer, name: str, content: Path | bytes) -> Ink | str:
    try:
        return prepare(open_picture(content, name=name), recognizer.geometry)
    except (DataError, StorageError) as error:
        return str(error)
