"""Pictures read from the shell: files, folders, stdin; and what is wrong with some costs none of the others."""

import csv
import io
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from digitlab.cli.plans import newest_run
from digitlab.cli.reasons import file_stems
from digitlab.errors import RunNotFoundError

from .conftest import Shell

SCORES = ["digit", "confidence", "probabilities", "rejected", "reason"]


@pytest.fixture
def own(tmp_path: Path, own_folder: Path) -> Path:
    """Return the own digits, in the folder that the shell works in."""
    return Path(shutil.copytree(own_folder, tmp_path / "own")).relative_to(tmp_path)


def test_files_and_folders_are_read_in_the_order_named(shell: Shell, reader: Path, own: Path) -> None:
    answer = shell("predict", str(reader), "own/bert/3/1.png", "own/anna", "--json")
    found = answer.json
    assert answer.code == 0
    files = [each["file"] for each in found["predictions"]]
    assert files[:4] == ["own/bert/3/1.png", "own/anna/0/0.png", "own/anna/0/2.png", "own/anna/0/4.png"]
    assert len(files) == 31
    assert found["errors"] == []
    assert all(list(each)[:6] == ["file", *SCORES] for each in found["predictions"])
    assert all(np.isclose(sum(each["probabilities"]), 1) for each in found["predictions"])
    right = [Path(each["file"]).parent.name == str(each["digit"]) for each in found["predictions"]]
    assert np.mean(right) > 0.7


def test_the_same_is_said_in_words_and_as_a_table(shell: Shell, reader: Path, own: Path) -> None:
    names = ["own/anna/0/0.png", "own/anna/7/0.png"]
    found = shell("predict", str(reader), *names, "--json").json["predictions"]
    said = shell("predict", str(reader), *names).out
    rows = list(csv.DictReader(io.StringIO(shell("predict", str(reader), *names, "--csv").out)))
    for each, row in zip(found, rows, strict=True):
        digit, share = each["digit"], each["probabilities"][each["digit"]]
        assert each["confidence"] == share == pytest.approx(float(row["confidence"]), abs=1e-6)
        if not each["rejected"]:
            assert f"{each['file']}: {digit} ({100 * share:.1f} %)" in said
        assert (row["file"], row["digit"], row["rejected"]) == (
            each["file"],
            str(digit),
            str(each["rejected"]).lower(),
        )
        assert [float(row[f"p{k}"]) for k in range(10)] == pytest.approx(each["probabilities"], abs=1e-6)
        assert row["remarks"] == " ".join(each["remarks"])


def test_bad_files_cost_none_of_the_others(shell: Shell, reader: Path, own: Path) -> None:
    Path("text.png").write_text("no picture")
    Path("empty.jpg").touch()
    Path("cut.png").write_bytes((own / "anna/1/0.png").read_bytes()[:200])
    Path("nothing").mkdir()
    bad = ["text.png", "empty.jpg", "cut.png", "gone.png", "nothing"]
    answer = shell("predict", str(reader), *bad[:2], "own/anna/1/0.png", *bad[2:], "--json")
    assert answer.code == 1
    assert [each["file"] for each in answer.json["predictions"]] == ["own/anna/1/0.png"]
    errors = {each["file"]: each["error"] for each in answer.json["errors"]}
    assert set(errors) == set(bad)
    for name, said in zip(
        bad, ["is no picture", "is empty", "cut off", "no picture at", "no picture in"], strict=True
    ):
        assert said in errors[name]
        assert f"digitlab: error: {errors[name]}\n" in answer.err
    assert "5 could not be read, the other 1 were." in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_an_error_of_its_own(shell: Shell, reader: Path, own: Path) -> None:
    (own / "anna/1/0.png").chmod(0)
    answer = shell("predict", str(reader), "own/anna/1")
    assert (answer.code, answer.out.count("own/anna/1/")) == (1, 2)
    assert "Cannot read own/anna/1/0.png: Permission denied" in answer.err


def test_a_dangling_link_is_an_error_of_its_own(shell: Shell, reader: Path, own: Path) -> None:
    (own / "anna/1/9.png").symlink_to("nowhere")
    answer = shell("predict", str(reader), "own/anna/1")
    assert (answer.code, answer.out.count("own/anna/1/")) == (1, 3)
    assert "There is no picture at own/anna/1/9.png: it is a link that leads nowhere." in answer.err


