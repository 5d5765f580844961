"""docs/formats.md is true: its code runs, and answers as digitlab does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitlab import predict_logits
from digitlab.data import Dataset
from digitlab.evaluation import probabilities
from digitlab.export import OPSET, write_onnx, write_safetensors
from digitlab.export.onnx import IR_VERSION

from ..pages import Page
from .conftest import MODELS, Originals

PAGE = Page("docs/formats.md")


@pytest.fixture
def page(
    originals: Originals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test_digits: Dataset
) -> dict[str, Any]:
    """Return what is defined after the whole page has run, beside the files of each model."""
    for name, original in originals.items():
        write_safetensors(original, tmp_path / f"{name}.safetensors")
    write_onnx(originals["conv"], tmp_path / "conv.onnx")
    monkeypatch.chdir(tmp_path)
    return PAGE.run({"pixels": test_digits.pixels})


def test_each_model_is_rebuilt_by_numpy_alone(
    page: dict[str, Any], originals: Originals, test_digits: Dataset
) -> None:
    for name in MODELS:
        facts, weights = page["read"](f"{name}.safetensors")
        ours = predict_logits(originals[name].run.config.model, originals[name].params, test_digits.pixels)
        theirs = page[name](weights, test_digits.pixels)
        assert theirs.dtype == np.float32
        np.testing.assert_allclose(theirs, ours, atol=1e-5 * np.abs(ours).max())
        assert facts["model"]["name"] == name


def test_what_the_page_computes_is_right(
    page: dict[str, Any], originals: Originals, test_digits: Dataset
) -> None:
    original = originals["conv"]
    logits = predict_logits(original.run.config.model, original.params, test_digits.pixels)
    np.testing.assert_allclose(page["probabilities"], probabilities(logits / original.temperature), atol=1e-5)
    facts = original.facts()
    assert page["facts"].items() >= {name: facts[name] for name in ("classes", "temperature")}.items()
    assert all(f"`{name}`" in PAGE.text for name in facts)


def test_a_model_takes_ten_lines() -> None:
    for name in MODELS:
        code = next(block for block in PAGE.blocks("python") if f"def {name}(" in block)
        assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10
    assert f"opset {OPSET} (IR version {IR_VERSION})" in PAGE.text
