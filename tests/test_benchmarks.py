"""The benchmarks' own arithmetic, and that races are run in turn, whole or not at all."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from harness import CACHES, VENVS, BenchmarkError, Contestant, python_of, race
from learning import pairs, table as learning_table
from nondigits import LOOK_ALIKES, PLAIN_LETTERS, pictures
from plot import Point, course
from products import flops, forward_products
from race import Job, chosen
from record import machine, write
from refusal import Seen, answers, at_limit, letters_together
from saliency import agreed, cell, summed
from tables import Column, Table, duration, markdown, ratio

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.insight import Agreement
from digitlab.models import MLP
from digitlab.recognition import Collected

RUNS = {
    "ours": [{"whole_s": seconds, "test_accuracy": 0.98} for seconds in (2.0, 1.0, 9.0)],
    "slow": [{"whole_s": seconds, "test_accuracy": 0.97, "epochs": 3} for seconds in (8.0, 7.0, 100.0)],
    "quick": [{"whole_s": seconds, "test_accuracy": 0.97, "epochs": 4} for seconds in (0.5, 0.4, 0.6)],
}


def saying(name: str, code: str, **options: Any) -> Contestant:
    return Contestant(name, ("-c", f"import json, os, pathlib, sys, time\n{code}"), **options)


def test_a_table_has_medians_ratios_and_the_quickest_first() -> None:
    column = Column("epochs", "epochs", lambda values: f"{max(values):g}")
    table = Table("The job", "whole_s", ("ours", "slow", "quick", "left out"), "The clock.", (column,))
    assert markdown(table, RUNS, ["ours"]).splitlines() == [
        "**The job**",
        "",
        "| contestant | median | lowest to highest | ours ÷ it | epochs |",
        "| --- | --- | --- | --- | --- |",
        "| quick | 500 ms | 400 ms to 600 ms | 4.00 | 4 |",
        "| ours | 2.00 s | 1.00 s to 9.00 s | 1.00 |  |",
        "| slow | 8.00 s | 7.00 s to 100 s | 0.25 | 3 |",
        "",
        "The clock. ours takes 4.00 of the time of the quickest peer, quick.",
    ]


def test_the_ratio_of_medians() -> None:
    assert ratio(RUNS, "ours", "slow", "whole_s") == 0.25
    assert ratio(RUNS, "slow", "ours", "whole_s") == 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (123.4, "123 s"),
        (12.34, "12.3 s"),
        (1.0, "1.00 s"),
        (0.85, "850 ms"),
        (3.21e-5, "32.1 µs"),
        (2e-7, "0.20 µs"),
    ],
)
def test_durations_have_three_digits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_contestants_run_in_turn_each_with_the_number_of_its_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    note = f"""
given = json.loads(sys.argv[1])
with open({str(log)!r}, "a") as file: file.write(given["name"] + str(given["seed"]) + " ")
print("chatter")
print(json.dumps(given))
"""
    begin = time.time()
    runs = race([saying(name, note, settings={"name": name}) for name in ("a", "b", "c")], 2)
    assert log.read_text().split() == ["a0", "b0", "c0", "a1", "b1", "c1"]
    assert [run["seed"] for run in runs["b"]] == [0, 1]
    assert begin <= runs["a"][0]["begin"] < runs["c"][1]["begin"]


def test_the_clock_is_outside_and_a_pause_does_not_count() -> None:
    work = "time.sleep(0.2); print(json.dumps({'paused_s': 0.15}))"
    (run,) = race([saying("sleeper", work)], 1)["sleeper"]
    assert run["wall_s"] >= 0.2
    assert run["whole_s"] == pytest.approx(run["wall_s"] - 0.15)


@pytest.mark.parametrize(("cache", "found"), [("kept", [0, 1]), ("filled", [1, 2]), ("empty", [0, 0])])
def test_what_is_compiled_is_kept_or_not(cache: Any, found: list[int]) -> None:
    code = f"""
