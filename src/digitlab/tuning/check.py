"""Whether a win lasts: the best settings and the defaults on seeds and splits that the search did not see."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.evaluation import Evaluation, SeedComparison, SeedSpread, compare_over_seeds, seed_spread
from digitlab.runs import Run, RunConfig, is_run, open_run
from digitlab.scoring import read_run, score_run
from digitlab.tuning.question import Question
from digitlab.workflow import Data, begin_run

__all__ = ["DEFAULTS", "TUNED", "Check", "check_ways", "fresh_configs", "resume_or_replace"]

TUNED, DEFAULTS = "tuned", "defaults"


@dataclass(frozen=True)
class Check:
    """The best settings of a search against the defaults, on validation images of fresh splits.

    tuned, comparison
        None where the best settings are the defaults.
    in_search
        The accuracy by which the best settings were chosen.
    defaults_in_search
        The defaults' accuracy beside it, on the same images; None if that trial did not come to its end.
    train_seconds
        The mean of a training, by way.
    """

    seeds: tuple[int, ...]
    defaults: SeedSpread
    tuned: SeedSpread | None
    comparison: SeedComparison | None
    in_search: float
    defaults_in_search: float | None
    train_seconds: Mapping[str, float]

    @property
    def best(self) -> SeedSpread:
        """How the best settings read."""
        return self.tuned or self.defaults

    @property
    def promised(self) -> float | None:
        """By how much the best one's accuracy lay above that of the defaults in the search."""
        return None if self.defaults_in_search is None else self.in_search - self.defaults_in_search

    @property
    def luck(self) -> float | None:
        """What of the gain in the search does not last.

        The defaults were not chosen by their accuracy, so they tell how easy the images of the search are;
        what of the difference is left is chance that the choice caught, the winner's curse.
        """
        if self.promised is None or self.comparison is None:
            return None
        return self.promised - self.comparison.difference

    def curse_sentence(self, trials: int) -> str:
        """Say in words what of the gain was luck in the best of so many trials."""
        in_search, fresh = 100 * self.in_search, 100 * self.best.accuracy
        read = f"read {in_search:.2f} % in the search, {fresh:.2f} % with fresh seeds"
        if self.promised is None or self.comparison is None or self.luck is None:
            return f"The best of {trials:,} settings {read} and splits."
        gains = (
            f"The best of {trials:,} settings {read}; that is {100 * self.promised:+.2f} points beside the "
            f"defaults in the search, {100 * self.comparison.difference:+.2f} with fresh seeds"
        )
        if self.luck > 0:
            luck = f"{100 * self.luck:.2f} were luck"
            return f"{gains}: {luck}, as some of any best of many is (the winner's curse)."
        return f"{gains}: no luck this time, though the best of many is mostly lucky (the winner's curse)."

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "seeds": list(self.seeds),
            "defaults": self.defaults.score(),
            "tuned": self.tuned and self.tuned.score(),
            "comparison": self.comparison and self.comparison.as_dict(),
            "in_search": self.in_search,
            "defaults_in_search": self.defaults_in_search,
            "promised": self.promised,
            "luck": self.luck,
            "train_seconds": dict(self.train_seconds),
        }


def fresh_configs(
    question: Question, values: Mapping[str, Any], seeds: int
) -> dict[str, dict[int, RunConfig]]:
    """Return runs that check a win, by way and seed: the seeds after the search's, each its own split."""
    fresh = range(question.seed + 1, question.seed + 1 + seeds)
    ways: dict[str, Mapping[str, Any]] = {DEFAULTS: {}}
    if dict(values) != question.default_values:
        ways[TUNED] = values
    return {name: {seed: question.config(way, seed) for seed in fresh} for name, way in ways.items()}


def resume_or_replace(folder: Path, config: RunConfig) -> Run:
    """Begin a run that a search leaves behind, go on with it, or replace one that has other settings."""
    same = is_run(folder) and open_run(folder).config == config
    return begin_run(folder, config, resume=same, force=True)


def check_ways(
    ways: Mapping[str, Mapping[int, Run]],
    data: Data,
    *,
    in_search: float,
    defaults_in_search: float | None = None,
) -> Check:
    """Compare finished runs of the best settings with those of the defaults, seed by seed.

    Each seed's two runs read the same validation images, those of its own split; the test set is not touched.

    Parameters
    ----------
    ways
        As `fresh_configs` names them.
    data
        What they were trained on.
    in_search, defaults_in_search
        As `Check` keeps them.
    """
    scored = {name: [_scored(run, data) for run in runs.values()] for name, runs in ways.items()}
    right = {name: np.stack([each for _, each in rows]) for name, rows in scored.items()}
    spreads = {name: seed_spread([score for score, _ in rows]) for name, rows in scored.items()}
    seconds = {
        name: float(np.mean([run.history()[-1].seconds for run in runs.values()]))
        for name, runs in ways.items()
    }
    comparison = compare_over_seeds(DEFAULTS, right[DEFAULTS], TUNED, right[TUNED]) if TUNED in ways else None
    return Check(
        seeds=tuple(ways[DEFAULTS]),
        defaults=spreads[DEFAULTS],
        tuned=spreads.get(TUNED),
        comparison=comparison,
        in_search=in_search,
        defaults_in_search=defaults_in_search,
        train_seconds=seconds,
    )


def _scored(run: Run, data: Data) -> tuple[Evaluation, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return how good a run is on its own validation images, and which of them it read right."""
    validation = data.split_of(run).validation
    logits = read_run(run, validation)
    return score_run(run, validation, logits), logits.argmax(axis=1) == validation.labels
