"""What a run is: everything that decides its result, as `config.json` holds it."""

import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.data import Dataset, Split
from digitlab.models import Model, describe_model, make_model
from digitlab.training.config import TrainingConfig

__all__ = ["DataRecord", "LearnRecord", "PruneRecord", "RunConfig", "circumstances"]

VERSIONED = ("digitlab", "jax", "jaxlib", "numpy", "optax")


@dataclass(frozen=True)
class DataRecord:
    """Which data a run was trained on, and how they were divided.

    source
        What to give to `load_dataset` to have them again: a name or a path.
    baseline_digit
        The most frequent digit of the training images.
    validation_digest
        SHA-256 of the rows that are validation, for the fingerprints do not cover who wrote what; empty in
        runs that were made before it was kept.
    drawn
        How many digits drawn by code were learnt from besides; `training_images` counts them too.
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
    validation_digest: str = ""
    drawn: int = 0

    @classmethod
    def of(cls, source: str, train: Dataset, test: Dataset, split: Split, *, drawn: int = 0) -> "DataRecord":
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
            training_images=len(split.training_rows) + drawn,
            validation_images=len(split.validation_rows),
            baseline_digit=int(np.bincount(train.labels[split.training_rows]).argmax()),
            validation_digest=split.validation_digest,
            drawn=drawn,
        )


@dataclass(frozen=True)
class PruneRecord:
    """What a run was before units were taken out of it.

    run
        The folder of the whole run, as it was named then.
    model_digest
        SHA-256 of its file of weights.
    removed
        The numbers, in the whole run, of the units that were taken out of each layer.
    """

    run: str
    model_digest: str
    removed: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class LearnRecord:
    """What a run was before it went on learning from own digits, and what these were.

    run
        The folder of the run that it began with, as it was named then.
    model_digest
        SHA-256 of that run's file of weights.
    own_folder
        The folder of the own digits, as it was named then.
    own_fingerprint
        SHA-256 of their pixels, as the model saw them, and labels; see `Dataset.fingerprint`.
    own_images
        How many own digits it learned from.
    own_counts
        How many of each digit.
    own_share
        The share of all images seen in the learning that were own digits; the others were of `data`.
    """

    run: str
    model_digest: str
    own_folder: str
    own_fingerprint: str
    own_images: int
    own_counts: Sequence[int]
    own_share: float


@dataclass(frozen=True)
class RunConfig:
    """What a run is: everything that decides its result.

    Of a run that was pruned, `training` and `data` are those of the whole run, and `model` is what is left.
    Of one that learned from own digits, `training` is how it learned them, and `data` what it saw beside
    them.
    """

    model: Model
    training: TrainingConfig
    data: DataRecord
    pruned_from: PruneRecord | None = None
    learned_from: LearnRecord | None = None

    @property
    def origin(self) -> str:
        """What was done to which run to make this one; empty where it was trained from its seed."""
        if self.pruned_from:
            return f"units were taken out of {self.pruned_from.run}"
        if self.learned_from:
            return f"{self.learned_from.run} went on learning, from own digits too"
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        settings = {
            "model": describe_model(self.model),
            "training": self.training.as_dict(),
            "data": asdict(self.data) | {"image_shape": list(self.data.image_shape)},
        }
        origins = {"pruned_from": self.pruned_from, "learned_from": self.learned_from}
        return settings | {name: asdict(origin) for name, origin in origins.items() if origin}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Read what `as_dict` wrote."""
        height, width = values["data"]["image_shape"]
        data = DataRecord(**values["data"] | {"image_shape": (int(height), int(width))})
        pruned, learned = values.get("pruned_from"), values.get("learned_from")
        return cls(
            make_model(**values["model"]),
            TrainingConfig(**values["training"]),
            data,
            PruneRecord(**pruned) if pruned else None,
            LearnRecord(**learned) if learned else None,
        )


def circumstances() -> dict[str, Any]:
    """Return what else is worth knowing when a result is to be had again."""
    versions = {name: importlib.metadata.version(name) for name in VERSIONED}
    return {
        "versions": {"python": platform.python_version()} | versions,
        "commit": _commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _commit() -> str | None:
    """Return the commit of the checkout that this code runs from, or None where it is installed."""
    root = Path(__file__).parents[3]
    if not (root / "pyproject.toml").exists() or not (root / ".git").exists():
        return None
    with suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    return None
