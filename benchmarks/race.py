"""digitlab beside its peers: one job, every tool, runs in turn, medians and ratios.

    python benchmarks/race.py exercise        the exercise's network: the loop alone, and the whole process
    python benchmarks/race.py 98              to 98 % without convolution, as a whole process
    python benchmarks/race.py 99              to 99 %, as a whole process
    python benchmarks/race.py reading         10,000 digits, and one digit at a time

prints Markdown tables, and writes every number with date, machine and versions to
`results/race-JOB.json`. MNIST's four files come from the folder that DIGITLAB_DATA_DIR names. Each
peer has a virtual environment of its own, made in `.venvs` once, or ready in the folder that
DIGITLAB_BENCH_VENVS names.
"""

import argparse
import gzip
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from harness import BenchmarkError, Contestant, Measurement, race, run, say, versions_of
from record import RESULTS, machine, today, write
from tables import Column, Table, duration, markdown

from digitlab.errors import DigitlabError
from digitlab.models import describe_model
from digitlab.training import configure, preset_models, preset_settings

DATA_DIR = "DIGITLAB_DATA_DIR"
TRAINING_IMAGES = 50_000
# Threads that wait for each other in turn lose far more than their share to other work.
BUSY = 0.5
LEAST_REPEATS = 3
ACCURACY = Column("test accuracy", "test_accuracy", lambda values: f"{median(values):.2%}")
EPOCHS = Column("epochs", "epochs", lambda values: f"{median(values):g}")
REACHED = Column("reached it", "reached", lambda values: f"{sum(values):.0f} of {len(values)}")
P99 = Column("99 of 100 within", "one_p99_s", lambda values: duration(median(values)))

WHOLE = (
    "Seconds from the start of the process to its exit, without those for measuring the test accuracy. "
    "With a cold cache, digitlab compiles everything; with a warm one, another process did that before."
)
LOOP = (
    "Seconds of the training loop alone with its ten measurements of loss, for all the second time in their "
    "process, so that everything is compiled. digitlab measures on 10,000 + 10,000 images, its peers on "
    "10,000 + 7,500."
)
UNTIL = (
    "The peers stop at the first epoch whose test accuracy is {target} %, at most after {epochs}; digitlab "
    "never looks at the test set, trains on 50,000 of the 60,000 images to the end of its preset, and "
    "measures on the others within its time: so a run of it can end just below {target} %."
)
RECIPE = "`torch, our recipe` is that preset in PyTorch, step for step, and goes to its end too."
READING = "In a process that has read before; each run measures {clock}, and this is the median of the runs."


@dataclass(frozen=True)
class Job:
    """Who races, and what is compared; `facts` are kept with the results."""

    contestants: tuple[Contestant, ...]
    tables: tuple[Table, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)


def main() -> None:
    """Race, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", action="append", metavar="PART", help="contestants with this in their name")
    parser.add_argument("--smoke", action="store_true", help="as short as can be, to see whether all run")
    parser.add_argument("--out", type=Path, help="results/, if nothing is shortened; else nowhere")
    arguments = parser.parse_args()
    try:
        report(arguments)
    except (BenchmarkError, DigitlabError) as error:
        sys.exit(f"race.py: {error}")


def report(arguments: argparse.Namespace) -> None:
    """Do what the command line says."""
    if not os.environ.get(DATA_DIR):
        raise BenchmarkError(f"Set {DATA_DIR} to the folder with MNIST's four files, raw or gzipped.")
    with tempfile.TemporaryDirectory(prefix="digitlab-race-") as scratch:
        before = machine()
        if (before["load_average"] or 0) > BUSY:
            say(f"The machine is busy (load average {before['load_average']}): these times will mean little.")
        os.environ[DATA_DIR] = str(unpacked(Path(scratch)))
        job = chosen(JOBS[arguments.job](arguments.smoke, Path(scratch)), arguments.only)
        runs = race(job.contestants, arguments.repeats)
    print("\n\n".join(markdown(table, runs, ours(job)) for table in job.tables))
    print(f"\nn = {arguments.repeats} each, {today()}, {before['cores']} cores, {before['processor']}")
    shortened = arguments.smoke or arguments.only or arguments.repeats < LEAST_REPEATS
    if arguments.out or not shortened:
        document = {"date": today(), "command": command(), "machine": before, **described(job, runs)}
        write(f"race-{arguments.job}", document, arguments.out or RESULTS)


def unpacked(scratch: Path) -> Path:
    """Return a folder with MNIST's four files unpacked: nobody is to decompress what another need not."""
    folder = scratch / "mnist"
    folder.mkdir()
    given = Path(os.environ[DATA_DIR])
    for path in [*given.glob("*-ubyte"), *given.glob("*-ubyte.gz")]:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        (folder / path.name.removesuffix(".gz")).write_bytes(content)
    return folder


