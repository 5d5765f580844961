"""`digitlab tune`, in a file of SQLite's."""

import io
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.cli.conftest import Shell

from digitlab.cli.app import run
from digitlab.cli.trials import TrialTable
from digitlab.data import Dataset, stratified_split
from digitlab.runs import open_run
from digitlab.scoring import evaluate_run
from digitlab.training import HistoryRow
from digitlab.tuning import Question, Search, SearchLimits, open_storage, sqlite_url
from digitlab.workflow import Data

FIXED = [
    "--dataset", "digits", "--steps", "10", "--batch-size", "32", "--weight-decay", "0",
    "--label-smoothing", "0", "--augment", "none",
]  # fmt: skip
# After ten steps a larger rate than the default reads better.
TUNE = ["tune", "linear", *FIXED, "--seeds", "2", "--out", "found"]


def numbers(study: Path) -> dict[int, tuple[str, float | None]]:
    """Return state and learning rate of each trial, as the database has them."""
    query = "SELECT number, state, param_value FROM trials LEFT JOIN trial_params USING (trial_id)"
    with closing(sqlite3.connect(study)) as connection:
        return {number: (state, rate) for number, state, rate in connection.execute(query)}


def test_a_search_its_check_and_its_run(
    shell: Shell, tmp_path: Path, digits: tuple[Dataset, Dataset]
) -> None:
    first = shell(*TUNE, "--trials", "3", "--search-only", "--json")
    assert (first.code, first.json["trials"]["finished"]) == (0, 3)
    before = numbers(Path("found/study.db"))
    answer = shell(*TUNE, "--trials", "4", "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    assert json.loads(Path("found/tuning.json").read_text()) == found
    after = numbers(Path("found/study.db"))
    assert list(after) == [0, 1, 2, 3]
    assert {number: after[number] for number in before} == before

    run_folder = Path(found["run"])
    best, check = found["best"], found["check"]
    assert best["validation_accuracy"] == found["validation"]["accuracy"] == check["in_search"]
    assert found["defaults"]["settings"] == {"learning_rate": 0.006}
    assert best["validation_accuracy"] >= found["defaults"]["validation_accuracy"]

    answer = shell(*shlex.split(found["command"])[1:], "--out", "pasted")
    assert answer.code == 0, answer.err
    pasted = open_run(Path("pasted"))
    assert pasted.config == open_run(run_folder).config
    assert pasted.model_digest() == open_run(run_folder).model_digest()
    assert pasted.config.training.learning_rate == best["settings"]["learning_rate"]

    right = {}
    for way in ("tuned", "defaults"):
        runs = [open_run(Path(f"found/check/{way}/seed-{seed}")) for seed in check["seeds"]]
        splits = [stratified_split(digits[0], seed=seed) for seed in check["seeds"]]
        assert [run.config.data.split_seed for run in runs] == check["seeds"] == [1, 2]
        right[way] = [
            evaluate_run(run, split.validation).accuracy for run, split in zip(runs, splits, strict=True)
        ]
        assert check[way]["accuracy"] == pytest.approx(np.mean(right[way]))
    difference = np.mean(np.subtract(right["tuned"], right["defaults"]))
    assert check["comparison"]["difference"] == pytest.approx(difference)
    promised = best["validation_accuracy"] - found["defaults"]["validation_accuracy"]
    assert check["promised"] == pytest.approx(promised)
    assert check["luck"] == pytest.approx(promised - difference)
    assert not list(Path().rglob("looks.jsonl")), "the test set was looked at"

    again = shell(*TUNE, "--minutes", "0")
    assert again.code == 0
    assert "4 finished trials" in again.out
    assert "Checked on 2 fresh seeds, each with its own split (224 validation images)" in again.out
    assert "The best of 4 settings read" in again.out
    assert "points beside the defaults in the search, " in again.out
    assert again.out.splitlines()[-1] == found["command"]
    refused = shell(*TUNE, "--seed", "3", "--trials", "5")
    assert (refused.code, refused.out) == (2, "")
    assert "The study linear-digits in sqlite:///found/study.db searches something else" in refused.err


def test_ctrl_c_loses_nothing_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], drafts: None
) -> None:
    monkeypatch.chdir(tmp_path)
    command = [sys.executable, "-m", "digitlab", *TUNE, "--trials", "50", "--data-dir", "."]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    study, deadline = tmp_path / "found" / "study.db", time.monotonic() + 60
    while not (study.exists() and any(rate for state, rate in _soon(study) if state == "RUNNING")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    said = errors.splitlines()[-1]
    assert (
        "finished trials are kept, and the settings in flight are the next to be tried. Go on with: " in said
    )
    go_on = shlex.split(said.split("Go on with: ")[1])
    assert go_on[1:3] == ["tune", "linear"]
    cut_off = [(number, rate) for number, (state, rate) in numbers(study).items() if state == "FAIL"]
    done = sum(state in ("COMPLETE", "PRUNED") for state, _ in numbers(study).values())

    go_on[go_on.index("--trials") + 1] = str(done + 1)
    assert run([*go_on[1:], "--search-only"]) == 0
    said = capsys.readouterr().out
    assert f"{done + 1} finished trials" in said
    assert "--minutes 0" in said.split("Conclude with: digitlab tune linear ")[1]
    assert "--search-only" not in said
    rates = [rate for state, rate in numbers(study).values() if state in ("COMPLETE", "PRUNED")]
    assert len(cut_off) == 1
    assert rates.count(cut_off[0][1]) == 1, "it was done again, once"
    assert len(set(rates)) == len(rates) == done + 1


def _soon(study: Path) -> list[tuple[str, float | None]]:
    try:
        return list(numbers(study).values())
    except sqlite3.OperationalError:
        return []


def test_what_cannot_be_searched_is_told_before_anything_is_made(shell: Shell) -> None:
    for command, message in (
        (["tune", "mpl"], "There is no model 'mpl'"),
        ([*TUNE, "--hidden-units", "5"], "no setting hidden_units"),
        ([*TUNE, "--storage", "nonsense"], "The storage is the address of a database"),
        ([*TUNE, "--learning-rate", "0.1"], "Every setting of linear that could be searched is given"),
    ):
        answer = shell(*command)
        assert (answer.code, answer.out) == (2, ""), command
        assert message in answer.err
        assert not Path("found").exists()


def test_a_folder_that_is_no_search_is_left_alone(shell: Shell) -> None:
    Path("found").mkdir()
    Path("found/thesis.txt").write_text("mine")
    answer = shell(*TUNE)
    assert answer.code == 1
    assert "found is there already and is no search. It was left alone; name another --out." in answer.err
    assert [path.name for path in Path("found").iterdir()] == ["thesis.txt"]


def test_no_trial_at_all_is_no_result(shell: Shell) -> None:
    answer = shell(*TUNE, "--minutes", "0")
    assert (answer.code, answer.out) == (1, "")
    assert "No trial of the study linear-digits has come to its end" in answer.err


def test_without_the_extra_the_one_command_is_told() -> None:
    code = "import sys; sys.modules['optuna'] = None; from digitlab.cli.app import run; sys.exit(run(['tune', 'mlp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "digitlab: error: A search over settings needs the package optuna, which is not installed; nothing was "
        "done. Install it with: pip install 'digitlab[tune]'\n"
    )


def test_the_live_table_ranks_trials_and_says_what_is_left(
    tmp_path: Path, digits: tuple[Dataset, Dataset]
) -> None:
    question = Question("linear", Data("digits", *digits), {"steps": 10})
    with open_storage(sqlite_url(tmp_path / "study.db"), grace_seconds=3) as storage:
        search = Search.join(question, storage, "s")
        for accuracy in (0.5, 0.75):
            _add(search, accuracy)
        table = TrialTable(search, SearchLimits(minutes=5), live=True)
        table.on_period(7, HistoryRow(3, 6, 0.5, 0.9, 0.4, 0.875, 1.0))
    shown = io.StringIO()
    Console(file=shown, width=200).print(table)
    header, first, second, standing = shown.getvalue().splitlines()
    assert header.split() == ["trial", "validation", "log", "loss", "seconds", "settings"]
    assert first.split() == ["2", "75.00", "%", "none", "none"]
    assert second.split() == ["1", "50.00", "%", "none", "none"]
    assert standing.strip().startswith("2 trials finished, 0 of them stopped early; ")
    assert "left; trial 7, period 3: 87.50 %" in standing


def _add(search: Search, accuracy: float) -> None:
    import optuna

    search.study.add_trial(optuna.create_trial(value=accuracy))
