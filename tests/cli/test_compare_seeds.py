"""`compare --seeds`: ways of training; and the plan that fixes the rule before."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.cli.conftest import QUICK, SMALL, Made, Shell

WAYS = ["compare", "linear", "mlp", *SMALL, "--seeds", "3"]


def test_ways_of_training_are_compared_seed_by_seed(shell: Shell) -> None:
    answer = shell(*WAYS, "--seed", "2", "--out", "o", "--json")
    assert answer.code == 0
    found = answer.json
    assert found == json.loads(Path("o/comparison.json").read_text())
    assert (found["seeds"], found["alpha"], found["looks"]) == ([2, 3, 4], 0.05, 6)
    assert "means of 3 seeds" in answer.err
    accuracies = {name: each["test"]["accuracies"] for name, each in found["models"].items()}
    for name, each in found["models"].items():
        assert each["test"]["accuracy"] == pytest.approx(np.mean(accuracies[name]))
        alone = [shell("evaluate", f"o/{name}/seed-{s}", "--split", "test", "--json").json for s in (2, 3, 4)]
        assert [one["accuracy"] for one in alone] == accuracies[name]
    [pair] = found["comparisons"]
    expected = stats.ttest_rel(accuracies["mlp"], accuracies["linear"])
    assert (pair["a"], pair["b"], pair["seeds"]) == ("linear", "mlp", 3)
    assert pair["p_value"] == pytest.approx(expected.pvalue)
    np.testing.assert_allclose(pair["interval"], expected.confidence_interval(0.95))
    assert sorted(path.name for path in Path("o/figures").iterdir())[:2] == ["accuracy.png", "accuracy.svg"]


@pytest.mark.whole_pictures
def test_what_was_found_is_said_of_ways_of_training(shell: Shell) -> None:
    answer = shell(*WAYS, "--alpha", "0.01", "--out", "o")
    assert answer.out.startswith("digits, 3 seeds, mean ± standard deviation\n")
    assert "(99 %: " in answer.out
    assert "(paired t over seeds)." in answer.out
    assert "That is said of ways of training, on these test images" in answer.out
    assert answer.out.endswith("Runs, pictures and comparison.json are in o.\n")


def test_folders_of_seeds_that_are_there_are_compared(shell: Shell, made: Made) -> None:
    made("slow", "linear", *QUICK, "--seeds", "3", "--learning-rate", "0.0001")
    made("fast", "linear", *QUICK, "--seeds", "4")
    both = shell("compare", "slow", "fast", "--out", "o", "--json")
    assert (both.code, both.json["seeds"]) == (0, [0, 1, 2])
    assert both.json["comparisons"][0]["claim"] == "this way of training"
    beside = shell("compare", "linear", "slow", "--steps", "40", "--periods", "4", "--out", "p", "--json")
    assert (
        beside.json["models"]["linear"]["test"]["accuracies"]
        == (both.json["models"]["fast"]["test"]["accuracies"])
    )
    assert Path("p/linear/seed-2").is_dir()


def test_the_seeds_of_folders_are_fixed_before_and_can_be_fewer(shell: Shell, made: Made) -> None:
    for name, rate in (("slow", "0.0001"), ("fast", "0.01")):
        made(name, "linear", *QUICK, "--seeds", "3", "--learning-rate", rate)
    fewer = shell("compare", "slow", "fast", "--seeds", "2", "--out", "o", "--json").json
    assert (fewer["seeds"], fewer["looks"]) == ([0, 1], 4)
    assert shell("compare", "slow", "fast", "--out", "p", "--json").json["seeds"] == [0, 1, 2]
    shell("train", "linear", *QUICK, "--seeds", "4", "--out", "fast", "--learning-rate", "0.01", "--resume")
    shell("train", "linear", *QUICK, "--seeds", "4", "--out", "slow", "--learning-rate", "0.0001", "--resume")
    # More seeds than were fixed before would be optional stopping.
    assert shell("compare", "--out", "p", "--resume", "--json").json["seeds"] == [0, 1, 2]
    more = shell("compare", "slow", "fast", "--seeds", "5", "--out", "q")
    assert (more.code, more.out) == (2, "")
    assert "The seeds 0, 1, 2, 3, 4 are to be compared, but slow has 0, 1, 2, 3; fast has" in more.err


def test_an_unfinished_run_is_noticed_before_anything_is_written(shell: Shell, made: Made) -> None:
    made("a", "linear", *QUICK, "--seeds", "2")
    Path("a/seed-1/model.safetensors").unlink()
    answer = shell("compare", "a", "mlp", *SMALL, "--out", "o")
    assert (answer.code, answer.out) == (1, "")
    assert "a/seed-1 is not finished" in answer.err
    assert not Path("o").exists()


def test_it_resumes_by_its_plan(shell: Shell) -> None:
    first = shell(*WAYS, "--out", "o", "--json").json
    for name in ("model.safetensors", "checkpoint.safetensors", "history.jsonl"):
        Path("o/mlp/seed-1", name).unlink()
    again = shell("compare", "--out", "o", "--resume", "--json")
    assert "seed-0 is trained already" in again.err
    assert again.json["models"]["linear"] == first["models"]["linear"]
    for before, after in zip(first["comparisons"], again.json["comparisons"], strict=True):
        assert after["difference"] == pytest.approx(before["difference"], abs=1 / 400)


def test_the_rule_is_fixed_before(shell: Shell) -> None:
    shell("compare", "linear", *QUICK, "--alpha", "0.01", "--out", "o")
    assert json.loads(Path("o/plan.json").read_text()) == {"entries": ["linear"], "alpha": 0.01, "seeds": []}
    for changed in (["--alpha", "0.05"], ["--seeds", "5"], ["mlp"]):
        answer = shell("compare", *changed, "--out", "o", "--resume")
        assert (answer.code, answer.out) == (2, "")
        assert (
            "begun with linear, the level 0.01 and one seed, fixed before anything was looked at"
            in answer.err
        )
    assert shell("compare", "--out", "o", "--resume", "--json").json["alpha"] == 0.01


@pytest.mark.parametrize("text", ["", "[]", '{"entries": 5}', '{"entries": [], "alpha": "x", "seeds": []}'])
def test_a_damaged_plan_is_an_error(shell: Shell, text: str) -> None:
    Path("o").mkdir()
    Path("o/plan.json").write_text(text)
    answer = shell("compare", "linear", *QUICK, "--out", "o", "--resume")
    assert (answer.code, answer.out) == (1, "")
    assert "plan.json is damaged" in answer.err


def test_what_cannot_be_compared_over_seeds(shell: Shell, made: Made) -> None:
    made("one", "linear", *QUICK)
    made("two", "linear", *QUICK, "--seeds", "2")
    made("others", "linear", *QUICK, "--seeds", "2", "--seed", "7")
    for command, message in {
        (
            "one",
            "two",
        ): "'one' is neither a model (linear, mlp, conv) nor a folder of runs with several seeds",
        ("two", "others"): "two has 0, 1; others has 7, 8. Train the lacking ones with train --seeds.",
        ("two", "two"): "two is named twice",
        (
            "linear",
            "--seeds",
            "3",
            "--alpha",
            "2",
        ): "alpha is the share of false claims to be borne, from 0.001 to 0.5, not 2.",
        ("two", "--steps", "5"): "Only runs are compared, so there is nothing to train with steps",
    }.items():
        answer = shell("compare", *command, "--dataset", "digits", "--out", "o")
        assert (answer.code, answer.out) == (2, "")
        assert message in answer.err
        assert not Path("o/plan.json").exists()
