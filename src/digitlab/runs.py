"""The run folder: what a training leaves behind, and how it is read back.

::

    config.json             model, training settings, data fingerprints, split, versions, commit
    history.jsonl           one line a period
    checkpoint.safetensors  the state after the last finished period, to resume from
    model.safetensors       the trained weights; its header rebuilds the model; there when finished
    figures/                pictures
"""

import importlib.metadata
import json
import os
import platform
import secrets
import shlex
import shutil
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digitlab.data import Dataset, Split
from digitlab.errors import RunError, RunExistsError, RunNotFoundError
from digitlab.files import make_folder, storage_errors, write_bytes, write_json
from digitlab.models import Model, Params, describe_model, load_model, make_model, save_model
from digitlab.tensors import damage_errors, read_header, read_tensors, write_tensors
from digitlab.training.checkpoint import pack_state, unpack_state
from digitlab.training.config import TrainingConfig
from digitlab.training.trainer import HistoryRow, TrainingState, initial_state

__all__ = ["DataRecord", "Run", "RunConfig", "create_run", "find_runs", "is_run", "open_run"]

VERSIONED = ("digitlab", "jax", "jaxlib", "numpy", "optax")


@dataclass(frozen=True)
class DataRecord:
    """Which data a run was trained on, and how they were divided.

    source
        What to give to `load_dataset` to have them again: a name or a path.
    baseline_digit
        The most frequent digit of the training images.
    """

    name: str
    source: str
    image_shape: tuple[int, int]
    train_fingerprint: str
    test_fingerprint: str
    split: str
    validation_fraction: float
    split_seed: int
    training_images: int
    validation_images: int
    baseline_digit: int

    @classmethod
    def of(cls, source: str, train: Dataset, test: Dataset, split: Split) -> "DataRecord":
        """Describe a data set and its split."""
        return cls(
            name=train.name,
            source=source,
            image_shape=train.image_shape,
            train_fingerprint=train.fingerprint,
            test_fingerprint=test.fingerprint,
            split=split.kind,
            validation_fraction=split.validation_fraction,
            split_seed=split.seed,
            training_images=len(split.training),
            validation_images=len(split.validation),
            baseline_digit=int(split.training.class_counts.argmax()),
        )


@dataclass(frozen=True)
class RunConfig:
    """What a run is: everything that decides its result."""

    model: Model
    training: TrainingConfig
    data: DataRecord

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "model": describe_model(self.model),
            "training": self.training.as_dict(),
            "data": asdict(self.data) | {"image_shape": list(self.data.image_shape)},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Read what `as_dict` wrote."""
        data = values["data"] | {"image_shape": tuple(values["data"]["image_shape"])}
        return cls(make_model(**values["model"]), TrainingConfig(**values["training"]), DataRecord(**data))


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

    @property
    def resume_command(self) -> str:
        """The command line that goes on with its training."""
        model = self.config.model.name
        return shlex.join(["digitlab", "train", model, "--out", str(self.folder), "--resume"])

    @property
    def is_finished(self) -> bool:
        """Whether its training came to its end."""
        return (self.folder / "model.safetensors").exists()

    def history(self) -> list[HistoryRow]:
        """Return a row for each finished period, first to last."""
        path = self.folder / "history.jsonl"
        with damage_errors(path):
            lines = path.read_text().splitlines() if path.exists() else []
            return [HistoryRow(**json.loads(line)) for line in lines[: self._periods_done()]]

    def record(self, row: HistoryRow, state: TrainingState) -> None:
        """Add a period: first its row, then its checkpoint, which is what makes the row count."""
        lines = (json.dumps(asdict(each)) + "\n" for each in [*self.history(), row])
        write_bytes(self.folder / "history.jsonl", "".join(lines).encode())
        write_tensors(self.folder / "checkpoint.safetensors", *pack_state(state))

    def restore(self) -> TrainingState | None:
        """Return the state after the last finished period, or None if there is none yet."""
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return None
        template = initial_state(self.config.model, self.config.training, self.config.data.image_shape)
        with damage_errors(path):
            return unpack_state(*read_tensors(path), template)

    def finish(self, params: Params) -> None:
        """Write the trained weights, and clear away what killed processes left unfinished."""
        save_model(self.folder / "model.safetensors", self.config.model, self.config.data.image_shape, params)
        for unfinished in self.folder.glob(".*.tmp"):
            unfinished.unlink(missing_ok=True)

    def params(self) -> Params:
        """Return the trained weights.

        Raises
        ------
        RunError
            If the training did not come to its end, or the file is damaged.
        """
        if not self.is_finished:
            done, periods = self._periods_done(), self.config.training.periods
            raise RunError(
                f"The run {self.folder} is not finished: {done} of {periods} periods are done. "
                f"Go on with: {self.resume_command}"
            )
        return load_model(self.folder / "model.safetensors")[2]

    def _periods_done(self) -> int:
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return 0
        with damage_errors(path):
            return int(read_header(path)["period"])


def create_run(folder: Path, config: RunConfig, *, force: bool = False) -> Run:
    """Make a run folder that holds its `config.json`; it appears whole or not at all.

    Parameters
    ----------
    folder
        Where. It must not exist, or be empty.
    config
        What the run is.
    force
        Replace a run that is there. Anything that is not a run is never replaced.

    Raises
    ------
    RunExistsError
        If there is a run, or anything else, at `folder`.
    StorageError
        If the folder cannot be made.
    """
    _check_free(folder, force)
    make_folder(folder.parent)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fresh, old = beside.with_suffix(".tmp"), beside.with_suffix(".old")
    with storage_errors(f"Cannot make the run folder {folder}"):
        try:
            fresh.mkdir()
            write_json(fresh / "config.json", config.as_dict() | _circumstances())
            if folder.exists():
                folder.rename(old)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
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
    path = folder / "config.json"
    with damage_errors(path):
        return Run(folder, RunConfig.from_dict(json.loads(path.read_text())))


def is_run(folder: Path) -> bool:
    """Return whether there is a run at `folder`."""
    return (folder / "config.json").is_file()


def find_runs(folder: Path) -> list[Path]:
    """Return the runs directly in `folder`, by name."""
    return sorted(path.parent for path in folder.glob("*/config.json")) if folder.is_dir() else []


def _check_free(folder: Path, force: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
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


def _circumstances() -> dict[str, Any]:
    """Return what else is worth knowing when a result is to be had again."""
    versions = {name: importlib.metadata.version(name) for name in VERSIONED}
    return {
        "versions": {"python": platform.python_version()} | versions,
        "commit": _commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _commit() -> str | None:
    """Return the commit of the checkout that this code runs from, or None where it is installed."""
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").exists() or not (root / ".git").exists():
        return None
    with suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    return None