def chosen(job: Job, parts: list[str] | None) -> Job:
    """Return the job with those contestants whose name has one of `parts`; all, if there are none."""
    if not parts:
        return job
    left = tuple(each for each in job.contestants if any(part in each.name for part in parts))
    if not left:
        names = ", ".join(each.name for each in job.contestants)
        raise BenchmarkError(f"No contestant has {' or '.join(parts)} in its name: they are {names}.")
    tables = tuple(table for table in job.tables if {each.name for each in left} & set(table.contestants))
    return replace(job, contestants=left, tables=tables)


def ours(job: Job) -> list[str]:
    """Return the names of digitlab's own contestants."""
    return [each.name for each in job.contestants if each.environment is None]


def described(job: Job, runs: Mapping[str, list[Measurement]]) -> dict[str, Any]:
    """Return what the result file says of a race."""
    environments = dict.fromkeys(each.environment for each in job.contestants)
    return {
        "versions": versions_of(environments),
        "contestants": {each.name: each.environment or "digitlab" for each in job.contestants},
        "tables": [table.described() for table in job.tables],
        **job.facts,
        "runs": runs,
    }


def command() -> str:
    """Return how this was called."""
    return shlex.join(["python", "benchmarks/race.py", *sys.argv[1:]])


def names(contestants: Iterable[Contestant]) -> tuple[str, ...]:
    """Return what they are called."""
    return tuple(each.name for each in contestants)


def cold_and_warm(contestant: Contestant) -> tuple[Contestant, Contestant]:
    """Return a contestant twice: with nothing compiled yet, and with all of it."""
    return (
        replace(contestant, name=f"{contestant.name}, cold cache", cache="empty"),
        replace(contestant, name=f"{contestant.name}, warm cache", cache="filled"),
    )


def exercise(smoke: bool, scratch: Path) -> Job:
    """Return the race over the exercise's network."""
    size = {"steps": 20} if smoke else {}
    eager, compiled, keras, sklearn = peers = (
        Contestant("torch", ("peers/exercise_torch.py",), size, "torch"),
        Contestant(
            "torch.compile",
            ("peers/exercise_torch.py",),
            {**size, "compile": True},
            "torch",
            cache="filled",
            optional=True,
        ),
        Contestant("keras-tf", ("peers/exercise_keras.py",), size, "keras"),
        Contestant("sklearn", ("peers/exercise_sklearn.py",), size, "sklearn"),
    )
    own = Contestant("digitlab", ("peers/exercise_digitlab.py",), size)
    whole = (*cold_and_warm(own), eager, replace(compiled, name="torch.compile, warm cache"), keras, sklearn)
    loops = tuple(
        replace(each, name=f"{each.name}, loop", settings={**each.settings, "loops": 2})
        for each in (own, *peers)
    )
    return Job(
        (*loops, *whole),
        (
            Table("The exercise's network, 1000 steps: the loop", "train_s", names(loops), LOOP, (ACCURACY,)),
            Table(
                "The exercise's network, 1000 steps: the whole process",
                "whole_s",
                names(whole),
                WHOLE,
                (ACCURACY,),
            ),
        ),
    )


