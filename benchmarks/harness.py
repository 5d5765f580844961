"""Runs contestants in turn, each run a whole process that is timed from outside."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from record import OURS, versions

HERE = Path(__file__).parent
VENVS = "DIGITLAB_BENCH_VENVS"
# For every tool one device, no chatter, and the cache that the harness says; a name that a tool does not know
# does nothing.
ALIKE = {
    "CUDA_VISIBLE_DEVICES": "",
    "JAX_COMPILATION_CACHE_DIR": "",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# Where digitlab and PyTorch keep what they compiled for the next process.
CACHES = ("DIGITLAB_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR")
LAST_LINES = 15
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"

Measurement = dict[str, Any]


class BenchmarkError(Exception):
    """Something that stops a benchmark, in words for the one who runs it."""


@dataclass(frozen=True)
class Contestant:
    """One way to do the job.

    Parameters
    ----------
    name
        What tables call it.
    arguments
        Of Python: a script's path from this folder, or "-c" and code. Its last line on stdout is one JSON
        object; of that, `paused_s` are seconds that do not count.
    settings
        What the script gets as JSON, with `seed`, the number of the run, and `begin`, when it was started.
    environment
        The peer whose Python it runs in; None is digitlab's own, the one that runs this.
    cache
        The folder for what is compiled: "kept" from run to run, "filled" by a run before the race that does
        not count, or "empty" for each run.
    optional
        Leave it out with a note where its filling run fails.
    """

    name: str
    arguments: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: str | None = None
    cache: Literal["kept", "filled", "empty"] = "kept"
    optional: bool = False


def race(contestants: Sequence[Contestant], repeats: int) -> dict[str, list[Measurement]]:
    """Run each contestant in turn, and all of them `repeats` times.

    In turn, so that what else the machine does at a time is shared by all.

    Returns
    -------
    dict
        For each name its runs: what the script said, and `wall_s`, the seconds from start to exit, and
        `whole_s`, the same without those that do not count.

    Raises
    ------
    BenchmarkError
        If an environment cannot be made, or a run fails.
    """
    for name in {contestant.environment for contestant in contestants}:
        python_of(name)
    with tempfile.TemporaryDirectory(prefix="digitlab-race-") as folder:
        caches = {each.name: Path(folder) / str(number) for number, each in enumerate(contestants)}
        ready = [each for each in contestants if _filled(each, caches[each.name])]
        found: dict[str, list[Measurement]] = {each.name: [] for each in ready}
        for number in range(repeats):
            for contestant in ready:
                measurement = _run_with_cache(contestant, number, caches[contestant.name])
                say(f"{number + 1} of {repeats}: {contestant.name}, {measurement['wall_s']:.2f} s")
                found[contestant.name].append(measurement)
    return found


def _filled(contestant: Contestant, cache: Path) -> bool:
    """Fill the cache if the contestant wants that, and return whether it can take part."""
    if contestant.cache != "filled":
        return True
    try:
        measurement = run(contestant, cache=cache)
    except BenchmarkError as error:
        if not contestant.optional:
            raise
        say(f"Left out: {error}")
        return False
    say(f"before the race: {contestant.name}, {measurement['wall_s']:.2f} s")
    return True


def _run_with_cache(contestant: Contestant, number: int, cache: Path) -> Measurement:
    if contestant.cache == "empty":
        cache = cache / str(number)
    return run(contestant, seed=number, cache=cache)


def run(contestant: Contestant, *, seed: int = 0, cache: Path) -> Measurement:
    """Run a contestant once, and return what was measured.

    Raises
    ------
    BenchmarkError
        If the process fails or says nothing that can be read; with the last lines of its stderr.
    """
    environment = os.environ | ALIKE | dict.fromkeys(CACHES, str(cache))
    python = python_of(contestant.environment)
    settings = dict(contestant.settings) | {"seed": seed, "begin": time.time()}
    command = [python, *contestant.arguments, json.dumps(settings)]
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True)
    wall = time.perf_counter() - begin
    if done.returncode:
        raise BenchmarkError(
            f"{contestant.name} failed with exit code {done.returncode} after {wall:.1f} s. "
            f"The last lines of its stderr:\n{_last_lines(done.stderr)}"
        )
    said = _last_object(contestant, done)
    return {"seed": seed, "wall_s": wall, "whole_s": wall - said.get("paused_s", 0.0)} | said


def _last_object(contestant: Contestant, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    line = (done.stdout.splitlines() or [""])[-1]
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise BenchmarkError(
            f"{contestant.name} should end with a line that is one JSON object; found {line[:200]!r}. "
            f"The last lines of its stderr:\n{_last_lines(done.stderr)}"
        )
    return said


def python_of(name: str | None) -> str:
    """Return the Python of a peer's virtual environment, made if it is not there; of None, our own.

    It lies in `.venvs` here, from the versions in `peers/NAME.txt`, and is made anew when these change.
    Where the environment variable `DIGITLAB_BENCH_VENVS` names a folder, it has to be there ready.

    Raises
    ------
    BenchmarkError
        If it cannot be made, or is not in the folder that is named.
    """
    if name is None:
        return sys.executable
    named = os.environ.get(VENVS)
    folder = Path(named or HERE / ".venvs").resolve() / name
    python = folder / PYTHON
    if named and not python.exists():
        raise BenchmarkError(f"There is no {python}: {VENVS} names a folder with a ready environment {name}.")
    if not named:
        _make_environment(folder, python, HERE / "peers" / f"{name}.txt")
    return str(python)


def _make_environment(folder: Path, python: Path, requirements: Path) -> None:
    # The copy is made last, so it says that everything before went well.
    made_from = folder / requirements.name
    if made_from.exists() and made_from.read_bytes() == requirements.read_bytes():
        return
    say(f"making {folder}, once")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BenchmarkError(
                f"The environment of {requirements.stem} could not be made; the last lines of "
                f"`{' '.join(command)}`:\n{_last_lines(done.stderr)}"
            )
    shutil.copyfile(requirements, made_from)


def versions_of(environments: Iterable[str | None]) -> dict[str, dict[str, str]]:
    """Return the versions in each environment: of Python, and of the packages that it was made for."""
    return {name or "digitlab": versions(_packages(name), python_of(name)) for name in environments}


def _packages(name: str | None) -> Sequence[str]:
    if name is None:
        return OURS
    lines = (HERE / "peers" / f"{name}.txt").read_text().splitlines()
    return [line.split("==")[0] for line in lines if line and not line.startswith("#")]


def _last_lines(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-LAST_LINES:]) or "  (nothing)"


def say(line: str) -> None:
    """Tell the one who waits."""
    print(line, file=sys.stderr, flush=True)
