"""`--log-to` from the shell."""

from pathlib import Path

from digitlab.cli.plans import resumed

from .conftest import Shell

SMALL = ["--dataset", "digits", "--steps", "20", "--periods", "2"]


def test_trainings_are_told_to_a_tracker(shell: Shell) -> None:
    assert shell("train", "linear", *SMALL, "--out", "one", "--log-to", "tensorboard").code == 0
    assert len(list(Path("one").glob("events.out.tfevents.*"))) == 1
    assert (
        shell("train", "linear", *SMALL, "--out", "two", "--seeds", "2", "--log-to", "tensorboard").code == 0
    )
    assert len(list(Path("two").glob("*/events.out.tfevents.*"))) == 2
    assert shell("compare", "linear", *SMALL, "--out", "three", "--log-to", "tensorboard").code == 0
    assert len(list(Path("three/linear").glob("events.out.tfevents.*"))) == 1


def test_an_unknown_tracker_is_a_mistake_in_the_command(shell: Shell) -> None:
    answer = shell("train", "linear", *SMALL, "--out", "one", "--log-to", "paper")
    assert answer.code == 2
    assert "tensorboard" in answer.err
    assert not Path("one").exists()


def test_a_training_is_gone_on_with_at_the_same_trackers() -> None:
    command = resumed("digitlab train linear --out a --resume", ["mlflow", "tensorboard"])
    assert command == "digitlab train linear --out a --resume --log-to mlflow --log-to tensorboard"
