from pathlib import Path

import numpy as np
import pytest

from digitlab.evaluation import Interval, SeedSpread, compare_over_seeds
from digitlab.tuning import Check, Question, check_ways, fresh_configs, resume_or_replace
from digitlab.workflow import train_run


def spread(accuracy: float) -> SeedSpread:
    return SeedSpread(5, accuracy, 0.01, Interval(accuracy - 0.01, accuracy + 0.01), 0.1, 0.01, 100, 100)


@pytest.mark.parametrize(
    ("in_search", "sentence"),
    [
        (0.985, "The best of 1,200 settings read 98.50 % in the search, 98.00 % with fresh seeds; that is +1.50 points beside the defaults in the search, +1.00 with fresh seeds: 0.50 were luck"),
        (0.975, "that is +0.50 points beside the defaults in the search, +1.00 with fresh seeds: no luck this time"),
    ],
)  # fmt: skip
def test_the_winners_curse_is_what_of_the_gain_does_not_last(in_search: float, sentence: str) -> None:
    right = np.arange(100) < 97
    gained = compare_over_seeds("defaults", [right, right], "tuned", [right | (np.arange(100) == 98)] * 2)
    check = Check((1, 2), spread(0.97), spread(0.98), gained, in_search, 0.97, {})
    assert sentence in check.curse_sentence(1200)
    assert check.luck == pytest.approx(in_search - 0.98)


def test_where_nothing_was_gained_nothing_is_said_of_luck() -> None:
    check = Check((1, 2), spread(0.97), None, None, 0.98, 0.98, {})
    assert check.luck is None
    assert check.curse_sentence(9) == (
        "The best of 9 settings read 98.00 % in the search, 97.00 % with fresh seeds and splits."
    )


def test_fresh_seeds_are_none_of_the_searchs(question: Question) -> None:
    ways = fresh_configs(question, {"learning_rate": 0.02}, 3)
    assert list(ways) == ["defaults", "tuned"]
    for configs in ways.values():
        assert [(seed, run.training.seed, run.data.split_seed) for seed, run in configs.items()] == [
            (seed, seed, seed) for seed in (1, 2, 3)
        ]
    assert ways["tuned"][1].training.learning_rate == 0.02
    assert ways["defaults"][1].training.learning_rate == 0.006


def test_where_the_defaults_are_best_they_alone_are_checked(question: Question, tmp_path: Path) -> None:
    ways = fresh_configs(question, question.default_values, 2)
    assert list(ways) == ["defaults"]
    runs = {seed: resume_or_replace(tmp_path / str(seed), run) for seed, run in ways["defaults"].items()}
    for run in runs.values():
        assert list(train_run(run, question.data))
    check = check_ways({"defaults": runs}, question.data, in_search=0.9)
    assert (check.best, check.tuned, check.comparison) == (check.defaults, None, None)
    other = question.config({"learning_rate": 0.05}, 1)
    assert resume_or_replace(tmp_path / "1", runs[1].config).is_finished
    assert not resume_or_replace(tmp_path / "1", other).is_finished
