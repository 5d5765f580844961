"""`digitlab timeline`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand, whole_numbers
from digitlab.cli.plans import load
from digitlab.errors import RunError

if TYPE_CHECKING:
    from digitlab.insight import Timeline
    from digitlab.runs import Run
    from digitlab.workflow import Data

__all__ = ["timeline"]


@expand
def timeline(
    run: RunArgument,
    data: DataOptions,
    steps: Annotated[
        str | None,
        typer.Option(
            help="After how many steps to draw the tiles side by side.",
            metavar="STEPS",
            show_default="0,10,100,1000 and the end",
        ),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            help="The tiles to draw, for example 3,98.",
            metavar="UNITS",
            show_default="24, from the smoothest to the roughest",
        ),
    ] = None,
    frames: Annotated[
        int, typer.Option(min=0, help="How many more moments to look at, close together at first.")
    ] = 24,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the pictures.", show_default="the run's figures/")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a run again from its seed and draw what it was after 10, 100, 1000 steps: tiles, digits, page."""
    from digitlab.figures import save_animation
    from digitlab.figures.weights import check_unit
    from digitlab.files import make_folder
    from digitlab.models import first_kernel
    from digitlab.pictures import draw_timeline, frames_of
    from digitlab.report import write_timeline_page
    from digitlab.runs import open_run

    opened = open_run(run)
    if opened.config.origin:
        raise RunError(
            f"The run {run} was not trained from its seed: {opened.config.origin}. "
            "Name that one for its timeline."
        )
    kernel, _ = first_kernel(opened.params(), opened.config.data.image_shape)
    chosen = None if steps is None else whole_numbers("steps", steps)
    shown = None if units is None else whole_numbers("units", units)
    for unit in shown or ():
        check_unit(unit, kernel.shape[1])
    loaded = load(data, opened)
    folder = make_folder(out or opened.figures)
    followed = _followed(opened, loaded, chosen, frames)
    about_the_end = followed.end_sentence(kernel)
    of = f"{opened.config.model.name} trained on {opened.config.data.name}"
    if not as_json:
        _print(followed, about_the_end)
    moments = frames_of(followed, of=of, units=shown)
    files = [
        *draw_timeline(followed, folder, of=of, units=shown),
        *save_animation(moments, folder / "timeline"),
        write_timeline_page(folder / "timeline.html", followed, moments, of=of, about_the_end=about_the_end),
    ]
    if as_json:
        found = {"run": str(opened.folder), "difference": followed.difference(kernel)}
        console.print_json(found | followed.as_dict() | {"files": [str(file) for file in files]})
        return
    for file in files:
        console.print_line(str(file))


def _followed(run: "Run", data: "Data", steps: tuple[int, ...] | None, frames: int) -> "Timeline":
    """Train a run again to the step whose weights it keeps, showing how far it has come."""
    from digitlab.insight import follow
    from digitlab.training import check_steps

    config = run.config
    end = config.training.last_step(run.kept_period)
    if steps is not None:
        check_steps(steps, end)
    try:
        with console.step_progress(config.model.name, end) as on_step:
            return follow(
                config.model,
                config.training,
                data.split_of(run),
                steps,
                end=end,
                frames=frames,
                on_step=on_step,
            )
    except KeyboardInterrupt:
        raise console.InterruptionError("interrupted; nothing was drawn, and the run is as it was.") from None


def _print(timeline: "Timeline", about_the_end: str) -> None:
    import numpy as np

    rows = [
        (
            f"{timeline.steps[index]:,}",
            words.loss(timeline.log_loss[index]),
            words.percent(timeline.accuracy[index]),
            f"{np.median(timeline.moved[index]):.3f}",
            f"{np.median(timeline.alike[index]):.3f}",
            f"{timeline.is_noise[index].sum()} of {timeline.units}",
            f"{hardest} ({words.percent(timeline.recall[index, hardest])})",
        )
        for index, hardest in ((index, timeline.hardest[index]) for index in timeline.asked)
    ]
    columns = ("step", "log loss", "accuracy", "moved", "alike to the end", "noise", "hardest digit")
    console.print_table(columns, rows, text=())
    for sentence in [*timeline.sentences(), about_the_end]:
        console.print_line(sentence)
