"""Several processes on one study, in a real PostgreSQL: some are killed or held up in the middle of a trial."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from digitlab.cli.app import run

TRIALS = 8
COMMAND = [
    "tune", "linear", "--dataset", "digits", "--steps", "10", "--batch-size", "32", "--weight-decay", "0",
    "--label-smoothing", "0", "--augment", "none", "--trials", str(TRIALS), "--grace", "3",
]  # fmt: skip

IN_FLIGHT = """
SELECT number, value_json FROM trials JOIN trial_user_attributes USING (trial_id)
WHERE state = 'RUNNING' AND key = 'process'
"""
ALL_TRIALS = """
SELECT number, state, param_value,
  (SELECT value_json FROM trial_system_attributes s WHERE s.trial_id = trials.trial_id AND key = 'retry_history'),
  (SELECT value_json FROM trial_user_attributes u WHERE u.trial_id = trials.trial_id AND key = 'process')
FROM trials LEFT JOIN trial_params USING (trial_id) ORDER BY number
"""


def start(url: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"DIGITLAB_STORAGE": url, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "digitlab", *COMMAND, "--search-only"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def wait_for(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 60
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


def in_flight(url: str) -> dict[int, int]:
    """Return the numbers of the trials that run, by the processes that run them."""
    try:
        return {int(json.loads(process).split(":")[1]): number for number, process in ask(url, IN_FLIGHT)}
    except psycopg.errors.UndefinedTable:
        return {}


def test_four_processes_lose_no_trial_and_do_none_twice(postgresql: str) -> None:
    workers = {worker.pid: worker for worker in (start(postgresql) for _ in range(4))}

    running = wait_for(lambda: in_flight(postgresql))
    killed, killed_trial = next(iter(running.items()))
    os.kill(killed, signal.SIGKILL)
    workers.pop(killed).communicate()
    assert in_flight(postgresql).get(killed) == killed_trial, "it was not in the middle of a trial"

    running = wait_for(lambda: {p: n for p, n in in_flight(postgresql).items() if p != killed})
    held_up, held_trial = next(iter(running.items()))
    os.kill(held_up, signal.SIGSTOP)
    assert in_flight(postgresql).get(held_up) == held_trial, "it was not in the middle of a trial"
    wait_for(lambda: held_up not in in_flight(postgresql))
    os.kill(held_up, signal.SIGCONT)

    for worker in workers.values():
        _, errors = worker.communicate(timeout=60)
        assert worker.returncode == 0, errors
        assert "Traceback" not in errors
        assert "s3cret" not in errors

    trials = ask(postgresql, ALL_TRIALS)
    assert [number for number, *_ in trials] == list(range(len(trials)))
    assert {state for _, state, *_ in trials} <= {"COMPLETE", "PRUNED", "FAIL"}
    rates = {number: rate for number, _, rate, *_ in trials}
    cut_off = [number for number, state, *_ in trials if state == "FAIL"]
    assert {killed_trial, held_trial} <= set(cut_off)

    histories = {number: json.loads(history) for number, _, _, history, _ in trials if history}
    done_again = Counter(history[-1] for history in histories.values())
    assert done_again == Counter(cut_off), "each that was cut off is done again, once"
    assert all(
        rates[number] in (rates[history[0]], None) or rates[history[0]] is None
        for number, history in histories.items()
    )

    finished = [rate for _, state, rate, *_ in trials if state != "FAIL"]
    assert len(set(finished)) == len(finished), "no settings are done twice"
    assert {rates[number] for number in cut_off} - {None} <= set(finished), "no settings are lost"
    assert TRIALS <= len(finished) <= TRIALS + len(workers)
    assert len({process for *_, process in trials}) > 2, "several processes took part"


def test_who_comes_later_concludes_or_is_refused(
    postgresql: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    drafts: None,
) -> None:
    monkeypatch.setenv("DIGITLAB_STORAGE", postgresql)
    monkeypatch.chdir(tmp_path)
    if not in_flight(postgresql) and not _has_trials(postgresql):
        assert run([*COMMAND, "--search-only"]) == 0
    capsys.readouterr()
    assert run([*COMMAND, "--minutes", "0", "--seeds", "2", "--out", "found", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["trials"]["finished"] >= TRIALS
    assert (tmp_path / "found" / "best" / "model.safetensors").exists()
    assert not (tmp_path / "found" / "study.db").exists()

    assert run([*COMMAND, "--seed", "1", "--search-only"]) == 2
    refused = capsys.readouterr().err
    assert "linear-digits in postgresql://digitlab:***@127.0.0.1" in refused
    assert "searches something else" in refused
    assert "training.seed 0, not 1" in refused
    assert len(refused.splitlines()) == 1


def _has_trials(url: str) -> bool:
    try:
        return bool(ask(url, ALL_TRIALS))
    except psycopg.errors.UndefinedTable:
        return False