def stdin_of(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_picture_on_stdin(shell: Shell, reader: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = own / "anna/1/0.png"
    stdin_of(monkeypatch, file.read_bytes())
    [on_stdin, from_file] = shell("predict", str(reader), "-", str(file), "--json").json["predictions"]
    assert on_stdin == from_file | {"file": "stdin"}
    stdin_of(monkeypatch, b"")
    answer = shell("predict", str(reader), "-")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(
        "digitlab: error: stdin is empty: there is no picture in it. Nothing was read"
    )
    assert shell("predict", str(reader), "-", "-").code == 2


def test_a_closed_stdin_is_told_in_a_line(
    shell: Shell, reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    answer = shell("predict", str(reader), "-")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("digitlab: error: stdin is closed: there is no picture in it. Nothing was")


@pytest.mark.parametrize("name", ["line\nfeed.png", "return\rhere.png", 'a "b", c.png'])
def test_any_name_is_one_cell_of_the_table(shell: Shell, reader: Path, own: Path, name: str) -> None:
    shutil.copy(own / "anna/1/0.png", name)
    for more in ([], ["--many"]):
        table = shell("predict", str(reader), name, "--csv", *more).out
        _, row = csv.reader(io.StringIO(table, newline=""))
        assert row[0] == name


def test_what_is_odd_about_a_file_and_not_about_its_digit_is_not_said(
    shell: Shell, reader: Path, own: Path
) -> None:
    cut_off = b"Exif\0\0II*\0\x08\0\0\0\x05\0"
    Image.open(own / "anna/1/0.png").convert("L").save("odd.jpg", exif=cut_off)
    answer = shell("predict", str(reader), "odd.jpg")
    assert (answer.code, answer.err) == (0, "")


def test_a_blank_page_is_refused(shell: Shell, reader: Path) -> None:
    Image.new("L", (80, 80), 250).save("blank.png")
    [found] = shell("predict", str(reader), "blank.png", "--json").json["predictions"]
    assert (found["digit"], found["rejected"], found["reason"]) == (None, True, "nothing drawn")
    assert shell("predict", str(reader), "blank.png").out.startswith("blank.png: refused: nothing drawn\n")


def test_wrong_command_lines(shell: Shell, reader: Path, own: Path) -> None:
    picture = str(own / "anna/1/0.png")
    assert "There is nothing to read with the run" in shell("predict", str(reader)).err
    answer = shell("predict", str(reader), picture, "--json", "--csv")
    assert (answer.code, answer.out) == (2, "")
    answer = shell("predict", str(reader.parent), picture)
    assert (answer.code, answer.out) == (1, "")
    assert f"It holds these runs; name one: {reader}." in answer.err
    unfinished = Path("runs/unfinished")
    shutil.copytree(reader, unfinished)
    (unfinished / "model.safetensors").unlink()
    answer = shell("predict", str(unfinished), picture)
    assert (answer.code, answer.out) == (1, "")
    assert "The run runs/unfinished is not finished" in answer.err
    for command in (["predict", str(reader), ""], ["predict", ""], ["score", str(reader), ""]):
        answer = shell(*command)
        assert (answer.code, answer.out) == (2, "")
        assert "an empty name is no place to read from." in answer.err
    for command in (["predict", picture], ["score", "own"]):
        answer = shell(*command)
        assert (answer.code, answer.out) == (1, "")
        assert (
            "there is no finished one in runs. Make one with: digitlab train conv --preset own" in answer.err
        )


def begun(run: Path, when: str, model: Path) -> Path:
    """Copy a run, as if it had been begun at another time."""
    shutil.copytree(model, run)
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"created": f"2026-01-0{when}T00:00:00+00:00"}))
    return run


def test_the_newest_run_is_used_where_none_is_named(shell: Shell, reader: Path, own: Path) -> None:
    linear = Path("other/linear")
    assert (
        shell(
            "train", "linear", "--dataset", "digits", "--steps", "5", "--periods", "1", "--out", str(linear)
        ).code
        == 0
    )
    with pytest.raises(RunNotFoundError, match="no finished one in runs"):
        newest_run()
    begun(Path("runs/old"), "1", reader)
    new = begun(Path("runs/new"), "2", linear)
    (begun(Path("runs/unfinished"), "9", reader) / "model.safetensors").unlink()
    (begun(Path("runs/damaged"), "9", reader) / "config.json").write_text("{")
    assert newest_run().folder == new
    picture = str(own / "anna/1/0.png")
    answer = shell("predict", picture)
    assert answer.code == 0
    assert "reading with the newest run, runs/new (linear)." in answer.err
    for command in (["predict", "typo", picture], ["score", "typo", "own"]):
        answer = shell(*command)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.startswith("digitlab: error: There is nothing at typo. Expected a run first")
        assert answer.err.count("\n") == 1
    dangling = Path("dangling.png")
    dangling.symlink_to("nowhere")
    answer = shell("predict", str(dangling), picture)
    assert (answer.code, answer.out.count(picture)) == (1, 1)
    # Of runs made at once the better reader, though it was begun first.
    begun(Path("runs/both/linear"), "4", linear)
    better = begun(Path("runs/both/mlp"), "3", reader)
    assert newest_run().folder == better


