"""Exported files answer as their runs do, tell what they are, and are there whole or not at all."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from digitlab import evaluate, load_model, predict_logits
from digitlab.data import Dataset
from digitlab.errors import ExportError, ExportExistsError, MissingExtraError
from digitlab.evaluation import fit_temperature, probabilities
from digitlab.export import (
    LIMIT,
    OPSET,
    Original,
    answers_of,
    card_path,
    check_free,
    model_card,
    open_session,
    write_onnx,
    write_safetensors,
)
from digitlab.runs import Run, open_run
from digitlab.scoring import look_at_test
from digitlab.tensors import read_header
from digitlab.workflow import Data

from .conftest import MODELS, Originals

EACH = pytest.mark.parametrize("name", MODELS)


@pytest.fixture
def written(originals: Originals, tmp_path: Path) -> dict[str, Path]:
    """Return an ONNX file of each model."""
    files = {name: tmp_path / f"{name}.onnx" for name in originals}
    for name, path in files.items():
        write_onnx(originals[name], path)
    return files


@EACH
def test_unseen_digits_are_read_alike_by_two_runtimes(
    written: dict[str, Path], originals: Originals, test_digits: Dataset, name: str
) -> None:
    original, path = originals[name], written[name]
    logits = predict_logits(original.run.config.model, original.params, test_digits.pixels)
    shares = probabilities(logits / original.temperature)
    answers = answers_of(open_session(path), test_digits.pixels)
    np.testing.assert_allclose(answers["logits"], logits, atol=1e-5 * np.abs(logits).max())
    np.testing.assert_allclose(answers["probabilities"], shares, atol=LIMIT)
    for output, theirs in zip(
        answers, ReferenceEvaluator(str(path)).run(None, {"pixels": test_digits.pixels}), strict=True
    ):
        np.testing.assert_allclose(theirs, answers[output], atol=1e-5 * max(1, np.abs(theirs).max()))


@EACH
def test_any_number_is_read_at_once(written: dict[str, Path], test_digits: Dataset, name: str) -> None:
    session = open_session(written[name])
    every = answers_of(session, test_digits.pixels)["logits"]
    for count in (1, 3):
        some = answers_of(session, test_digits.pixels[:count])["logits"]
        np.testing.assert_allclose(some, every[:count], atol=1e-4)


def test_what_is_found_is_what_differs(originals: Originals, tmp_path: Path) -> None:
    found = write_onnx(originals["mlp"], tmp_path / "mlp.onnx")
    answers = answers_of(open_session(tmp_path / "mlp.onnx"), originals["mlp"].images.pixels)
    shares = probabilities(originals["mlp"].logits / originals["mlp"].temperature)
    assert found.images == len(originals["mlp"].images)
    assert found.probabilities == np.abs(answers["probabilities"] - shares).max() <= LIMIT
    assert found.pixels is None


@EACH
def test_with_ink_drawings_are_read_as_the_run_reads_what_was_framed(
    originals: Originals, tmp_path: Path, test_digits: Dataset, name: str
) -> None:
    original, path = originals[name], tmp_path / "ink.onnx"
    found = write_onnx(original, path, ink=True)
    assert found.pixels in (0, 1)
    drawings = np.pad(test_digits.pixels.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (9, 0), (2, 30)))
    answers = answers_of(open_session(path), 255 - drawings)
    assert list(answers) == ["logits", "probabilities", "pixels"]
    logits = predict_logits(original.run.config.model, original.params, answers["pixels"])
    np.testing.assert_allclose(answers["logits"], logits, atol=1e-5 * np.abs(logits).max())


def test_probabilities_are_at_the_temperature_of_validation(originals: Originals) -> None:
    for original in originals.values():
        assert original.temperature == fit_temperature(original.logits, original.images.labels)


@EACH
@pytest.mark.parametrize("ink", [False, True])
def test_an_onnx_file_tells_what_it_is(originals: Originals, tmp_path: Path, name: str, ink: bool) -> None:
    original, path = originals[name], tmp_path / "file.onnx"
    write_onnx(original, path, ink=ink)
    model = onnx.load(path)
    facts = open_session(path).get_modelmeta().custom_metadata_map
    assert {each.key: each.value for each in model.metadata_props} == facts
    assert (model.producer_name, model.opset_import[0].version) == ("digitlab", OPSET)
    assert json.loads(facts["model"])["name"] == name
    assert json.loads(facts["classes"]) == [str(digit) for digit in range(10)]
    assert facts["data_fingerprint"] == original.run.config.data.train_fingerprint
    assert facts["digitlab_licence"] == "MIT"
    assert facts["data_licence"].startswith("not known to digitlab")
    assert json.loads(facts["validation"])["accuracy"] == original.evaluation.accuracy
    assert json.loads(facts["validation"])["interval"] == list(original.evaluation.interval)
    assert ("ink" in facts) == ink
    assert str(original.run.folder) not in path.read_bytes().decode("latin-1")


def nothing_left(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def test_a_file_that_would_answer_otherwise_is_not_written(originals: Originals, tmp_path: Path) -> None:
    original = originals["mlp"]
    other = replace(original, logits=original.logits + np.linspace(0, 1e-3, 10))
    with pytest.raises(
        ExportError, match=r"was not written: on \d+ validation images .* probabilities differ by up to"
    ):
        write_onnx(other, tmp_path / "mlp.onnx")
    assert nothing_left(tmp_path)


def test_logits_may_differ_by_a_share_of_their_size_alone(originals: Originals, tmp_path: Path) -> None:
    # A constant added to all logits of an image leaves its probabilities as they are.
    other = replace(originals["mlp"], logits=originals["mlp"].logits + 1e-2)
    with pytest.raises(ExportError, match=r"do not agree: logits, as a share of the image's largest, differ"):
        write_onnx(other, tmp_path / "mlp.onnx")
    assert nothing_left(tmp_path)


def test_not_a_number_agrees_with_nothing(originals: Originals, tmp_path: Path) -> None:
    other = replace(originals["mlp"], logits=np.full_like(originals["mlp"].logits, np.nan))
    with pytest.raises(ExportError, match=r"probabilities differ by up to nan"):
        write_onnx(other, tmp_path / "mlp.onnx")


def test_what_was_there_stays_where_nothing_is_written(originals: Originals, tmp_path: Path) -> None:
    path = tmp_path / "mlp.onnx"
    path.write_text("mine")
    with pytest.raises(ExportError, match="was not written"):
        write_onnx(replace(originals["mlp"], logits=originals["mlp"].logits + 1), path)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_without_the_libraries_one_command_is_said(
    originals: Originals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'digitlab[onnx]'")):
        write_onnx(originals["linear"], tmp_path / "linear.onnx")
    write_safetensors(originals["linear"], tmp_path / "linear.safetensors")


@EACH
def test_weights_come_back_bit_for_bit_with_their_facts(
    originals: Originals, tmp_path: Path, name: str
) -> None:
    original, path = originals[name], tmp_path / f"{name}.safetensors"
    assert write_safetensors(original, path) == 0
    model, image_shape, params = load_model(path)
    assert (model, image_shape) == (original.run.config.model, (28, 28))
    for layer, parts in original.params.items():
        for part, array in parts.items():
            np.testing.assert_array_equal(params[layer][part], array)
    header = read_header(path)
    facts = original.facts()
    assert {each: header[each] for each in facts} == json.loads(json.dumps(facts))
    assert {each.name for each in tmp_path.iterdir()} == {path.name, card_path(path).name}


def test_other_weights_than_the_runs_are_not_written(originals: Originals, tmp_path: Path) -> None:
    original = originals["mlp"]
    output = {part: array + 1 for part, array in original.params["output"].items()}
    other = replace(original, params=original.params | {"output": output})
    with pytest.raises(ExportError, match=r"read again, its logits differ by up to"):
        write_safetensors(other, tmp_path / "mlp.safetensors")
    assert nothing_left(tmp_path)


def test_the_card_tells_of_the_run_and_of_no_test_that_was_not_taken(
    originals: Originals, runs: dict[str, Run], drawn_data: Data, tmp_path: Path
) -> None:
    original = originals["conv"]
    card = model_card(original, "conv.safetensors")
    score = original.evaluation
    low, high = score.interval
    assert f"accuracy {100 * score.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f})" in card
    assert "The run has not been read on the test set" in card
    assert "It was look" not in card
    assert "| steps | 40 |" in card
    assert "| augmentation | none |" in card
    assert original.run.config.data.train_fingerprint in card
    assert "digitlab train" not in card
    for digit, support in enumerate(score.per_class.support):
        assert f"| {digit} | {support} | {100 * score.per_class.recall[digit]:.2f} (" in card


def test_the_card_has_the_look_that_the_run_remembers(
    runs: dict[str, Run], drawn_data: Data, tmp_path: Path
) -> None:
    run = open_run(Path(shutil.copytree(runs["linear"].folder, tmp_path / "looked")))
    [logits], looks = look_at_test([run], drawn_data)
    score = evaluate(logits, drawn_data.test.labels, baseline_class=0)
    card = model_card(Original.of(run, drawn_data), "x")
    low, high = score.interval
    assert f"On the test set: {100 * score.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f}" in card
    assert f"It was look {looks.number} at this test set" in card


def test_the_use_that_a_card_shows_works(
    originals: Originals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test_digits: Dataset
) -> None:
    original = originals["mlp"]
    write_safetensors(original, tmp_path / "mlp.safetensors")
    [code] = re.findall(r"```python\n(.*?)```", (tmp_path / "mlp.safetensors.md").read_text(), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"pixels": test_digits.pixels}
    exec(compile(code, "card", "exec"), names)
    logits = predict_logits(original.run.config.model, original.params, test_digits.pixels)
    np.testing.assert_array_equal(names["shares"], probabilities(logits / original.temperature))


def test_what_is_there_is_replaced_by_force_alone_and_a_runs_files_never(
    runs: dict[str, Run], tmp_path: Path
) -> None:
    path = tmp_path / "new" / "file.onnx"
    check_free(path)
    path.write_text("mine")
    with pytest.raises(ExportExistsError, match=r"is there already\. It was left alone; name another --out"):
        check_free(path)
    check_free(path, force=True)
    with pytest.raises(ExportExistsError, match=r"is a folder or a file of a run\. It was left alone"):
        check_free(path.parent, force=True)
    with pytest.raises(ExportExistsError, match=r"is a folder or a file of a run\. It was left alone"):
        check_free(runs["mlp"].folder / "model.safetensors", force=True)
