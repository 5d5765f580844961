"""Modules of JavaScript put into one script, for a page that is a single file."""

import re
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

__all__ = ["bundle"]

# The forms that the modules are written in, each on a line of its own.
IMPORT = re.compile(r'^import \{ ([^}]+) \} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def bundle(root: Traversable, entry: str) -> str:
    """Return a module and all that it imports as one script: each a function's body, in the order of need.

    Parameters
    ----------
    root
        The folder that all modules lie in.
    entry
        The path of the first one, from there.
    """
    modules = _needed(root, PurePosixPath(entry), {})
    return "\n".join(f"const {_named(path)} = (() => {{\n{text}}})();\n" for path, text in modules.items())


def _needed(
    root: Traversable, path: PurePosixPath, known: dict[PurePosixPath, str]
) -> dict[PurePosixPath, str]:
    """Add a module after those that it imports to those that are known, and return them."""
    if path in known:
        return known
    source = root.joinpath(str(path)).read_text(encoding="utf-8")
    for _, address in IMPORT.findall(source):
        _needed(root, _resolved(path, address), known)

    def taken(found: re.Match[str]) -> str:
        names = found[1].replace(" as ", ": ")
        return f"const {{ {names} }} = {_named(_resolved(path, found[2]))};\n"

    given = ", ".join(name for _, name in EXPORT.findall(source))
    body = EXPORT.sub(r"\1", IMPORT.sub(taken, source))
    known[path] = f"{body}return {{ {given} }};\n"
    return known


def _resolved(path: PurePosixPath, address: str) -> PurePosixPath:
    """Return the path of a module that another one imports."""
    parts: list[str] = list(path.parent.parts)
    for part in PurePosixPath(address).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def _named(path: PurePosixPath) -> str:
    """Return the name of a module inside the script."""
    return re.sub(r"\W", "_", str(path.with_suffix("")))
