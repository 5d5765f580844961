"""How to have a run again: the command line, and what it was made with."""

import shlex
from dataclasses import fields
from typing import Any

from digitlab.models import describe_model
from digitlab.runs import LearnRecord, Run
from digitlab.training import TrainingConfig

__all__ = ["command_of", "made_with"]

# What switches a setting off, where the setting itself is nothing.
OFF = {"clip_norm": "0", "patience": "0"}
OTHER_NAMES = {"augmentation": "augment"}


def command_of(run: Run) -> str:
    """Return the command line that trains a run again; of one made of another, the one that made it."""
    if run.config.pruned_from:
        return shlex.join(["digitlab", "units", run.config.pruned_from.run, "--prune", str(run.folder)])
    if run.config.learned_from:
        return _learning_command(run, run.config.learned_from)
    model = describe_model(run.config.model)
    settings = {name: model[name] for name in model if name not in ("name", "classes")}
    settings |= {field.name: getattr(run.config.training, field.name) for field in fields(TrainingConfig)}
    words = ["digitlab", "train", run.config.model.name, "--dataset", run.config.data.source]
    for name, value in settings.items():
        words += [f"--{OTHER_NAMES.get(name, name).replace('_', '-')}", _written(name, value)]
    words += ["--split-by", run.config.data.split, "--drawn", str(run.config.data.drawn)]
    return shlex.join(_needed(words))


def made_with(run: Run) -> dict[str, Any]:
    """Return versions, commit and date of a run, and the fingerprints of its data."""
    kept, data = run.circumstances(), run.config.data
    begun: dict[str, Any] = {"begun": kept["created"], "commit": kept["commit"] or "none: it was installed"}
    sets = {"training set, SHA-256": data.train_fingerprint, "test set, SHA-256": data.test_fingerprint}
    return begun | dict(kept["versions"]) | sets | {"weights, SHA-256": run.model_digest()}


def _learning_command(run: Run, learned: LearnRecord) -> str:
    training = run.config.training
    settings = {
        "out": run.folder,
        "share": learned.own_share,
        "steps": training.steps,
        "learning-rate": training.learning_rate,
        "seed": training.seed,
    }
    options = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    return shlex.join(["digitlab", "learn", learned.run, learned.own_folder, *options])


def _written(name: str, value: Any) -> str:
    if value is None:
        return OFF[name]
    if name == "augmentation":
        changes = {each.name: getattr(value, each.name) for each in fields(value)}
        if value.is_off:
            return "none"
        return ",".join(f"{each}={number:g}" for each, number in changes.items() if number)
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)


def _needed(words: list[str]) -> list[str]:
    """Leave out options without a value, as hidden units of a network that has none."""
    pairs = list(zip(words[3::2], words[4::2], strict=True))
    return words[:3] + [word for option, value in pairs if value != "" for word in (option, value)]
