"""`digitlab tune`: a search over settings."""

import math
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, ModelArgument, TrainingOptions, expand
from digitlab.cli.plans import default_folder, label, load
from digitlab.cli.trials import follow_trials
from digitlab.cli.tuned import BEST, RESULT, conclude, report, standing

if TYPE_CHECKING:
    from digitlab.tuning import Search, SearchLimits

__all__ = ["tune"]

MINUTES = 5.0
STUDY = "study.db"


@dataclass(frozen=True)
class FixedOptions:
    """Settings that are given, and so not searched."""

    steps: Annotated[int | None, typer.Option(help="Do not search the steps: always so many.")] = None
    batch_size: Annotated[int | None, typer.Option(help="Do not search the batch size.")] = None
    learning_rate: Annotated[float | None, typer.Option(help="Do not search the learning rate.")] = None
    weight_decay: Annotated[float | None, typer.Option(help="Do not search the weight decay.")] = None
    label_smoothing: Annotated[float | None, typer.Option(help="Do not search the label smoothing.")] = None
    augmentation: Annotated[
        str | None,
        typer.Option("--augment", help="Do not search the augmentation; as in train.", metavar="CHANGES"),
    ] = None
    hidden_units: Annotated[
        str | None, typer.Option(help="Do not search the hidden layers; as 100,100.", metavar="UNITS")
    ] = None
    channels: Annotated[
        str | None, typer.Option(help="Do not search the filters; as 32,64.", metavar="FILTERS")
    ] = None
    dropout: Annotated[float | None, typer.Option(help="Do not search the dropout.")] = None

    def given(self) -> dict[str, Any]:
        """Return the settings that were given, as `plan_run` takes them."""
        return TrainingOptions(**asdict(self)).given()


@dataclass(frozen=True)
class StudyOptions:
    """How long to search, and where the trials are kept."""

    minutes: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Search so long; what follows takes as long as a dozen trainings. 0 to only conclude.",
            show_default="5, or no limit where --trials is given",
        ),
    ] = None
    trials: Annotated[
        int | None, typer.Option(min=1, help="Search until so many trials of the study are finished.")
    ] = None
    storage: Annotated[
        str | None,
        typer.Option(
            envvar="DIGITLAB_STORAGE",
            help="Keep the trials in this database, as postgresql://user:password@host/database, for any "
            "number of processes and machines to work on one study.",
            show_default="a file in --out, for one process",
            metavar="URL",
        ),
    ] = None
    study: Annotated[
        str | None, typer.Option(help="What the study is called there.", show_default="MODEL-DATASET")
    ] = None
    search_only: Annotated[
        bool,
        typer.Option("--search-only", help="Add trials, and leave the check and the run to another process."),
    ] = False
    grace: Annotated[
        int,
        typer.Option(
            min=3,
            help="Seconds without a sign of life after which a process is dead and its trial done again.",
        ),
    ] = 30


@expand
def tune(
    model: ModelArgument,
    study: StudyOptions,
    data: DataOptions,
    fixed: FixedOptions,
    seeds: Annotated[
        int, typer.Option(min=2, help="Check the best settings and the defaults with so many fresh seeds.")
    ] = 5,
    seed: Annotated[int, typer.Option(help="Of the search: its split, its trainings and its draws.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder to make, or to go on with.", show_default="a new one in runs/"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Spend some minutes on finding better settings; check the win on fresh seeds, never on the test set."""
    from digitlab.models import model_settings
    from digitlab.tuning import Question, Search, SearchLimits, open_storage, sqlite_url

    model_settings(model)
    limits = SearchLimits(_minutes(study), study.trials or math.inf)
    question = Question(model, load(data, None), fixed.given(), seed)
    out = out or default_folder(f"tune-{model}-{label(data)}")

    def go_on(study: StudyOptions) -> str:
        return _command(
            model, asdict(study) | asdict(data) | asdict(fixed) | {"seeds": seeds, "seed": seed, "out": out}
        )

    url = study.storage or sqlite_url(out / STUDY)
    with _held(out, needed=not study.storage), open_storage(url, grace_seconds=study.grace) as storage:
        search = Search.join(question, storage, study.study or f"{model}-{label(data)}")
        _search(search, limits, go_on(study))
        if study.search_only:
            _say_searched(search, go_on(replace(study, minutes=0, search_only=False)), as_json)
            return
        search.best()
        with _held(out, needed=bool(study.storage)):
            found = conclude(search, seeds, out, go_on(replace(study, minutes=0)))
            report(found, as_json)


def _minutes(study: StudyOptions) -> float:
    if study.minutes is not None:
        return study.minutes
    return math.inf if study.trials else MINUTES


@contextmanager
def _held(out: Path, *, needed: bool) -> Iterator[None]:
    """Hold the folder against other processes, if it is needed by now.

    Raises
    ------
    RunError
        If another process holds it.
    RunExistsError
        If it is there and is no search's.
    """
    from digitlab.errors import RunExistsError
    from digitlab.files import is_free, make_folder
    from digitlab.runs import is_run
    from digitlab.runs.folder import locked

    if not needed:
        yield
        return
    if not (is_free(out) or (out / STUDY).exists() or (out / RESULT).exists() or is_run(out / BEST)):
        raise RunExistsError(
            f"{out} is there already and is no search. It was left alone; name another --out."
        )
    with locked(make_folder(out)):
        yield


def _command(model: str, options: Mapping[str, Any]) -> str:
    """Return a command line with these options, without a password."""
    from digitlab.tuning.storage import hidden

    said = ["digitlab", "tune", model]
    for name, value in options.items():
        option = "--augment" if name == "augmentation" else f"--{name.replace('_', '-')}"
        if value is True:
            said.append(option)
        elif value is not None and value is not False:
            said += [option, hidden(value) if name == "storage" else str(value)]
    return shlex.join(said)


def _search(search: "Search", limits: "SearchLimits", again: str) -> None:
    """Add trials, and show them."""
    try:
        with follow_trials(search, limits) as table:
            search.run(limits, table.on_period, table.on_trial)
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; {search.counts().finished} finished trials are kept, and the settings in flight "
            f"are the next to be tried. Go on with: {again}"
        ) from None


def _say_searched(search: "Search", go_on: str, as_json: bool) -> None:
    if as_json:
        console.print_json({"study": search.study.study_name, "trials": asdict(search.counts())})
    else:
        console.print_line(f"{standing(search)} Conclude with: {go_on}")
