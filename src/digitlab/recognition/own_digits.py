"""Own digits in folders: which files are pictures, what each of them shows, and who wrote it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from digitlab.errors import DataError, DataNotFoundError
from digitlab.files import storage_errors
from digitlab.recognition.opening import SUFFIXES

__all__ = ["LABEL_RULE", "OwnDigits", "OwnPicture", "find_own_digits", "find_pictures", "natural_order"]

LABEL_RULE = (
    "A picture's label is the name of the nearest folder above it that is a single digit (7/x.png, "
    "anna/7/x.png); else the digit that its own name begins with before a _ or - (7_x.png, 7-003.jpg), or "
    "that follows label or digit in it (x_label7.png)"
)
BY_FOLDER, BY_NAME, BY_WHOLE = "folder", "file name", "the folder given"
FIRST_IN_NAME = re.compile(r"([0-9])[_-]")
NAMED_IN_NAME = re.compile(r"(?:^|[ _.-])(?:label|digit)[ _-]?([0-9])(?:$|[ _.-])", re.IGNORECASE)


@dataclass(frozen=True)
class OwnPicture:
    """A picture of a digit that is known.

    file
        Where it is.
    label
        Which digit it shows.
    labelled_by
        What said so: "folder", "file name", or "the folder given".
    writer
        The folders above its label's, as a path; empty where there are none.
    """

    file: Path
    label: int
    labelled_by: str
    writer: str


@dataclass(frozen=True)
class OwnDigits:
    """The pictures in a folder: those whose label is known, and those whose is not."""

    folder: Path
    pictures: tuple[OwnPicture, ...]
    unlabelled: tuple[Path, ...]

    @property
    def writers(self) -> tuple[str, ...]:
        """The groups that the pictures are in, in natural order."""
        return tuple(sorted({each.writer for each in self.pictures}, key=natural_order))

    @property
    def labelled_by(self) -> dict[str, int]:
        """How many labels were told by what."""
        return dict(Counter(each.labelled_by for each in self.pictures))

    @property
    def sentence(self) -> str:
        """How the labels were found."""
        told = {
            BY_FOLDER: "the folders they are in",
            BY_NAME: "their file names",
            BY_WHOLE: "the folder given",
        }
        said = [f"{count:,} by {told[how]}" for how, count in self.labelled_by.items()]
        lost = f" {len(self.unlabelled):,} without a label were left out." if self.unlabelled else ""
        return f"Labels: {', '.join(said)}.{lost}"


def find_pictures(places: Iterable[Path]) -> list[Path]:
    """Return files as they are named, and in place of a folder all pictures in it and below.

    Those of a folder are in natural order (2.png before 10.png) and have a suffix of `SUFFIXES`; what is
    hidden, by a name that begins with a dot, is left out.

    Raises
    ------
    DataNotFoundError
        If a folder holds no picture. Whether a file is there shows when it is opened.
    """
    return [file for place in places for file in (_pictures_in(place) if place.is_dir() else [place])]


def find_own_digits(folder: Path) -> OwnDigits:
    """Find the pictures in a folder, and their labels.

    `LABEL_RULE` says how; a picture that has no label by it has the digit that is the name of `folder`
    itself, if it is one. No label is guessed.

    Raises
    ------
    DataNotFoundError
        If there is no such folder, or no picture in it.
    DataError
        If no picture has a label.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "is not there"
        raise DataNotFoundError(f"{folder} {found}. Expected a folder with pictures of digits; name one.")
    files = find_pictures([folder])
    labelled = [(file, _labelled(file, folder)) for file in files]
    pictures = tuple(picture for _, picture in labelled if picture)
    if not pictures:
        raise DataError(
            f"None of the {len(files):,} pictures in {folder} has a label. {LABEL_RULE}. Nothing was "
            "read; sort them into folders 0 to 9."
        )
    return OwnDigits(folder, pictures, tuple(file for file, picture in labelled if not picture))


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers within names by their size."""
    parts = re.split(r"([0-9]+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts if part]


def _pictures_in(folder: Path) -> list[Path]:
    with storage_errors(f"Cannot read {folder}"):
        inside = [file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and not file.is_dir()]
    files = [file for file in inside if not _is_hidden(file.relative_to(folder).parts)]
    if not files:
        raise DataNotFoundError(
            f"There is no picture in {folder} or below it. Expected files that end in "
            f"{', '.join(sorted(SUFFIXES))}."
        )
    return sorted(files, key=lambda file: [natural_order(part) for part in file.relative_to(folder).parts])


def _is_hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def _labelled(file: Path, folder: Path) -> OwnPicture | None:
    above = file.relative_to(folder).parts[:-1]
    for depth in reversed(range(len(above))):
        if _is_digit(above[depth]):
            return OwnPicture(file, int(above[depth]), BY_FOLDER, "/".join(above[:depth]))
    told = FIRST_IN_NAME.match(file.name) or NAMED_IN_NAME.search(file.stem)
    if told:
        return OwnPicture(file, int(told[1]), BY_NAME, "/".join(above))
    own_name = folder.resolve().name
    return OwnPicture(file, int(own_name), BY_WHOLE, "/".join(above)) if _is_digit(own_name) else None


def _is_digit(name: str) -> bool:
    return len(name) == 1 and name in "0123456789"
