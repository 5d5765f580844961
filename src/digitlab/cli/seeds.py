"""Training one model with several seeds: a run for each."""

import shlex
from typing import TYPE_CHECKING, Any

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataOptions, TrainingOptions
from digitlab.cli.plans import default_folder, kept_run, label, load, plan, resumed, told_to, train_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from digitlab.evaluation import SeedSpread
    from digitlab.runs import Run, RunConfig
    from digitlab.workflow import Data

__all__ = ["kept_seeds", "plan_seeds", "train_seeds", "train_with_seeds"]


def train_with_seeds(
    model: str, seeds: int, training: TrainingOptions, data: DataOptions, as_json: bool
) -> None:
    """Train a run for each seed into a folder, and say how they spread."""
    from digitlab.evaluation import seed_spread
    from digitlab.runs import seed_folder
    from digitlab.scoring import evaluate_run
    from digitlab.study import begin_runs

    out = training.out or default_folder(f"{model}-{label(data)}-seeds", resume=training.resume)
    given = training.given()
    numbers = range(given.get("seed", 0), given.get("seed", 0) + seeds)
    kept = kept_seeds(out, numbers, training)
    loaded = load(data, next(iter(kept.values()), None))
    configs = plan_seeds(model, given, out, numbers, loaded, training, kept=kept, like=kept)
    begun = begin_runs(
        {seed_folder(out, seed): config for seed, config in configs.items()},
        resume=training.resume,
        force=training.force,
    )
    runs = dict(zip(numbers, begun.values(), strict=True))
    command = ["digitlab", "train", model, "--seeds", str(seeds), "--out", str(out), "--resume"]
    command += ["--seed", str(numbers[0])] if numbers[0] else []
    train_seeds(list(runs.values()), loaded, shlex.join(command), training.trackers)
    scores = {seed: evaluate_run(run, loaded.split_of(run).validation) for seed, run in runs.items()}
    spread = seed_spread(list(scores.values()))
    if as_json:
        listed = [
            {"seed": seed, "run": str(runs[seed].folder), "validation": score.score()}
            for seed, score in scores.items()
        ]
        console.print_json({"out": str(out), "runs": listed, "validation": spread.score()})
        return
    rows = [
        (str(seed), words.with_interval(score), words.loss(score.log_loss)) for seed, score in scores.items()
    ]
    console.print_table(("seed", "validation accuracy % (95 %)", "log loss"), rows)
    console.print_line(
        f"{model}, {seeds} seeds, each on {_images(spread)} validation images of its own split of "
        f"{loaded.train.name}, mean ± standard deviation: accuracy {words.with_spread(spread)} %, "
        f"log loss {spread.log_loss:.4f} ± {spread.log_loss_sd:.4f}."
    )
    console.print_line(f"The runs are in {out}.")


def _images(spread: "SeedSpread") -> str:
    return f"{spread.n:,}" if spread.n == spread.most else f"{spread.n:,} to {spread.most:,}"


def kept_seeds(folder: "Path", seeds: "Sequence[int]", training: TrainingOptions) -> "dict[int, Run]":
    """Return the runs of a folder of seeds that are to be gone on with and are there, by their seeds."""
    from digitlab.runs import seed_folder

    kept = {seed: kept_run(seed_folder(folder, seed), training) for seed in seeds}
    return {seed: run for seed, run in kept.items() if run}


def plan_seeds(
    model: str,
    settings: dict[str, Any],
    folder: "Path",
    seeds: "Sequence[int]",
    data: "Data",
    training: TrainingOptions,
    *,
    kept: "Mapping[int, Run]",
    like: "Mapping[int, Run]",
) -> "dict[int, RunConfig]":
    """Return what the run of each seed is: to go on with `kept`, or new and split in the way that `like` is.

    Raises
    ------
    ConfigError
        If they would differ in more than the seed.
    """
    from digitlab.runs import check_alike

    configs = {
        seed: plan(model, settings | {"seed": seed}, data, training, kept=kept.get(seed), like=like.get(seed))
        for seed in seeds
    }
    check_alike(configs, folder)
    return configs


def train_seeds(runs: "list[Run]", data: "Data", resume_command: str, log_to: "Sequence[str]" = ()) -> None:
    """Train runs that differ in the seed: at once where that is quicker and nothing was begun."""
    from digitlab.training import mean_row, pays_together
    from digitlab.workflow import train_runs

    config = runs[0].config
    fresh = not any(run.is_finished or run.periods_done() for run in runs)
    if not (fresh and pays_together(config.model) and config.training.patience is None):
        for run in runs:
            train_one(run, data, resume_command, log_to)
        return
    name, periods = f"{config.model.name}, means of {len(runs)} seeds", config.training.periods
    try:
        means = map(mean_row, told_to(log_to, train_runs(runs, data), runs))
        console.follow(means, name=name, periods=periods)
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; {runs[-1].periods_done()} of {periods} periods are kept. Go on, one seed "
            f"after the other, with: {resumed(resume_command, log_to)}"
        ) from None
