"""The README is true: its code runs, its commands exist, its tree is the tree."""

import re
import shlex
from pathlib import Path

import pytest

import digitlab
from digitlab.cli.app import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("code", "lines"), list(zip(blocks("python"), (11, 3), strict=True)))
def test_the_python_runs(code: str, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(code, "README.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == lines


COMMANDS = sorted(
    {
        tuple(shlex.split(line, comments=True)[1:])
        for line in "\n".join(blocks("sh")).splitlines()
        if line.startswith("digitlab ")
    }
    | {tuple(text.split()[1:]) for text in re.findall(r"`(digitlab [a-z]+(?: [a-z]+)?)[^`]*`", README)}
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_and_option_exists(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for word in command if re.fullmatch("[a-z]+", word)]
    name = words[:2] if words[0] == "data" else words[:1]
    assert run([*name, "--help"]) == 0
    help_text = capsys.readouterr().out
    assert all(option in help_text for option in command if option.startswith("--"))


def test_the_tree_names_every_module() -> None:
    tree = next(block for block in blocks("text") if block.startswith("src/digitlab/"))
    package = Path(digitlab.__file__).parent
    modules = {path.name for path in package.rglob("*.py") if not path.name.startswith("__")}
    assert modules == set(re.findall(r"\w+\.py", tree))


def test_what_the_readme_points_to_is_there() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(targets) >= 4
    assert all((ROOT / target).exists() for target in targets)
