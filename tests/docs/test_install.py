"""What the page on installing says of packages, against the project's own list and the measurement."""

import json
import re
import tomllib
from typing import Any

import pytest

from ..pages import ROOT

PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {name: needs for name, needs in PROJECT["optional-dependencies"].items() if name != "dev"}
SIZES = json.loads((ROOT / "benchmarks" / "results" / "sizes.json").read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}


def table(heading: str) -> list[list[str]]:
    """Return the cells of the rows under a table's heading."""
    rows = PAGE.split(f"{heading}\n", 1)[1].split("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_each_package_is_told_of_and_no_other() -> None:
    told = {name for row in table("| package | what for |") for name in re.findall("`(.+?)`", row[0])}
    assert told == names(PROJECT["dependencies"])
    rows = table("| extra | package | what for |")
    assert {row[0].strip("`"): set(re.findall("`(.+?)`", row[1])) for row in rows} == {
        extra: names(needs) for extra, needs in EXTRAS.items()
    }


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_sizes_are_those_measured(extra: str) -> None:
    sizes: dict[str, Any] = SIZES["extras"][extra] if extra else SIZES["plain"]
    name = f"`digitlab[{extra}]`" if extra else "`digitlab`"
    [row] = [row for row in table("| install | packages | MB | the largest, MB |") if row[0] == name]
    assert int(row[1].split()[0]) == len(sizes)
    assert int(row[2]) == round(sum(sizes.values()) / 1e6)
    for each in row[3].split(", "):
        package, megabytes = each.rsplit(" ", 1)
        assert round(sizes[package] / 1e6) == int(megabytes)


def test_the_version_has_one_place() -> None:
    assert "version" in PROJECT["dynamic"]
