"""A run is a folder.

::

    config.json             model, training settings, data fingerprints, split, versions, commit
    history.jsonl           one line a period
    checkpoint.safetensors  the state after the last finished period, to resume from; none if made of another
    model.safetensors       the trained weights; its header rebuilds the model; there when finished
    recognition.safetensors what its digits are like, for reading own pictures; there once it has read some
    looks.jsonl             a line for each time it was read on the test set; see `evaluation.ledger`
    figures/                pictures
    .lock                   held by the process that trains, and by nobody once that has ended

Every file is written whole or not at all, and a period counts once its checkpoint is there.
"""

import hashlib
import json
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from digitlab.errors import RunError, RunExistsError, RunNotFoundError
from digitlab.files import atomic_path, is_free, make_folder, storage_errors, write_bytes
from digitlab.models import Params, load_model, save_model
from digitlab.runs.record import RunConfig, circumstances
from digitlab.tensors import damage_errors, read_header, read_tensors, write_tensors
from digitlab.training.checkpoint import pack_state, unpack_state
from digitlab.training.trainer import HistoryRow, TrainingState, initial_state

__all__ = ["LOOKS", "NORMS", "TOLD", "Run", "check_folders", "create_run", "find_runs", "is_run", "open_run"]

CONFIG, HISTORY = "config.json", "history.jsonl"
CHECKPOINT, MODEL = "checkpoint.safetensors", "model.safetensors"
LOOKS = "looks.jsonl"
# What a tracker has written beside, and which periods trackers were told of; see `digitlab.trackers`.
EVENTS = "events.out.tfevents.*"
TOLD = "told.json"
NORMS = "recognition.safetensors"


@dataclass(frozen=True)
class Run:
    """A run folder that is there."""

    folder: Path
    config: RunConfig

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.name

    @property
    def figures(self) -> Path:
        """The folder for its pictures."""
        return self.folder / "figures"

    def circumstances(self) -> dict[str, Any]:
        """Return when the run was begun (`created`, UTC, as ISO 8601 has it), and its versions and commit."""
        path = self.folder / CONFIG
        with damage_errors(path):
            kept = json.loads(path.read_text(encoding="utf-8"))
            return {name: kept[name] for name in ("created", "versions", "commit")}

    @property
    def resume_command(self) -> str:
        """The command line that goes on with its training."""
        model = self.config.model.name
        return shlex.join(["digitlab", "train", model, "--out", str(self.folder), "--resume"])

    @property
    def is_finished(self) -> bool:
        """Whether its training came to its end."""
        return (self.folder / MODEL).exists()

    def history(self) -> list[HistoryRow]:
        """Return a row for each finished period, first to last.

        Raises
        ------
        RunError
            If rows are missing or damaged.
        """
        done, path = self.periods_done(), self.folder / HISTORY
        with damage_errors(path):
            lines = path.read_text(encoding="utf-8").splitlines() if done else []
            rows = [HistoryRow(**json.loads(line)) for line in lines[:done]]
            if [row.period for row in rows] != list(range(1, done + 1)):
                raise ValueError(f"it should have the periods 1 to {done}")
        return rows

    def periods_done(self) -> int:
        """Return how many periods are finished: those up to the checkpoint; of a run made of another, all."""
        path = self.folder / (HISTORY if self.config.origin else CHECKPOINT)
        if self.config.origin:
            with damage_errors(path):
                return len(path.read_text(encoding="utf-8").splitlines())
        if not path.exists() and not self.is_finished:
            return 0
        with damage_errors(path):
            return int(read_header(path)["period"])

    @property
    def kept_period(self) -> int:
        """The period whose weights are the run's: the best one where it may stop early, else the last."""
        rows = self.history()
        if self.config.training.patience is None:
            return rows[-1].period
        return min(rows, key=lambda row: row.validation_log_loss).period

    @contextmanager
    def training(self) -> Iterator[None]:
        """Hold the run while it is trained, so that no other process trains or replaces it.

        Raises
        ------
        RunError
            If another process holds it, or has replaced it by another run.
        """
        with locked(self.folder):
            if open_run(self.folder).config != self.config:
                raise RunError(f"The run {self.folder} has been replaced by another one meanwhile.")
            _clear_unfinished(self.folder)
            yield

    def record(self, row: HistoryRow, state: TrainingState) -> None:
        """Add a period: first its row, then its checkpoint, which is what makes the row count."""
        lines = (json.dumps(asdict(each)) + "\n" for each in [*self.history(), row])
        write_bytes(self.folder / HISTORY, "".join(lines).encode())
        write_tensors(self.folder / CHECKPOINT, *pack_state(state))

    def restore(self) -> TrainingState | None:
        """Return the state after the last finished period, or None if there is none yet."""
        if not self.history():
            return None
        template = initial_state(self.config.model, self.config.training, self.config.data.image_shape)
        with damage_errors(self.folder / CHECKPOINT):
            return unpack_state(*read_tensors(self.folder / CHECKPOINT), template)

    def finish(self, params: Params) -> None:
        """Write the trained weights."""
        save_model(self.folder / MODEL, self.config.model, self.config.data.image_shape, params)

    def model_digest(self) -> str:
        """Return SHA-256, as hexadecimal digits, of the file of trained weights."""
        with storage_errors(f"Cannot read {self.folder / MODEL}"):
            return hashlib.sha256((self.folder / MODEL).read_bytes()).hexdigest()

    def params(self) -> Params:
        """Return the trained weights.

        Raises
        ------
        RunError
            If the training did not come to its end, or the file is damaged or another model's.
        """
        if not self.is_finished:
            raise RunError(
                f"The run {self.folder} is not finished: {self.periods_done()} of "
                f"{self.config.training.periods} periods are done. Go on with: {self.resume_command}"
            )
        model, image_shape, params = load_model(self.folder / MODEL)
        if (model, image_shape) != (self.config.model, self.config.data.image_shape):
            raise RunError(
                f"{self.folder / MODEL} holds {model} for {image_shape}, but {CONFIG} says "
                f"{self.config.model} for {self.config.data.image_shape}: they are not of one run. "
                "Train it anew, with --force."
            )
        return params