folder = pathlib.Path(os.environ[{CACHES[0]!r}])
folder.mkdir(parents=True, exist_ok=True)
print(json.dumps({{"found": len(list(folder.iterdir()))}}))
(folder / str(time.time_ns())).touch()
"""
    assert [run["found"] for run in race([saying("a", code, cache=cache)], 2)["a"]] == found


def test_a_failed_run_stops_the_race_with_its_last_words() -> None:
    broken = saying("broken", "print('{}'); print('first'); sys.exit('The disk is full.')")
    with pytest.raises(BenchmarkError, match=r"(?s)broken failed with exit code 1 .* The disk is full\."):
        race([saying("fine", "print('{}')"), broken], 1)


@pytest.mark.parametrize("said", ["", "print('done')", "print('[1]')"])
def test_a_run_that_measures_nothing_stops_the_race(said: str) -> None:
    with pytest.raises(BenchmarkError, match="mute should end with a line that is one JSON object"):
        race([saying("mute", said)], 1)


def test_an_optional_contestant_that_cannot_run_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    broken = saying("broken", "sys.exit('No compiler.')", cache="filled", optional=True)
    assert list(race([broken, saying("fine", "print('{}')")], 1)) == ["fine"]
    assert "Left out: broken failed" in capsys.readouterr().err


def test_a_named_folder_must_have_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VENVS, str(tmp_path))
    assert python_of(None) == sys.executable
    with pytest.raises(BenchmarkError, match="DIGITLAB_BENCH_VENVS names a folder with a ready environment"):
        race([saying("a", "", environment="torch")], 1)


def test_results_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = write("race-x", {"machine": machine(), "runs": RUNS}, tmp_path / "results")
    assert json.loads(path.read_text())["runs"] == RUNS
    with pytest.raises(ValueError, match="not JSON compliant"):
        write("race-x", {"runs": float("nan")}, path.parent)
    assert json.loads(path.read_text())["runs"] == RUNS
    assert list(path.parent.iterdir()) == [path]


def test_a_race_of_some_contestants() -> None:
    contestants = (saying("torch 512", ""), saying("sklearn", ""))
    job = Job(
        contestants, (Table("both", "wall_s", ("torch 512", "sklearn"), ""), Table("none", "", ("x",), ""))
    )
    left = chosen(job, ["torch"])
    assert left.contestants == contestants[:1]
    assert [table.title for table in left.tables] == ["both"]
    with pytest.raises(
        BenchmarkError, match="No contestant has jax in its name: they are torch 512, sklearn"
    ):
        chosen(job, ["jax"])


def test_a_course_goes_as_far_as_half_of_its_runs() -> None:
    lengths = (1, 2, 2, 3)
    runs = [
        {
            "whole_s": 10.0 * length,
            "test_accuracy": 0.75,
            "curve": [{"seconds": float(number), "test_accuracy": 0.5} for number in range(length)],
        }
        for length in lengths
    ]
    found = course("a", "torch", runs)
    assert found.epochs == (Point(0.0, 0.5), Point(1.0, 0.5))
    assert found.end == Point(20.0, 0.25)


def test_products_of_a_step_worked_by_hand() -> None:
    # Two operations for each weight: forward and for the kernels' gradients, for the inputs' but at the first.
    first, second, last = 784 * 100, 100 * 50, 50 * 10
    assert flops(MLP((100, 50)), 7) == 7 * 2 * (2 * first + 3 * second + 3 * last)


def test_products_of_a_convolution_worked_by_hand() -> None:
    images, kernel = jnp.zeros((2, 3, 9, 9)), jnp.zeros((5, 3, 4, 4))
    convolve = jax.jit(lambda images, kernel: jax.lax.conv(images, kernel, (1, 1), "VALID"))
    found = list(forward_products(jax.make_jaxpr(convolve)(images, kernel).jaxpr))
    assert found == [2 * (2 * 6 * 6) * 5 * (3 * 4 * 4)]


def test_errors_and_agreement_are_summed_over_digits() -> None:
    assert cell([0.001, 0.02, 0.003]) == "0.3, 2"
    assert (
        agreed(**summed([Agreement(6, 2, 1, 1), Agreement(5, 0, 0, 5)]))
        == "65.0 | 65.0 ± 21.2 | 20 | 8 | 25.0"
    )


def test_refusals_of_letters_count_each_letter_once() -> None:
    nothing = np.zeros(4, bool)
    strange = np.array([0.0, 1, 2, 3])
    seen = {
        "letters": Seen(strange, np.array([True, True, True, False]), nothing, np.zeros(4, int)),
        "look-alike letters": Seen(strange, np.array([True, False, False, False]), nothing, np.zeros(4, int)),
    }
    together = letters_together(seen)
    assert together == pytest.approx((0.75 * len(PLAIN_LETTERS) + 0.25 * len(LOOK_ALIKES)) / 52)
    at = at_limit(0.25, strange, seen["letters"], seen)
    assert (at["limit"], at["test"], at["letters"]) == (3.0, 0.0, 0.0)


def test_answers_refused_are_counted_by_whether_they_were_right() -> None:
    seen = Seen(np.zeros(4), np.array([True, True, False, False]), np.zeros(4, bool), np.array([1, 2, 3, 4]))
    found = answers(seen, np.array([1, 0, 3, 4]))
    assert (found["refused"], found["n"]) == (2, 4)
    assert (found["right"], found["right of those answered"]) == (0.75, 1.0)
    assert (found["refused though right"], found["wrong"], found["wrong and refused"]) == (1, 1, 1)


@pytest.mark.parametrize("kind", ["blank", "noise", "textures", "shapes", "scribbles", "photos", "animals"])
def test_pictures_of_no_digit_come_from_their_seed(kind: str) -> None:
    (one,), (again,), (other,) = (pictures(kind, 1, seed=seed) for seed in (1, 1, 7))
    assert one.shape == (96, 96, 3)
    np.testing.assert_array_equal(one, again)
    assert kind == "blank" or (one != other).any()


def test_writers_are_held_out_two_and_two_and_the_table_has_means() -> None:
    pixels, labels = np.zeros((6, 2, 2), np.uint8), np.zeros(6, np.uint8)
    own = Collected(Dataset(pixels, labels, "own", np.arange(6)), tuple("abcdef"), Path("own"), (), ())
    assert pairs(own) == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(ConfigError, match="needs digits of 4 writers or more"):
        pairs(Collected(Dataset(pixels, labels, "own"), ("",), Path("own"), (), ()))
    row = {
        "writers": ["a", "b"],
        "n": 40,
        "own_before": 0.9,
        "own_after": [0.97, 0.99],
        "test_before": 0.992,
        "test_after": [0.991, 0.992],
        "seconds": [1.0, 2.0],
    }
    last = learning_table([row]).splitlines()[-1]
    assert last == "| a, b (40) | 90.00 | 98.00 ± 1.41 | 99.20 | 99.15 ± 0.07 | -0.05 | 1.5 |"
