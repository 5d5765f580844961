"""`digitlab check`: clean runs, runs that are not, own predictions, and its errors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.conftest import QUICK, SMALL, Made, Shell

from digitlab.data import Dataset
from digitlab.workflow import begin_run, load_data, plan_run, train_run


@pytest.mark.parametrize("model", ["linear", "mlp", "conv"])
def test_clean_runs_of_the_bundled_digits_pass(shell: Shell, model: str) -> None:
    data = load_data("digits")
    run = begin_run(Path("r"), plan_run(model, {"steps": 100, "periods": 3, "batch_size": 32}, data))
    list(train_run(run, data))
    answer = shell("check", "r", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert (answer.json["checked"], answer.json["findings"]) == ("r", 0)
    made = {each["check"]: each["made"] for each in answer.json["checks"]}
    assert [name for name, done in made.items() if not done] == ["shared writers"]


@pytest.mark.parametrize("options", [[], ["--split-by", "writer"], ["--patience", "1"]], ids=" ".join)
def test_clean_runs_of_mnist_pass(shell: Shell, qmnist_dir: Path, options: list[str]) -> None:
    where = ["--data-dir", str(qmnist_dir)]
    assert (
        shell("train", "linear", "--steps", "60", "--periods", "3", *options, *where, "--out", "r").code == 0
    )
    answer = shell("check", "r", *where)
    assert answer.code == 0, answer.out
    # Sixty steps are less than an epoch, which tells nothing of the next one.
    assert answer.out.endswith("r: 12 of 14 checks made, none found anything.\n")
    assert ("of the validation images are by people who wrote training images too" in answer.out) == (
        "writer" not in options
    )


def test_a_run_whose_history_is_another_ones_is_found(shell: Shell, made: Made) -> None:
    made("r", "linear", *QUICK)
    rows = [json.loads(line) for line in Path("r/history.jsonl").read_text().splitlines()]
    rows[-1]["validation_accuracy"] = 0.999
    Path("r/history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer = shell("check", "r")
    assert answer.code == 3
    assert "published numbers: The accuracy 0.999 was published; these predictions give 0." in answer.out


def test_the_best_of_several_looks_is_found(shell: Shell, made: Made) -> None:
    made("first", "linear", *QUICK, "--learning-rate", "0.0001")
    shell("evaluate", "first", "--split", "test")
    made("second", "mlp", *SMALL)
    assert shell("check", "second").code == 0
    shell("evaluate", "second", "--split", "test")
    config = json.loads(Path("second/config.json").read_text())
    # A second later than the looks, for times are kept in whole seconds.
    Path("second/config.json").write_text(json.dumps(config | {"created": "2999-01-01T00:00:00+00:00"}))
    answer = shell("check", "second")
    assert answer.code == 3
    assert "chosen on the test set: 1 other model(s) had been scored on this test set before" in answer.out
    assert shell("check", "first").code == 0
    Path("user/test-set-looks.jsonl").unlink()
    without = shell("check", "second")
    assert without.code == 0
    assert "lacks the looks that this run remembers: it was deleted, cut or is another user's" in without.out
    assert "chosen on the test set  not asked" in without.out


@pytest.fixture
def predictions(digits: tuple[Dataset, Dataset], tmp_path: Path) -> Callable[[str], Path]:
    """Return a maker of files of predictions for the bundled digits' test set, 44 of 450 wrong."""
    labels = digits[1].labels.astype(int)
    shares = np.full((450, 10), 0.05)
    shares[np.arange(450), np.where(np.arange(450) % 10 == 3, (labels + 1) % 10, labels)] = 0.55

    def make(name: str) -> Path:
        if name.endswith("npy"):
            np.save(tmp_path / name, shares)
        else:
            np.savetxt(tmp_path / name, shares, delimiter=",")
        np.save(tmp_path / "labels.npy", labels)
        np.savetxt(tmp_path / "labels.csv", labels, fmt="%d")
        return tmp_path / name

    return make


@pytest.mark.parametrize("name", ["p.npy", "p.csv"])
def test_own_predictions_are_checked_against_own_or_known_labels(
    shell: Shell, predictions: Callable[[str], Path], name: str
) -> None:
    path = str(predictions(name))
    for where in (["--labels", "labels.npy"], ["--labels", "labels.csv"], ["--dataset", "digits"]):
        answer = shell("check", path, *where)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out.endswith(": 5 of 14 checks made, none found anything.\n")
    assert shell("check", path).out.endswith(": 3 of 14 checks made, none found anything.\n")


