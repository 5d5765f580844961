"""Pages in Markdown whose code is run and whose commands are read: the README and all of docs/."""

import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from digitlab.cli.app import app

ROOT = Path(__file__).parents[1]

Words = tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A page, by its path from the repository's root."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text()

    def blocks(self, language: str) -> list[str]:
        """Return what stands in the fences of a language, whatever its indent."""
        fenced = re.finditer(rf"^( *)```{language}\n(.*?)^\1```", self.text, re.DOTALL | re.MULTILINE)
        return [re.sub(f"^{found[1]}", "", found[2], flags=re.MULTILINE) for found in fenced]

    def run(self, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Execute every Python block, one after the other in one namespace, and return it."""
        space = dict(names or {})
        for number, block in enumerate(self.blocks("python")):
            exec(compile(block, f"{self.name}, block {number}", "exec"), space)
        return space

    def commands(self) -> list[Words]:
        """Return the arguments of every call of digitlab in shell blocks, in their order."""
        lines = "\n".join(self.blocks("sh")).replace("\\\n", " ").splitlines()
        calls = [re.search(r"^(?:.*&& )?(?:\S+/)?digitlab (.*)", line) for line in lines]
        return [tuple(shlex.split(call[1], comments=True)) for call in calls if call]

    def named(self) -> list[Words]:
        """Return the words of every command that the text names, as `digitlab train MODEL`."""
        prose = re.sub(r"^ *```.*?^ *```", "", self.text, flags=re.DOTALL | re.MULTILINE)
        return [tuple(each.split()) for each in re.findall(r"`digitlab ([a-z][^`]*)`", prose)]


def parse(arguments: Words) -> None:
    """Read a command line as the app does, without doing what it asks; fail where the app would."""
    command: Any = typer.main.get_command(app)
    context, rest = None, list(arguments)
    with suppress(typer.Exit):  # as --version does
        while isinstance(command, typer.core.TyperGroup):
            context = command.make_context("digitlab", rest, parent=context)
            _, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(command.name, rest, parent=context)


def options_of(words: Words) -> set[str]:
    """Return the options of the command that some words name; fail where there is no such command."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not isinstance(command, typer.core.TyperGroup):
            break
        command = command.commands[word]
    return {option for parameter in command.params for option in parameter.opts}
