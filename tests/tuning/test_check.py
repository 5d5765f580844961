from pathlib import Path

import pytest

from digitlab.evaluation import Interval, SeedSpread
from digitlab.tuning import Check, Question, check_ways, fresh_configs, resume_or_replace
from digitlab.workflow import train_run


def spread(accuracy: float) -> SeedSpread:
    return SeedSpread(5, accuracy, 0.01, Interval(accuracy - 0.01, accuracy + 0.01), 0.1, 0.01, 100, 100)


@pytest.mark.parametrize(
    ("in_search", "sentence"),
    [
        (0.985, "In the search the best of 1,200 read 98.50 %, on fresh seeds the same settings read 98.00 % on average: 0.50 points were luck"),
        (0.975, "on fresh seeds the same settings read 98.00 % on average: this time its luck was not good"),
    ],
)  # fmt: skip
def test_the_winners_curse_is_told(in_search: float, sentence: str) -> None:
    check = Check((1, 2), spread(0.97), spread(0.98), None, in_search, {})
    assert sentence in check.curse_sentence(1200)
    assert check.luck == pytest.approx(in_search - 0.98)


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
