"""What `digitlab tune` found: a run with the best settings, their check on fresh seeds, and what mattered."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab import words
from digitlab.cli import console
from digitlab.cli.plans import train_one
from digitlab.cli.trials import COLUMNS, cells_of

if TYPE_CHECKING:
    from digitlab.evaluation import Evaluation
    from digitlab.runs import Run
    from digitlab.tuning import Check, Search, Tried

__all__ = ["BEST", "RESULT", "Found", "conclude", "report", "standing"]

BEST, RESULT = "best", "tuning.json"
SHOWN_TRIALS = 5


@dataclass(frozen=True)
class Found:
    """What a search came to.

    validation
        Of the run with the best settings.
    importance
        Empty where it cannot be told.
    """

    search: "Search"
    out: Path
    best: "Tried"
    run: "Run"
    validation: "Evaluation"
    check: "Check"
    importance: dict[str, float]

    @property
    def command(self) -> str:
        """The command line that trains with the best settings."""
        from digitlab.report.reproduce import command_of

        return command_of(self.run)

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        defaults = self.search.of_defaults()
        return {
            "dataset": self.search.question.data.train.name,
            "out": str(self.out),
            "study": self.search.study.study_name,
            "model": self.search.question.model,
            "trials": asdict(self.search.counts()),
            "best": self.best.as_dict(),
            "defaults": defaults and defaults.as_dict(),
            "command": self.command,
            "run": str(self.run.folder),
            "validation": self.validation.score(),
            "check": self.check.as_dict(),
            "importance": self.importance,
        }


def conclude(search: "Search", seeds: int, out: Path, go_on: str) -> Found:
    """Train a run with the best settings, and check them on fresh seeds; `go_on` is typed if stopped."""
    from digitlab.scoring import evaluate_run
    from digitlab.tuning import importance_of, resume_or_replace

    question, best = search.question, search.best()
    run = resume_or_replace(out / BEST, question.config(best.values, question.seed))
    train_one(run, question.data, go_on)
    validation = evaluate_run(run, question.data.split_of(run).validation)
    check = _check(search, best, seeds, out, go_on)
    return Found(search, out, best, run, validation, check, importance_of(search.study))


def report(found: Found, as_json: bool) -> None:
    """Write, print and draw what was found."""
    from digitlab.files import write_json
    from digitlab.pictures import draw_run

    result = found.as_dict()
    write_json(found.out / RESULT, result)
    if as_json:
        console.print_json(result)
    else:
        _print_trials(found)
        _print_check(found)
    drawn = _draw_importance(found)
    draw_run(found.run, found.validation, "validation")
    if not as_json:
        console.print_line(drawn)
        console.print_line(
            f"The run with the best settings is in {found.run.folder}. To train it again, paste:"
        )
        console.print_line(found.command)


def standing(search: "Search") -> str:
    """Say how many trials a study has."""
    counts, name = search.counts(), search.study.study_name
    said = f"The study {name} has {counts.finished} finished trials, {counts.pruned} of them stopped early"
    return f"{said}; {counts.cut_off} were cut off and do not count." if counts.cut_off else f"{said}."


def _check(search: "Search", best: "Tried", seeds: int, out: Path, go_on: str) -> "Check":
    """Train the best settings and the defaults with fresh seeds, and compare them."""
    from digitlab.tuning import check_ways, fresh_configs, resume_or_replace

    ways = {
        way: {
            seed: resume_or_replace(out / "check" / way / f"seed-{seed}", config)
            for seed, config in configs.items()
        }
        for way, configs in fresh_configs(search.question, best.values, seeds).items()
    }
    _train_all([run for runs in ways.values() for run in runs.values()], search, go_on)
    assert best.validation_accuracy is not None  # it came to its end
    defaults = search.of_defaults()
    return check_ways(
        ways,
        search.question.data,
        in_search=best.validation_accuracy,
        defaults_in_search=defaults.validation_accuracy if defaults else None,
    )


def _train_all(runs: "list[Run]", search: "Search", go_on: str) -> None:
    from digitlab.workflow import train_run

    try:
        with console.counting("trainings") as count:
            for done, run in enumerate(runs):
                count("fresh seeds", done, len(runs))
                if not run.is_finished:
                    list(train_run(run, search.question.data))
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; the search is kept, and what was trained with fresh seeds. Go on with: {go_on}"
        ) from None


def _print_trials(found: Found) -> None:
    """Print the best trials, and that of the defaults."""
    question, ranking = found.search.question, found.search.ranking()[:SHOWN_TRIALS]
    console.print_line(f"{question.model} on {question.data.train.name}. {standing(found.search)} The best:")
    console.print_table(COLUMNS, [cells_of(tried) for tried in ranking], text=(4,))
    defaults = found.search.of_defaults()
    if defaults and defaults.validation_accuracy is not None:
        console.print_line(
            f"The defaults, trial {defaults.number}, read {words.percent(defaults.validation_accuracy)}."
        )


def _print_check(found: Found) -> None:
    """Print what the best settings and the defaults read with fresh seeds, and how lucky the best one was."""
    check = found.check
    ways = {"defaults": check.defaults, "tuned": check.tuned}
    rows = [
        (
            name,
            words.with_spread(spread),
            "{:.2f} to {:.2f}".format(*(100 * end for end in spread.interval)),
            f"{spread.log_loss:.4f} ± {spread.log_loss_sd:.4f}",
            f"{check.train_seconds[name]:.1f}",
        )
        for name, spread in ways.items()
        if spread
    ]
    console.print_line(
        f"Checked on {len(check.seeds)} fresh seeds, each with its own split ({check.defaults.n:,} "
        "validation images), first weights and order, mean ± standard deviation:"
    )
    console.print_table(("", "validation %", "mean, 95 %", "log loss", "seconds"), rows)
    if check.comparison:
        said, p_value = check.comparison.sentence(), check.comparison.p_value
        console.print_line(f"{said} p = {p_value:.2g} (paired t over seeds).")
    else:
        console.print_line("The search found nothing better than the defaults.")
    console.print_line(check.curse_sentence(found.search.counts().finished))


def _draw_importance(found: Found) -> str:
    """Draw which settings mattered, and say it."""
    from digitlab.figures import save, setting_importance

    if not found.importance:
        return "Which setting mattered cannot be told: too few trials came to their end, or all read alike."
    question, done = found.search.question, len(found.search.ranking())
    title = f"{question.model} on {question.data.train.name}: what mattered, by {done} trials"
    picture = save(setting_importance(found.importance, title=title), found.out / "figures" / "importance")[0]
    largest = [f"{name} {100 * share:.0f} %" for name, share in list(found.importance.items())[:3]]
    return f"What mattered most (fANOVA over {done} trials): {', '.join(largest)}; see {picture}."
