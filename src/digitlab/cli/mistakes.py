"""`digitlab mistakes`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand
from digitlab.cli.plans import load
from digitlab.cli.results import OutOption, SplitName
from digitlab.errors import ConfigError, DataError
from digitlab.files import make_folder

if TYPE_CHECKING:
    from digitlab.insight import Mistake
    from digitlab.runs import Run
    from digitlab.workflow import Data

__all__ = ["mistakes"]

PAIRS = 5


@expand
def mistakes(
    run: RunArgument,
    data: DataOptions,
    split: Annotated[
        SplitName, typer.Option(help="Look at mistakes on validation; on test once, at the end.")
    ] = SplitName.VALIDATION,
    count: Annotated[int, typer.Option(help="How many of the surest to list and draw.")] = 24,
    against: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Another run: where do the two differ?")
    ] = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the surest mistakes of a run, each beside the training digits that are most like it."""
    from digitlab.insight import disagreement, find_mistakes
    from digitlab.pictures import draw_mistakes, draw_only_right
    from digitlab.runs import open_run
    from digitlab.scoring import look_at_test, read_run, score_run

    if count < 1:
        raise ConfigError(f"--count is 1 or more, not {count}.")
    runs = [open_run(folder) for folder in (run, against) if folder]
    for each in runs:
        each.params()
    opened, name = runs[0], str(split)
    loaded = load(data, opened)
    _check_same_images(runs, loaded, split)
    training, folder = loaded.split_of(opened).training, make_folder(out or opened.figures)
    if split is SplitName.TEST:
        images = loaded.test
        logits, looks = look_at_test(runs, loaded)
    else:
        images = loaded.split_of(opened).validation
        logits, looks = [read_run(each, images) for each in runs], None
    found = find_mistakes(
        logits[0], images.labels, images.pixels, training.pixels, training.labels, count=count
    )
    evaluation = score_run(opened, images, logits[0])
    files = draw_mistakes(opened, found.surest, images, training, name, folder)
    document = found.as_dict() | {
        "confused": [vars(each) for each in evaluation.most_confused(PAIRS)],
        "looks": looks and looks.number,
    }
    said = [found.sentence, f"Confused most: {words.confusions(evaluation, PAIRS)}."]
    if against:
        read = [each.argmax(axis=1) for each in logits]
        right = [each == images.labels for each in read]
        names, differ = _names(runs), disagreement(right[0], right[1], images.labels)
        files += draw_only_right(names[0], names[1], differ.only_a, read[1], images, name, folder)
        files += draw_only_right(names[1], names[0], differ.only_b, read[0], images, name, folder)
        said.append(differ.sentence(*names))
        document["against"] = {"runs": names} | differ.as_dict()
    if as_json:
        console.print_json(document | {"files": [str(file) for file in files]})
    else:
        dataset, model = loaded.train.name, opened.config.model.name
        console.print_line(f"{model} on {len(images):,} {split} images of {dataset}: {said[0]}")
        _print_mistakes(found.surest)
        for sentence in said[1:]:
            console.print_line(sentence)
        if files:
            drawn = [str(file) for file in files if file.suffix == ".png"]
            console.print_line(f"Drawn in {', '.join(drawn)}.")
    if looks:
        console.say_looks(looks, as_json=as_json, warn=False)


def _check_same_images(runs: "list[Run]", loaded: "Data", split: SplitName) -> None:
    """Raise `DataError` unless all runs were split alike, for what one learned from it knows."""
    splits = [loaded.split_of(each) for each in runs]
    if split is SplitName.VALIDATION and len({each.validation_digest for each in splits}) > 1:
        raise DataError(
            f"{runs[0].folder} and {runs[1].folder} have other validation images, and each would be asked "
            "for digits that it learned from. Compare runs of one --seed, or look at --split test."
        )


def _names(runs: "list[Run]") -> list[str]:
    """Return the models' names, or those of the runs where these are the same, or their places."""
    for names in ([each.config.model.name for each in runs], [each.name for each in runs]):
        if len(set(names)) == len(names):
            return names
    return ["first", "second"]


def _print_mistakes(listed: "tuple[Mistake, ...]") -> None:
    if not listed:
        return
    rows: list[Any] = [
        (
            str(each.index),
            str(each.true),
            str(each.read_as),
            words.percent(each.read_probability),
            words.percent(each.true_probability),
            ", ".join(f"{near.label} (#{near.index})" for near in each.neighbours),
        )
        for each in listed
    ]
    columns = ("image", "true", "read as", "p(read)", "p(true)", "nearest training digits")
    console.print_table(columns, rows, text=(5,))
