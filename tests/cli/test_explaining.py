"""What a run looks for, and what it misreads, from the shell."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from digitlab.cli.app import run

from .conftest import QUICK, Made, Shell


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a linear model, `a`, and a network, `b`, trained on the same images."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DIGITLAB_DATA_DIR", raising=False)
        assert run(["train", "linear", *QUICK, "--out", str(folder / "a")]) == 0
        assert run(["train", "mlp", *QUICK, "--hidden-units", "20", "--out", str(folder / "b")]) == 0
    return folder


@pytest.fixture
def runs(shell: Shell, trained: Path, tmp_path: Path) -> Shell:
    """Return the shell, with copies of these runs."""
    for name in ("a", "b"):
        shutil.copytree(trained / name, tmp_path / name)
    return shell


@pytest.mark.whole_pictures
def test_mistakes_are_listed_surest_first_and_drawn(runs: Shell, tmp_path: Path) -> None:
    found = runs("mistakes", "a", "--count", "5", "--json").json
    assert (found["n"], len(found["surest"]), found["looks"]) == (224, 5, None)
    shares = [each["read_probability"] for each in found["surest"]]
    assert shares == sorted(shares, reverse=True)
    assert all(each["true"] != each["read_as"] and len(each["neighbours"]) == 3 for each in found["surest"])
    assert {Path(file).name for file in found["files"]} == {
        "mistakes-validation.png",
        "mistakes-validation.svg",
    }
    assert all((tmp_path / file).stat().st_size for file in found["files"])
    said = runs("mistakes", "a", "--count", "5").out
    first = found["surest"][0]
    assert (
        f"The surest mistake is image {first['index']}, a {first['true']} read as {first['read_as']} with"
        in said
    )
    assert f"Confused most: {found['confused'][0]['true']} read as {found['confused'][0]['read_as']}" in said


def test_two_runs_differ(runs: Shell, tmp_path: Path) -> None:
    found = runs("mistakes", "a", "--against", "b", "--json").json
    differ = found["against"]
    assert differ["runs"] == ["linear", "mlp"]
    whole = differ["both"] + differ["neither"] + len(differ["only_a"]) + len(differ["only_b"])
    assert whole == found["n"]
    assert differ["neither"] + len(differ["only_b"]) == found["wrong"]
    assert {"only-linear-validation.png", "only-mlp-validation.png"} <= {
        Path(file).name for file in found["files"]
    }
    assert "linear alone reads" in runs("mistakes", "a", "--against", "b").out


def test_runs_of_other_seeds_are_not_compared_on_validation(runs: Shell, made: Made) -> None:
    made("c", "linear", *QUICK, "--seed", "1")
    refused = runs("mistakes", "a", "--against", "c")
    assert refused.code == 1
    assert "a and c have other validation images" in refused.err
    assert runs("mistakes", "a", "--against", "c", "--split", "test", "--json").json["looks"] == 2


def test_the_test_set_is_looked_at_only_when_asked(runs: Shell, tmp_path: Path) -> None:
    runs("mistakes", "a")
    runs("explain", "a", "3")
    assert not (tmp_path / "user").exists()
    assert "Look 1 at this test set." in runs("mistakes", "a", "--split", "test").out
    assert runs("explain", "a", "3", "--split", "test", "--json").json["looks"] == 2


@pytest.mark.whole_pictures
@pytest.mark.parametrize("model", ["a", "b"])
def test_a_digit_is_explained(runs: Shell, tmp_path: Path, model: str) -> None:
    found = runs("explain", model, "7", "--json").json
    assert found["answer"] == np.argmax(found["probabilities"])
    assert (found["maps"][0]["target"], found["maps"][0]["rival"]) == (found["answer"], None)
    assert all(each["completeness_error"] < 0.01 for each in found["maps"])
    assert all((tmp_path / file).stat().st_size for file in found["files"])
    said = runs("explain", model, "7").out
    assert f"Read as {found['answer']} (" in said
    assert "Integrated gradients add up to" in said
    assert "logits that ink speaks for" in said


def test_another_digit_and_another_set_can_be_explained(runs: Shell) -> None:
    found = runs("explain", "b", "0", "--split", "train", "--target", "8", "--json").json
    assert (found["split"], found["maps"][0]["target"]) == ("train", 8)
    assert found["files"][0] == "b/figures/explain-train-0-8.png"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "a", "224"), "There is no validation image 224: there are 224, from 0 to 223."),
        (("explain", "a", "1", "--target", "10"), "--target is a digit from 0 to 9, not 10."),
        (("mistakes", "a", "--count", "0"), "--count is 1 or more, not 0."),
    ],
)
def test_what_is_not_there_is_said(runs: Shell, arguments: tuple[str, ...], said: str) -> None:
    answer = runs(*arguments)
    assert answer.code == 2
    assert said in answer.err


@pytest.mark.whole_pictures
def test_templates(runs: Shell, tmp_path: Path) -> None:
    exact = runs("templates", "a", "--json").json
    assert exact["exact"]
    assert {Path(file).stem for file in exact["files"]} == {"templates", "templates-exact"}
    found = runs("templates", "b", "--out", "elsewhere")
    assert "of its 10 templates as their own digit" in found.out
    assert (tmp_path / "elsewhere/templates.png").stat().st_size


@pytest.mark.whole_pictures
def test_the_digits_that_excite_a_unit(runs: Shell, tmp_path: Path) -> None:
    found = runs("weights", "b", "--unit", "3", "--json").json
    assert len(found["exciting"]["indices"]) == 20
    assert Path(found["files"][-1]).stem == "unit-3-digits"
    said = runs("weights", "b", "--unit", "3")
    assert "Unit 3 answers most to" in said.out
    assert runs("weights", "b", "--json").json["exciting"] is None


def test_without_the_data_the_weights_are_drawn_all_the_same(shell: Shell, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pixels, labels = (
        generator.integers(0, 256, (60, 8, 8), dtype=np.uint8),
        np.arange(60, dtype=np.uint8) % 10,
    )
    np.savez(tmp_path / "own.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    small = ["--dataset", "own.npz", "--steps", "4", "--periods", "1", "--batch-size", "10"]
    assert shell("train", "linear", *small, "--out", "o").code == 0
    (tmp_path / "own.npz").rename(tmp_path / "moved.npz")
    answer = shell("weights", "o", "--unit", "3")
    assert answer.code == 0
    assert answer.out == "o/figures/unit-3.png\no/figures/unit-3.svg\n"
    assert "the training digits of unit 3 were not drawn." in answer.err
    assert "unit-3-digits.png" in shell("weights", "o", "--unit", "3", "--dataset", "moved.npz").out
