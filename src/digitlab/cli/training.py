"""`digitlab train` and `digitlab compare`."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, TrainingOptions, expand
from digitlab.errors import ConfigError

if TYPE_CHECKING:
    from digitlab.runs import Run, RunConfig
    from digitlab.study import Study
    from digitlab.workflow import Data

__all__ = ["compare", "train"]

RUNS = Path("runs")
DATASET = "mnist"


@expand
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="linear, mlp or conv.")],
    training: TrainingOptions,
    data: DataOptions,
    seeds: Annotated[
        int,
        typer.Option(
            min=1,
            help="Train so many runs that differ in the seed, at once where that is quicker; no pictures.",
        ),
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Train a model into a run folder: settings, history, weights, pictures."""
    from digitlab.models import model_settings
    from digitlab.pictures import draw_run
    from digitlab.scoring import evaluate_run
    from digitlab.workflow import begin_run

    model_settings(model)
    if seeds > 1:
        _train_seeds(model, seeds, training, data, as_json)
        return
    folder = training.out or _default_folder(f"{model}-{_label(data)}", training)
    kept = _kept(folder, training)
    loaded = _load(data, kept)
    config = _plan(model, training.given(), loaded, training, kept=kept, like=kept)
    run = begin_run(folder, config, resume=training.resume, force=training.force)
    _train(run, loaded, run.resume_command)
    validation = evaluate_run(run, loaded.split_of(run).validation)
    if as_json:
        history = [asdict(row) for row in run.history()]
        console.print_json({"run": str(run.folder), "history": history, "validation": validation.score()})
    else:
        title = f"{model} on {validation.n:,} validation images of {loaded.train.name}"
        console.print_line(f"{title}: {console.summary(validation)}")
    draw_run(run, validation, "validation")
    if not as_json:
        console.print_line(f"The run is in {run.folder}, its pictures in {run.figures}.")


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
    from digitlab.files import make_folder, write_json
    from digitlab.pictures import draw_run, draw_study
    from digitlab.study import begin_runs, check_out, compare_runs, read_entries

    out = training.out or _default_folder(f"compare-{_label(data)}", training)
    names = models or _default_entries(out, training)
    entries = read_entries(names, out)
    check_out(out, resume=training.resume, force=training.force)
    loaded, configs = _plan_all(entries, out, training, data)
    runs = begin_runs(entries, configs, out, resume=training.resume, force=training.force)
    for run in runs.values():
        _train(run, loaded, shlex.join(["digitlab", "compare", *names, "--out", str(out), "--resume"]))
    study = compare_runs(runs, loaded)
    result = {"dataset": study.dataset, "out": str(out)} | study.as_dict()
    write_json(make_folder(out) / "comparison.json", result)
    if as_json:
        console.print_json(result)
    else:
        _print_study(study)
    console.say_looks(study.looks, as_json=as_json)
    for standing in study.standings:
        if standing.name in configs:
            draw_run(standing.run, standing.test, "test")
    draw_study(study, loaded, out / "figures")
    if not as_json:
        console.print_line(f"Runs, pictures and comparison.json are in {out}.")


