"""`train --seeds`, and pictures that are too small."""

import statistics
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import QUICK, SMALL, Made, Shell


def test_several_seeds_give_a_run_each_and_their_spread(shell: Shell) -> None:
    answer = shell("train", "mlp", *SMALL, "--seeds", "3", "--seed", "5", "--out", "s", "--json")
    assert answer.code == 0
    runs = answer.json["runs"]
    assert [(run["seed"], run["run"]) for run in runs] == [(seed, f"s/seed-{seed}") for seed in (5, 6, 7)]
    accuracies = [run["validation"]["accuracy"] for run in runs]
    found = answer.json["validation"]
    assert found["accuracy"] == pytest.approx(statistics.mean(accuracies))
    assert found["accuracy_sd"] == pytest.approx(statistics.stdev(accuracies))
    assert "means of 3 seeds" in answer.err
    for run in runs:
        assert shell("evaluate", run["run"], "--json").json["accuracy"] == run["validation"]["accuracy"]


def test_a_seed_among_several_is_the_seed_alone(shell: Shell) -> None:
    together = shell("train", "linear", *QUICK, "--seeds", "2", "--out", "s", "--json").json
    alone = shell("train", "linear", *QUICK, "--seed", "1", "--out", "one", "--json").json
    assert together["runs"][1]["validation"]["log_loss"] == pytest.approx(
        alone["validation"]["log_loss"], rel=1e-4
    )


def test_seeds_go_on_where_they_stopped(shell: Shell) -> None:
    options = [*SMALL, "--seeds", "2", "--out", "s"]
    whole = shell("train", "mlp", *options, "--json").json
    for name in ("model.safetensors", "checkpoint.safetensors", "history.jsonl"):
        Path("s/seed-1", name).unlink()
    assert shell("train", "mlp", *options).code == 1
    again = shell("train", "mlp", *options, "--resume", "--json")
    assert "seed-0 is trained already" in again.err
    for before, after in zip(whole["runs"], again.json["runs"], strict=True):
        assert after["validation"]["log_loss"] == pytest.approx(before["validation"]["log_loss"], rel=1e-3)


def test_seeds_that_may_stop_early_go_one_after_the_other(shell: Shell) -> None:
    answer = shell("train", "mlp", *SMALL, "--seeds", "2", "--patience", "1", "--out", "s")
    assert answer.code == 0
    assert "means of" not in answer.err
    assert "2 seeds, each on 224 validation images" in answer.out


def test_a_seed_beyond_the_last_is_refused_before_anything_is_made(shell: Shell) -> None:
    answer = shell("train", "mlp", *SMALL, "--seeds", "2", "--seed", str(2**32 - 1), "--out", "s")
    assert (answer.code, answer.out) == (2, "")
    assert "seed must be a whole number from 0 to 2**32 - 1, not 4294967296" in answer.err
    assert not Path("s").exists()


def test_pictures_too_small_for_conv_are_refused_before_anything_is_made(shell: Shell) -> None:
    pixels, labels = np.zeros((120, 5, 5), np.uint8), np.arange(120, dtype=np.uint8) % 10
    np.savez("small.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    answer = shell(
        "train", "conv", "--dataset", "./small.npz", "--steps", "5", "--batch-size", "10", "--out", "s"
    )
    assert answer.code == 2
    assert "A picture of 5x5 is too small for the 2 convolutional layer(s) of conv" in answer.err
    assert not Path("s").exists()


def test_a_change_named_twice_is_a_usage_error(shell: Shell) -> None:
    answer = shell("train", "linear", *QUICK, "--augment", "shift=1,shift=2")
    assert answer.code == 2
    assert "--augment takes each change once" in answer.err


def test_seeds_of_two_procedures_are_not_averaged(shell: Shell, made: Made) -> None:
    made("s", "mlp", *SMALL, "--seeds", "2")
    answer = shell("train", "mlp", "--dataset", "digits", "--seeds", "3", "--out", "s", "--resume")
    assert (answer.code, answer.out) == (2, "")
    assert "have other settings than those asked for, or than each other, and a mean over them" in answer.err
    assert not Path("s/seed-2").exists()


def test_nothing_is_replaced_where_one_of_several_cannot_be(shell: Shell, made: Made) -> None:
    made("s", "mlp", *SMALL, "--seeds", "2")
    Path("s/seed-2").mkdir()
    Path("s/seed-2/thesis.txt").write_text("mine")
    answer = shell("train", "mlp", *SMALL, "--seeds", "3", "--out", "s", "--force")
    assert answer.code == 1
    assert "seed-2 is there already and is not a run" in answer.err
    assert shell("evaluate", "s/seed-0").code == 0


def test_a_preset_takes_fewer_steps_than_it_has_periods(shell: Shell) -> None:
    assert shell("train", "mlp", "--dataset", "digits", "--steps", "3", "--out", "s").code == 0
