"""`digitlab train` and `digitlab compare`."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, TrainingOptions, expand
from digitlab.errors import ConfigError, RunExistsError

if TYPE_CHECKING:
    from digitlab.runs import Run
    from digitlab.workflow import Data, Study

__all__ = ["compare", "train"]

RUNS = Path("runs")
PRESET, DATASET, SEED = "quick", "mnist", 0
INTERRUPTED = 130


@expand
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="linear or mlp.")],
    training: TrainingOptions,
    data: DataOptions,
    as_json: JsonOption = False,
) -> None:
    """Train a model into a run folder: settings, history, weights, pictures."""
    from digitlab.models import model_settings
    from digitlab.pictures import draw_run
    from digitlab.workflow import evaluate_run

    model_settings(model)
    folder = training.out or _default_folder(f"{model}-{_label(data)}", training)
    kept = _kept(folder, training)
    loaded = _load(data, kept, training)
    run = _begin(model, folder, loaded, training, training.given())
    _train(run, loaded, run.resume_command)
    validation = evaluate_run(run, loaded.split.validation)
    pictures = draw_run(run, validation, "validation")
    if as_json:
        history = [asdict(row) for row in run.history()]
        console.print_json({"run": str(run.folder), "history": history, "validation": validation.score()})
        return
    console.print_line(
        f"{model} on {len(loaded.split.validation):,} validation images of {loaded.record.name}: accuracy "
        f"{console.with_interval(validation)}, log loss {validation.log_loss:.4f}; "
        f"always answering {validation.baseline_class}: {console.percent(validation.baseline_accuracy)}."
    )
    console.print_line(f"The run is in {run.folder}, its {len(pictures) // 2} pictures in {run.figures}.")


@expand
def compare(
    training: TrainingOptions,
    data: DataOptions,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL|RUN]...",
            help="Models to train, and runs that are there.",
            show_default="the models of the preset",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train models on the same data with the same seed, and compare them: the main job."""
    from digitlab.files import write_json
    from digitlab.pictures import draw_run, draw_study
    from digitlab.workflow import compare_runs

    out = training.out or _default_folder(f"compare-{_label(data)}", training)
    entries = models or _default_entries(out, training)
    own = _check_entries(entries)
    _check_free(out, training)
    loaded, runs = _begin_all(entries, own, out, training, data)
    resume_command = shlex.join(["digitlab", "compare", *entries, "--out", str(out), "--resume"])
    for run in runs.values():
        _train(run, loaded, resume_command)
    study = compare_runs(runs, loaded)
    result = {"dataset": study.dataset, "out": str(out)} | study.as_dict()
    for standing in study.standings:
        if standing.name in own:
            draw_run(standing.run, standing.test, "test")
    draw_study(study, loaded, out / "figures")
    write_json(out / "comparison.json", result)
    if as_json:
        console.print_json(result)
    else:
        _print_study(study, out)


def _default_folder(stem: str, training: TrainingOptions) -> Path:
    """Return a folder in `runs/` that is not there yet; to resume, the last one that is."""
    number = 1
    while (RUNS / f"{stem}-{number}").exists():
        number += 1
    if training.resume:
        number = max(1, number - 1)
    return RUNS / f"{stem}-{number}"


def _label(data: DataOptions) -> str:
    return Path(data.dataset or DATASET).stem or "data"


def _default_entries(out: Path, training: TrainingOptions) -> list[str]:
    """Return what to compare where nothing is named: what is there to resume, else the preset's models."""
    from digitlab.models import MODELS
    from digitlab.training import preset_models

    there = [name for name in MODELS if (out / name / "config.json").exists()]
    return there if training.resume and there else preset_models(training.preset or PRESET)


def _check_entries(entries: list[str]) -> list[str]:
    """Return those of the entries that are models to train; the others must be runs."""
    from digitlab.models import MODELS
    from digitlab.runs import is_run

    own = [entry for entry in entries if entry in MODELS]
    for entry in entries:
        if entry not in own and not is_run(Path(entry)):
            raise ConfigError(
                f"{entry!r} is neither a model ({', '.join(MODELS)}) nor a run folder; "
                "a run folder is what train leaves, with a config.json in it."
            )
    repeated = sorted({entry for entry in entries if entries.count(entry) > 1})
    if repeated:
        raise ConfigError(f"{', '.join(repeated)} is named twice; name each model and run once.")
    return own


def _check_free(out: Path, training: TrainingOptions) -> None:
    if training.force or training.resume or not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    raise RunExistsError(
        f"{out} is there already. It was left alone: go on with it by --resume, replace its runs "
        "by --force, or name another --out."
    )


