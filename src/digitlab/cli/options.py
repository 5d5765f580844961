"""The options that commands share, each written once."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

__all__ = [
    "MODELS",
    "PRESETS",
    "DataDirOption",
    "DataOptions",
    "JsonOption",
    "ModelArgument",
    "NameArgument",
    "OfflineOption",
    "RunArgument",
    "Tracker",
    "TrainingOptions",
    "complete_name",
    "expand",
    "named_path",
    "whole_numbers",
]

# Written here once more, for a shell that completes a word should not wait for the library.
MODELS = ("linear", "mlp", "conv")
PRESETS = ("exercise-short", "exercise", "quick", "best", "own")


def _begun(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what completes the beginning of a word by one of some names."""
    return lambda incomplete: [name for name in names if name.startswith(incomplete)]


def complete_name(incomplete: str) -> list[str]:
    """Return the names of data sets that begin so."""
    from digitlab.data import CATALOG

    return _begun(CATALOG)(incomplete)


ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="linear, mlp or conv.", autocompletion=_begun(MODELS))
]
NameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A name of `digitlab data list`.", autocompletion=complete_name),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document, and nothing else, on stdout.")
]
RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder that train or compare has made.")
]
DataDirOption = Annotated[
    Path | None, typer.Option(help="A folder with the files, if you have them; or set DIGITLAB_DATA_DIR.")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Never ask the network.")]


class Tracker(StrEnum):
    """What a training can be told to besides."""

    TENSORBOARD = "tensorboard"
    MLFLOW = "mlflow"


@dataclass(frozen=True)
class DataOptions:
    """Where data come from."""

    dataset: Annotated[
        str | None,
        typer.Option(
            help="A name of `digitlab data list`, or a path.",
            show_default="mnist, or the run's own",
            autocompletion=complete_name,
        ),
    ] = None
    data_dir: DataDirOption = None
    offline: OfflineOption = False


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; what is not given comes from the preset."""

    preset: Annotated[
        str | None,
        typer.Option(
            help="exercise-short, exercise, quick, best or own.",
            show_default="quick",
            autocompletion=_begun(PRESETS),
        ),
    ] = None
    steps: Annotated[int | None, typer.Option(help="Batches to learn from.")] = None
    epochs: Annotated[float | None, typer.Option(help="The same, in passes over the training images.")] = None
    periods: Annotated[int | None, typer.Option(help="How often to measure and save on the way.")] = None
    batch_size: Annotated[int | None, typer.Option(help="Images in a batch.")] = None
    learning_rate: Annotated[float | None, typer.Option(help="The optimizer's rate.")] = None
    optimizer: Annotated[str | None, typer.Option(help="adam, adamw or sgd.")] = None
    schedule: Annotated[str | None, typer.Option(help="constant, cosine or one-cycle.")] = None
    momentum: Annotated[float | None, typer.Option(help="Of sgd.")] = None
    weight_decay: Annotated[float | None, typer.Option(help="Of adamw and sgd.")] = None
    clip_norm: Annotated[
        float | None, typer.Option(help="Largest norm of each variable's gradient; 0 for no limit.")
    ] = None
    label_smoothing: Annotated[
        float | None, typer.Option(help="Share of probability to spread over all classes.")
    ] = None
    ema_decay: Annotated[
        float | None, typer.Option(help="Keep the moving average of the weights; 0 for the last ones.")
    ] = None
    augmentation: Annotated[
        str | None,
        typer.Option(
            "--augment",
            help="Change training images at random, for example shift=2,rotate=10,scale=0.1,shear=5,"
            "stroke=0.5,elastic=1 (pixels of 28, degrees, shares); none for not at all.",
            metavar="CHANGES",
        ),
    ] = None
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many periods without a better validation log loss; 0 for never."),
    ] = None
    hidden_units: Annotated[
        str | None, typer.Option(help="Of each hidden layer, for example 100,100.", metavar="UNITS")
    ] = None
    channels: Annotated[
        str | None,
        typer.Option(help="Filters of each convolutional layer, for example 32,64.", metavar="FILTERS"),
    ] = None
    dropout: Annotated[
        float | None,
        typer.Option(help="Share of hidden units, or of what conv's filters find, to silence in training."),
    ] = None
    drawn: Annotated[
        int | None,
        typer.Option(
            help="Learn besides from so many digits drawn by code, in shapes that the data have few of.",
            show_default="0; of the preset own, some",
        ),
    ] = None
    seed: Annotated[int | None, typer.Option(help="Decides everything random.", show_default="0")] = None
    split_by: Annotated[
        str | None,
        typer.Option(
            help="How validation is taken from the training images: writer (nobody's digits are in "
            "both) or stratified (at random, each digit in its share).",
            show_default="stratified",
        ),
    ] = None
    out: Annotated[
        Path | None, typer.Option(help="The folder to make.", show_default="a new one in runs/")
    ] = None
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that is there.")] = False
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is there.")] = False
    log_to: Annotated[
        list[Tracker] | None,
        typer.Option(help="Tell of each period besides: tensorboard (a file in the run folder) or mlflow."),
    ] = None

    @property
    def trackers(self) -> list[str]:
        """The names of the trackers to log to, each once."""
        return [str(name) for name in dict.fromkeys(self.log_to or ())]

    def given(self) -> dict[str, Any]:
        """Return the settings that were given, as `plan_run` takes them."""
        own = ("preset", "out", "resume", "force", "split_by", "log_to")
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in own}
        settings = {name: value for name, value in values.items() if value is not None}
        for limit in ("clip_norm", "patience"):
            if settings.get(limit) == 0:
                settings[limit] = None
        for sizes in ("hidden_units", "channels"):
            if sizes in settings:
                settings[sizes] = whole_numbers(sizes, settings[sizes])
        if "augmentation" in settings:
            settings["augmentation"] = _changes(settings["augmentation"])
        if {"steps", "epochs"} <= settings.keys():
            raise typer.BadParameter("give --steps or --epochs, not both")
        return settings


def named_path(text: str) -> Path:
    """Return the path that an argument names; an empty one would be the folder that the shell is in."""
    if not text:
        raise typer.BadParameter(
            "an empty name is no place to read from. Name a file or a folder; this one is ."
        )
    return Path(text)


def whole_numbers(name: str, text: str) -> tuple[int, ...]:
    """Return what the text of option `name` lists, as 100,100."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        option = name.replace("_", "-")
        raise typer.BadParameter(
            f"--{option} takes whole numbers with commas between, as 100,100, not {text!r}"
        ) from None


def _changes(text: str) -> dict[str, float]:
    try:
        parts = [] if text == "none" else [part.split("=") for part in text.split(",")]
        changes = {name.strip(): float(value) for name, value in parts}
    except ValueError:
        raise typer.BadParameter(
            f"--augment takes changes with commas between, as shift=2,rotate=10, or none, not {text!r}"
        ) from None
    if len(changes) < len(parts):
        raise typer.BadParameter(f"--augment takes each change once, not {text!r}")
    return changes


def expand(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each field of its parameters that are dataclasses of options.

    Typer reads options from a signature; this writes the signature, so that commands can
    share groups of options and take each group as one value.
    """
    hints = get_type_hints(command, include_extras=True)
    parameters = inspect.signature(command).parameters
    groups = {name: hints[name] for name in parameters if hasattr(hints[name], "__dataclass_fields__")}

    @wraps(command)
    def run(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{field.name: values.pop(field.name) for field in fields(group)})
        command(**values)

    flat: list[inspect.Parameter] = []
    for name, parameter in parameters.items():
        if name in groups:
            of_group = get_type_hints(groups[name], include_extras=True)
            flat += [
                _option(field.name, of_group[field.name], field.default) for field in fields(groups[name])
            ]
        else:
            flat.append(_option(name, hints[name], parameter.default))
    run.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    del run.__wrapped__
    return run


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
