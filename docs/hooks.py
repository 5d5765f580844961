"""What the documentation site has from elsewhere: the commands, every public name, the log, the notebook."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.cli import get_docs_for_click

import digitlab
from digitlab.cli.app import app

__all__ = ["api_page", "commands", "home_of", "on_files", "rooms"]

ROOT = Path(__file__).parents[1]
COPIED = {
    "changelog.md": "CHANGELOG.md",
    "log.md": "benchmarks/LOG.md",
    "exercise.ipynb": "notebooks/exercise.ipynb",
    "assets/icon.svg": "src/digitlab/web/static/icon.svg",
}
COMMANDS = """# Commands

Made from the program itself when this site is built; `--help` after a command says the same. With `--json`
a command prints one JSON document on stdout and all else on stderr. An error is a line on stderr that says
what was expected, what was found and what to do. Exit codes: 0, 1 for an error, 2 for a wrong command line,
3 for something found by `check`, 130 after Ctrl-C.
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are kept or made elsewhere."""
    files.append(File.generated(config, "commands.md", content=commands()))
    files.append(File.generated(config, "api/index.md", content=front_page()))
    for room in rooms():
        files.append(File.generated(config, f"api/{room.split('.')[1]}.md", content=api_page(room)))
    for name, path in COPIED.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def commands() -> str:
    """Return the page of all commands with their arguments and options, in Markdown."""
    command = typer.main.get_command(app)
    told = get_docs_for_click(obj=command, ctx=typer.Context(command), name="digitlab")
    # The lists of subcommands are cut short, and the page has each in full.
    whole = re.sub(r"\*\*Commands\*\*:\n\n(\* .*\n)+\n", "", told)
    return COMMANDS + whole.replace("# `digitlab`", "## `digitlab`", 1)


def rooms() -> list[str]:
    """Return the packages that are used from Python, and the module of errors."""
    modules = pkgutil.iter_modules(digitlab.__path__, "digitlab.")
    return [each.name for each in modules if each.ispkg and each.name != "digitlab.cli"] + ["digitlab.errors"]


def front_page() -> str:
    """Return what `import digitlab` gives, each name with its first line and where it is told of."""
    front = importlib.import_module("digitlab")
    names = "\n".join(
        f"- [`{name}`][{home_of(front, name)}]: {_first_line(getattr(front, name))}"
        for name in front.__all__
        if not name.startswith("__")
    )
    return f"# digitlab\n\n{inspect.getdoc(front)}\n\n{names}\n"


def api_page(room: str) -> str:
    """Return a package's page: what it says of itself, and every name that it exports."""
    module = importlib.import_module(room)
    homes = {name: home_of(module, name) for name in sorted(module.__all__, key=_as_read(module))}
    guests = [f"[`{name}`][{home}]" for name, home in homes.items() if not home.startswith(f"{room}.")]
    also = f"Also here: {', '.join(guests)}.\n\n" if guests else ""
    entries = "\n".join(
        _entry(getattr(module, name), home) for name, home in homes.items() if home.startswith(f"{room}.")
    )
    return f"# {room}\n\n{inspect.getdoc(module)}\n\n{also}{entries}"


def _entry(thing: object, home: str) -> str:
    entry = f"::: {home}\n"
    if inspect.isroutine(thing) or inspect.isclass(thing):
        return entry
    # A constant has a value in place of a docstring.
    return entry + "    options:\n      show_if_no_docstring: true\n"


def home_of(room: ModuleType, name: str) -> str:
    """Return the full name by which a public thing is defined: packages only pass it on."""
    thing = getattr(room, name)
    return next(
        f"{module.__name__}.{name}"
        for module in _modules()
        if name in module.__all__ and getattr(module, name) is thing
    )


@cache
def _modules() -> list[ModuleType]:
    return list(_import_all())


def _import_all() -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(digitlab.__path__, "digitlab."):
        if not each.ispkg and not each.name.endswith("__main__"):
            yield importlib.import_module(each.name)


def _as_read(room: ModuleType) -> Callable[[str], tuple[bool, bool, str]]:
    """Return an order: functions, then classes, then constants, each by name."""

    def order(name: str) -> tuple[bool, bool, str]:
        thing = getattr(room, name)
        return not inspect.isroutine(thing), not inspect.isclass(thing), name

    return order


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]
