"""The ledger: every look counted, by whichever process; damage noticed; nothing ever stopped by it."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from filelock import FileLock

from digitlab.evaluation import Look, Looks, ledger, ledger_path, record_looks


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a ledger of its own."""
    monkeypatch.setenv("DIGITLAB_USER_DIR", str(tmp_path / "home"))
    return tmp_path / "home"


def take(tmp_path: Path, model: str = "a", accuracy: float = 0.9, test_set: str = "t") -> Looks:
    return record_looks([Look(test_set, model, accuracy, f"runs/{model}")], [tmp_path / f"{model}.jsonl"])


def lines() -> list[str]:
    return ledger_path().read_text().splitlines()


def test_looks_are_numbered_for_each_test_set(tmp_path: Path) -> None:
    assert [take(tmp_path).number for _ in range(3)] == [1, 2, 3]
    assert take(tmp_path, test_set="other").number == 1
    last = take(tmp_path, model="b")
    assert (last.number, last.models, last.remarks) == (4, 2, ())
    assert [json.loads(line)["number"] for line in lines()] == [1, 2, 3, 1, 4]
    assert len({json.loads(line)["seal"] for line in lines()}) == 5
    assert json.loads(lines()[0])["time"].endswith("+00:00")
    mine = (tmp_path / "b.jsonl").read_text().splitlines()
    assert mine == [lines()[4]]


def test_what_is_said() -> None:
    first, again, better = (
        Look("t", model, acc, "r") for model, acc in (("a", 0.9), ("a", 0.9), ("b", 0.95))
    )
    assert Looks((), (first,)).sentence() == "Look 1 at this test set."
    assert Looks((first,), (again,)).sentence() == "Look 2 at this test set."
    best = Looks((first, again), (better,)).sentence()
    assert best.startswith("Look 3 at this test set, 2 different models in all. The best of 2 models")
    assert best.endswith("choose on validation.")
    worse = Looks((better,), (first,))
    assert worse.sentence() == "Look 2 at this test set, 2 different models in all."
    # A comparison's own models are no choice among earlier ones.
    now = Looks((first,), (again, better))
    assert now.sentence() == "Looks 2 to 3 at this test set, 2 different models in all."
    assert not now.is_best_of_many


def test_looks_taken_together_are_numbered_together(tmp_path: Path) -> None:
    take(tmp_path)
    three = [Look("t", model, 0.9, model) for model in "abc"]
    looks = record_looks(three, [tmp_path / f"{model}.jsonl" for model in "abc"])
    assert [look.number for look in looks.new] == [2, 3, 4]
    assert (len(looks.before), looks.number, looks.models, looks.remarks) == (1, 4, 3, ())
    assert take(tmp_path, model="c").remarks == ()


def test_two_processes_at_once_lose_no_look(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from digitlab.evaluation import Look, record_looks\n"
        "for i in range(20):\n"
        "    looks = record_looks([Look('t', sys.argv[1], 0.5, 'r')], [Path('shared.jsonl')])\n"
        "    assert not looks.remarks, looks.remarks"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, name], cwd=tmp_path, env=os.environ) for name in "abc"
    ]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    looks = [json.loads(line) for line in lines()]
    assert [look["number"] for look in looks] == list(range(1, 61))
    assert Counter(look["model"] for look in looks) == {"a": 20, "b": 20, "c": 20}
    assert (tmp_path / "shared.jsonl").read_text().splitlines() == lines()
    assert take(tmp_path).remarks == ()


def test_a_changed_line_is_noticed(tmp_path: Path) -> None:
    for accuracy in (0.7, 0.8, 0.9):
        take(tmp_path, accuracy=accuracy)
    ledger_path().write_text("\n".join(lines()).replace("0.8", "0.6") + "\n")
    [remark] = take(tmp_path, model="b").remarks
    assert "was changed by hand or damaged: line 2 does not follow from the one before" in remark
    assert take(tmp_path, model="b").number == 5


@pytest.mark.parametrize("position", [0, 1])
def test_a_removed_line_is_noticed_and_still_counts_where_the_run_remembers_it(
    tmp_path: Path, position: int
) -> None:
    for _ in range(3):
        take(tmp_path)
    left = lines()
    del left[position]
    ledger_path().write_text("\n".join(left) + "\n")
    looks = take(tmp_path)
    assert f"line {position + 1} does not follow" in looks.remarks[0]
    assert "lacks 1 look(s) that these runs remember" in looks.remarks[1]
    assert looks.number == 4


def test_a_ledger_cut_at_its_end_or_deleted_is_missed_by_the_run(tmp_path: Path) -> None:
    for _ in range(3):
        take(tmp_path)
    ledger_path().write_text("\n".join(lines()[:1]) + "\n")
    looks = take(tmp_path)
    assert "lacks 2 look(s) that these runs remember: it was deleted, cut or is another" in looks.remarks[0]
    assert looks.number == 4
    ledger_path().unlink()
    looks = take(tmp_path)
    assert "lacks 4 look(s)" in looks.remarks[0]
    assert looks.number == 5
    assert take(tmp_path, model="new").remarks == ()


@pytest.mark.parametrize(
    "line",
    [
        '{"test_set": "t", "mod',
        '{"test_set": "t", "model": "a", "accuracy": null, "run": "r"}',
        '{"test_set": "t", "model": [], "accuracy": 0.5, "run": "r"}',
        '{"of a newer version": 1}',
        "[]",
    ],
)
def test_a_line_that_is_no_look_is_said_and_stays(tmp_path: Path, line: str) -> None:
    take(tmp_path)
    with ledger_path().open("a") as file:
        file.write(line)
    looks = take(tmp_path, model="b")
    assert looks.number == 2
    assert looks.remarks == (f"Line 2 of {ledger_path()} cannot be read as a look and does not count.",)
    assert lines()[1] == line
    assert looks.sentence()
    assert take(tmp_path, model="b").number == 3


def test_a_home_that_cannot_be_written_stops_nothing_but_is_said(tmp_path: Path, home: Path) -> None:
    home.write_text("a file where the folder should be")
    looks = record_looks([Look("t", m, 0.5, m) for m in "ab"], [tmp_path / f"{m}.jsonl" for m in "ab"])
    assert looks.sentence() == "Looks 1 to 2 at this test set, 2 different models in all."
    assert "This look is not in the ledger, so later ones will not count it: Cannot" in looks.remarks[-1]
    # The run remembers it, and does not take the ledger to be at fault later.
    home.unlink()
    again = take(tmp_path)
    assert (again.number, again.remarks) == (2, ())


def test_a_ledger_that_another_process_holds_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(tmp_path, model="a", accuracy=0.8)
    monkeypatch.setattr(ledger, "PATIENCE_SECONDS", 0.1)
    with FileLock(f"{ledger_path()}.lock"):
        looks = take(tmp_path, model="b")
    assert looks.sentence().startswith("Look 2 at this test set, 2 different models in all. The best of 2")
    assert "another process has held" in looks.remarks[0]


def test_a_run_that_cannot_be_written_stops_nothing_but_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    looks = record_looks([Look("t", "a", 0.5, "r")], [tmp_path / "file" / "looks.jsonl"])
    assert (looks.number, len(lines())) == (1, 1)
    assert "This look is not kept in the run: Cannot" in looks.remarks[-1]
