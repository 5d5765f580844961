"""Runs as files for elsewhere, from the shell."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from digitlab import load_dataset, load_model, open_run, predict_logits
from digitlab.cli.app import run
from digitlab.data.framing import MNIST
from digitlab.data.pen import drawn_digits
from digitlab.errors import RunError
from digitlab.evaluation import fit_temperature, probabilities
from digitlab.export.html import layers_in
from digitlab.workflow import load_data

from .conftest import Answer, Shell


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that reads pictures of 28x28: digits drawn by code, in a file beside it."""
    folder = tmp_path_factory.mktemp("large")
    drawn, data = drawn_digits(240, MNIST), folder / "drawn.npz"
    np.savez(
        data,
        x_train=drawn.pixels[:180],
        y_train=drawn.labels[:180],
        x_test=drawn.pixels[180:],
        y_test=drawn.labels[180:],
    )
    settings = [
        "--dataset",
        str(data),
        "--steps",
        "30",
        "--periods",
        "1",
        "--batch-size",
        "32",
        "--hidden-units",
        "8",
    ]
    assert run(["train", "mlp", *settings, "--out", str(folder / "net")]) == 0
    return folder / "net"


def test_an_onnx_file_answers_as_predict_does(shell: Shell, reader: Path) -> None:
    answer = shell("export", str(reader), "--to", "onnx", "--json")
    assert answer.code == 0
    found = answer.json
    assert found["file"] == "net.onnx"
    assert found["bytes"] == Path("net.onnx").stat().st_size
    assert 0 <= found["max_difference"] <= 1e-5
    assert found["images"] == 224
    opened, data = open_run(reader), load_data("digits")
    validation = data.split_of(opened).validation
    logits = predict_logits(opened.config.model, opened.params(), validation.pixels)
    assert found["temperature"] == fit_temperature(logits, validation.labels)
    pixels = load_dataset("digits")[1].pixels
    shares = onnxruntime.InferenceSession("net.onnx").run(["probabilities"], {"pixels": pixels})[0]
    ours = predict_logits(opened.config.model, opened.params(), pixels) / np.float64(found["temperature"])
    np.testing.assert_allclose(shares, probabilities(ours), atol=1e-5)


def test_the_difference_is_told_in_words(shell: Shell, reader: Path) -> None:
    answer = shell("export", str(reader), "--to", "onnx", "--out", "new/file.onnx")
    assert answer.code == 0
    assert answer.out.startswith("new/file.onnx (")
    said = "on 224 validation images ONNX Runtime's probabilities differ from the run's by at most "
    assert said in answer.out
    assert "(both may by 1e-05). Opset 13; probabilities at the temperature " in answer.out
    assert list(Path("new").iterdir()) == [Path("new/file.onnx")]


def test_drawings_go_in_with_ink(shell: Shell, large: Path) -> None:
    answer = shell("export", str(large), "--to", "onnx", "--ink", "--json")
    assert answer.code == 0
    found = answer.json
    assert found["file"] == "net-ink.onnx"
    assert found["max_pixel_difference"] in (0, 1)
    assert found["max_difference"] <= 1e-5
    session = onnxruntime.InferenceSession("net-ink.onnx")
    pixels = session.run(["pixels"], {"drawings": np.zeros((2, 9, 30), np.uint8)})[0]
    assert pixels.shape == (2, 28, 28)
    said = shell("export", str(large), "--to", "onnx", "--ink", "--force").out
    assert "framed pixels by at most" in said


def test_a_page_with_the_weights_inside(shell: Shell, reader: Path) -> None:
    answer = shell("export", str(reader), "--to", "html", "--json")
    assert answer.code == 0
    found = answer.json
    assert (found["file"], found["max_difference"]) == ("net.html", 0)
    text = Path("net.html").read_text(encoding="utf-8")
    assert found["bytes"] == len(text.encode())
    weights = open_run(reader).params()
    for (kernel, bias), layer in zip(layers_in(text), weights.values(), strict=True):
        np.testing.assert_array_equal(kernel, layer["kernel"])
        np.testing.assert_array_equal(bias, layer["bias"])
    refused = shell("export", str(reader), "--to", "html")
    assert refused.code == 1
    assert "net.html is there already. It was left alone" in refused.err
    said = shell("export", str(reader), "--to", "html", "--out", "new/page.html").out
    assert "open it in any browser" in said


def test_weights_with_a_card_beside_them(shell: Shell, reader: Path) -> None:
    answer = shell("export", str(reader), "--to", "safetensors", "--json")
    assert answer.code == 0
    assert {
        "file": "net.safetensors",
        "max_difference": 0.0,
        "card": "net.safetensors.md",
    }.items() <= answer.json.items()
    model, image_shape, params = load_model(Path("net.safetensors"))
    assert (model, image_shape) == (open_run(reader).config.model, (8, 8))
    assert params.keys() == {"hidden_1", "output"}
    assert Path("net.safetensors.md").read_text().startswith("# net.safetensors\n")
    assert (
        "bit for bit. The model card is" in shell("export", str(reader), "--to", "safetensors", "--force").out
    )


