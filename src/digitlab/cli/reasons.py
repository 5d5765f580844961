"""What `digitlab predict --explain` leaves for each picture: drawn, told, and as numbers."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab import words
from digitlab.cli.options import DataOptions
from digitlab.cli.plans import load
from digitlab.files import make_folder, write_bytes, write_json

if TYPE_CHECKING:
    from digitlab.recognition import Prediction, Recognizer

__all__ = ["file_stems", "reasons_told"]

Tell = Callable[[str, "Prediction"], dict[str, Any]]


def reasons_told(recognizer: "Recognizer", data: DataOptions, folder: Path, names: Sequence[str]) -> Tell:
    """Return what writes into `folder` why a picture was read so, and tells it as JSON has it.

    It takes the name of a picture, which is the next of `names` or a later one, and the answer.
    """
    from digitlab.pictures import draw_why
    from digitlab.recognition import why

    make_folder(folder)
    training = load(data, recognizer.run).split_of(recognizer.run).training
    places = iter(zip(names, file_stems(names), strict=True))

    def tell(name: str, found: "Prediction") -> dict[str, Any]:
        path = folder / next(stem for each, stem in places if each == name)
        reasons = why(recognizer, found, training)
        files = draw_why(reasons, path, title=f"{Path(name).name}: {_answer(found)}")
        text, numbers = (path.with_name(f"{path.name}.{kind}") for kind in ("txt", "json"))
        told = "\n".join([name, *reasons.sentences, ""])
        write_bytes(text, told.encode(errors="backslashreplace"))
        write_json(numbers, {"file": name} | reasons.as_dict())
        return {"why": reasons.sentences, "files": [str(file) for file in [*files, text, numbers]]}

    return tell


def file_stems(names: Sequence[str]) -> Iterator[str]:
    """Yield a name without a suffix for each file: its own or, where that is taken, with its folders."""
    taken: set[str] = set()
    for name in names:
        parts = [part for part in Path(name).with_suffix("").parts if part.strip("/\\:.")]
        longer = ("-".join(parts[-depth:]) for depth in range(1, len(parts) + 1))
        numbered = (f"{parts[-1] if parts else 'picture'}-{number}" for number in count(2))
        stem = next(each for each in chain(longer, numbered) if each not in taken)
        taken.add(stem)
        yield stem


def _answer(found: "Prediction") -> str:
    if found.digit is None:
        return "refused"
    said = f"read as {found.digit} ({words.percent(found.confidence, 1)})"
    return f"refused, else {said}" if found.rejected else said
