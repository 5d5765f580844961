"""Who wrote which digit, from the shell: the split by writer, and the interval over writers."""

from pathlib import Path

import numpy as np
import pytest

from digitlab.data import load_dataset, read_idx, write_idx

from .conftest import QUICK, Made, Shell

SETTINGS = ["--dataset", "./known", "--steps", "60", "--periods", "2"]


@pytest.fixture
def known(shell: Shell, tmp_path: Path) -> Path:
    """Make a data set of the bundled digits, of which twenty each are said to be one person's."""
    folder = tmp_path / "known"
    folder.mkdir()
    for part, images in zip(("train", "test"), load_dataset("digits"), strict=True):
        table = np.zeros((len(images), 8), np.int32)
        people = np.arange(len(images)) // 20
        table[:, 0], table[:, 1], table[:, 2] = images.labels, np.where(people < 9, 4, 0), people
        write_idx(folder / f"{part}-images-idx3-ubyte", images.pixels)
        write_idx(folder / f"{part}-labels-idx2-int", table)
    return folder


def test_a_split_by_writer_is_kept_and_gone_on_with(shell: Shell, known: Path, tmp_path: Path) -> None:
    answer = shell("train", "linear", *SETTINGS, "--split-by", "writer", "--out", "r", "--json")
    assert answer.code == 0, answer.err
    # Whole people of twenty digits each, where a stratified split takes 224.
    assert answer.json["validation"]["n"] % 20 == 0
    assert answer.json["validation"]["writers"] == answer.json["validation"]["n"] / 20
    weights = (tmp_path / "r" / "model.safetensors").read_bytes()
    (tmp_path / "r" / "model.safetensors").unlink()
    (tmp_path / "r" / "checkpoint.safetensors").unlink()
    assert shell("train", "linear", "--out", "r", "--resume").code == 0
    assert (tmp_path / "r" / "model.safetensors").read_bytes() == weights
    answer = shell("train", "linear", "--out", "r", "--resume", "--split-by", "stratified")
    assert "split writer, not stratified" in answer.err


def test_the_interval_is_over_writers_where_they_are_known(shell: Shell, known: Path) -> None:
    shell("train", "linear", *SETTINGS, "--out", "a")
    score = shell("evaluate", "a", "--split", "test", "--json").json
    low, high = score["interval"]
    naive_low, naive_high = score["naive_interval"]
    assert low <= score["accuracy"] <= high
    assert score["widening"] == pytest.approx((high - low) / (naive_high - naive_low))
    assert score["writers"] == 23
    assert score["calibration"]["sure"] is None or score["calibration"]["sure"]["coverage"] > 0
    said = shell("evaluate", "a", "--split", "test").out
    series = score["series"]
    assert [series[each]["n"] for each in ("0", "4")] == [270, 180]
    both = (270 * series["0"]["accuracy"] + 180 * series["4"]["accuracy"]) / 450
    assert both == pytest.approx(score["accuracy"])
    assert "NIST's series 4, high-school students: " in said
    assert f"The interval is over 23 writers, {score['widening']:.1f} times as wide as if each digit" in said
    shell("train", "linear", *SETTINGS, "--steps", "4", "--out", "b")
    assert "a: The interval is over 23 writers" in shell("compare", "b", "a", "--out", "c").out


def test_a_run_split_by_writer_is_refused_where_the_writers_are_told_otherwise(
    shell: Shell, known: Path, tmp_path: Path
) -> None:
    shell("train", "linear", *SETTINGS, "--split-by", "writer", "--out", "r")
    labels = known / "train-labels-idx2-int"
    table = read_idx(labels).copy()
    table[:, 1:3] = table[::-1, 1:3]
    write_idx(labels, table)
    answer = shell("evaluate", "r")
    assert answer.code == 1
    assert "The validation images of the run r are no longer those that it was begun with" in answer.err
    write_idx(known / "train-labels-idx1-ubyte", table[:, 0].astype(np.uint8))
    labels.unlink()
    answer = shell("evaluate", "r")
    assert "The run r was split by writer, and who wrote which digit of" in answer.err


def test_where_nobody_knows_the_writers_the_interval_is_wilsons(shell: Shell, made: Made) -> None:
    made("r", "linear", *QUICK)
    score = shell("evaluate", "r", "--json").json
    assert not {"writers", "naive_interval", "widening"} & score.keys()
    assert score["series"] == {}
    assert "writers" not in shell("evaluate", "r").out