def create_run(folder: Path, config: RunConfig, *, force: bool = False) -> Run:
    """Make a folder a run by writing its `config.json`, which appears whole or not at all.

    Parameters
    ----------
    folder
        Where. It must not exist, or be empty.
    config
        What the run is.
    force
        Replace the run that is there; files of yours beside it stay. What is not a run is never touched.

    Raises
    ------
    RunExistsError
        If there is a run, or anything else, at `folder`.
    RunError
        If another process is training the run to be replaced.
    StorageError
        If the folder cannot be written; a run that was there is then left as it was.
    """
    _check_free(folder, force)
    make_folder(folder)
    content = json.dumps(config.as_dict() | circumstances(), indent=2) + "\n"
    with locked(folder), atomic_path(folder / CONFIG) as temporary:
        temporary.write_text(content, encoding="utf-8")
        _clear(folder, keep=temporary)
    return Run(folder, config)


def open_run(folder: Path) -> Run:
    """Read a run folder.

    Raises
    ------
    RunNotFoundError
        If nothing is there.
    RunError
        If what is there is not a run, or its config is damaged.
    """
    if not folder.exists():
        raise RunNotFoundError(
            f"There is no run at {folder}. Make one with: digitlab train mlp --out {folder}"
        )
    if not is_run(folder):
        inside = ", ".join(str(run) for run in find_runs(folder))
        hint = f"It holds these runs; name one: {inside}." if inside else "Name a folder that train has made."
        raise RunError(f"{folder} is not a run: it has no config.json. {hint}")
    path = folder / CONFIG
    with damage_errors(path):
        return Run(folder, RunConfig.from_dict(json.loads(path.read_text(encoding="utf-8"))))


def is_run(folder: Path) -> bool:
    """Return whether there is a run at `folder`."""
    return (folder / CONFIG).is_file()


def find_runs(folder: Path) -> list[Path]:
    """Return the runs directly in `folder`, by name."""
    return sorted(path.parent for path in folder.glob(f"*/{CONFIG}")) if folder.is_dir() else []


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other process from training the run in `folder`; the lock dies with the process.

    Raises
    ------
    RunError
        If another process holds it.
    """
    with storage_errors(f"Cannot write {folder}"):
        lock = FileLock(folder / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise RunError(
                f"Another process is training the run {folder}. Nothing was changed; wait for it or end it, "
                "or name another --out."
            ) from None
    try:
        yield
    finally:
        lock.release()


def check_folders(folders: Sequence[Path], *, resume: bool = False, force: bool = False) -> None:
    """Raise `RunExistsError` or `RunError` if a run cannot be begun in one of several, before any is.

    Parameters are those of `begin_run`. A run that is held by another process cannot be replaced.
    """
    for folder in folders:
        if resume and is_run(folder):
            continue
        _check_free(folder, force)
        if is_run(folder):
            with locked(folder):
                pass


def _check_free(folder: Path, force: bool) -> None:
    if is_free(folder):
        return
    if not is_run(folder):
        raise RunExistsError(
            f"{folder} is there already and is not a run. It was left alone; name another --out."
        )
    if not force:
        raise RunExistsError(
            f"There is a run at {folder} already. It was left alone: go on with it by --resume, "
            "replace it by --force, or name another --out."
        )


def _clear(folder: Path, *, keep: Path | None = None) -> None:
    """Remove what a run leaves in its folder, all but its config."""
    shutil.rmtree(folder / "figures", ignore_errors=True)
    for name in (MODEL, CHECKPOINT, HISTORY, LOOKS, NORMS, TOLD):
        (folder / name).unlink(missing_ok=True)
    for path in folder.glob(EVENTS):
        path.unlink(missing_ok=True)
    _clear_unfinished(folder, keep=keep)


def _clear_unfinished(folder: Path, *, keep: Path | None = None) -> None:
    """Remove the temporary files of processes that were killed while writing."""
    for path in folder.glob(".*.tmp"):
        if path != keep:
            path.unlink(missing_ok=True)
