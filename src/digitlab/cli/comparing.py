"""`digitlab compare`: fitted models, or with several seeds ways of training."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, TrainingOptions, expand
from digitlab.cli.plans import (
    check_trackers,
    default_folder,
    kept_run,
    label,
    load,
    plan as plan_one,
    settings_of_each,
    train_one,
)
from digitlab.cli.reporting import REPORT
from digitlab.cli.seeds import kept_seeds, plan_seeds, train_seeds

if TYPE_CHECKING:
    from digitlab.evaluation import Comparison, SeedComparison
    from digitlab.runs import Run
    from digitlab.study import Plan, SeedStudy, Study

__all__ = ["compare"]


@expand
def compare(
    training: TrainingOptions,
    data: DataOptions,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL|RUN]...",
            help="Models to train, and runs, or folders of runs with several seeds, that are there.",
            show_default="the models of the preset",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Train each model with so many seeds, and compare ways of training, not fitted models.",
            show_default="1",
        ),
    ] = None,
    alpha: Annotated[
        float | None,
        typer.Option(help="The level of a claim, fixed before anything is looked at.", show_default="0.05"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train models on the same data with the same seeds, and compare them: the main job."""
    from digitlab.evaluation import ALPHA
    from digitlab.study import Plan, check_out, in_seeds, read_plan
    from digitlab.training import preset_models
    from digitlab.workflow import DEFAULT_PRESET

    check_trackers(training.trackers)
    out = training.out or default_folder(f"compare-{label(data)}", resume=training.resume)
    kept = read_plan(out) if training.resume else None
    entries = models or (kept and list(kept.entries)) or preset_models(training.preset or DEFAULT_PRESET)
    first = training.given().get("seed", 0)
    asked = tuple(range(first, first + seeds)) if seeds and seeds > 1 else ()
    if kept and seeds is None:
        asked = kept.seeds
    level = alpha if alpha is not None else kept.alpha if kept else ALPHA
    plan = Plan(tuple(entries), level, asked)
    if kept:
        plan.check_follows(kept, out)
    check_out(out, resume=training.resume, force=training.force)
    job = _compare_ways if asked or in_seeds(entries) else _compare_fitted
    job(plan, out, training, data, as_json)


def _compare_fitted(
    plan: "Plan", out: Path, training: TrainingOptions, data: DataOptions, as_json: bool
) -> None:
    """Compare fitted models: a run of each."""
    from digitlab.pictures import draw_run, draw_study
    from digitlab.report import story_of_study, write_report
    from digitlab.study import begin_runs, compare_runs, read_entries

    entries = read_entries(plan.entries, out)
    new = [name for name, run in entries.items() if run is None]
    settings = settings_of_each(new, training)
    there = {name: kept_run(out / name, training) for name in new}
    like = next((run for run in [*there.values(), *entries.values()] if run), None)
    loaded = load(data, like)
    configs = {
        out / name: plan_one(
            name, settings[name], loaded, training, kept=there[name], like=there[name] or like
        )
        for name in new
    }
    _fix(plan, out, [run for run in entries.values() if run])
    begun = begin_runs(configs, resume=training.resume, force=training.force)
    runs = {name: run or begun[out / name] for name, run in entries.items()}
    for run in runs.values():
        train_one(run, loaded, _resume_command(plan, out), training.trackers)
    study = compare_runs(runs, loaded, alpha=plan.alpha)
    _report(study, plan, out, as_json)
    for standing in study.standings:
        if standing.name in new:
            draw_run(standing.run, standing.test, "test")
    draw_study(study, loaded, out / "figures")
    page = write_report(story_of_study(study, loaded, alpha=plan.alpha), out / REPORT)
    if not as_json:
        console.print_line(
            f"Runs, pictures and comparison.json are in {out}; {page} tells it all on one page."
        )


