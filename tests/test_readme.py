"""The README is true: its code runs, its commands exist, its tree is the tree."""

import re
from pathlib import Path

import pytest

import digitlab

from .pages import ROOT, Page, Words, options_of, parse

README = Page("README.md")


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    README.run()
    assert len(capsys.readouterr().out.splitlines()) == 11 + 3


@pytest.mark.parametrize("command", sorted({*README.commands()}), ids=" ".join)
def test_every_command_line_is_understood(command: Words) -> None:
    parse(command)


def test_every_command_named_exists() -> None:
    assert len(README.named()) > 15
    for words in README.named():
        assert options_of(words) >= {word for word in words if word.startswith("--")}


def test_the_tree_names_every_module() -> None:
    tree = next(block for block in README.blocks("text") if block.startswith("src/digitlab/"))
    package = Path(digitlab.__file__).parent
    modules = {path.name for path in package.rglob("*.py") if not path.name.startswith("__")}
    assert modules == set(re.findall(r"\w+\.py", tree))


def test_what_the_readme_points_to_is_there() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README.text)
    assert len(targets) >= 4
    assert all((ROOT / target).exists() for target in targets)
