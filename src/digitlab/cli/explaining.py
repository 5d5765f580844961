"""`digitlab explain` and `digitlab templates`."""

from enum import StrEnum
from typing import Annotated

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand
from digitlab.cli.plans import load
from digitlab.cli.results import OutOption
from digitlab.errors import ConfigError
from digitlab.files import make_folder

__all__ = ["explain", "templates"]

SHOWN_PROBABILITY = 0.001


class Part(StrEnum):
    """The sets that a digit can be taken from."""

    VALIDATION = "validation"
    TEST = "test"
    TRAIN = "train"


@expand
def explain(
    run: RunArgument,
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Which image of the set; the first is 0.")],
    data: DataOptions,
    split: Annotated[
        Part, typer.Option(help="The run's validation or training images, or the test set: that is a look.")
    ] = Part.VALIDATION,
    target: Annotated[
        int | None, typer.Option(help="The digit to explain.", show_default="the one it is read as")
    ] = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which ink of one digit speaks for what it is read as, and which against it."""
    from digitlab.insight import explain
    from digitlab.pictures import draw_explanation
    from digitlab.runs import open_run
    from digitlab.scoring import look_at_test

    opened = open_run(run)
    params, model = opened.params(), opened.config.model
    if target is not None and not 0 <= target < model.classes:
        raise ConfigError(f"--target is a digit from 0 to {model.classes - 1}, not {target}.")
    loaded = load(data, opened)
    parts = loaded.split_of(opened)
    images = {Part.TEST: loaded.test, Part.TRAIN: parts.training, Part.VALIDATION: parts.validation}[split]
    if not 0 <= index < len(images):
        raise ConfigError(
            f"There is no {split} image {index}: there are {len(images):,}, from 0 to {len(images) - 1}."
        )
    folder = make_folder(out or opened.figures)
    looks = look_at_test([opened], loaded)[1] if split is Part.TEST else None
    found = explain(model, params, images.pixels[index], label=int(images.labels[index]), target=target)
    wanted = "" if target is None else f"-{target}"
    files = draw_explanation(
        found,
        folder,
        name=f"explain-{split}-{index}{wanted}",
        title=f"{model.name}, {split} image {index}, a {found.label} read as {found.answer}: "
        "which ink speaks for it",
    )
    if as_json:
        asked = {"split": str(split), "index": index, "looks": looks and looks.number}
        console.print_json(asked | found.as_dict() | {"files": [str(file) for file in files]})
    else:
        console.print_line(console.ink(found.pixels))
        for sentence in found.sentences:
            console.print_line(sentence)
        shares = enumerate(found.probabilities)
        told = [f"{digit}: {words.percent(p, 1)}" for digit, p in shares if p >= SHOWN_PROBABILITY]
        console.print_line(f"Probabilities: {', '.join(told)}.")
        console.print_line(f"The maps are in {files[0]}.")
    if looks:
        console.say_looks(looks, as_json=as_json, warn=False)


def templates(run: RunArgument, out: OutOption = None, as_json: JsonOption = False) -> None:
    """Draw what each digit should look like to a run, and tell what it reads in these pictures."""
    from digitlab.insight import class_templates
    from digitlab.pictures import draw_templates
    from digitlab.runs import open_run

    opened = open_run(run)
    found = class_templates(opened.config.model, opened.params(), opened.config.data.image_shape)
    files = draw_templates(opened, found, out or opened.figures)
    if as_json:
        console.print_json(found.as_dict() | {"files": [str(file) for file in files]})
        return
    console.print_line(found.sentence)
    for file in files:
        console.print_line(str(file))