def test_why_each_was_read_so_is_drawn_and_told(shell: Shell, reader: Path, own: Path) -> None:
    Image.new("L", (80, 80), 250).save("blank.png")
    Path("text.png").write_text("no picture")
    named = ["own/anna/7/0.png", "text.png", "own/anna/3/0.png", "blank.png"]
    answer = shell("predict", str(reader), *named, "--explain", "why", "--json")
    assert answer.code == 1
    assert {path.name for path in Path("why").iterdir()} == {
        f"{stem}.{kind}" for stem in ("0", "3-0", "blank") for kind in ("png", "svg", "txt", "json")
    }
    [seven, three, blank] = answer.json["predictions"]
    assert seven["files"][0] == "why/0.png"
    assert Path("why/3-0.txt").read_text().splitlines() == ["own/anna/3/0.png", *three["why"]]
    assert json.loads(Path("why/0.json").read_text())["sentences"] == seven["why"]
    assert blank["why"] == ["Refused: nothing drawn."]
    assert "drawn and told in why." in shell("predict", str(reader), named[0], "--explain", "why").err
    Path("file").touch()
    answer = shell("predict", str(reader), named[0], "--explain", "file")
    assert (answer.code, answer.out) == (1, "")
    assert "Cannot make the folder file" in answer.err


@given(
    st.lists(
        st.sampled_from(
            ["a/1.png", "b/1.png", "/a/1.png", "c/a/1.jpg", "1.png", "stdin", "a/1.tif", "..", "é.x/1"]
        )
    )
)
def test_every_picture_has_files_of_its_own(names: list[str]) -> None:
    stems = list(file_stems(names))
    assert len(set(stems)) == len(stems) == len(names)
    assert not any("/" in stem or stem.startswith(".") for stem in stems)


def test_several_digits_are_read_in_one_picture(shell: Shell, reader: Path, own: Path) -> None:
    digits = [Image.open(own / "anna" / str(digit) / "0.png").convert("L") for digit in (3, 0, 7)]
    row = Image.new("L", (sum(each.width for each in digits), digits[0].height), 245)
    for number, each in enumerate(digits):
        row.paste(each, (number * each.width, 0))
    row.save("row.png")
    document = json.loads(shell("predict", str(reader), "row.png", "--many", "--json").out)
    (found,) = document["predictions"]
    assert found["file"] == "row.png"
    assert [each["digit"] for each in found["digits"]] == [3, 0, 7]
    assert found["lines"] == [3]
    lefts = [each["box"][1] for each in found["digits"]]
    assert lefts == sorted(lefts)
    table = shell("predict", str(reader), "row.png", "--many", "--csv").out.splitlines()
    assert table[0].startswith("file,number,digit,confidence")
    assert len(table) == 4
    told = shell("predict", str(reader), "row.png", "--many", "--explain", "drawn")
    assert told.out.startswith("row.png: ")
    assert Path("drawn/row.png").is_file()
    assert told.err == "digitlab: the pictures, a box around each digit, are drawn in drawn.\n"
    Image.new("L", (80, 80), 250).save("blank.png")
    told = shell("predict", str(reader), "blank.png", "row.png", "--many", "--explain", "drawn")
    assert (told.code, told.out.splitlines()[0]) == (0, "blank.png: nothing read: no digits were found")
    assert Path("drawn/blank.png").is_file()


NO_TEXT = os.fsdecode(b"caf\xe9.png")


@pytest.mark.whole_pictures
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text on this system")
def test_a_name_that_is_no_text_is_drawn_with_its_bytes(shell: Shell, reader: Path, own: Path) -> None:
    shutil.copy(own / "anna/1/0.png", NO_TEXT)
    for more in ([], ["--many"]):
        assert shell("predict", str(reader), NO_TEXT, "--explain", "why", *more).code == 0
        assert "caf\\udce9.png" in Path(os.fsdecode(b"why/caf\xe9.svg")).read_text()
