"""What a shell completes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digitlab.cli.options import MODELS, PRESETS
from digitlab.data import CATALOG
from digitlab.models.registry import MODELS as REGISTERED
from digitlab.training import PRESETS as SETTINGS


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ex", {"explain", "export"}),
        ("train ", set(MODELS)),
        ("tune l", {"linear"}),
        ("train mlp --preset ex", {"exercise-short", "exercise"}),
        ("compare --dataset k", {"kmnist"}),
        ("data fetch e", {"emnist_digits"}),
        ("export run --to ", {"html", "onnx", "safetensors"}),
        ("train mlp --log-to t", {"tensorboard"}),
    ],
)
def test_words_are_completed(line: str, offered: set[str]) -> None:
    words = f"digitlab {line}"
    asked = {
        "_DIGITLAB_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    answer = subprocess.run(
        [Path(sys.executable).with_name("digitlab")],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(answer.stdout.split()) == offered


def test_the_names_are_those_there_are() -> None:
    assert list(MODELS) == list(REGISTERED)
    assert set(PRESETS) == set(SETTINGS)
    assert "mnist" in CATALOG
