"""`digitlab timeline`: what it prints and leaves, and its errors."""

import re
from pathlib import Path

import pytest

from digitlab import pictures
from digitlab.data import Split
from digitlab.insight import timeline as insight
from digitlab.training import OnStep

from .conftest import QUICK, SMALL, Made, Shell

FILES = [
    *(
        f"timeline{part}.{kind}"
        for part in ("", "-recall", "-moved", "-smoothness")
        for kind in ("png", "svg")
    ),
    "timeline.webp",
    "timeline.gif",
    "timeline.html",
]
FEW = ["--frames", "3", "--steps", "0,10,40"]


def test_a_run_is_followed_to_its_own_weights_and_told_in_json(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "draw_timeline", lambda *_, **__: [])
    trained = shell("train", "linear", *QUICK, "--out", "o", "--json").json
    answer = shell("timeline", "o", *FEW, "--json", "--out", "new/place")
    assert answer.code == 0, answer.err
    found = answer.json
    assert found["files"] == [f"new/place/{file}" for file in FILES[-3:]]
    assert all((tmp_path / file).stat().st_size for file in found["files"])
    assert found["difference"] == 0
    first, *_, last = found["snapshots"]
    assert (first["step"], last["step"]) == (0, 40)
    assert last["accuracy"] == trained["validation"]["accuracy"]
    assert last["log_loss"] == pytest.approx(trained["validation"]["log_loss"], abs=1e-6)
    assert sum(each["asked"] for each in found["snapshots"]) == 3
    assert answer.err == "linear: training again from its seed, to step 40\n"


@pytest.mark.whole_pictures
def test_what_is_printed_and_left_in_the_run(shell: Shell, made: Made, tmp_path: Path) -> None:
    made("o", "mlp", *SMALL)
    answer = shell("timeline", "o", "--frames", "3", "--units", "3,0")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert " ".join(lines[0].split()) == "step log loss accuracy moved alike to the end noise hardest digit"
    assert [line.split()[0] for line in lines[1:4]] == ["0", "10", "40"]
    assert lines[4].startswith("After 10 steps ")
    assert "of 224 validation images are read right, and the 20 units have moved by" in lines[4]
    assert lines[5].startswith("Tiles of 8x8 pixels are too small")
    assert lines[6].startswith("A digit counts as learned once 80 % or more of its images are read right")
    assert lines[7] == "Trained again from its seed, the first layer ended as the run's own, bit for bit."
    assert lines[8:] == [f"o/figures/{file}" for file in FILES]
    picture = (tmp_path / "o/figures/timeline.svg").read_text()
    assert "mlp trained on digits: 2 of 20 units" in picture
    assert len(re.findall(">3<", picture)) == len(re.findall(">After 10 steps<", picture)) * 3


def test_a_run_that_stopped_early_is_followed_to_the_weights_it_kept(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "draw_timeline", lambda *_, **__: [])
    early = ["--learning-rate", "0.3", "--steps", "60", "--periods", "12", "--patience", "1"]
    rows = shell("train", "mlp", *SMALL, *early, "--out", "o", "--json").json["history"]
    best = min(rows, key=lambda row: row["validation_log_loss"])
    assert best["step"] < rows[-1]["step"]
    found = shell("timeline", "o", "--frames", "0", "--json").json
    assert found["snapshots"][-1]["step"] == best["step"]
    assert found["difference"] == 0
    beyond = shell("timeline", "o", "--steps", f"0,{rows[-1]['step']}")
    assert beyond.code == 2
    assert f"beyond the end of the training, which is step {best['step']}" in beyond.err


@pytest.fixture
def run(shell: Shell, made: Made) -> Shell:
    """Return the shell with a finished run in `o`."""
    made("o", "mlp", *SMALL)
    return shell


ERRORS = {
    "beyond": (["--steps", "0,10,41"], "Step 41 is beyond the end of the training, which is step 40", 2),
    "order": (["--steps", "10,0"], "Steps must ascend, each named once, not [10, 0].", 2),
    "words": (["--steps", "ten"], "--steps takes whole numbers with commas between", 2),
    "unit": (["--units", "3,98"], "There is no unit 98: this layer has 20 units, numbered from 0 to 19.", 2),
    "frames": (["--frames", "-1"], "Invalid value for '--frames'", 2),
    "other data": (["--dataset", "none.npz"], "none.npz", 2),
}


def test_an_error_is_one_clear_line_and_leaves_nothing(run: Shell, tmp_path: Path) -> None:
    for options, message, code in ERRORS.values():
        answer = run("timeline", "o", *options)
        assert (answer.code, answer.out) == (code, ""), options
        assert answer.err.startswith("digitlab: error: ")
        assert answer.err.count("\n") == 1
        assert message in answer.err
    assert not list(tmp_path.rglob("timeline*"))
    missing = run("timeline", "nowhere")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    (tmp_path / "o/model.safetensors").unlink()
    unfinished = run("timeline", "o")
    assert unfinished.code == 1
    assert "The run o is not finished: 4 of 4 periods are done. Go on with: digitlab train" in unfinished.err


def test_ctrl_c_says_that_nothing_was_drawn(
    run: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, on_step: OnStep, **__: Split) -> None:
        on_step(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(insight, "snapshots", interrupted)
    answer = run("timeline", "o")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.endswith("digitlab: interrupted; nothing was drawn, and the run is as it was.\n")
    assert not list((tmp_path / "o").rglob("timeline*"))
