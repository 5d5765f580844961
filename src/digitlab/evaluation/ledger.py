"""The ledger of the test sets: every look at one, whoever took it, in the order taken.

A test set tells how good a model is as long as nothing was chosen by looking at it. So each look is
written down, in one file for all of a user's runs, and every result says how many there were before.

What it can notice: each line carries a seal, SHA-256 of the line before it and of its own content, so a
line that was changed, removed or put in breaks the chain from there; and a run keeps its own looks
with their seals, so a ledger that was deleted or cut is missed when one of its runs is read again.
What it cannot: who deletes the ledger and the runs, or seals every line anew, leaves no trace; and
whoever reads the test set with other code is not counted.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from digitlab.errors import StorageError
from digitlab.files import make_folder, storage_errors, user_folder

__all__ = ["Look", "Looks", "ledger_path", "looks_at", "looks_in", "record_looks"]

LEDGER = "test-set-looks.jsonl"
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Look:
    """One model's result on a test set, as the ledger keeps it.

    Parameters
    ----------
    test_set
        The fingerprint of its images and labels.
    model
        SHA-256 of the weights, so that the same model counts once however often it is read.
    accuracy
        What was seen.
    run
        The run folder.
    number
        Which look at this test set it was, from 1.
    time
        When, in UTC.
    seal
        SHA-256 of the line before it in the ledger and of all the other fields; empty if the ledger
        could not be written.
    """

    test_set: str
    model: str
    accuracy: float
    run: str
    number: int = 0
    time: str = ""
    seal: str = ""

    def sealed(self, line_before: str) -> "Look":
        """Return it with the seal that follows `line_before`."""
        content = line_before + replace(self, seal="").line()
        return replace(self, seal=hashlib.sha256(content.encode()).hexdigest())

    def line(self) -> str:
        """Return it as a line of a file, without its end."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Looks:
    """All looks at one test set that are known of.

    Parameters
    ----------
    before, new
        Those taken before, and those taken now together.
    remarks
        What is wrong with the ledger, a sentence each; none if it is whole and was written.
    """

    before: tuple[Look, ...]
    new: tuple[Look, ...]
    remarks: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many looks there were, the new ones included."""
        return len(self.before) + len(self.new)

    @property
    def models(self) -> int:
        """How many different models were looked at."""
        return len({look.model for look in (*self.before, *self.new)})

    @property
    def is_best_of_many(self) -> bool:
        """Whether other models were looked at before, and none was better than the best new one."""
        now = {look.model for look in self.new}
        others = [look.accuracy for look in self.before if look.model not in now]
        return bool(others) and max(look.accuracy for look in self.new) >= max(others)

    def sentence(self, *, warn: bool = True) -> str:
        """Say how often the test set has been looked at, and warn where the best of many is reported."""
        first = len(self.before) + 1
        now = f"Look {first}" if len(self.new) == 1 else f"Looks {first} to {self.number}"
        with_models = f", {self.models} different models in all" if self.models > 1 else ""
        said = f"{now} at this test set{with_models}."
        if warn and self.is_best_of_many:
            said += (
                f" The best of {self.models} models by test accuracy is worse than it looks: choose on "
                "validation."
            )
        return said


def ledger_path() -> Path:
    """Return where the user's ledger is."""
    return user_folder() / LEDGER


def looks_at(test_set: str) -> list[Look]:
    """Return the looks at a test set, by its fingerprint, that the user's ledger has, in the order taken."""
    return [look for look in looks_in(ledger_path()) if look.test_set == test_set]


def looks_in(path: Path) -> list[Look]:
    """Return the looks that a file has, the ledger or a run's own, in the order taken."""
    return _read(path).looks


