"""`digitlab units`: what it prints and draws, and that a pruned run is a run like any other."""

import json
import shutil
from pathlib import Path

import pytest

from digitlab.cli.app import run as run_shell

from .conftest import Shell

TRAIN = ["train", "mlp", "--dataset", "digits", "--steps", "300", "--periods", "2", "--hidden-units", "30,12"]
VERDICTS = ["useful", "redundant", "noise", "dead"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a trained run that nobody may write to."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert run_shell([*TRAIN, "--learning-rate", "0.003", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def run(shell: Shell, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return a copy of it in the folder that the shell is in."""
    capsys.readouterr()
    return Path(shutil.copytree(trained, tmp_path / "whole")).name


@pytest.mark.whole_pictures
def test_every_unit_is_told_of_and_drawn(shell: Shell, run: str, tmp_path: Path) -> None:
    answer = shell("units", run)
    assert answer.code == 0, answer.err
    assert answer.out.startswith("Of the 30 units of hidden_1 ")
    assert "\nOf the 12 units of hidden_2 " in answer.out
    assert "Moran's I" in answer.out
    assert "hidden_1: 30 units, each silenced in turn\nhidden_2: 12 units" in answer.err
    assert "The tiles, each with its verdict, are in whole/figures/units.png.\n" in answer.out
    document = shell("units", run, "--json", "--out", "elsewhere").json
    first, second = document["layers"]
    assert (document["n"], first["layer"], second["layer"]) == (224, "hidden_1", "hidden_2")
    assert sorted(unit["number"] for unit in first["units"]) == list(range(30))
    assert sum(first["counts"].values()) == 30
    assert {unit["smoothness"] for unit in second["units"]} == {None}
    assert document["pruned"] is None
    assert all((tmp_path / file).stat().st_size for file in document["files"])
    picture = (tmp_path / "elsewhere" / "units.svg").read_text()
    ranks = [VERDICTS.index(unit["verdict"]) for unit in first["units"]]
    assert ranks == sorted(ranks)
    for unit in first["units"]:
        shown = f"{unit['cost']['log_loss']:+.4f}" if unit["verdict"] == "useful" else unit["verdict"]
        assert f">{shown}<" in picture.replace("\u2212", "-")
        assert unit["why"].startswith(f"Unit {unit['number']} is {unit['verdict']}: ")


def test_a_pruned_run_is_a_run_like_any_other(shell: Shell, run: str, tmp_path: Path) -> None:
    document = shell("units", run, "--prune", "left", "--json").json
    gone = document["pruned"]["removed"]
    assert document["n"] == document["pruned"]["after"]["n"] == 112  # one half to choose, one to prove
    assert gone
    config, before = (json.loads((tmp_path / name / "config.json").read_text()) for name in ("left", run))
    sizes = [30 - len(gone.get("hidden_1", [])), 12 - len(gone.get("hidden_2", []))]
    assert config["model"] == before["model"] | {"hidden_units": sizes}
    assert config["pruned_from"]["run"] == "whole"
    assert config["pruned_from"]["removed"] == gone
    assert (config["training"], config["data"]) == (before["training"], before["data"])
    assert document["pruned"]["parameters"][1] < document["pruned"]["parameters"][0]
    whole, left = (shell("evaluate", name, "--json").json for name in (run, "left"))
    assert abs(whole["log_loss"] - left["log_loss"]) < 0.02
    assert shell("weights", "left", "--json").json["units"] == sizes[0]
    assert shell("units", "left", "--layer", "hidden_2", "--json").json["layers"][0]["layer"] == "hidden_2"
    models = shell("compare", run, "left", "--out", "both", "--json").json["models"]
    assert models["left"]["parameters"] == document["pruned"]["parameters"][1]
    assert "Units were taken out of this run after training" in shell("check", "left").out
    resumed = shell("train", "mlp", "--out", "left", "--resume")
    assert resumed.code == 1
    assert (
        "The run left was made of another one (units were taken out of whole): it has no training to resume."
        in resumed.err
    )


def test_pruning_says_what_it_cost_or_that_nothing_can_go(shell: Shell, run: str) -> None:
    said = shell("units", run, "--prune", "left").out
    assert "% of 112 images right" in said or "of 112 images right, with them" in said
    assert "What is left is the run left; it is read and compared like any other, but not trained on." in said
    again = shell("units", run, "--prune", "left")
    assert (again.code, again.out) == (1, "")
    assert "left is there already. It was left alone; name another" in again.err


def test_an_error_is_one_clear_line(shell: Shell, run: str, tmp_path: Path) -> None:
    answer = shell("units", run, "--layer", "hidden_9")
    assert (answer.code, answer.out) == (2, "")
    assert "There is no hidden layer 'hidden_9': the model's are hidden_1, hidden_2." in answer.err
    shell("train", "linear", "--dataset", "digits", "--steps", "20", "--periods", "1", "--out", "linear")
    answer = shell("units", "linear")
    assert (answer.code, answer.out) == (2, "")
    assert "The model linear has no hidden units: its ten columns are the digits themselves." in answer.err
    assert answer.err.count("\n") == 1
