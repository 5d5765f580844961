"""What is compiled is kept for the next process, never in the way, and never heard of."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

TRAINING = """
import hashlib
import numpy as np
from digitlab import MLP, TrainingConfig, load_dataset, stratified_split, train

config = TrainingConfig(steps=20, periods=3, augmentation={"shift": 2}, ema_decay=0.9)
*_, (row, state) = train(MLP((6,), dropout=0.3), config, stratified_split(load_dataset("digits")[0]))
kernel = np.asarray(state.params["hidden_1"]["kernel"]).tobytes()
print(row.validation_log_loss.hex(), hashlib.sha256(kernel).hexdigest())
"""

# Where JAX keeps what it compiles, for each of the cache folders named.
PLACES = """
import os, sys
import jax
from digitlab.compilation import keep_compiled

for place in sys.argv[1:]:
    os.environ["DIGITLAB_CACHE_DIR"] = place
    keep_compiled.__wrapped__()
    print(jax.config.jax_compilation_cache_dir)
jax.jit(lambda x: x + 1)(1.0).block_until_ready()
"""


def output_of(code: str, *arguments: str | Path, **environment: str) -> str:
    """Return what a process prints; nothing may be on stderr."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a cache that one training has filled, and what that training found."""
    cache = tmp_path_factory.mktemp("filled")
    return cache, output_of(TRAINING, DIGITLAB_CACHE_DIR=str(cache))


def names_in(cache: Path) -> set[str]:
    return {path.name for path in (cache / "compiled").iterdir()}


def test_a_second_process_compiles_nothing_and_finds_the_same_bit_for_bit(filled: tuple[Path, str]) -> None:
    cache, found = filled
    before = names_in(cache)
    assert any(name.startswith("jit_run_period") for name in before)
    assert output_of(TRAINING, DIGITLAB_CACHE_DIR=str(cache)) == found
    assert names_in(cache) == before


def test_what_a_process_killed_while_writing_left_is_not_heard_of(filled: tuple[Path, str]) -> None:
    cache, found = filled
    (entry,) = (cache / "compiled").glob("jit_run_period-*-cache")
    entry.write_bytes(entry.read_bytes()[:1000])
    Path(str(entry).removesuffix("-cache") + "-atime").unlink()
    assert output_of(TRAINING, DIGITLAB_CACHE_DIR=str(cache)) == found


def test_an_old_entry_that_was_never_finished_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    folder.mkdir()
    for name, age in (("old-cache", 3600), ("young-cache", 0), ("whole-cache", 3600), ("whole-atime", 3600)):
        (folder / name).write_bytes(b"entry")
        os.utime(folder / name, (time.time() - age,) * 2)
    output_of(PLACES, tmp_path)
    assert {"young-cache", "whole-cache"} <= names_in(tmp_path)
    assert "old-cache" not in names_in(tmp_path)


def test_an_impossible_cache_folder_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "compiled").write_text("mine")
    impossible = [
        tmp_path / "file",
        tmp_path / "file" / "deeper",
        tmp_path / "taken",
        Path("/dev/null/cache"),
    ]
    if os.geteuid():
        (tmp_path / "locked" / "compiled").mkdir(parents=True)
        (tmp_path / "locked" / "compiled").chmod(0o500)
        impossible.append(tmp_path / "locked")
    printed = output_of(PLACES, *impossible, tmp_path / "good").splitlines()
    assert printed == ["None"] * len(impossible) + [str(tmp_path / "good" / "compiled")]
    assert (tmp_path / "file").read_text() == (tmp_path / "taken" / "compiled").read_text() == "mine"


@pytest.mark.parametrize(
    ("settings", "printed"),
    [
        ({"JAX_COMPILATION_CACHE_DIR": "theirs"}, "theirs"),
        ({"JAX_ENABLE_COMPILATION_CACHE": "false"}, "None"),
    ],
    ids=["another folder", "no cache"],
)
def test_jaxs_own_settings_win(settings: dict[str, str], printed: str, tmp_path: Path) -> None:
    if "JAX_COMPILATION_CACHE_DIR" in settings:
        printed = settings["JAX_COMPILATION_CACHE_DIR"] = str(tmp_path / printed)
    assert output_of(PLACES, tmp_path / "ours", **settings) == f"{printed}\n"
    assert not (tmp_path / "ours").exists()
