"""`digitlab tune`: a search over settings."""

import math
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, TrainingOptions, expand
from digitlab.cli.plans import default_folder, label, load, train_one
from digitlab.cli.trials import COLUMNS, cells_of, follow_trials, in_words

if TYPE_CHECKING:
    from digitlab.runs import Run
    from digitlab.tuning import Check, Search, SearchLimits, Tried

__all__ = ["tune"]

MINUTES = 5.0
STUDY, RESULT = "study.db", "tuning.json"
SHOWN_TRIALS = 5


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
    model: Annotated[str, typer.Argument(metavar="MODEL", help="linear, mlp or conv.")],
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
    again = _again(model, out, study, data, fixed, {"seeds": seeds, "seed": seed})
    url = study.storage or sqlite_url(out / STUDY)
    with _held(out, needed=not study.storage), open_storage(url, grace_seconds=study.grace) as storage:
        search = Search.join(question, storage, study.study or f"{model}-{label(data)}")
        _search(search, limits, again)
        if study.search_only:
            _say_searched(search, as_json)
            return
        search.best()
        with _held(out, needed=bool(study.storage)):
            _conclude(search, seeds, out, again, as_json)


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
    if not (is_free(out) or (out / STUDY).exists() or (out / RESULT).exists() or is_run(out / "best")):
        raise RunExistsError(
            f"{out} is there already and is no search. It was left alone; name another --out."
        )
    with locked(make_folder(out)):
        yield


def _again(
    model: str,
    out: Path,
    study: StudyOptions,
    data: DataOptions,
    fixed: FixedOptions,
    others: Mapping[str, Any],
) -> str:
    """Return the command line that goes on with a search, without a password."""
    from digitlab.tuning.storage import hidden

    given = {"out": out} | asdict(study) | asdict(data) | asdict(fixed) | dict(others)
    given["storage"] = hidden(study.storage) if study.storage else None
    given["augment"] = given.pop("augmentation")
    said = ["digitlab", "tune", model]
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            said.append(option)
        elif value is not None and value is not False:
            said += [option, str(value)]
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


def _say_searched(search: "Search", as_json: bool) -> None:
    if as_json:
        console.print_json({"study": search.study.study_name, "trials": asdict(search.counts())})
    else:
        console.print_line(
            f"{_standing(search)} Conclude with the same command and --minutes 0 in place of --search-only."
        )


def _conclude(search: "Search", seeds: int, out: Path, again: str, as_json: bool) -> None:
    """Train a run with the best settings, check them on fresh seeds, and say what was found."""
    from digitlab.files import write_json
    from digitlab.pictures import draw_run
    from digitlab.report.reproduce import command_of
    from digitlab.scoring import evaluate_run
    from digitlab.tuning import importance_of, resume_or_replace

    question, best = search.question, search.best()
    run = resume_or_replace(out / "best", question.config(best.values, question.seed))
    train_one(run, question.data, again)
    validation = evaluate_run(run, question.data.split_of(run).validation)
    check = _check(search, best, seeds, out, again)
    importance = importance_of(search.study)
    defaults = search.of_defaults()
    result = {
        "dataset": question.data.train.name,
        "out": str(out),
        "study": search.study.study_name,
        "model": question.model,
        "trials": asdict(search.counts()),
        "best": best.as_dict(),
        "defaults": defaults and defaults.as_dict(),
        "command": command_of(run),
        "run": str(run.folder),
        "validation": validation.score(),
        "check": check and check.as_dict(),
        "importance": importance,
    }
    write_json(out / RESULT, result)
    if as_json:
        console.print_json(result)
    else:
        _print_found(search, best, defaults, check)
    _draw_importance(importance, search, out, as_json)
    draw_run(run, validation, "validation")
    if not as_json:
        console.print_line(f"The run with the best settings is in {run.folder}. To train it again, paste:")
        console.print_line(command_of(run))


def _check(search: "Search", best: "Tried", seeds: int, out: Path, again: str) -> "Check | None":
    """Train the best settings and the defaults with fresh seeds; None where they are the same."""
    from digitlab.tuning import check_ways, fresh_configs, resume_or_replace

    question = search.question
    if dict(best.values) == question.default_values:
        return None
    ways = {
        way: {
            seed: resume_or_replace(out / "check" / way / f"seed-{seed}", config)
            for seed, config in runs.items()
        }
        for way, runs in fresh_configs(question, best.values, seeds).items()
    }
    _train_all([run for runs in ways.values() for run in runs.values()], search, again)
    assert best.validation_accuracy is not None  # it came to its end
    return check_ways(ways, question.data, in_search=best.validation_accuracy)


def _train_all(runs: "list[Run]", search: "Search", again: str) -> None:
    from digitlab.workflow import train_run

    try:
        with console.counting("trainings") as count:
            for done, run in enumerate(runs):
                count("fresh seeds", done, len(runs))
                if not run.is_finished:
                    list(train_run(run, search.question.data))
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; the search is kept, and what was trained with fresh seeds. Go on with: {again}"
        ) from None


def _draw_importance(importance: dict[str, float], search: "Search", out: Path, as_json: bool) -> None:
    from digitlab.figures import save, setting_importance

    if not importance:
        if not as_json:
            console.print_line(
                "Which setting mattered cannot be told: too few trials came to their end, or all read alike."
            )
        return
    done = len(search.ranking())
    title = f"{search.question.model} on {search.question.data.train.name}: what mattered, by {done} trials"
    files = save(setting_importance(importance, title=title), out / "figures" / "importance")
    if not as_json:
        largest = [f"{name} {100 * share:.0f} %" for name, share in list(importance.items())[:3]]
        console.print_line(
            f"What mattered most (fANOVA over {done} trials): {', '.join(largest)}; see {files[0]}."
        )


def _standing(search: "Search") -> str:
    counts, name = search.counts(), search.study.study_name
    said = f"The study {name} has {counts.finished} finished trials, {counts.pruned} of them stopped early"
    return f"{said}; {counts.abandoned} were cut off and given out again." if counts.abandoned else f"{said}."


def _print_found(search: "Search", best: "Tried", defaults: "Tried | None", check: "Check | None") -> None:
    question = search.question
    console.print_line(f"{question.model} on {question.data.train.name}. {_standing(search)} The best:")
    console.print_table(COLUMNS, [cells_of(tried) for tried in search.ranking()[:SHOWN_TRIALS]], text=(4,))
    if defaults and defaults.validation_accuracy is not None:
        console.print_line(f"The defaults read {words.percent(defaults.validation_accuracy)}.")
    if check is None:
        console.print_line(f"Nothing better than the defaults was found: {in_words(best.values)}.")
        return
    rows = [
        (name, words.with_spread(spread), "{:.2f} to {:.2f}".format(*(100 * end for end in spread.interval)),
         f"{spread.log_loss:.4f} ± {spread.log_loss_sd:.4f}", f"{check.train_seconds[name]:.1f}")
        for name, spread in (("tuned", check.tuned), ("defaults", check.defaults))
    ]  # fmt: skip
    console.print_line(
        f"Checked on {len(check.seeds)} fresh seeds, each with its own split ({check.tuned.n:,} validation "
        "images), first weights and order, mean ± standard deviation:"
    )
    console.print_table(("", "validation %", "mean, 95 %", "log loss", "seconds"), rows)
    compared = check.comparison
    console.print_line(f"{compared.sentence()} p = {compared.p_value:.2g} (paired t over seeds).")
    console.print_line(check.curse_sentence(search.counts().finished))
