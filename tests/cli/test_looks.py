"""The locked test set, from the shell: each look is counted and said."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import Dataset

from .conftest import QUICK, Made, Shell


def test_two_evaluations_of_the_test_set_are_looks_1_and_2(shell: Shell, made: Made) -> None:
    made("r", "linear", *QUICK)
    assert json.loads(shell("evaluate", "r", "--json").out)["looks"] is None
    for number in (1, 2):
        answer = shell("evaluate", "r", "--split", "test", "--json")
        assert json.loads(answer.out)["looks"] == number
    assert "Look 3 at this test set.\n" in shell("evaluate", "r", "--split", "test").out


def test_the_best_of_several_models_is_warned_of(shell: Shell, made: Made) -> None:
    made("worse", "linear", *QUICK, "--steps", "5", "--periods", "1")
    made("better", "linear", *QUICK, "--steps", "200")
    shell("evaluate", "worse", "--split", "test")
    answer = shell("evaluate", "better", "--split", "test")
    assert "Look 2 at this test set, 2 different models in all. The best of 2 models" in answer.out
    answer = shell("evaluate", "better", "--split", "test", "--json")
    assert json.loads(answer.out)["looks"] == 3
    assert "choose on validation" in answer.err


def test_a_comparison_is_a_look_for_each_model(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("a", "linear", *QUICK)
    made("b", "linear", *QUICK, "--seed", "3")
    answer = shell("compare", "a", "b", "--out", "c")
    assert "Looks 1 to 2 at this test set, 2 different models in all.\n" in answer.out
    assert json.loads((tmp_path / "c" / "comparison.json").read_text())["looks"] == 2
    assert json.loads(shell("compare", "a", "b", "--out", "d", "--json").out)["looks"] == 4


def test_a_comparison_that_is_refused_has_not_looked(
    shell: Shell, made: Made, tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    other = make_dataset(60, (12, 12))
    pixels, labels = other.pixels, other.labels
    np.savez(tmp_path / "other.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    made("a", "linear", *QUICK)
    small = ["--dataset", "other.npz", "--steps", "4", "--periods", "1", "--batch-size", "10"]
    shell("train", "linear", *small, "--out", "b")
    answer = shell("compare", "a", "b", "--out", "c")
    assert answer.code == 1
    assert "The run b was trained on other data" in answer.err
    assert not (tmp_path / "user").exists()


def test_a_home_that_cannot_be_written_does_not_break_evaluating_but_is_said(
    shell: Shell, made: Made, tmp_path: Path
) -> None:
    (tmp_path / "user").write_text("a file")
    made("r", "linear", *QUICK)
    answer = shell("evaluate", "r", "--split", "test", "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["looks"] == 1
    assert "This look is not in the ledger, so later ones will not count it" in answer.err


def test_a_ledger_that_was_deleted_is_missed(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("r", "linear", *QUICK)
    shell("evaluate", "r", "--split", "test")
    (tmp_path / "user" / "test-set-looks.jsonl").unlink()
    assert "lacks 1 look(s) that these runs remember" in shell("evaluate", "r", "--split", "test").err


@pytest.mark.parametrize(
    ("by", "code", "said"),
    [
        ("writer", 1, "Who wrote which digit of digits is not known here"),
        ("people", 2, "There is no split by 'people': it is stratified or writer."),
    ],
)
def test_a_split_that_cannot_be_is_refused_before_a_run_is_made(
    shell: Shell, tmp_path: Path, by: str, code: int, said: str
) -> None:
    answer = shell("train", "linear", *QUICK, "--split-by", by, "--out", "r")
    assert answer.code == code
    assert said in answer.err
    assert not (tmp_path / "r").exists()