def _train_seeds(model: str, seeds: int, training: TrainingOptions, data: DataOptions, as_json: bool) -> None:
    """Train a run for each seed into a folder, and say how they spread."""
    from digitlab.evaluation import seed_spread
    from digitlab.runs import check_folders
    from digitlab.scoring import evaluate_run
    from digitlab.workflow import begin_run

    out = training.out or _default_folder(f"{model}-{_label(data)}-seeds", training)
    given = training.given()
    numbers = range(given.get("seed", 0), given.get("seed", 0) + seeds)
    kept = {seed: _kept(out / f"seed-{seed}", training) for seed in numbers}
    loaded = _load(data, next((run for run in kept.values() if run), None))
    configs = {
        seed: _plan(model, given | {"seed": seed}, loaded, training, kept=kept[seed], like=kept[seed])
        for seed in numbers
    }
    _check_alike(configs, out)
    check_folders([out / f"seed-{seed}" for seed in numbers], resume=training.resume, force=training.force)
    runs = {
        seed: begin_run(out / f"seed-{seed}", config, resume=training.resume, force=training.force)
        for seed, config in configs.items()
    }
    command = ["digitlab", "train", model, "--seeds", str(seeds), "--out", str(out), "--resume"]
    command += ["--seed", str(numbers[0])] if numbers[0] else []
    _train_all(list(runs.values()), loaded, shlex.join(command))
    scores = {seed: evaluate_run(run, loaded.split_of(run).validation) for seed, run in runs.items()}
    spread = seed_spread(list(scores.values()))
    if as_json:
        listed = [
            {"seed": seed, "run": str(runs[seed].folder), "validation": score.score()}
            for seed, score in scores.items()
        ]
        console.print_json({"out": str(out), "runs": listed, "validation": spread})
        return
    rows = [
        (str(seed), console.with_interval(score), console.loss(score.log_loss))
        for seed, score in scores.items()
    ]
    console.print_table(("seed", "validation accuracy % (95 %)", "log loss"), rows)
    each = next(iter(scores.values())).n
    console.print_line(
        f"{model}, {seeds} seeds, each on {each:,} validation images of its own split of "
        f"{loaded.train.name}, mean ± standard deviation: accuracy {100 * spread['accuracy']:.2f} ± "
        f"{100 * spread['accuracy_sd']:.2f} %, log loss {spread['log_loss']:.4f} "
        f"± {spread['log_loss_sd']:.4f}."
    )
    console.print_line(f"The runs are in {out}.")


def _check_alike(configs: "Mapping[int, RunConfig]", out: Path) -> None:
    """Raise `ConfigError` unless runs that are to be averaged differ in nothing but the seed."""
    alike = [(config.model, replace(config.training, seed=0)) for config in configs.values()]
    if any(each != alike[0] for each in alike):
        raise ConfigError(
            f"The runs that are in {out} have other settings than those asked for, and a mean over both "
            "would say nothing. Give the settings that they were begun with, or name another --out."
        )


def _train_all(runs: "list[Run]", data: "Data", resume_command: str) -> None:
    """Train runs that differ in the seed: at once where that is quicker and nothing was begun."""
    from digitlab.training import mean_row, pays_together
    from digitlab.workflow import train_runs

    config = runs[0].config
    fresh = not any(run.is_finished or run.periods_done() for run in runs)
    if not (fresh and pays_together(config.model) and config.training.patience is None):
        for run in runs:
            _train(run, data, resume_command)
        return
    means = map(mean_row, train_runs(runs, data))
    name, periods = f"{config.model.name}, means of {len(runs)} seeds", config.training.periods
    try:
        console.follow(means, name=name, periods=periods)
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; {runs[-1].periods_done()} of {periods} periods are kept. Go on, one seed "
            f"after the other, with: {resume_command}"
        ) from None


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
    from digitlab.runs import is_run
    from digitlab.training import preset_models
    from digitlab.workflow import DEFAULT_PRESET

    there = [name for name in MODELS if is_run(out / name)]
    return there if training.resume and there else preset_models(training.preset or DEFAULT_PRESET)


def _plan_all(
    entries: "Mapping[str, Run | None]", out: Path, training: TrainingOptions, data: DataOptions
) -> "tuple[Data, dict[str, RunConfig]]":
    """Load the data, and say what each model to train is; the first run there is decides data and split."""
    from digitlab.models import model_settings

    new = [name for name, run in entries.items() if run is None]
    given = training.given()
    if not new and (given or training.preset):
        raise ConfigError(
            f"Only runs are compared, so there is nothing to train with {', '.join(given) or 'a preset'}."
        )
    kept = {name: _kept(out / name, training) for name in new}
    like = next((run for run in [*kept.values(), *entries.values()] if run), None)
    loaded = _load(data, like)
    for_some = set().union(*(model_settings(name) for name in new)) & given.keys()
    configs = {}
    for name in new:
        for_others = for_some - model_settings(name)
        settings = {setting: value for setting, value in given.items() if setting not in for_others}
        configs[name] = _plan(name, settings, loaded, training, kept=kept[name], like=kept[name] or like)
    return loaded, configs