def test_a_batch_that_is_missing_is_found_in_own_predictions(
    shell: Shell, predictions: Callable[[str], Path]
) -> None:
    np.save("short.npy", np.load(predictions("p.npy"))[:448])
    answer = shell("check", "short.npy", "--dataset", "digits")
    assert answer.code == 3
    assert (
        "There are 448 predictions for 450 images: 2 were not read; 448 is a whole number of batches of 32."
        in (answer.out)
    )


BAD: dict[str, tuple[dict[str, Any] | bytes, str]] = {
    "a name that nothing looks at": (
        {"predicions": np.ones((3, 2))},
        "has an array called predicions, which nothing looks at: did you mean predictions? Known are labels,",
    ),
    "no array": ({}, "has no arrays: expected some of labels, predictions,"),
    "objects": ({"labels": np.array([{}], object)}, "Object arrays cannot be loaded"),
    "two accuracies": ({"accuracy": np.ones(2)}, "accuracy must be one number, found float64 of the shape (2,)."),
    "a word for a number": ({"log_loss": np.array("low")}, "log_loss must be one number, found <U3"),
    "a number for a word": ({"chosen_on": np.array(3)}, "chosen_on must be one word, found int64"),
    "labels from 1": (
        {"labels": np.array([1, 10]), "predictions": np.full((2, 10), 0.1)},
        "Where they count from 1, take 1 off.",
    ),
    "half a model": ({"models_before": np.array(0.7)}, "models_before must be one whole number, found float64"),
    "complex": ({"predictions": np.ones((3, 2), complex)}, "predictions must be numbers in 1 or 2 dimension(s)"),
    "dates": ({"labels": np.array(["2020-01-01"], "M8[D]")}, "labels must be whole numbers in 1 dimension(s)"),
    "fields": ({"labels": np.zeros(3, [("a", int)])}, "labels must be whole numbers in 1 dimension(s)"),
    "not an archive": (b"hello", "is cut off or not an .npz archive (it begins like"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD.keys())
def test_an_archive_that_cannot_be_checked(shell: Shell, content: Any, message: str) -> None:
    if isinstance(content, bytes):
        Path("e.npz").write_bytes(content)
    else:
        np.savez("e.npz", **content)
    answer = shell("check", "e.npz")
    assert (answer.code, answer.out) == (1, "")
    assert message in answer.err
    assert answer.err.count("\n") == 1


def test_a_file_that_cannot_be_checked(shell: Shell) -> None:
    Path("words.csv").write_text("a,b\n1,2\n")
    Path("ragged.csv").write_text("1,2\n1,2,3\n")
    Path("blank.csv").write_text("\n\n")
    Path("huge.csv").write_text("1e300\ninf\n")
    np.save("broken.npy", np.ones(3))
    Path("broken.npy").write_bytes(Path("broken.npy").read_bytes().replace(b"shape", b"(((((", 1))
    Path("cut.npy").write_bytes(b"\x93NUMPY")
    Path("picture.png").write_bytes(b"")
    Path("empty").mkdir()
    for name, message in {
        "nothing.npz": "There is no file nothing.npz: expected a run folder, or an .npz file with named arrays",
        "nothing": "There is no file nothing: expected a run folder",
        "words.csv": "words.csv must hold nothing but numbers, as many in each row, with commas between and no",
        "ragged.csv": "ragged.csv must hold nothing but numbers, as many in each row, with commas between",
        "blank.csv": "blank.csv is empty: expected an .npz file",
        "huge.csv": "predictions in one dimension are classes, whole numbers; probabilities have a row",
        "cut.npy": "cut.npy is damaged or no array of numbers:",
        "broken.npy": "broken.npy is damaged or no array of numbers:",
        "picture.png": "picture.png is called neither .npz, .npy nor .csv: expected an .npz file",
        "empty": "empty is not a run: it has no config.json.",
    }.items():
        answer = shell("check", name)
        assert (answer.code, answer.out) == (1, "")
        assert message in answer.err
        assert answer.err.startswith("digitlab: error: ")
        assert answer.err.count("\n") == 1
    spared = shell("check", "empty", "--labels", "words.csv")
    assert (spared.code, spared.out) == (2, "")
    assert "A run has its own labels: leave --labels out" in spared.err


def test_a_table_of_a_spreadsheet_is_read(shell: Shell) -> None:
    Path("sheet.csv").write_bytes("\ufeff0.25,0.75\r\n0.5,0.5\r\n\r\n".encode())
    Path("labels.csv").write_text("1\n0\n")
    assert shell("check", "sheet.csv", "--labels", "labels.csv").code == 0


def test_a_published_number_of_half_precision_has_its_own_digits(shell: Shell) -> None:
    labels, read = np.zeros(1000, int), (np.arange(1000) >= 988).astype(int)
    np.savez("e.npz", labels=labels, predictions=read, accuracy=np.float32(0.99))
    assert shell("check", "e.npz").code == 0
