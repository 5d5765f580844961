"""Several processes on one study, in a real PostgreSQL: some are killed or held up in the middle of a trial."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from digitlab.cli.app import run
from digitlab.errors import StorageError
from digitlab.tuning import Question, Search, SearchLimits, open_storage

TRIALS = 6
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


@pytest.fixture
def workers(postgresql: str) -> Iterator[dict[int, "subprocess.Popen[str]"]]:
    """Start four processes on one study; return them by their ids."""
    environment = os.environ | {"DIGITLAB_STORAGE": postgresql}
    # On a machine that stands still for a while their time must not be over.
    command = [sys.executable, "-m", "digitlab", *COMMAND, "--minutes", "60", "--search-only"]
    started = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    yield {worker.pid: worker for worker in started}
    for worker in started:
        worker.kill()
        worker.communicate()


def wait_for(found: Callable[[], Any], workers: dict[int, "subprocess.Popen[str]"]) -> Any:
    """Return what is found, once there is something; none of the processes may have come to grief meanwhile."""
    deadline = time.monotonic() + 200
    while not (answer := found()):
        for worker in workers.values():
            assert worker.poll() in (None, 0), worker.communicate()[1]
        assert time.monotonic() < deadline, {pid: worker.poll() for pid, worker in workers.items()}
        time.sleep(0.1)
    return answer


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        try:
            return connection.execute(query).fetchall()
        except psycopg.errors.UndefinedTable:
            return []


def in_flight(url: str) -> dict[int, int]:
    """Return the numbers of the trials that run, by the processes that run them."""
    return {int(json.loads(process).split(":")[1]): number for number, process in ask(url, IN_FLIGHT)}


def hold_up(url: str, workers: Collection[int]) -> tuple[int, int] | None:
    """Stop one of some processes in the middle of a trial; return which, and the trial's number."""
    for worker in in_flight(url).keys() & workers:
        os.kill(worker, signal.SIGSTOP)
        if worker in (running := in_flight(url)):
            return worker, running[worker]
        os.kill(worker, signal.SIGCONT)
    return None


def test_four_processes_lose_no_trial_and_do_none_twice(
    postgresql: str, workers: dict[int, "subprocess.Popen[str]"]
) -> None:
    killed, killed_trial = wait_for(lambda: hold_up(postgresql, workers), workers)
    os.kill(killed, signal.SIGKILL)
    workers.pop(killed).communicate()
    late, late_trial = wait_for(lambda: hold_up(postgresql, workers), workers)
    assert {killed_trial, late_trial} <= set(in_flight(postgresql).values()), "in the middle of their trials"
    wait_for(lambda: late not in in_flight(postgresql), workers)
    os.kill(late, signal.SIGCONT)
    for worker in workers.values():
        _, errors = worker.communicate(timeout=200)
        assert worker.returncode == 0, errors
        assert "Traceback" not in errors
        assert "s3cret" not in errors

    trials = ask(postgresql, ALL_TRIALS)
    assert [number for number, *_ in trials] == list(range(len(trials)))
    assert {state for _, state, *_ in trials} <= {"COMPLETE", "PRUNED", "FAIL"}
    rates = {number: rate for number, _, rate, *_ in trials}
    cut_off = [number for number, state, *_ in trials if state == "FAIL"]
    assert {killed_trial, late_trial} <= set(cut_off)

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


def test_a_server_that_goes_away_is_told(postgresql: str, question: Question) -> None:
    with psycopg.connect(postgresql, autocommit=True) as admin:
        admin.execute("CREATE ROLE anna LOGIN")
        admin.execute("CREATE DATABASE annas OWNER anna")

        def lock_out(*_: object) -> None:
            admin.execute("ALTER ROLE anna NOLOGIN")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'anna'")

        url = f"postgresql://anna:s3cret@{postgresql.split('@')[1].removesuffix('postgres')}annas"
        message = r"The database postgresql://anna:\*\*\*@127\.0\.0\.1:\d+/annas could not be used: .*log in"
        with pytest.raises(StorageError, match=message), open_storage(url, grace_seconds=3) as storage:
            Search.join(question, storage, "s").run(SearchLimits(trials=2), lock_out, lock_out)


def test_who_comes_later_concludes_or_is_refused(
    postgresql: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    drafts: None,
) -> None:
    monkeypatch.setenv("DIGITLAB_STORAGE", postgresql)
    monkeypatch.chdir(tmp_path)
    if not ask(postgresql, ALL_TRIALS):
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
