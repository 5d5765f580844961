"""A report as one HTML file."""

from pathlib import Path

from digitlab import __version__
from digitlab.errors import RunExistsError
from digitlab.files import make_folder, storage_errors, write_bytes
from digitlab.report.chapters import chapters, lead
from digitlab.report.render import render
from digitlab.report.story import Story

__all__ = ["check_page", "write_report"]

# What every page of ours begins with, so that one may replace another and nothing else.
OURS = b'<meta name="generator" content="digitlab'
HEAD_BYTES = 1024


def check_page(path: Path) -> None:
    """Make the folder of a page, and see that nothing but an earlier page of ours is where it is to go.

    Raises
    ------
    RunExistsError
        If something else is there.
    StorageError
        If the folder cannot be made, or what is there cannot be read.
    """
    make_folder(path.parent)
    with storage_errors(f"Cannot read {path}"):
        is_ours = not path.exists() or (path.is_file() and OURS in path.read_bytes()[:HEAD_BYTES])
    if not is_ours:
        raise RunExistsError(
            f"{path} is there already and is no report. It was left alone; name another --out."
        )


def write_report(story: Story, path: Path) -> Path:
    """Write a report to a file, whole or not at all, and return where; an earlier report is replaced.

    The page asks nothing of a network, can be read without a script, and prints.

    Raises
    ------
    RunExistsError, StorageError
        As `check_page`, or if the file cannot be written.
    """
    check_page(path)
    names = ", ".join(subject.name for subject in story.subjects)
    page = render(
        "report.html.j2",
        title=f"{story.data.train.name}: {names}",
        lead=lead(story),
        sections=chapters(story),
        version=__version__,
    )
    write_bytes(path, page.encode())
    return path
