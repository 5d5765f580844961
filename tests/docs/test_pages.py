"""The documentation's pages are true: their Python runs, their commands and options exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from digitlab.cli.app import app, run

from ..pages import ROOT, Page, Words, options_of, parse

# Elsewhere the code of formats.md is run, beside files that it reads.
PAGES = [Page(str(path.relative_to(ROOT))) for path in sorted((ROOT / "docs").rglob("*.md"))]
WITH_CODE = [page for page in PAGES if page.blocks("python") and page.name != "docs/formats.md"]
# Its commands are run too: they take the bundled digits, and seconds.
FIRST = Page("docs/get-started.md")


def all_options(command: Any) -> set[str]:
    below = command.commands.values() if isinstance(command, typer.core.TyperGroup) else ()
    own = {option for parameter in command.params for option in parameter.opts}
    return own.union(*(all_options(each) for each in below))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
@pytest.mark.usefixtures("elsewhere")
def test_the_python_runs(page: Page) -> None:
    page.run()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page: Page) -> None:
    for arguments in page.commands():
        parse(arguments)
    for words in page.named():
        assert options_of(words) >= {word for word in words if word.startswith("--")}
    alone = set(re.findall(r"`(--[a-z-]+)[^`]*`", page.text))
    assert alone <= all_options(typer.main.get_command(app)) | {"--help"}


@pytest.mark.usefixtures("elsewhere", "drafts")
def test_the_first_commands_run(capsys: pytest.CaptureFixture[str]) -> None:
    commands: list[Words] = [each for each in FIRST.commands() if each[0] not in ("serve", "--version")]
    assert len(commands) >= 5
    for arguments in commands:
        assert run(arguments) == 0, (arguments, capsys.readouterr().err)
