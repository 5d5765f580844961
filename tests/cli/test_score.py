"""Own digits held against their labels, from the shell."""

import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.evaluation import wilson_interval

from .conftest import Shell


@pytest.fixture
def own(tmp_path: Path, own_folder: Path) -> Path:
    """Return the own digits, in the folder that the shell works in."""
    return Path(shutil.copytree(own_folder, tmp_path / "own")).relative_to(tmp_path)


def test_every_number_follows_from_the_answers(shell: Shell, reader: Path, own: Path) -> None:
    read = shell("predict", str(reader), "own", "--json").json["predictions"]
    found = shell("score", str(reader), "own", "--out", "pictures", "--json").json
    true = np.array([int(Path(each["file"]).parent.name) for each in read])
    digits = np.array([each["digit"] for each in read])
    right = digits == true
    assert (found["n"], found["accuracy"]) == (60, right.mean())
    assert found["interval"] == pytest.approx(wilson_interval(int(right.sum()), 60))
    of_true = [each["probabilities"][label] for each, label in zip(read, true, strict=True)]
    assert found["log_loss"] == pytest.approx(-np.log(of_true).mean())
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (true, digits), 1)
    assert found["confusion"] == confusion.tolist()
    assert [each["writer"] for each in found["per_writer"]] == ["anna", "bert"]
    for each in found["per_writer"]:
        mask = np.array([Path(one["file"]).parts[1] == each["writer"] for one in read])
        assert (each["n"], each["accuracy"]) == (30, right[mask].mean())
    kept = np.array([not each["rejected"] for each in read])
    assert found["refused"] == (~kept).sum()
    assert found["accepted"]["accuracy"] == right[kept].mean()
    assert {each["file"] for each in found["mistakes"]} == {
        one["file"] for one, fine in zip(read, right, strict=True) if not fine
    }
    shares = [each["confidence"] for each in found["mistakes"]]
    assert shares == sorted(shares, reverse=True)
    assert found["labelled_by"] == {"folder": 60}
    drawn = {Path(file).name for file in found["files"]}
    assert {"own-confusion-own.png", "own-mistakes-own.svg"} <= drawn
    assert all(Path(file).stat().st_size for file in found["files"])


def test_it_is_told_in_words(shell: Shell, reader: Path, own: Path) -> None:
    shutil.copy(own / "anna/1/0.png", own / "which.png")
    answer = shell("score", str(reader), "own", "--out", "pictures")
    assert answer.code == 0
    assert "mlp on 60 own digits of own: accuracy" in answer.out
    assert "The digits are by 2 writer(s)" in answer.out
    assert "Labels: 60 by the folders they are in. 1 without a label were left out." in answer.out
    assert "1 pictures have no label and are left out:\n  own/which.png\n" in answer.err
    assert "Drawn in pictures/own-confusion-own.png." in answer.out


def test_nothing_found_is_a_mistake_and_no_digit(shell: Shell, reader: Path, own: Path) -> None:
    for digit in range(10):
        Image.new("L", (90, 90), 250).save(own / f"anna/{digit}/blank.png")
    before = shell("score", str(reader), "own", "--out", "pictures", "--json").json
    assert before["n"] == 70
    assert before["nothing_found"] == [1] * 10
    assert np.sum(before["confusion"]) == 60
    assert before["accuracy"] == np.trace(before["confusion"]) / 70
    assert before["refused"] >= 10
    assert {each["reason"] for each in before["mistakes"] if each["digit"] is None} == {"nothing drawn"}
    assert "nothing was found in 10." in shell("score", str(reader), "own", "--out", "pictures").out


def test_what_cannot_be_read_is_said_at_the_end(shell: Shell, reader: Path, own: Path) -> None:
    (own / "anna/1/text.png").write_text("no picture")
    answer = shell("score", str(reader), "own", "--out", "pictures", "--json")
    assert (answer.code, answer.json["n"]) == (1, 60)
    assert [each["file"] for each in answer.json["errors"]] == ["own/anna/1/text.png"]
    assert "digitlab: error: own/anna/1/text.png is no picture" in answer.err
    shutil.rmtree(own)
    (own / "3").mkdir(parents=True)
    (own / "3/empty.png").touch()
    answer = shell("score", str(reader), "own")
    assert (answer.code, answer.out) == (1, "")
    assert "None of the 1 pictures can be read. The first: own/3/empty.png is empty" in answer.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none"], 1, "none is not there. Expected a folder"),
        (["own/anna/1/0.png"], 1, "is a file. Expected a folder"),
        (["own", "own"], 2, "Expected one folder with own digits, found 2"),
        (["bare"], 1, "There is no picture in bare"),
        (["flat"], 1, "None of the 1 pictures in flat has a label."),
    ],
)
def test_wrong_folders(
    shell: Shell, reader: Path, own: Path, arguments: list[str], code: int, said: str
) -> None:
    Path("bare").mkdir()
    Path("flat").mkdir()
    shutil.copy(own / "anna/1/0.png", "flat/x.png")
    answer = shell("score", str(reader), *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err


@pytest.mark.whole_pictures
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text on this system")
def test_names_that_are_no_text_are_drawn_with_their_bytes(shell: Shell, reader: Path) -> None:
    folder, name = (os.fsdecode(each) for each in (b"\xe9", b"caf\xe9.png"))
    place = Path(folder, "1")
    place.mkdir(parents=True)
    Image.new("L", (80, 80), 250).save(place / name)
    answer = shell("score", str(reader), folder, "--out", "pictures", "--json")
    assert (answer.code, answer.json["nothing_found"][1]) == (0, 1)
    drawn = Path("pictures", f"own-mistakes-{folder}.svg").read_text()
    assert "own digits of \\udce9" in drawn
    assert "1/caf\\udce9.png" in drawn
    assert "the one misread. Left as it came" in " ".join(re.findall(r">([^<]+)</text>", drawn))


def test_where_no_picture_can_be_drawn_the_numbers_are_told(shell: Shell, reader: Path, own: Path) -> None:
    Path("file").touch()
    answer = shell("score", str(reader), "own", "--out", "file")
    assert answer.code == 0
    assert "no picture was drawn." in answer.err
    assert "accuracy" in answer.out
