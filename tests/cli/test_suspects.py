"""`digitlab data suspects`: what it prints and leaves, the looks it counts, and its errors."""

import csv
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import Dataset, disputed, load_dataset
from digitlab.evaluation import Suspect

from .conftest import Shell

MLP = ["--model", "mlp", "--folds", "2"]


@pytest.mark.whole_pictures
def test_the_training_labels_most_in_doubt_are_listed_and_drawn(shell: Shell, tmp_path: Path) -> None:
    answer = shell("data", "suspects", "digits", *MLP, "--count", "30")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("digits, train: of 1,347 images ")
    assert "confident learning is sure that the label is wrong.\n" in answer.out
    folder = tmp_path / "runs" / "suspects-digits-train-1"
    assert f"All 30 are in {folder.relative_to(tmp_path)}/suspects.csv, and drawn in" in answer.out
    with (folder / "suspects.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [field.name for field in fields(Suspect)]
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, 31)]
    margins = [float(row["label_probability"]) - float(row["suggested_probability"]) for row in rows]
    assert margins == sorted(margins)
    train, _ = load_dataset("digits")
    assert all(int(row["label"]) == train.labels[int(row["index"])] for row in rows)
    shown = [line.split() for line in answer.out.splitlines()[2:22]]
    assert [line[:4] for line in shown] == [
        [row[name] for name in ("rank", "index", "label", "suggested")] for row in rows[:20]
    ]
    picture = (folder / "suspects.svg").read_text()
    assert f"#{rows[29]['index']}<" in picture
    assert "the 30 labels most in doubt to 2 mlp models" in picture
    assert "Look" not in answer.out
    assert not (tmp_path / "user").exists()
    assert "mlp, fold 2 of 2: log loss" in answer.err


def test_the_test_set_is_read_by_all_models_and_each_time_is_a_look(shell: Shell, tmp_path: Path) -> None:
    command = ["data", "suspects", "digits", "--part", "test", *MLP, "--count", "5"]
    answer = shell(*command, "--json", "--out", "o").json
    assert answer["looks"] == 1
    assert (answer["n"], len(answer["suspects"])) == (450, 5)
    assert answer["disputed"] is None
    assert all((tmp_path / file).stat().st_size for file in answer["files"])
    again = shell(*command, "--out", "o")
    assert (again.code, again.out) == (1, "")
    assert "o is there already. It was left alone; name another --out." in again.err
    assert "Look 2 at this test set.\n" in shell(*command).out
    kept = [tmp_path / folder / "looks.jsonl" for folder in ("o", "runs/suspects-digits-test-1")]
    looks = [json.loads(file.read_text()) for file in kept]
    assert [look["number"] for look in looks] == [1, 2]
    assert len({look["model"] for look in looks}) == 1


def test_an_own_data_set_is_judged_too(
    shell: Shell, tmp_path: Path, make_dataset: Callable[..., Dataset]
) -> None:
    images = make_dataset(60)
    both = (images.pixels, images.labels)
    np.savez(tmp_path / "own.npz", x_train=both[0], y_train=both[1], x_test=both[0], y_test=both[1])
    answer = shell("data", "suspects", "./own.npz", *MLP, "--json").json
    suspects = answer["suspects"]
    assert (answer["n"], len(suspects)) == (60, 60)
    assert answer["misread"] == sum(
        each["suggested_probability"] > each["label_probability"] for each in suspects
    )
    assert answer["found"] == sum(each["confident"] for each in suspects)
    assert answer["files"][0] == "runs/suspects-own.npz-train-1/suspects.csv"


ERRORS = {
    "part": (["--part", "valid"], "--part is train or test, and --count 1 or more, not valid and 100."),
    "count": (["--count", "0"], "--part is train or test, and --count 1 or more, not train and 0."),
    "one fold": (["--folds", "1"], "There must be 2 or more folds, not 1"),
    "many folds": (
        ["--folds", "200"],
        "200 folds need 200 images of each class, and digits has 131 of class 8",
    ),
    "model": (
        ["--model", "mpl"],
        "There is no model 'mpl': the models are linear, mlp, conv. Did you mean mlp?",
    ),
    "seed": (["--seed", "-1"], "The seed must be 0 or more, not -1"),
}


@pytest.mark.parametrize(("options", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_is_one_clear_line(options: list[str], message: str, shell: Shell, tmp_path: Path) -> None:
    answer = shell("data", "suspects", "digits", *options)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("digitlab: error: ")
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_fifteen_labels_of_mnists_test_set_are_known_to_be_in_doubt(mnist_dir: Path) -> None:
    train, test = load_dataset("mnist", data_dir=mnist_dir, offline=True)
    assert len(disputed(test)) == 15
    assert disputed(train) == frozenset()
