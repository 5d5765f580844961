"""The shell: what each command prints and leaves, and the one line that an error is."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import Dataset, load_dataset, read_idx, write_idx
from digitlab.runs import open_run
from digitlab.workflow import begin_run, load_data, train_run

from .conftest import QUICK, SMALL, Made, Shell

SCORE = {"accuracy", "interval", "log_loss", "n"}
FEW_STEPS = ["--steps", "20", "--periods", "2"]


def pictures(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "figures").glob("*.png")}


def weights_of(run: Path) -> bytes:
    return (run / "model.safetensors").read_bytes()


@pytest.mark.whole_pictures
def test_train_leaves_a_run_and_says_so(shell: Shell, tmp_path: Path) -> None:
    answer = shell("train", "mlp", *SMALL)
    assert answer.code == 0
    assert re.search(r"mlp on 224 validation images of digits: accuracy \d\d\.\d\d % \(", answer.out)
    assert "The run is in runs/mlp-digits-1, its pictures in runs/mlp-digits-1/figures." in answer.out
    assert len(re.findall(r"^ +\d+ +\d+ ", answer.err, re.MULTILINE)) == 4
    assert pictures(tmp_path / "runs/mlp-digits-1") == {"log-loss", "confusion-validation", "weights"}
    assert shell("train", "mlp", *SMALL).code == 0
    assert (tmp_path / "runs/mlp-digits-2/model.safetensors").exists()


def test_train_json(shell: Shell) -> None:
    answer = shell("train", "linear", *QUICK, "--out", "o", "--json").json
    assert answer["run"] == "o"
    assert [row["period"] for row in answer["history"]] == [1, 2, 3, 4]
    assert {"step", "train_log_loss", "validation_log_loss"} <= answer["history"][0].keys()
    assert answer["validation"].keys() >= SCORE


@pytest.mark.whole_pictures
def test_compare_is_the_main_job(shell: Shell, tmp_path: Path) -> None:
    answer = shell("compare", *SMALL, "--out", "o", "--json")
    assert answer.code == 0
    result = answer.json
    assert result.keys() == {"dataset", "out", "alpha", "models", "comparisons", "looks"}
    assert list(result["models"]) == ["linear", "mlp", "conv"]
    assert len(result["comparisons"]) == 3
    for name, model in result["models"].items():
        assert model.keys() == {"run", "validation", "test", "parameters", "train_seconds"}
        assert model["validation"].keys() >= SCORE
        assert model["test"]["interval"][0] < model["test"]["accuracy"] < model["test"]["interval"][1]
        assert model["run"] == f"o/{name}"
        assert pictures(tmp_path / "o" / name) == {"log-loss", "confusion-test", "weights"}
    keys = {"a", "b", "difference", "interval", "p_value", "p_holm", "alpha", "effect_size"}
    keys |= {"digits_needed", "over_writers", "claim"}
    assert result["comparisons"][0].keys() == keys
    assert pictures(tmp_path / "o") == {"digits", "class-counts", "log-loss", "accuracy"}
    assert (tmp_path / "o/comparison.json").read_text() == answer.out


def test_compare_prints_a_table_with_the_baseline_and_what_is_confused(shell: Shell) -> None:
    answer = shell("compare", "linear", *QUICK, "--out", "o")
    assert re.search(
        r"linear +\d\d\.\d\d % \(\d\d\.\d\d to \d\d\.\d\d\) +\d\.\d{4} +\d\d\.\d\d +650 ", answer.out
    )
    assert re.search(r"always \d +10\.\d\d", answer.out)
    assert re.search(r"linear confuses most: \d read as \d \(\d+x\)", answer.out)
    assert (
        "Runs, pictures and comparison.json are in o; o/report.html tells it all on one page." in answer.out
    )


def test_compare_takes_runs_that_are_there(shell: Shell, made: Made) -> None:
    made("mine", "linear", *QUICK)
    made("yours", "linear", *QUICK, "--seed", "3")
    answer = shell("compare", "mine", "yours", "mlp", *SMALL, "--out", "o", "--json").json
    assert list(answer["models"]) == ["mine", "yours", "mlp"]
    assert answer["models"]["mine"]["run"] == "mine"
    assert len(answer["comparisons"]) == 3


def test_a_network_only_setting_is_for_the_network_and_any_other_for_all(shell: Shell) -> None:
    given = ["--hidden-units", "9,8", "--weight-decay", "0.01"]
    answer = shell("compare", "linear", "mlp", *QUICK, *given, "--out", "o", "--json").json
    for name in ("linear", "mlp"):
        assert json.loads((Path("o") / name / "config.json").read_text())["training"]["weight_decay"] == 0.01
    assert answer["models"]["linear"]["parameters"] == 650
    assert answer["models"]["mlp"]["parameters"] == 64 * 9 + 9 + 9 * 8 + 8 + 8 * 10 + 10
    answer_alone = shell("train", "linear", *QUICK, "--hidden-units", "9")
    assert answer_alone.code == 2
    assert "linear and its training have no setting hidden_units" in answer_alone.err


def test_compare_resumes_where_nothing_is_named_again(shell: Shell, tmp_path: Path) -> None:
    first = shell("compare", "mlp", "linear", *SMALL, "--seed", "4", "--out", "o", "--json").json
    (tmp_path / "o/mlp/model.safetensors").unlink()
    again = shell("compare", "--out", "o", "--resume", "--json").json
    assert (first.pop("looks"), again.pop("looks")) == (2, 4)
    assert again == first


@pytest.mark.whole_pictures
def test_evaluate(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("o", "mlp", *SMALL)
    validation = shell("evaluate", "o", "--json").json
    test = shell("evaluate", "o", "--split", "test", "--json").json
    assert validation["n"] == 224
    assert test["n"] == 450
    assert test.keys() >= SCORE | {"confusion", "confusion_shares", "per_class", "baseline"}
    assert np.sum(test["confusion"]) == 450
    assert np.trace(test["confusion"]) / 450 == test["accuracy"]
    assert pictures(tmp_path / "o") >= {"confusion-test", "confusion-validation"}
    printed = shell("evaluate", "o", "--split", "test").out
    assert f"accuracy {100 * test['accuracy']:.2f} %" in printed
    assert "precision" in printed
    assert "Confused most:" in printed


def test_weights(shell: Shell, tmp_path: Path) -> None:
    shell("train", "mlp", *QUICK, "--hidden-units", "23", "--out", "o")
    answer = shell("weights", "o", "--json").json
    assert (answer["layer"], answer["units"]) == ("hidden_1", 23)
    assert all((tmp_path / file).stat().st_size for file in answer["files"])
    assert shell("weights", "o", "--unit", "22").out.startswith(
        "o/figures/unit-22.png\no/figures/unit-22.svg\n"
    )
    assert shell("weights", "o", "--out", "elsewhere").out.startswith("elsewhere/weights.png")
    missing = shell("weights", "o", "--unit", "98")
    assert missing.code == 2
    assert "23" in missing.err
    assert "98" in missing.err


@pytest.mark.whole_pictures
def test_the_filters_of_a_convolutional_network(shell: Shell, tmp_path: Path) -> None:
    quick = [*QUICK[:2], "--steps", "4", "--periods", "2", "--channels", "5,3"]
    trained = shell("train", "conv", *quick, "--out", "o")
    assert trained.code == 0, trained.err
    assert pictures(tmp_path / "o") == {"log-loss", "confusion-validation", "weights"}
    answer = shell("weights", "o", "--json").json
    assert (answer["layer"], answer["units"]) == ("conv_1", 5)
    assert all((tmp_path / file).stat().st_size for file in answer["files"])
    assert (
        "The 5 filters of the first convolutional layer" in (tmp_path / "o/figures/weights.svg").read_text()
    )
    assert shell("weights", "o", "--unit", "4").out.startswith("o/figures/unit-4.png\no/figures/unit-4.svg\n")
    missing = shell("weights", "o", "--unit", "5")
    assert missing.code == 2
    assert "There is no unit 5: this layer has 5 units, numbered from 0 to 4" in missing.err


@pytest.mark.whole_pictures
def test_data_show(shell: Shell, tmp_path: Path) -> None:
    answer = shell("data", "show", "digits", "--index", "72", "--json").json
    train, _ = load_dataset("digits")
    assert answer["class_counts"] == train.class_counts.tolist()
    assert answer["digit"]["label"] == train.labels[72]
    assert answer["empty_images"] == answer["empty_classes"] == []
    assert all((tmp_path / file).exists() for file in answer["files"])
    printed = shell("data", "show", "digits", "--index", "72").out
    assert f"Image 72, a {train.labels[72]}:" in printed
    assert "Every image has ink and every digit has images." in printed


def test_data_show_notices_what_is_empty(shell: Shell, tmp_path: Path) -> None:
    pixels, labels = np.full((30, 5, 6), 9, np.uint8), (np.arange(30) % 9).astype(np.uint8)
    pixels[[3, 7]] = 0
    np.savez(tmp_path / "mine.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    printed = shell("data", "show", "./mine.npz").out
    assert "Look out: 2 images have no ink at all (the first: 3, 7); there is no image of 9." in printed


def test_data_list_and_fetch(shell: Shell) -> None:
    listed = {each["name"]: each for each in shell("data", "list", "--json").json["datasets"]}
    assert listed.keys() == {"mnist", "fashion_mnist", "kmnist", "qmnist", "emnist_digits", "digits"}
    assert listed["digits"]["place"] == "bundled"
    assert listed["mnist"]["place"] == "not here"
    printed = shell("data", "list").out
    assert all(name in printed for name in listed)
    assert shell("data", "fetch", "digits").out == "digits comes bundled: nothing to fetch.\n"
    assert shell("data", "fetch", "digits", "--json").json == {"name": "digits", "files": []}


def test_a_folder_of_idx_files_is_a_data_set(shell: Shell, tmp_path: Path) -> None:
    train, test = load_dataset("digits")
    folder = tmp_path / "own"
    folder.mkdir()
    for name, dataset in (("train", train), ("t10k", test)):
        write_idx(folder / f"{name}-images.idx3-ubyte.gz", dataset.pixels)
        write_idx(folder / f"{name}-labels-idx1-ubyte", dataset.labels)
    assert read_idx(folder / "t10k-labels-idx1-ubyte").shape == (450,)
    answer = shell("train", "linear", "--dataset", "./own", "--steps", "20", "--out", "o", "--json")
    assert answer.json["validation"]["n"] == 224
    assert shell("evaluate", "o", "--split", "test", "--json").json["n"] == 450


ERRORS = {
    "unknown command": (["trane"], 2, "No such command 'trane'"),
    "unknown option": (["train", "mlp", "--rate", "3"], 2, "No such option: --rate"),
    "unknown model": (
        ["train", "mpl"],
        2,
        "There is no model 'mpl': the models are linear, mlp, conv. Did you mean mlp?",
    ),
    "unknown entry": (["compare", "mpl"], 2, "'mpl' is neither a model (linear, mlp, conv) nor a run folder"),
    "unknown preset": (
        ["train", "mlp", "--preset", "slow"],
        2,
        "no preset 'slow': the presets are exercise-short",
    ),
    "preset of another model": (
        ["train", "mlp", "--preset", "exercise-short"],
        2,
        "settings for linear only",
    ),
    "unknown data set": (["train", "mlp", "--dataset", "mnits"], 2, "Did you mean 'mnist'?"),
    "missing path": (["train", "mlp", "--dataset", "./nowhere"], 1, "nowhere"),
    "negative rate": (
        ["train", "mlp", "--learning-rate", "-1"],
        2,
        "learning_rate must be a positive number, not -1",
    ),
    "no number": (
        ["train", "mlp", "--steps", "many"],
        2,
        "Invalid value for '--steps'",
    ),
    "zero steps": (["train", "mlp", "--steps", "0"], 2, "steps must be 1 or more, not 0"),
    "large batch": (["train", "mlp", "--batch-size", "2000"], 2, "cannot be drawn from 1123 training images"),
    "both lengths": (
        ["train", "mlp", "--steps", "5", "--epochs", "1"],
        2,
        "give --steps or --epochs, not both",
    ),
    "hidden units": (["train", "mlp", "--hidden-units", "ten"], 2, "takes whole numbers with commas between"),
    "channels": (
        ["train", "conv", "--channels", "x"],
        2,
        "--channels takes whole numbers with commas between",
    ),
    "no channels": (["train", "conv", "--channels", "0"], 2, "channels must be one or more whole numbers"),
    "channels of another model": (
        ["train", "mlp", "--channels", "3"],
        2,
        "mlp and its training have no setting channels",
    ),
    "change without a number": (
        ["train", "linear", "--augment", "shift"],
        2,
        "--augment takes changes with commas between, as shift=2,rotate=10, or none, not 'shift'",
    ),
    "change that is no number": (
        ["train", "linear", "--augment", "shift=2,rotate=x"],
        2,
        "--augment takes changes with commas between",
    ),
    "no change": (["train", "linear", "--augment", ""], 2, "--augment takes changes with commas between"),
    "unknown change": (
        ["train", "linear", "--augment", "shft=2"],
        2,
        "no setting shft: its settings are shift, rotate, scale, shear, stroke, elastic, elastic_scale",
    ),
    "large change": (
        ["train", "linear", "--augment", "shift=99"],
        2,
        "shift must be a number from 0 to 14, not 99",
    ),
    "all of the probability": (
        ["train", "linear", "--label-smoothing", "1"],
        2,
        "label_smoothing must be in [0, 1), not 1",
    ),
    "endless average": (["train", "linear", "--ema-decay", "1"], 2, "ema_decay must be in [0, 1), not 1"),
    "no hidden units": (["train", "mlp", "--hidden-units", "0"], 2, "one or more positive whole numbers"),
    "no run": (["evaluate", "nowhere"], 1, "There is no run at nowhere. Make one with: digitlab train"),
    "index": (
        ["data", "show", "digits", "--index", "5000"],
        2,
        "has 1347 images, from 0 to 1346: there is no 5000",
    ),
    "offline": (["train", "mlp", "--dataset", "mnist", "--offline"], 1, "mnist"),
    "twice": (["compare", "mlp", "mlp"], 2, "mlp is named twice"),
    "far too many units": (
        ["train", "mlp", "--hidden-units", "1000000000,1000000000"],
        2,
        "Choose fewer units",
    ),
    "endless epochs": (["train", "mlp", "--epochs", "1e300"], 2, "steps must be 2,147,483,647 or less"),
    "endless rate": (
        ["train", "mlp", "--learning-rate", "1e300"],
        2,
        "learning_rate must be 3.4e+38 or less",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_is_one_clear_line(
    arguments: list[str], code: int, message: str, shell: Shell, tmp_path: Path
) -> None:
    if arguments[0] in ("train", "compare") and "--dataset" not in arguments:
        arguments = [*arguments, "--dataset", "digits"]
    answer = shell(*arguments)
    assert answer.code == code
    assert answer.out == ""
    assert answer.err.startswith("digitlab: error: ")
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_a_run_that_is_there_is_left_alone(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("o", "linear", *QUICK)
    before = (tmp_path / "o/model.safetensors").read_bytes()
    for command in (["train", "linear"], ["compare", "linear"]):
        answer = shell(*command, *QUICK, "--out", "o")
        assert answer.code == 1
        assert "It was left alone" in answer.err
    assert (tmp_path / "o/model.safetensors").read_bytes() == before
    assert shell("train", "linear", *QUICK, "--steps", "80", "--out", "o", "--force").code == 0
    assert (tmp_path / "o/model.safetensors").read_bytes() != before
    other = shell("train", "linear", *QUICK, "--steps", "90", "--out", "o", "--resume")
    assert other.code == 1
    assert "was started with other settings: steps 80, not 90" in other.err


def test_changed_images_are_a_setting_like_any_other(shell: Shell, tmp_path: Path) -> None:
    changes = ["--augment", "shift=2,rotate=10", "--ema-decay", "0.9", "--label-smoothing", "0.1"]
    assert shell("train", "mlp", *SMALL, *changes, "--out", "whole").code == 0
    whole = open_run(tmp_path / "whole")
    settings = json.loads((whole.folder / "config.json").read_text())["training"]
    changed = {name: value for name, value in settings["augmentation"].items() if value}
    assert changed == {"shift": 2, "rotate": 10, "elastic_scale": 4}
    assert (settings["ema_decay"], settings["label_smoothing"]) == (0.9, 0.1)

    data = load_data("digits")
    for name, again in (("named", [*SMALL, *changes]), ("unnamed", [])):
        next(train_run(begin_run(tmp_path / name, whole.config), data))
        answer = shell("train", "mlp", "--dataset", "digits", *again, "--out", name, "--resume")
        assert answer.code == 0, answer.err
        assert weights_of(tmp_path / name) == weights_of(whole.folder)
    refused = shell("train", "mlp", *SMALL, "--augment", "none", "--out", "named", "--resume")
    assert refused.code == 1
    assert "was started with other settings: augmentation" in refused.err


def test_no_changes_are_as_none_named(shell: Shell, tmp_path: Path) -> None:
    preset = ["linear", *QUICK]
    assert shell("train", *preset, "--out", "a").code == 0
    assert shell("train", *preset, "--augment", "none", "--ema-decay", "0", "--out", "b").code == 0
    assert weights_of(tmp_path / "a") == weights_of(tmp_path / "b")


def test_resume_of_a_finished_run_says_the_same_again(shell: Shell) -> None:
    first = shell("train", "linear", *QUICK, "--out", "o", "--json")
    again = shell("train", "linear", "--out", "o", "--resume", "--json")
    assert again.json == first.json
    assert "trained already" in again.err


def test_a_diverging_run_says_what_to_try(shell: Shell) -> None:
    answer = shell("train", "mlp", *SMALL, "--optimizer", "sgd", "--learning-rate", "1e30", "--out", "o")
    assert answer.code == 1
    last = answer.err.splitlines()[-1]
    assert "in period 1 of 4 (steps 1 to 10, seed 0). What to try: a smaller learning rate than 1e+30" in last


def test_the_version_and_help(shell: Shell) -> None:
    assert re.fullmatch(r"digitlab \d+\.\d+\.\d+\n", shell("--version").out)
    for command in (["train"], ["compare"], ["evaluate"], ["weights"], ["data", "show"], ["data", "fetch"]):
        answer = shell(*command, "--help")
        assert answer.code == 0
        assert "--json" in answer.out


def test_help_is_quick_because_it_imports_little() -> None:
    code = (
        "import sys; from digitlab.cli.app import run; assert run(['--help']) == 0; "
        "heavy = {'jax', 'matplotlib', 'sklearn', 'scipy', 'numpy', 'requests'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_data_that_are_here_need_no_http_client(tmp_path: Path, make_dataset: Callable[..., Dataset]) -> None:
    images, path = make_dataset(20), tmp_path / "mine.npz"
    both = (images.pixels, images.labels)
    np.savez(path, x_train=both[0], y_train=both[1], x_test=both[0], y_test=both[1])
    code = (
        "import sys; from digitlab import load_dataset; load_dataset(sys.argv[1]); "
        "heavy = {'jax', 'pooch', 'requests', 'sklearn'} & set(sys.modules); assert not heavy, heavy"
    )
    command = [sys.executable, "-c", code, str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_the_installed_command_and_the_module_answer(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("digitlab")
    missing, unknown = (
        ([str(script), "evaluate", "nowhere"], 1),
        ([sys.executable, "-m", "digitlab", "trane"], 2),
    )
    for command, code in (missing, unknown):
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
        assert done.returncode == code
        assert done.stderr.startswith("digitlab: error: ")
        assert done.stderr.count("\n") == 1


def test_a_reader_that_leaves_gets_no_traceback(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "digitlab", "data", "list"]
    done = subprocess.run(
        command, stdout=write, stderr=subprocess.PIPE, cwd=tmp_path, timeout=60, check=False
    )
    os.close(write)
    assert b"Traceback" not in done.stderr


def test_options_that_have_nothing_to_train_are_refused(shell: Shell, made: Made) -> None:
    made("o", "linear", *QUICK)
    answer = shell("compare", "o", "--steps", "5", "--out", "c")
    assert answer.code == 2
    assert "Only runs are compared, so there is nothing to train with steps" in answer.err


def test_a_comparison_never_replaces_a_run_that_it_names(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("o/linear", "linear", *QUICK)
    before = (tmp_path / "o/linear/model.safetensors").read_bytes()
    answer = shell("compare", "linear", "o/linear", *QUICK, "--out", "o", "--force")
    assert answer.code == 2
    assert "lies where another would be trained" in answer.err
    assert (tmp_path / "o/linear/model.safetensors").read_bytes() == before


def test_an_explicit_optimizer_drops_what_only_the_presets_has(shell: Shell) -> None:
    assert shell("train", "mlp", *SMALL, "--optimizer", "adam", "--out", "a").code == 0
    assert json.loads((Path("a") / "config.json").read_text())["training"]["weight_decay"] == 0
    answer = shell("train", "linear", *QUICK, "--preset", "exercise", "--clip-norm", "0", "--out", "c")
    assert answer.code == 0
    assert '"clip_norm": null' in (Path("c") / "config.json").read_text()


def test_the_current_folder_may_become_a_run(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shell("train", "linear", *QUICK, "--out", ".").code == 0
    assert shell("train", "linear", *QUICK, "--out", ".", "--force").code == 0
    assert shell("evaluate", ".").code == 0


def test_early_stopping_says_which_weights_are_kept(shell: Shell) -> None:
    answer = shell(
        "train", "mlp", *SMALL, "--learning-rate", "0.3", "--patience", "1", "--out", "o", "--json"
    )
    assert re.search(r"mlp: the weights of period \d are kept, the best on validation", answer.err)
    losses = [row["validation_log_loss"] for row in answer.json["history"]]
    assert min(losses) == answer.json["validation"]["log_loss"]


DRAWN = [pytest.param(name, marks=pytest.mark.whole_pictures) for name in ("two$signs_{$", "数字")]


@pytest.mark.parametrize("name", [*DRAWN, "x[red]y", "[h17]", "ü é", "a 'quote'"])
def test_a_name_is_a_name_and_nothing_else(name: str, shell: Shell, tmp_path: Path) -> None:
    train, test = load_dataset("digits")
    path = tmp_path / f"{name}.npz"
    np.savez(path, x_train=train.pixels, y_train=train.labels, x_test=test.pixels, y_test=test.labels)
    shown = shell("data", "show", str(path))
    assert shown.code == 0
    assert shown.out.startswith(f"{name}.npz, train: 1,347 images")
    assert shell("train", "linear", "--dataset", str(path), *FEW_STEPS, "--out", name).code == 0
    assert name in shell("compare", name, "--out", "c").out


def test_a_run_that_nobody_may_write_to_is_still_scored(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("o", "linear", *QUICK)
    (tmp_path / "file").write_text("")
    answer = shell("evaluate", "o", "--json", "--out", "file/pictures")
    assert answer.code == 0
    assert answer.json["n"] == 224
    assert "no picture was drawn" in answer.err


def test_no_command_prints_help_and_no_empty_error(shell: Shell) -> None:
    answer = shell()
    assert answer.code == 2
    assert "error" not in answer.err


def test_any_path_in_a_locale_without_letters(tmp_path: Path) -> None:
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    out = tmp_path / "lüge"
    train, test = load_dataset("digits")
    np.savez(
        tmp_path / "ü.npz", x_train=train.pixels, y_train=train.labels, x_test=test.pixels, y_test=test.labels
    )
    code = (
        "import sys; from digitlab.cli.app import run; data, out = sys.argv[1:]; "
        "assert run(['train', 'linear', '--dataset', data, '--steps', '20', '--out', out]) == 0; "
        "assert run(['evaluate', out]) == 0"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "ü.npz"), str(out)]
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, **locale}, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_error(closed: str, tmp_path: Path) -> None:
    redirect = ">&-" if closed == "stdout" else "2>&-"
    command = f"'{sys.executable}' -m digitlab data list {redirect}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_each_resumed_run_of_a_comparison_keeps_its_own_split(
    shell: Shell, made: Made, tmp_path: Path
) -> None:
    made("o/linear", "linear", *QUICK)
    made("o/mlp", "mlp", *SMALL, "--seed", "5")
    before = (tmp_path / "o/mlp/model.safetensors").read_bytes()
    (tmp_path / "o/mlp/model.safetensors").unlink()
    answer = shell("compare", "linear", "mlp", "--out", "o", "--resume")
    assert answer.code == 0, answer.err
    assert "these runs split the training images differently" in answer.out
    assert (tmp_path / "o/mlp/model.safetensors").read_bytes() == before
