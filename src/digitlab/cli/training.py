"""`digitlab train`."""

from dataclasses import asdict
from typing import Annotated

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, ModelArgument, TrainingOptions, expand
from digitlab.cli.plans import check_trackers, default_folder, kept_run, label, load, plan, train_one
from digitlab.cli.seeds import train_with_seeds

__all__ = ["train"]


@expand
def train(
    model: ModelArgument,
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
    check_trackers(training.trackers)
    if seeds > 1:
        train_with_seeds(model, seeds, training, data, as_json)
        return
    folder = training.out or default_folder(f"{model}-{label(data)}", resume=training.resume)
    kept = kept_run(folder, training)
    loaded = load(data, kept)
    config = plan(model, training.given(), loaded, training, kept=kept, like=kept)
    run = begin_run(folder, config, resume=training.resume, force=training.force)
    train_one(run, loaded, run.resume_command, training.trackers)
    validation = evaluate_run(run, loaded.split_of(run).validation)
    if as_json:
        history = [asdict(row) for row in run.history()]
        console.print_json({"run": str(run.folder), "history": history, "validation": validation.score()})
    else:
        title = f"{model} on {validation.n:,} validation images of {loaded.train.name}"
        console.print_line(f"{title}: {words.summary(validation)}")
    draw_run(run, validation, "validation")
    if not as_json:
        console.print_line(f"The run is in {run.folder}, its pictures in {run.figures}.")
