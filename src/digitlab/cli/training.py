"""`digitlab train` and `digitlab compare`."""

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, TrainingOptions, expand
from digitlab.cli.plans import (
    default_entries,
    default_folder,
    kept_run,
    label,
    load,
    plan,
    plan_all,
    train_one,
)
from digitlab.cli.seeds import train_seeds

if TYPE_CHECKING:
    from digitlab.study import Study

__all__ = ["compare", "train"]


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
        train_seeds(model, seeds, training, data, as_json)
        return
    folder = training.out or default_folder(f"{model}-{label(data)}", training)
    kept = kept_run(folder, training)
    loaded = load(data, kept)
    config = plan(model, training.given(), loaded, training, kept=kept, like=kept)
    run = begin_run(folder, config, resume=training.resume, force=training.force)
    train_one(run, loaded, run.resume_command)
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

    out = training.out or default_folder(f"compare-{label(data)}", training)
    names = models or default_entries(out, training)
    entries = read_entries(names, out)
    check_out(out, resume=training.resume, force=training.force)
    loaded, configs = plan_all(entries, out, training, data)
    runs = begin_runs(entries, configs, out, resume=training.resume, force=training.force)
    for run in runs.values():
        train_one(run, loaded, shlex.join(["digitlab", "compare", *names, "--out", str(out), "--resume"]))
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
