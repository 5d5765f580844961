"""`digitlab score`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, expand, named_path
from digitlab.cli.plans import recognizer_of, run_and_paths
from digitlab.cli.predicting import reading_progress
from digitlab.cli.results import OutOption
from digitlab.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from digitlab.recognition import OwnDigits, Score
    from digitlab.runs import Run

__all__ = ["FolderArgument", "own_digits_of", "say_errors", "score"]

PAIRS = 5
SHOWN_FILES = 10

FolderArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="[RUN] FOLDER",
        parser=named_path,
        help="A run, or else the newest in runs/ is taken; then a folder with pictures of digits, labelled "
        "by the folders they are in (7/x.png, anna/7/x.png) or by their names (7_x.png, x_label7.png).",
        show_default=False,
    ),
]


@expand
def score(
    paths: FolderArgument, data: DataOptions, out: OutOption = None, as_json: JsonOption = False
) -> None:
    """Score a run on your own digits: accuracy with its interval, each writer, refusals, mistakes drawn."""
    from digitlab.recognition import score_own_digits

    run, own = own_digits_of(paths)
    recognizer = recognizer_of(run, data)
    with reading_progress(len(own.pictures)) as on_picture:
        found = score_own_digits(recognizer, own, on_picture=on_picture)
    files = _draw(run, found, out)
    if as_json:
        asked = {"run": str(run.folder), "folder": str(own.folder)}
        console.print_json(asked | found.as_dict() | {"files": [str(file) for file in files]})
    else:
        _print(run, found)
        for file in files:
            if file.suffix == ".png":
                console.print_line(f"Drawn in {file}.")
    say_errors(found.errors)


def own_digits_of(paths: list[Path]) -> "tuple[Run, OwnDigits]":
    """Return the run and the own digits that are asked for."""
    from digitlab.recognition import find_own_digits

    run, places = run_and_paths(paths)
    if len(places) > 1:
        raise ConfigError(
            f"Expected one folder with own digits, found {len(places)}: {', '.join(map(str, places))}. "
            "Put them into one, or name the one."
        )
    own = find_own_digits(places[0])
    if own.unlabelled:
        console.note(f"digitlab: {len(own.unlabelled):,} pictures have no label and are left out:")
        for file in own.unlabelled[:SHOWN_FILES]:
            console.note(f"  {file}")
        if len(own.unlabelled) > SHOWN_FILES:
            console.note(f"  and {len(own.unlabelled) - SHOWN_FILES:,} more.")
    return run, own


def say_errors(errors: tuple[tuple[str, str], ...]) -> None:
    """Say which pictures could not be read, and end with the exit code 1 if there are any."""
    for _, error in errors:
        console.error(error)
    if errors:
        raise typer.Exit(1)


def _draw(run: "Run", found: "Score", out: Path | None) -> list[Path]:
    from digitlab.pictures import draw_score

    try:
        return draw_score(run, found, out or run.figures)
    except StorageError as error:
        console.note(f"digitlab: no picture was drawn. {error} (--out names another folder.)")
        return []


def _print(run: "Run", found: "Score") -> None:
    evaluation = found.evaluation
    title = f"{run.config.model.name} on {evaluation.n:,} own digits of {found.own.folder}"
    console.print_line(f"{title}: {words.summary(evaluation)}")
    if len(found.groups) > 1:
        rows = [
            (
                each.writer or "(no folder)",
                f"{each.n:,}",
                *_shares(each.accuracy, each.interval),
                words.loss(each.log_loss),
                str(each.refused),
            )
            for each in found.groups
        ]
        columns = ("writer", "digits", "accuracy", "95 %", "log loss", "refused")
        console.print_table(columns, rows)
    nothing = int(found.nothing_found.sum())
    said = f"Confused most: {words.confusions(found.digits, PAIRS)}"
    console.print_line(f"{said}; nothing was found in {nothing}." if nothing else f"{said}.")
    console.print_line(_refusals(found))
    console.print_line(found.own.sentence)


def _shares(accuracy: float, interval: tuple[float, float]) -> tuple[str, str]:
    return words.percent(accuracy), f"{100 * interval[0]:.2f} to {100 * interval[1]:.2f}"


def _refusals(found: "Score") -> str:
    if not found.refused or not found.accepted:
        return "No answer was refused." if not found.refused else "Every answer was refused."
    n, accuracy, (low, high) = found.accepted
    return (
        f"Refused: {found.refused:,} ({words.percent(found.refused / found.evaluation.n, 1)}). Of the other "
        f"{n:,}, {words.percent(accuracy)} are right ({100 * low:.2f} to {100 * high:.2f})."
    )