def test_the_test_set_is_told_of_once_it_was_looked_at(shell: Shell, reader: Path) -> None:
    shutil.copytree(reader, "net")
    assert shell("export", "net", "--to", "safetensors").code == 0
    assert "has not been read on the test set" in Path("net.safetensors.md").read_text()
    assert not Path("net/looks.jsonl").exists()
    assert shell("evaluate", "net", "--split", "test").code == 0
    assert shell("export", "net", "--to", "safetensors", "--force").code == 0
    card = Path("net.safetensors.md").read_text()
    assert "of 450 test images. It was look 1 at this test set" in card
    assert "digitlab train mlp --dataset digits" in card


def test_without_a_run_the_newest_is_taken(shell: Shell, reader: Path) -> None:
    shutil.copytree(reader, "runs/net")
    answer = shell("export", "--to", "safetensors")
    assert answer.code == 0
    assert "exporting the newest run, runs/net (mlp)." in answer.err


def refused(answer: Answer, code: int, said: str) -> None:
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["net.safetensors", "net.safetensors.md"])
def test_what_is_there_is_left_alone(shell: Shell, reader: Path, name: str) -> None:
    Path(name).write_text("mine")
    refused(
        shell("export", str(reader), "--to", "safetensors"), 1, f"{name} is there already. It was left alone"
    )
    assert Path(name).read_text() == "mine"
    assert [path.name for path in Path.cwd().iterdir()] == [name]
    assert shell("export", str(reader), "--to", "safetensors", "--force").code == 0


def test_a_runs_own_weights_are_never_replaced(shell: Shell, reader: Path) -> None:
    folder = Path(shutil.copytree(reader, "net"))
    before = (folder / "model.safetensors").read_bytes()
    answer = shell("export", "net", "--to", "safetensors", "--out", "net/model.safetensors", "--force")
    refused(answer, 1, "is a folder or a file of a run. It was left alone")
    assert (folder / "model.safetensors").read_bytes() == before


def test_above_the_limit_nothing_is_left(shell: Shell, reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitlab.export.checking.LIMIT", 0.0)
    refused(
        shell("export", str(reader), "--to", "onnx"), 1, "net.onnx was not written: on 224 validation images"
    )
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "safetensors", "--ink"], "it goes with --to onnx alone"),
        (["--to", "onnx", "--ink"], "this run reads 8x8"),
        (["--to", "pickle"], "'pickle' is not one of 'html', 'onnx', 'safetensors'"),
        ([], "Missing option '--to'"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    shell: Shell, reader: Path, options: list[str], said: str
) -> None:
    answer = shell("export", str(reader), *options)
    assert (answer.code, answer.out) == (2, "")
    assert said in " ".join(answer.err.split())
    assert list(Path.cwd().iterdir()) == []


def test_without_its_data_a_run_is_not_exported(shell: Shell, large: Path) -> None:
    shutil.copytree(large, "net")
    data = large.parent / "drawn.npz"
    moved = data.rename("elsewhere.npz")
    try:
        answer = shell("export", "net", "--to", "onnx")
        refused(answer, 1, "The run net was trained on it; say where it is now with --dataset.")
        assert not Path("net.onnx").exists()
        assert shell("export", "net", "--to", "onnx", "--dataset", "elsewhere.npz").code == 0
        refused(
            shell("export", "net", "--to", "onnx", "--dataset", "digits", "--force"),
            1,
            "was trained on other data",
        )
    finally:
        shutil.move(moved, data)


def test_without_the_libraries_one_command_is_said(
    shell: Shell, reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    refused(shell("export", str(reader), "--to", "onnx"), 1, "pip install 'digitlab[onnx]'")
    assert shell("export", str(reader), "--to", "safetensors").code == 0


def test_a_fresh_process_without_the_libraries_says_the_same(reader: Path) -> None:
    """One that has imported nothing of an export before."""
    code = (
        "import sys; sys.modules['onnx'] = sys.modules['onnxruntime'] = None; "
        "from digitlab.cli.app import run; sys.exit(run(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "export", str(reader), "--to", "onnx"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("digitlab: error: ONNX files are made by onnx")


def test_an_unfinished_run_is_not_exported(shell: Shell, reader: Path) -> None:
    Path("half").mkdir()
    shutil.copy(reader / "config.json", "half/config.json")
    refused(shell("export", "half", "--to", "onnx"), 1, "The run half is not finished")
    with pytest.raises(RunError, match="is not finished"):
        open_run(Path("half")).params()