def record_looks(looks: Sequence[Look], kept: Sequence[Path]) -> Looks:
    """Write looks at one test set, taken together, into the user's ledger and into their runs.

    Never fails: where the ledger or a run cannot be read or written, the looks count all the same in
    what is returned, and a remark says why they will not be remembered. Nothing that is there is
    ever rewritten: lines are added at the end.

    Parameters
    ----------
    looks
        The new looks; number, time and seal are filled in.
    kept
        Each run's own file of looks.

    Returns
    -------
    Looks
        Those before are the ledger's, and those that the runs remember beside.
    """
    path, time = ledger_path(), datetime.now(UTC).isoformat(timespec="seconds")
    remarks: list[str] = []
    with _locked(path) as obstacle:
        ledger = _read(path)
        remarks += ledger.remarks
        # A run's own lines are the ledger's, so their seals follow from lines that it has not.
        own = [look for file in dict.fromkeys(kept) for look in _read(file).looks]
        remarks += _missed(path, ledger.looks, own)
        known = {look.seal or look.line(): look for look in (*ledger.looks, *own)}
        before = [look for look in known.values() if look.test_set == looks[0].test_set]
        new = [replace(look, number=len(before) + n, time=time) for n, look in enumerate(looks, 1)]
        sealed = _sealed(new, ledger.last_line)
        obstacle = obstacle or _add(path, sealed)
        if obstacle:
            remarks.append(f"This look is not in the ledger, so later ones will not count it: {obstacle}")
        for look, file in zip(new if obstacle else sealed, kept, strict=True):
            if failure := _add(file, [look]):
                remarks.append(f"This look is not kept in the run: {failure}")
    return Looks(tuple(before), tuple(new if obstacle else sealed), tuple(dict.fromkeys(remarks)))


@dataclass(frozen=True)
class _File:
    """What a file of looks holds."""

    looks: list[Look]
    last_line: str
    remarks: list[str]


@contextmanager
def _locked(path: Path) -> Iterator[str]:
    """Hold the ledger; yield why it cannot be held or written, if it cannot."""
    lock = FileLock(f"{path}.lock", timeout=PATIENCE_SECONDS)
    obstacle = ""
    try:
        make_folder(path.parent)
        lock.acquire()
    except Timeout:
        obstacle = f"another process has held {path} for {PATIENCE_SECONDS:g} s."
    except StorageError as error:
        obstacle = str(error)
    except OSError as error:
        obstacle = f"{path} cannot be locked: {error.strerror or error}."
    try:
        yield obstacle
    finally:
        lock.release()


def _read(path: Path) -> _File:
    """Read a file of looks; what cannot be read is said and left as it is."""
    try:
        with storage_errors(f"Cannot read {path}"):
            text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    except StorageError as error:
        return _File([], "", [str(error)])
    lines = text.splitlines()
    looks = [_parsed(line) for line in lines]
    remarks = []
    if None in looks:
        remarks.append(f"Line {looks.index(None) + 1} of {path} cannot be read as a look and does not count.")
    for number, (before, look) in enumerate(zip(["", *lines], looks, strict=False), 1):
        if look and look.sealed(before).seal != look.seal:
            remarks.append(
                f"{path} was changed by hand or damaged: line {number} does not follow from the one before. "
                "The number of looks is what is left there."
            )
            break
    return _File([look for look in looks if look], lines[-1] if lines else "", remarks)


def _parsed(line: str) -> Look | None:
    try:
        look = Look(**json.loads(line))
    except (ValueError, TypeError):
        return None
    kinds = {"accuracy": (int, float), "number": (int,)}
    right = all(isinstance(getattr(look, each.name), kinds.get(each.name, (str,))) for each in fields(look))
    return look if right else None


def _sealed(looks: Iterable[Look], last_line: str) -> list[Look]:
    sealed = []
    for look in looks:
        sealed.append(look.sealed(last_line))
        last_line = sealed[-1].line()
    return sealed


def _missed(path: Path, ledger: Iterable[Look], own: Iterable[Look]) -> list[str]:
    """Return a remark if runs remember looks of the ledger that it has not."""
    seals = {look.seal for look in ledger}
    lost = len({look.seal for look in own if look.seal and look.seal not in seals})
    if not lost:
        return []
    return [
        f"{path} lacks {lost} look(s) that these runs remember: it was deleted, cut or is another user's, "
        "and the test set may have been looked at more often than is known."
    ]


def _add(path: Path, looks: Iterable[Look]) -> str:
    """Add lines to a file; return why that failed, if it did."""
    try:
        with storage_errors(f"Cannot write {path}"), path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                # What a killed process left without an end gets one.
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write("".join(look.line() + "\n" for look in looks).encode())
            file.flush()
            os.fsync(file.fileno())
    except StorageError as error:
        return str(error)
    return ""
