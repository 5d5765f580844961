"""What an installation brings, and how large it is.

    python benchmarks/sizes.py

builds the wheel and the sdist, installs each into a fresh virtual environment with the versions of
`constraints.txt`, runs the main job on the bundled digits there, and then installs each extra on top, one at
a time: bytes on disk by distribution, without what Python compiles. Prints a Markdown table, and writes every
number to `results/sizes.json`. Takes some minutes, and a network for pip.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from record import machine, today, write

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000
# Run inside the environment that is measured: the bytes of each distribution's files.
MEASURE = """
import json
from importlib.metadata import distributions
print(json.dumps({
    found.metadata["Name"]: sum(
        file.locate().stat().st_size
        for file in found.files or ()
        if file.suffix != ".pyc" and file.locate().is_file()
    )
    for found in distributions()
}))
"""

Sizes = dict[str, int]


def main() -> None:
    """Build, install, measure, print and write."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        wheel, sdist = built(folder)
        python = fresh(folder / "sdist")
        install(python, str(sdist))
        works(python, folder)
        python = fresh(folder / "wheel")
        before = measured(python)
        install(python, str(wheel))
        works(python, folder)
        plain = without(measured(python), before)
        extras = {extra: added(python, wheel, extra, before | plain) for extra in names_of_extras()}
        document = {
            "date": today(),
            "machine": machine(),
            "bytes": {"wheel": wheel.stat().st_size, "sdist": sdist.stat().st_size},
            "plain": plain,
            "extras": extras,
        }
    print_table(plain, extras)
    write("sizes", document)


def built(folder: Path) -> tuple[Path, Path]:
    """Return the wheel and the sdist of this repository."""
    python = fresh(folder / "build")
    run([python, "-m", "pip", "install", "--quiet", "hatchling"])
    for kind in ("wheel", "sdist"):
        run([python, "-m", "hatchling", "build", "-t", kind, "-d", str(folder / "dist")], cwd=ROOT)
    [wheel], [sdist] = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


def fresh(folder: Path) -> str:
    """Return the Python of a new virtual environment."""
    run([sys.executable, "-m", "venv", str(folder)])
    return str(folder / "bin" / "python")


def install(python: str, what: str) -> None:
    """Install something with the versions that the suite passed with."""
    constraints = str(ROOT / "constraints.txt")
    run([python, "-m", "pip", "install", "--quiet", "-c", constraints, what])


def works(python: str, folder: Path) -> None:
    """Run the main job there, by the command and by the module."""
    digitlab = str(Path(python).with_name("digitlab"))
    out = str(folder / f"{Path(python).parent.parent.name}-runs")
    run([digitlab, "compare", "--dataset", "digits", "--out", out], cwd=folder)
    run([python, "-m", "digitlab", "--version"], cwd=folder)


def measured(python: str) -> Sizes:
    """Return the bytes of each distribution in an environment."""
    found: Sizes = json.loads(run([python, "-c", MEASURE]))
    return found


def without(sizes: Sizes, others: Sizes) -> Sizes:
    """Return what is not among others, the largest first."""
    own = {name: size for name, size in sizes.items() if name not in others}
    return dict(sorted(own.items(), key=lambda each: -each[1]))


def names_of_extras() -> list[str]:
    """Return the extras for users."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return [name for name in extras if name != "dev"]


def added(python: str, wheel: Path, extra: str, there: Sizes) -> Sizes:
    """Return what an extra brings, and take it away again."""
    install(python, f"digitlab[{extra}] @ {wheel.as_uri()}")
    brought = without(measured(python), there)
    run([python, "-m", "pip", "uninstall", "--quiet", "--yes", *brought])
    return brought


def run(command: list[str], cwd: Path | None = None) -> str:
    """Run a command and return what it prints; its errors are shown."""
    environment = {name: value for name, value in os.environ.items() if not re.match("PYTHON|PIP_", name)}
    return subprocess.run(
        command, cwd=cwd, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def print_table(plain: Sizes, extras: dict[str, Sizes]) -> None:
    """Print what was measured, as Markdown."""
    print("| install | packages | MB | the largest, MB |\n|---|---|---|---|")
    for name, sizes in (
        {"digitlab": plain} | {f"[{extra}]": sizes for extra, sizes in extras.items()}
    ).items():
        largest = ", ".join(f"{each} {size / MEGABYTE:.0f}" for each, size in list(sizes.items())[:5])
        print(f"| `{name}` | {len(sizes)} | {sum(sizes.values()) / MEGABYTE:.0f} | {largest} |")


if __name__ == "__main__":
    main()
