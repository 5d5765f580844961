"""`digitlab learn`."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, expand
from digitlab.cli.own_digits import FolderArgument, own_digits_of, say_errors
from digitlab.cli.plans import default_folder, load, recognizer_of
from digitlab.cli.predicting import reading_progress
from digitlab.errors import RunExistsError
from digitlab.files import is_free, make_folder

if TYPE_CHECKING:
    from digitlab.evaluation import Looks
    from digitlab.recognition import BeforeAfter, Collected, Learned, Lesson
    from digitlab.runs import Run
    from digitlab.workflow import Data

__all__ = ["learn"]


@expand
def learn(
    paths: FolderArgument,
    data: DataOptions,
    out: Annotated[
        Path | None, typer.Option(help="The run folder to make.", show_default="a new one in runs/")
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(help="Of all images seen in the learning, how many are your own.", show_default="0.2"),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Batches to learn from.", show_default="500")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="The highest rate.", show_default="0.1 of the run's own")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Decides everything random.", show_default="0")] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Read the test set too, before and after: two looks at it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a run go on learning, from your own digits mixed with what it was trained on, as a new run."""
    from digitlab.recognition import Lesson, collect, learning_config, write_lesson

    settings = {"share": share, "steps": steps, "learning_rate": learning_rate, "seed": seed}
    lesson = Lesson(**{name: value for name, value in settings.items() if value is not None})  # type: ignore[arg-type]
    run, own = own_digits_of(paths)
    folder = out or default_folder(f"{run.name}-learned")
    if not is_free(folder):
        raise RunExistsError(f"{folder} is there already. It was left alone; name another --out.")
    learning_config(run, lesson)
    recognizer, loaded = recognizer_of(run, data), load(data, run)
    if run.config.learned_from:
        console.note(
            f"digitlab: {run.folder} has learned from {run.config.learned_from.own_folder} before. Digits "
            f"that are there too were no strangers to it; those that are not in {own.folder} it does not see "
            "again."
        )
    with reading_progress(len(own.pictures)) as on_picture:
        collected = collect(recognizer, own, on_picture=on_picture)
    with _promised(folder):
        learned = _learn(run, loaded, collected, lesson)
    new = write_lesson(folder, run, collected, lesson, learned)
    on_test = _on_test(run, new, loaded) if test else None
    if as_json:
        console.print_json(_document(run, new, collected, lesson, learned, on_test))
    else:
        _print(run, new, collected, lesson, learned, loaded, on_test)
    if on_test:
        console.say_looks(on_test[1], as_json=as_json, warn=False)
    for file in collected.empty:
        console.note(f"digitlab: {file}: nothing was found in it, so it was not learned from.")
    say_errors(collected.errors)


@contextmanager
def _promised(folder: Path) -> Iterator[None]:
    """Make a folder before the work that fills it, so that a disk says no at once; without result it goes."""
    make_folder(folder)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            folder.rmdir()
        raise


def _learn(run: "Run", data: "Data", own: "Collected", lesson: "Lesson") -> "Learned":
    from digitlab.recognition import learn

    try:
        with console.counting("trainings, each but the last without some digits held out") as on_unit:
            return learn(run, data, own, lesson, on_fold=lambda done, total: on_unit("learning", done, total))
    except KeyboardInterrupt:
        raise console.InterruptionError(
            "interrupted; nothing was written, and the run is as it was."
        ) from None


def _on_test(run: "Run", new: "Run", data: "Data") -> "tuple[BeforeAfter, Looks]":
    """Read the test set with the run as it was and as it is now, and count both looks."""
    from digitlab.recognition import BeforeAfter
    from digitlab.scoring import look_at_test

    (before, after), looks = look_at_test([run, new], data)
    return BeforeAfter.of(data.test, before, after, run.config.data.baseline_digit), looks


def _document(
    run: "Run",
    new: "Run",
    own: "Collected",
    lesson: "Lesson",
    learned: "Learned",
    on_test: "tuple[BeforeAfter, Looks] | None",
) -> dict[str, Any]:
    return {
        "run": str(new.folder),
        "from": str(run.folder),
        "folder": str(own.folder),
        "n": len(own.dataset),
        "share": lesson.share,
        "seed": lesson.seed,
        **learned.as_dict(),
        "test": on_test and on_test[0].as_dict() | {"looks": on_test[1].number},
        "nothing_found": [str(file) for file in own.empty],
        "errors": [{"file": file, "error": error} for file, error in own.errors],
    }


def _print(
    run: "Run",
    new: "Run",
    own: "Collected",
    lesson: "Lesson",
    learned: "Learned",
    data: "Data",
    on_test: "tuple[BeforeAfter, Looks] | None",
) -> None:
    steps, name = learned.fitted.config.steps, data.train.name
    console.print_line(
        f"{run.folder} ({run.config.model.name}) went on learning for {steps:,} steps; "
        f"{words.percent(lesson.share, 0)} of the images were the {len(own.dataset):,} own digits of "
        f"{own.folder}."
    )
    rows = [
        (f"validation of {name}", learned.validation),
        *([(f"test of {name}", on_test[0])] if on_test else []),
    ]
    if learned.own:
        rows.insert(0, ("own digits, held out", learned.own))
    console.print_table(
        ("digits", "n", "before", "after"),
        [
            (what, f"{both.before.n:,}", words.with_interval(both.before), words.with_interval(both.after))
            for what, both in rows
        ],
    )
    if learned.writers:
        console.print_table(
            ("writer", "n", "before", "after"),
            [
                (writer or "(no folder)", f"{n:,}", words.percent(before), words.percent(after))
                for writer, n, before, after in learned.writers
            ],
        )
    for what, both in rows:
        console.print_line(f"{what}: {both.comparison.sentence()}")
    console.print_line(_how_held_out(learned))
    console.print_line(f"What has learned from all of them is the run {new.folder}.")


def _how_held_out(learned: "Learned") -> str:
    if not learned.own:
        return "One own digit is too few to hold any out, so what was gained on others like it is not known."
    held = (
        "digits of other people than those learned from" if learned.by_writer else "digits not learned from"
    )
    return f"Own digits after it: {learned.folds} times some were held out, and read as {held}."