def _compare_ways(
    plan: "Plan", out: Path, training: TrainingOptions, data: DataOptions, as_json: bool
) -> None:
    """Compare ways of training: runs of each with the same seeds."""
    from digitlab.pictures import draw_seed_study
    from digitlab.runs import seed_folder
    from digitlab.study import begin_runs, compare_seed_runs, read_seed_entries, shared_seeds, with_seeds

    entries = read_seed_entries(plan.entries, out)
    new = [name for name, runs in entries.items() if runs is None]
    settings = settings_of_each(new, training)
    given = {name: runs for name, runs in entries.items() if runs}
    seeds = plan.seeds or shared_seeds({name: set(runs) for name, runs in given.items()})
    there = with_seeds(given, seeds)
    before = {name: kept_seeds(out / name, seeds, training) for name in new}
    every = [run for runs in [*before.values(), *there.values()] for run in runs.values()]
    loaded = load(data, every[0] if every else None)
    like = next(iter(there.values()), {})
    configs = {
        name: plan_seeds(
            name, settings[name], out / name, seeds, loaded, training,
            kept=before[name], like=like | before[name],
        )
        for name in new
    }  # fmt: skip
    _fix(replace(plan, seeds=seeds), out, [run for runs in there.values() for run in runs.values()])
    folders = {
        seed_folder(out / name, seed): config for name in new for seed, config in configs[name].items()
    }
    begun = begin_runs(folders, resume=training.resume, force=training.force)
    ways = {
        name: there.get(name) or {seed: begun[seed_folder(out / name, seed)] for seed in seeds}
        for name in entries
    }
    for name in new:
        train_seeds(list(ways[name].values()), loaded, _resume_command(plan, out), training.trackers)
    study = compare_seed_runs(ways, loaded, alpha=plan.alpha)
    _report(study, plan, out, as_json)
    draw_seed_study(study, loaded, out / "figures")
    if not as_json:
        console.print_line(f"Runs, pictures and comparison.json are in {out}.")


def _fix(plan: "Plan", out: Path, runs: "list[Run]") -> None:
    """Write the plan before anything is trained or looked at, where all runs that are there can be read."""
    from digitlab.study import write_plan

    for run in runs:
        run.params()
    write_plan(out, plan)


def _resume_command(plan: "Plan", out: Path) -> str:
    return shlex.join(["digitlab", "compare", *plan.entries, "--out", str(out), "--resume"])


def _report(study: "Study | SeedStudy", plan: "Plan", out: Path, as_json: bool) -> None:
    """Write and print what a comparison found."""
    from digitlab.files import make_folder, write_json
    from digitlab.study import Study

    result: dict[str, Any] = {
        "dataset": study.dataset,
        "out": str(out),
        "alpha": plan.alpha,
    } | study.as_dict()
    write_json(make_folder(out) / "comparison.json", result)
    if as_json:
        console.print_json(result)
    elif isinstance(study, Study):
        _print_study(study)
    else:
        _print_seed_study(study)
    console.say_looks(study.looks, as_json=as_json)


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
            words.with_interval(standing.test),
            words.loss(standing.test.log_loss),
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
    _print_pairs(study.comparisons, "exact McNemar")
    if study.comparisons:
        console.print_line(
            "That is said of these fitted models; whether one way of training is better than another, one "
            "seed cannot tell: --seeds 10 can."
        )
    if said := words.over_writers(study.standings[-1].test):
        console.print_line(f"{study.standings[-1].name}: {said}")
    for standing in study.standings:
        console.print_line(f"{standing.name} confuses most: {words.confusions(standing.test, 3)}.")


def _print_seed_study(study: "SeedStudy") -> None:
    test = study.standings[0].test
    columns = (
        "model",
        f"test accuracy % of {test.n:,}",
        "mean, 95 % over seeds",
        "log loss",
        "validation %",
        "parameters",
        "seconds",
    )
    rows = [
        (
            standing.name,
            words.with_spread(standing.test),
            "{:.2f} to {:.2f}".format(*(100 * end for end in standing.test.interval)),
            f"{words.loss(standing.test.log_loss)} ± {words.loss(standing.test.log_loss_sd)}",
            words.with_spread(standing.validation),
            f"{standing.parameters:,}",
            f"{standing.train_seconds:.1f}",
        )
        for standing in study.standings
    ]
    baseline = (f"always {study.baseline_class}", f"{100 * study.baseline_accuracy:.2f}", "", "", "", "0", "")
    console.print_line(f"{study.dataset}, {len(study.seeds)} seeds, mean ± standard deviation")
    console.print_table(columns, [*rows, baseline])
    if len({standing.split for standing in study.standings}) > 1:
        console.print_line("The validation accuracies are of other images: some split by writer, others not.")
    _print_pairs(study.comparisons, "paired t over seeds")
    if study.comparisons:
        console.print_line(
            "That is said of ways of training, on these test images, and of no fitted model alone: each seed "
            "has its own first weights, order of images and split."
        )


def _print_pairs(comparisons: "list[Comparison] | list[SeedComparison]", test: str) -> None:
    """Print what is claimed of each pair, with its p-value, its size and what it takes to show it."""
    holm = f", Holm over {len(comparisons)} pairs" if len(comparisons) > 1 else ""
    for each in comparisons:
        alone = f" Alone it would be claimed, p = {each.p_value:.2g}." if each.is_lost_to_holm else ""
        console.print_line(f"{each.sentence()} p = {each.p_holm:.2g} ({test}{holm}).{alone}")
        console.print_line(f"  {each.size_sentence()}")