def _begin_all(
    entries: list[str], own: list[str], out: Path, training: TrainingOptions, data: DataOptions
) -> "tuple[Data, dict[str, Run]]":
    """Open or begin every run before any is trained, so that a resume finds all their settings."""
    from digitlab.models import model_settings
    from digitlab.runs import open_run

    opened = {entry: open_run(Path(entry)) for entry in entries if entry not in own}
    kept = [run for run in (_kept(out / entry, training) for entry in own) if run]
    loaded = _load(data, next(iter([*kept, *opened.values()]), None), training)
    given = training.given()
    taken = set().union(*(model_settings(model) for model in own)) & given.keys() if own else set()
    runs: dict[str, Run] = {}
    for entry in entries:
        if entry in opened:
            runs[_name(opened[entry], runs)] = opened[entry]
            continue
        others = taken - model_settings(entry)
        settings = {name: value for name, value in given.items() if name not in others}
        runs[entry] = _begin(entry, out / entry, loaded, training, settings)
    return loaded, runs


def _name(run: "Run", taken: "dict[str, Run]") -> str:
    """Return a run's folder name, or its path where another has that name."""
    return str(run.folder) if run.name in taken else run.name


def _kept(folder: Path, training: TrainingOptions) -> "Run | None":
    """Return the run to resume, if one is asked for and there."""
    from digitlab.runs import is_run, open_run

    return open_run(folder) if training.resume and is_run(folder) else None


def _load(data: DataOptions, kept: "Run | None", training: TrainingOptions) -> "Data":
    """Load the data that are asked for; where a run is there, its own, divided as they were."""
    from digitlab.workflow import load_data, reload_data

    with console.fetch_progress() as on_progress:
        options: dict[str, Any] = {
            "data_dir": data.data_dir,
            "offline": data.offline,
            "on_progress": on_progress,
        }
        if kept:
            return reload_data(kept, data.dataset, **options)
        seed = SEED if training.seed is None else training.seed
        return load_data(data.dataset or DATASET, seed=seed, **options)


def _begin(model: str, folder: Path, data: "Data", training: TrainingOptions, given: dict[str, Any]) -> "Run":
    from digitlab.workflow import begin_run, plan_run

    settings = _base_settings(model, folder, training)
    if {"steps", "epochs"} & given.keys():
        settings = {name: value for name, value in settings.items() if name not in ("steps", "epochs")}
    config = plan_run(model, settings | given, data)
    return begin_run(folder, config, resume=training.resume, force=training.force)


def _base_settings(model: str, folder: Path, training: TrainingOptions) -> dict[str, Any]:
    """Return the settings that hold where none is given: the kept run's, or a preset's."""
    from digitlab.training import preset_settings
    from digitlab.workflow import kept_settings

    kept = _kept(folder, training)
    if kept and training.preset is None:
        return kept_settings(kept)
    return preset_settings(training.preset or PRESET, model)


def _train(run: "Run", data: "Data", resume_command: str) -> None:
    """Train a run to its end, showing how it goes."""
    from digitlab.workflow import train_run

    name, periods = run.config.model.name, run.config.training.periods
    if run.is_finished:
        console.note(f"{name}: the run {run.folder} is trained already.")
        return
    try:
        console.follow(train_run(run, data.split), name=name, periods=periods, done=len(run.history()))
    except KeyboardInterrupt:
        done = len(run.history())
        console.note(
            f"digitlab: interrupted; {done} of {periods} periods are kept. Go on with: {resume_command}"
        )
        raise typer.Exit(INTERRUPTED) from None


def _print_study(study: "Study", out: Path) -> None:
    validation, test = study.standings[0].validation, study.standings[0].test
    made = console.table(
        "model",
        f"test accuracy % of {test.n:,} (95 %)",
        "log loss",
        f"validation % of {validation.n:,}",
        "parameters",
        "seconds",
        title=f"{study.dataset}",
    )
    for standing in study.standings:
        made.add_row(
            standing.name,
            console.with_interval(standing.test),
            f"{standing.test.log_loss:.4f}",
            f"{100 * standing.validation.accuracy:.2f}",
            f"{standing.parameters:,}",
            f"{standing.train_seconds:.1f}",
        )
    made.add_row(f"always {test.baseline_class}", f"{100 * test.baseline_accuracy:.2f}", "", "", "0", "")
    console.print_table(made)
    for comparison in study.comparisons:
        console.print_line(f"{comparison.sentence()} p = {comparison.p_value:.2g} (exact McNemar).")
    for standing in study.standings:
        confused = [f"{c.true} read as {c.read_as} ({c.count}x)" for c in standing.test.most_confused()]
        console.print_line(f"{standing.name} confuses most: {', '.join(confused) or 'nothing'}.")
    console.print_line(f"Runs, pictures and comparison.json are in {out}.")