def to_98(smoke: bool, scratch: Path) -> Job:
    """Return the race to 98 % without convolution."""
    limit = {"epochs": 1} if smoke else {}
    own = preset("mlp", 0.98, smoke)
    recipe = recipe_of("mlp", changes(smoke))
    one = {"hidden_units": (512,), **limit}
    contestants = (
        *cold_and_warm(own),
        Contestant("torch, our recipe", ("peers/recipe_torch.py",), {"recipe": recipe}, "torch"),
        Contestant("torch 512", ("peers/dense_torch.py",), one, "torch"),
        Contestant("keras-tf 512", ("peers/dense_keras.py",), one, "keras"),
        Contestant("sklearn 512", ("peers/dense_sklearn.py",), one, "sklearn"),
    )
    note = f"{WHOLE} {UNTIL.format(target=98, epochs=40)} {RECIPE}"
    table = Table(
        "To 98 % without convolution", "whole_s", names(contestants), note, (ACCURACY, EPOCHS, REACHED)
    )
    return Job(contestants, (table,), {"recipe": recipe})


def to_99(smoke: bool, scratch: Path) -> Job:
    """Return the race to 99 %."""
    limit = {"epochs": 1} if smoke else {}
    contestants = (
        *cold_and_warm(preset("conv", 0.99, smoke)),
        Contestant("keras-tf, its documented convnet", ("peers/convnet_keras.py",), limit, "keras"),
        Contestant("torch, its example", ("peers/convnet_torch.py",), limit, "torch"),
    )
    note = f"{WHOLE} {UNTIL.format(target=99, epochs='14 (PyTorch) or 15 (Keras)')}"
    table = Table("To 99 %", "whole_s", names(contestants), note, (ACCURACY, EPOCHS, REACHED))
    return Job(contestants, (table,), {"recipe": recipe_of("conv", changes(smoke))})


def preset(model: str, target: float, smoke: bool) -> Contestant:
    """Return digitlab's own way: the preset `quick`."""
    own = {"model": model, "target": target, "changes": changes(smoke)}
    return Contestant(f"digitlab {model}", ("peers/preset_digitlab.py",), own)


def changes(smoke: bool) -> dict[str, Any]:
    """Return what to change in a preset."""
    return {"epochs": 0.05} if smoke else {}


def recipe_of(model: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return all settings of the preset `quick`, so that nobody copies them by hand."""
    settings = {**preset_settings("quick", model), **changes}
    made, training = configure(model, settings, training_images=TRAINING_IMAGES)
    recipe = {"model": describe_model(made), "training": training.as_dict()}
    if training.augmentation.is_off:
        del recipe["training"]["augmentation"]
    return recipe


def reading(smoke: bool, scratch: Path) -> Job:
    """Return the race in reading, for every model; its weights are written to `scratch` first."""
    contestants: list[Contestant] = []
    tables: list[Table] = []
    for model in preset_models("quick"):
        folder = {"folder": str(scratch / model)}
        weights = Contestant(f"weights of {model}", ("peers/reading_weights.py",), {"model": model, **folder})
        run(weights, cache=scratch / "cache")
        size = folder | ({"rounds": 2, "calls": 20} if smoke else {})
        both = (
            Contestant(f"digitlab {model}", ("peers/reading_digitlab.py",), size),
            Contestant(f"onnxruntime {model}", ("peers/reading_onnxruntime.py",), size, "ort"),
        )
        contestants += both
        tables += reading_tables(model, names(both))
    return Job(tuple(contestants), tuple(tables))


def reading_tables(model: str, contestants: tuple[str, ...]) -> tuple[Table, Table]:
    """Return the two tables of one model."""
    return (
        Table(
            f"Reading 10,000 digits, {model}",
            "all_s",
            contestants,
            READING.format(
                clock="the median of 20 times; onnxruntime its best of 10,000, 1024 or 256 at once"
            ),
        ),
        Table(
            f"Reading one digit, {model}",
            "one_p50_s",
            contestants,
            READING.format(clock="the median of 2000 calls"),
            (P99,),
        ),
    )


JOBS: dict[str, Callable[[bool, Path], Job]] = {
    "exercise": exercise,
    "98": to_98,
    "99": to_99,
    "reading": reading,
}

if __name__ == "__main__":
    main()
