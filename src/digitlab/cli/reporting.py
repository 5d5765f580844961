"""`digitlab report`."""

from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, expand
from digitlab.cli.plans import load
from digitlab.cli.results import SplitName

__all__ = ["REPORT", "report"]

REPORT = "report.html"


@expand
def report(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Run folders that train or compare has made.")
    ],
    data: DataOptions,
    split: Annotated[
        SplitName, typer.Option(help="Which images to tell of; test is a look at the test set.")
    ] = SplitName.VALIDATION,
    out: Annotated[
        Path | None, typer.Option(help="The file to write.", show_default="report.html of the first run")
    ] = None,
    brief: Annotated[
        bool, typer.Option("--brief", help="Neither judge units nor train again for a timeline.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write one page that tells of some runs: data, training, how good and how sure, what is confused."""
    from digitlab.report import check_page, story_of_runs, write_report
    from digitlab.study import read_runs

    opened = read_runs(runs)
    first = next(iter(opened.values()))
    path = out or first.folder / REPORT
    check_page(path)
    story = story_of_runs(opened, load(data, first), split, looks_inside=not brief)
    write_report(story, path)
    if as_json:
        console.print_json({"file": str(path), "bytes": path.stat().st_size})
        return
    if story.looks:
        console.say_looks(story.looks, as_json=as_json)
    console.print_line(f"The report is in {path}.")
