"""Which files are pictures, in which order, and which digit each shows."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from digitlab.errors import DataError, DataNotFoundError
from digitlab.recognition import find_own_digits, find_pictures
from digitlab.recognition.own_digits import natural_order


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_pictures_come_in_natural_order_from_every_depth_and_nothing_else_does(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "10.png",
        "2.PNG",
        "b/1.jpg",
        "a10/x.webp",
        "a9/x.tif",
        "notes.txt",
        ".hidden/1.png",
        "b/.2.png",
    )
    found = [file.relative_to(tmp_path).as_posix() for file in find_pictures([tmp_path])]
    assert found == ["2.PNG", "10.png", "a9/x.tif", "a10/x.webp", "b/1.jpg"]


def test_files_are_taken_as_they_are_named(tmp_path: Path) -> None:
    files = [tmp_path / "b", tmp_path / "a.txt"]
    assert find_pictures(files) == files


def test_a_folder_without_pictures_says_what_was_expected(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    with pytest.raises(
        DataNotFoundError, match=r"There is no picture in .* Expected files that end in \.bmp"
    ):
        find_pictures([tmp_path])


@given(st.lists(st.integers(0, 10**6), min_size=2, unique=True))
def test_numbers_in_names_sort_by_their_size(numbers: list[int]) -> None:
    names = sorted((f"scan{number}.png" for number in numbers), key=natural_order)
    sizes = [int(re.findall(r"\d+", name)[0]) for name in names]
    assert all(first < second for first, second in pairwise(sizes))


@given(st.lists(st.text(max_size=8), min_size=2))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    keys = [natural_order(name) for name in names]
    assert sorted(keys) == sorted(keys, reverse=True)[::-1]


@pytest.mark.parametrize(
    ("file", "label", "how", "writer"),
    [
        ("7/x.png", 7, "folder", ""),
        ("anna/7/x.png", 7, "folder", "anna"),
        ("school/anna/7/x.png", 7, "folder", "school/anna"),
        ("3/7/x.png", 7, "folder", "3"),
        ("7/scans/x.png", 7, "folder", ""),
        ("7/3_x.png", 7, "folder", ""),
        ("7_x.png", 7, "file name", ""),
        ("7-003.jpg", 7, "file name", ""),
        ("anna/7_x.png", 7, "file name", "anna"),
        ("x_label7.png", 7, "file name", ""),
        ("scan-12-digit_4.png", 4, "file name", ""),
        ("Label 0.png", 0, "file name", ""),
    ],
)
def test_a_label_is_told_by_a_rule(tmp_path: Path, file: str, label: int, how: str, writer: str) -> None:
    folder = tmp_path / "own"
    touch(folder, file)
    [picture] = find_own_digits(folder).pictures
    assert (picture.label, picture.labelled_by, picture.writer) == (label, how, writer)


@pytest.mark.parametrize(
    "name",
    [
        "7.png",
        "12_x.png",
        "x7.png",
        "72/x.png",
        "IMG_7.png",
        "x_label77.png",
        "relabel7.png",
        "\N{ARABIC-INDIC DIGIT SEVEN}_x.png",
    ],
)
def test_a_label_is_never_guessed(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "own"
    touch(folder, name, "3/x.png")
    own = find_own_digits(folder)
    assert [picture.label for picture in own.pictures] == [3]
    assert own.unlabelled == (folder / name,)
    assert own.sentence == "Labels: 1 by the folders they are in. 1 without a label were left out."


def test_the_folder_given_labels_what_nothing_else_does(tmp_path: Path) -> None:
    touch(tmp_path / "5", "x.png", "7_x.png", "anna/2/x.png")
    own = find_own_digits(tmp_path / "5")
    assert {
        picture.file.name: picture.label for picture in own.pictures if picture.file.parent.name == "5"
    } == {"x.png": 5, "7_x.png": 7}
    assert own.labelled_by == {"folder": 1, "file name": 1, "the folder given": 1}
    assert own.writers == ("", "anna")


def test_a_folder_in_which_nothing_is_labelled_says_the_rule(tmp_path: Path) -> None:
    touch(tmp_path / "own", "x.png")
    with pytest.raises(DataError, match=r"None of the 1 pictures in .* has a label\. A picture's label is"):
        find_own_digits(tmp_path / "own")


@pytest.mark.parametrize(("name", "found"), [("none", "is not there"), ("file.png", "is a file")])
def test_only_a_folder_has_own_digits(tmp_path: Path, name: str, found: str) -> None:
    touch(tmp_path, "file.png")
    with pytest.raises(DataNotFoundError, match=rf"{name} {found}\. Expected a folder"):
        find_own_digits(tmp_path / name)


def test_real_scans_are_found_with_their_labels_and_writers(own_digits_dir: Path) -> None:
    own = find_own_digits(own_digits_dir)
    assert (len(own.pictures), len(own.writers), own.unlabelled) == (1200, 6, ())
    assert Counter(picture.label for picture in own.pictures) == dict.fromkeys(range(10), 120)
    assert [picture.file.name for picture in own.pictures[:3]] == ["00.png", "01.png", "02.png"]
