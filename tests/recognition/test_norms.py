"""Norms: measured on validation, kept with the run, read again, and made anew where they do not fit."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import OPTDIGITS, Split
from digitlab.errors import DataError
from digitlab.evaluation import probabilities
from digitlab.recognition import Norms, guard, norms_of
from digitlab.recognition.guard import kept_guard, strangeness
from digitlab.recognition.norms import REFUSED, TORN
from digitlab.runs import NORMS, Run, create_run, open_run
from digitlab.scoring import calibrate_run, read_run
from digitlab.workflow import Data

Load = Callable[[], Data]


@pytest.fixture
def copied(known: Run, tmp_path: Path) -> Run:
    """Return a copy of a run that has its norms beside it."""
    shutil.copytree(known.folder, tmp_path / "run")
    return open_run(tmp_path / "run")


def no_data() -> Data:
    raise AssertionError("norms that are kept need no data")


def test_the_temperature_is_the_evaluations(known: Run, norms: Norms, data: Data) -> None:
    logits = read_run(known, data.test)
    assert norms.temperature == calibrate_run(known, data, data.test, logits).temperature


def test_at_most_the_share_asked_for_is_refused_of_validation(known: Run, norms: Norms, split: Split) -> None:
    pixels = split.validation.pixels
    strange = strangeness(norms.guard, pixels) > norms.strangest
    logits = read_run(known, split.validation)
    torn = probabilities(logits / norms.temperature).max(axis=1) < norms.least_sure
    assert strange.mean() <= REFUSED - TORN
    assert torn.mean() <= TORN
    assert 0 < (strange | torn).mean() <= REFUSED


def test_runs_of_the_same_digits_share_a_guard_and_a_damaged_one_is_trained_anew(
    split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(guard, "CONFIG", replace(guard.CONFIG, steps=3))
    monkeypatch.setattr(guard, "LEAST", {"drawn": 40, "printed": 40, "impostors": 100})
    digits = split.training.take(np.arange(100))
    first, begun = kept_guard(digits, OPTDIGITS), len(list(tmp_path.glob("guards/*")))
    (file,) = tmp_path.glob("guards/*")
    written = file.stat().st_mtime_ns
    again = kept_guard(digits, OPTDIGITS)
    assert (begun, file.stat().st_mtime_ns) == (1, written)
    np.testing.assert_array_equal(again["output"]["kernel"], first["output"]["kernel"])
    file.write_bytes(b"no tensors")
    np.testing.assert_array_equal(
        kept_guard(digits, OPTDIGITS)["output"]["kernel"], first["output"]["kernel"]
    )
    assert len(file.read_bytes()) > 1000
    kept_guard(split.training.take(np.arange(101)), OPTDIGITS)
    assert len(list(tmp_path.glob("guards/*"))) == 2


def test_norms_are_kept_and_read_again(copied: Run, norms: Norms) -> None:
    again = norms_of(copied, no_data)
    assert (again.temperature, again.strangest, again.least_sure) == (
        norms.temperature,
        norms.strangest,
        norms.least_sure,
    )
    np.testing.assert_array_equal(again.usual, norms.usual)
    for name, layer in norms.guard.items():
        for part, array in layer.items():
            np.testing.assert_array_equal(again.guard[name][part], array)


def test_other_weights_have_other_norms(copied: Run) -> None:
    (copied.folder / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(AssertionError, match="need no data"):
        norms_of(copied, no_data)


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\x00" * 100])
def test_a_damaged_file_is_measured_anew(
    copied: Run, content: bytes, norms: Norms, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Norms, "of", classmethod(lambda cls, run, data: norms))
    whole = (copied.folder / NORMS).read_bytes()
    (copied.folder / NORMS).write_bytes(content)
    assert norms_of(copied, lambda: data) is norms
    assert (copied.folder / NORMS).read_bytes() == whole
    assert norms_of(copied, no_data).strangest == norms.strangest


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_no_error(
    copied: Run, norms: Norms, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Norms, "of", classmethod(lambda cls, run, data: norms))
    (copied.folder / NORMS).unlink()
    copied.folder.chmod(0o500)
    assert norms_of(copied, lambda: data) is norms
    copied.folder.chmod(0o700)
    assert not (copied.folder / NORMS).exists()


def test_a_file_in_the_way_is_no_error(
    copied: Run, norms: Norms, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Norms, "of", classmethod(lambda cls, run, data: norms))
    (copied.folder / NORMS).unlink()
    (copied.folder / NORMS).mkdir()
    assert norms_of(copied, lambda: data) is norms


def test_other_data_are_told(known: Run, data: Data) -> None:
    with pytest.raises(DataError, match="trained on other data"):
        Norms.of(known, Data("half", data.train.take(np.arange(500)), data.test))


def test_a_replaced_run_keeps_no_norms(copied: Run) -> None:
    create_run(copied.folder, copied.config, force=True)
    assert not (copied.folder / NORMS).exists()
