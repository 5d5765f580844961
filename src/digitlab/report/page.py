"""A report as one HTML file."""

from pathlib import Path

from digitlab import __version__
from digitlab.files import write_bytes
from digitlab.report.chapters import chapters, lead
from digitlab.report.render import render
from digitlab.report.story import Story

__all__ = ["write_report"]


def write_report(story: Story, path: Path) -> Path:
    """Write a report to a file, whole or not at all, and return where.

    The page asks nothing of a network, can be read without a script, and prints.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
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
