"""Learning on from the shell, and what the other commands make of the run that it leaves."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from digitlab.cli import learning
from digitlab.cli.app import run
from digitlab.recognition import Lesson

from .conftest import Answer, Shell

# One rate for all, so that it compiles once.
FEW = ["--steps", "30", "--learning-rate", "0.002"]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory, reader: Path, own_folder: Path) -> Path:
    """Return a folder with the run `new`, which has learned from own digits."""
    folder = tmp_path_factory.mktemp("learned")
    assert run(["learn", str(reader), str(own_folder), "--out", str(folder / "new"), *FEW]) == 0
    return folder / "new"


def test_before_and_after_are_told_of_both(shell: Shell, reader: Path, own_folder: Path) -> None:
    # A run remembers that the test set was looked at, so it is a copy that is.
    shutil.copytree(reader, "net")
    answer = shell("learn", "net", str(own_folder), "--out", "new", *FEW, "--test", "--json")
    assert answer.code == 0
    found = answer.json
    assert (found["run"], found["from"], found["n"]) == ("new", "net", 60)
    assert (found["folds"], found["by_writer"]) == (2, True)
    for part, n in (("own", 60), ("validation", 224), ("test", 450)):
        assert found[part]["before"]["n"] == found[part]["after"]["n"] == n
        gain = found[part]["after"]["accuracy"] - found[part]["before"]["accuracy"]
        assert found[part]["comparison"]["difference"] == pytest.approx(gain)
    assert [each["writer"] for each in found["per_writer"]] == ["anna", "bert"]
    assert found["test"]["looks"] == 2
    assert len(Path("new/looks.jsonl").read_text().splitlines()) == 1
    score = shell("evaluate", "new", "--json").json
    assert score["accuracy"] == found["validation"]["after"]["accuracy"]


def test_it_is_told_in_words(shell: Shell, reader: Path, own_folder: Path) -> None:
    own = Path(shutil.copytree(own_folder, "own"))
    Image.new("L", (80, 80), 250).save(own / "anna/3/blank.png")
    (own / "anna/3/text.png").write_text("no picture")
    answer = shell("learn", str(reader), "own", "--out", "new", *FEW)
    assert answer.code == 1
    assert (
        f"{reader} (mlp) went on learning for 30 steps; 20 % of the images were the 60 own digits of own."
        in answer.out
    )
    assert "own digits, held out: " in answer.out
    assert "2 times some were held out, and read as digits of other people" in answer.out
    assert "What has learned from all of them is the run new." in answer.out
    assert "own/anna/3/blank.png: nothing was found in it" in answer.err
    assert "digitlab: error: own/anna/3/text.png is no picture" in answer.err
    assert "test of digits" not in answer.out
    assert not Path("new/looks.jsonl").exists()


def test_a_writer_of_whom_nothing_can_be_read_is_none(shell: Shell, reader: Path, own_folder: Path) -> None:
    """Else all that is there would be held out, and nothing left to learn from."""
    shutil.copytree(own_folder / "anna", "own/anna")
    Path("own/bert/3").mkdir(parents=True)
    Image.new("L", (80, 80), 250).save("own/bert/3/blank.png")
    found = shell("learn", str(reader), "own", "--out", "new", *FEW, "--json").json
    assert (found["n"], found["folds"], found["by_writer"]) == (30, 3, False)


def test_without_a_run_or_a_name_the_newest_learns_into_a_new_folder(
    shell: Shell, reader: Path, own_folder: Path
) -> None:
    shutil.copytree(reader, "runs/net")
    assert (
        "What has learned from all of them is the run runs/net-learned-1."
        in shell("learn", str(own_folder), *FEW).out
    )
    # It is the newest now; what it learned before is said.
    answer = shell("learn", str(own_folder), *FEW)
    assert "reading with the newest run, runs/net-learned-1 (mlp)." in answer.err
    assert "runs/net-learned-1 has learned from" in answer.err


def test_the_run_is_read_checked_and_told_of(
    shell: Shell, reader: Path, learned: Path, own_folder: Path
) -> None:
    assert shell("score", str(learned), str(own_folder), "--out", "pictures", "--json").json["n"] == 60
    checked = shell("check", str(learned))
    assert checked.code == 0
    assert "so its batches are not drawn again" in checked.out
    page = Path("page.html")
    assert shell("report", str(learned), "--brief", "--out", str(page)).code == 0
    text = page.read_text()
    assert f"for which {reader} went on learning, from own digits too:" in text
    assert (
        f"digitlab learn {reader} {own_folder} --out {learned} --share 0.2 --steps 30 --learning-rate 0.002"
        in text
    )


def refused(answer: Answer, said: str) -> None:
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err


def test_what_needs_a_training_from_its_seed_says_that_there_is_none(
    shell: Shell, reader: Path, learned: Path
) -> None:
    refused(shell("timeline", str(learned)), f"was not trained from its seed: {reader} went on learning")
    resumed = shell("train", "mlp", "--dataset", "digits", "--out", str(learned), "--resume")
    refused(resumed, "it has no training to resume.")


def test_what_is_there_is_left_alone(shell: Shell, reader: Path, own_folder: Path) -> None:
    Path("taken").mkdir()
    Path("taken/notes.txt").write_text("mine")
    refused(
        shell("learn", str(reader), str(own_folder), "--out", "taken"),
        "taken is there already. It was left alone",
    )
    assert [path.name for path in Path("taken").iterdir()] == ["notes.txt"]


def test_where_nothing_can_be_written_nothing_is_learned(
    shell: Shell, reader: Path, own_folder: Path
) -> None:
    Path("file").touch()
    answer = shell("learn", str(reader), str(own_folder), "--out", "file/new")
    refused(answer, "Cannot make the folder file/new")
    assert "learning:" not in answer.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--share", "1"], "The share of own digits lies between 0 and 1, not at 1"),
        (["--steps", "0"], "steps must be 1 or more, not 0."),
        (["--learning-rate", "-1"], "learning_rate must be a positive number"),
    ],
)
def test_wrong_settings_leave_nothing(
    shell: Shell, reader: Path, own_folder: Path, options: list[str], said: str
) -> None:
    answer = shell("learn", str(reader), str(own_folder), "--out", "new", *options)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert not Path("new").exists()


def test_nothing_to_learn_from(shell: Shell, reader: Path) -> None:
    Path("own/3").mkdir(parents=True)
    Image.new("L", (80, 80), 250).save("own/3/blank.png")
    refused(shell("learn", str(reader), "own"), "There is no digit to learn from among 1 pictures.")
    Path("unfinished").mkdir()
    shutil.copy(reader / "config.json", "unfinished/config.json")
    refused(shell("learn", "unfinished", "own"), "The run unfinished is not finished")


def test_an_interruption_writes_nothing(
    shell: Shell, reader: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("digitlab.recognition.learn", stopped)
    answer = shell("learn", str(reader), str(own_folder), "--out", "new")
    assert (answer.code, answer.out) == (130, "")
    assert "interrupted; nothing was written" in answer.err
    assert not Path("new").exists()


def test_help_tells_the_lesson_as_it_is(shell: Shell) -> None:
    said = " ".join(shell("learn", "--help").out.split())
    for value in (f"{Lesson.share:g}", f"{Lesson.steps}", f"{Lesson.RATE:g} of the run's own"):
        assert f"[default: ({value})]" in said, said
    assert learning.learn.__doc__
