"""`digitlab train --seeds`: one training with several seeds."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digitlab.cli import console
from digitlab.cli.options import DataOptions, TrainingOptions
from digitlab.cli.plans import default_folder, kept_run, label, load, plan, train_one
from digitlab.errors import ConfigError

if TYPE_CHECKING:
    from digitlab.runs import Run, RunConfig
    from digitlab.workflow import Data

__all__ = ["train_seeds"]


def train_seeds(model: str, seeds: int, training: TrainingOptions, data: DataOptions, as_json: bool) -> None:
    """Train a run for each seed into a folder, and say how they spread."""
    from digitlab.evaluation import seed_spread
    from digitlab.runs import check_folders
    from digitlab.scoring import evaluate_run
    from digitlab.workflow import begin_run

    out = training.out or default_folder(f"{model}-{label(data)}-seeds", training)
    given = training.given()
    numbers = range(given.get("seed", 0), given.get("seed", 0) + seeds)
    kept = {seed: kept_run(out / f"seed-{seed}", training) for seed in numbers}
    loaded = load(data, next((run for run in kept.values() if run), None))
    configs = {
        seed: plan(model, given | {"seed": seed}, loaded, training, kept=kept[seed], like=kept[seed])
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
            train_one(run, data, resume_command)
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