def _plan(
    model: str,
    given: dict[str, Any],
    data: "Data",
    training: TrainingOptions,
    *,
    kept: "Run | None",
    like: "Run | None",
) -> "RunConfig":
    """Return what a run is: to go on with `kept`, or new and, where no seed is given, split as `like` is."""
    from digitlab.workflow import plan_run, settle

    settings = settle(model, given, preset=training.preset, kept=kept)
    like_seed = like.config.data.split_seed if like else None
    if like_seed is not None and "seed" not in given:
        settings = {"seed": like_seed} | settings
    split_seed = like_seed if kept or "seed" not in given else None
    split_by = training.split_by or (like.config.data.split if like else None)
    return plan_run(model, settings, data, split_seed=split_seed, split_by=split_by)


def _kept(folder: Path, training: TrainingOptions) -> "Run | None":
    """Return the run to resume, if one is asked for and there."""
    from digitlab.runs import is_run, open_run

    if training.resume and not is_run(folder):
        console.note(f"There is no run at {folder} to resume: a new one is begun.")
    return open_run(folder) if training.resume and is_run(folder) else None


def _load(data: DataOptions, like: "Run | None") -> "Data":
    """Load the data that are asked for; where a run is there, its own."""
    from digitlab.workflow import load_data, reload_data

    with console.fetch_progress() as on_progress:
        options: dict[str, Any] = {
            "data_dir": data.data_dir,
            "offline": data.offline,
            "on_progress": on_progress,
        }
        if like:
            return reload_data(like, data.dataset, **options)
        return load_data(data.dataset or DATASET, **options)


def _train(run: "Run", data: "Data", resume_command: str) -> None:
    """Train a run to its end, showing how it goes."""
    from digitlab.workflow import train_run

    name, periods = run.config.model.name, run.config.training.periods
    if run.is_finished:
        console.note(f"{name}: the run {run.folder} is trained already.")
        return
    try:
        console.follow(train_run(run, data), name=name, periods=periods, done=run.periods_done())
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; {run.periods_done()} of {periods} periods are kept. Go on with: {resume_command}"
        ) from None
    if run.config.training.patience is not None:
        console.note(f"{name}: the weights of period {run.kept_period} are kept, the best on validation.")


def _test(study: "Study") -> str:
    pairs = len(study.comparisons)
    return "exact McNemar" if pairs == 1 else f"exact McNemar, Holm over {pairs} pairs"


def _print_study(study: "Study") -> None:
    validation, test = study.standings[0].validation, study.standings[0].test
    columns = (
        "model",
        f"test accuracy % of {test.n:,} (95 %)",
        "log loss",
        f"validation % of {validation.n:,}",
        "parameters",
        "seconds",
    )
    rows = [
        (
            standing.name,
            console.with_interval(standing.test),
            console.loss(standing.test.log_loss),
            f"{100 * standing.validation.accuracy:.2f}",
            f"{standing.parameters:,}",
            f"{standing.train_seconds:.1f}",
        )
        for standing in study.standings
    ]
    baseline = (f"always {test.baseline_class}", f"{100 * test.baseline_accuracy:.2f}", "", "", "0", "")
    console.print_line(study.dataset)
    console.print_table(columns, [*rows, baseline])
    if not study.shares_validation:
        console.print_line("The validation images differ: these runs split the training images differently.")
    for comparison in study.comparisons:
        console.print_line(f"{comparison.sentence()} p = {comparison.p_holm:.2g} ({_test(study)}).")
    if study.comparisons:
        console.print_line(
            "That is said of these fitted models; whether one way of training is better than another, one "
            "seed cannot tell."
        )
    if said := console.over_writers(study.standings[-1].test):
        console.print_line(f"{study.standings[-1].name}: {said}")
    for standing in study.standings:
        console.print_line(f"{standing.name} confuses most: {console.confusions(standing.test, 3)}.")
