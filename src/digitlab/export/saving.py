"""Exported files: written whole, checked, or not at all."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitlab.errors import ExportError, ExportExistsError, MissingExtraError
from digitlab.export.card import model_card
from digitlab.export.html import build_html, layers_in
from digitlab.export.original import Original
from digitlab.files import atomic_path, make_folder, write_bytes
from digitlab.models import load_model, predict_logits, save_model
from digitlab.recognition import Norms
from digitlab.runs import is_run

if TYPE_CHECKING:
    from digitlab.export.checking import Agreement

__all__ = ["card_path", "check_free", "need_onnx", "write_html", "write_onnx", "write_safetensors"]


def check_free(path: Path, *, force: bool = False) -> None:
    """Make the folder of a file to be written, and see that nothing is in its place.

    Parameters
    ----------
    path
        The file.
    force
        Whether it may replace a file; the files of a run it never does.

    Raises
    ------
    ExportExistsError
        If something is there.
    StorageError
        If the folder cannot be made.
    """
    make_folder(path.parent)
    if not path.exists():
        return
    if not force:
        raise ExportExistsError(
            f"{path} is there already. It was left alone; name another --out, or --force."
        )
    if path.is_dir() or is_run(path.parent):
        raise ExportExistsError(
            f"{path} is a folder or a file of a run. It was left alone; name another --out."
        )


def need_onnx() -> None:
    """Raise `MissingExtraError` unless onnx and onnxruntime are installed."""
    if any(find_spec(name) is None for name in ("onnx", "onnxruntime")):
        raise MissingExtraError(
            "ONNX files are made by onnx and checked by onnxruntime, and they are not installed. Nothing was "
            "written; install them with: pip install 'digitlab[onnx]'"
        )


def write_onnx(original: Original, path: Path, *, ink: bool = False) -> "Agreement":
    """Write a run as an ONNX file, checked by ONNX Runtime on its validation images.

    Parameters
    ----------
    original
        The run.
    path
        The file; what is there is replaced.
    ink
        Whether it takes clean drawings of any size and frames them itself; see `build_onnx`.

    Returns
    -------
    Agreement
        How far the file's answers are from the run's.

    Raises
    ------
    ConfigError
        With `ink`, if the run's pictures are not framed as MNIST's.
    ExportError
        If the answers differ by more than they may. Then nothing is written.
    MissingExtraError
        As `need_onnx`.
    StorageError
        If the file cannot be written.
    """
    need_onnx()
    from digitlab.export.checking import check_onnx
    from digitlab.export.onnx import build_onnx

    content = build_onnx(original, ink=ink).SerializeToString()
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
        agreement = check_onnx(temporary, original, ink=ink)
        if agreement.failures:
            raise ExportError(
                f"{path} was not written: on {agreement.images:,} validation images ONNX Runtime and the run "
                f"{original.run.folder} do not agree: {'; '.join(agreement.failures)}. Weights so large that "
                "float32 cannot add them up would do that; export to safetensors, or train the run anew."
            )
    return agreement


def write_safetensors(original: Original, path: Path) -> float:
    """Write a run's weights with a header that rebuilds the model, and a model card beside, FILE.md.

    Parameters
    ----------
    original
        The run.
    path
        The file; what is there is replaced, and the card that is beside it.

    Returns
    -------
    float
        The largest difference of a logit between the file, read again, and the run, on its validation images.

    Raises
    ------
    ExportError
        If there is any. Then nothing is written.
    StorageError
        If a file cannot be written.
    """
    with atomic_path(path) as temporary:
        saved = original.run.config.model
        save_model(temporary, saved, original.image_shape, original.params, original.facts())
        model, _, params = load_model(temporary)
        again = predict_logits(model, params, original.images.pixels)
        difference = float(np.abs(again - original.logits).max())
        if difference != 0:
            raise ExportError(
                f"{path} was not written: read again, its logits differ by up to {difference:.2g} from those "
                f"of the run {original.run.folder}. Look at the disk and the memory of this machine."
            )
        write_bytes(card_path(path), model_card(original, path.name).encode())
    return difference


def write_html(original: Original, norms: Norms, path: Path) -> float:
    """Write a run as a page that needs no server.

    Parameters
    ----------
    original
        The run.
    norms
        What its answers are held against.
    path
        The file; what is there is replaced. Its name without the suffix is the page's title.

    Returns
    -------
    float
        The largest difference of a weight between the file, read again, and the run. How far the page's
        probabilities are from the run's it finds and tells in each browser.

    Raises
    ------
    ConfigError
        As `build_html`.
    ExportError
        If a weight differs. Then nothing is written.
    StorageError
        If the file cannot be written.
    """
    page = build_html(original, norms, title=path.stem)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
        again = layers_in(temporary.read_text(encoding="utf-8"))
        names = original.run.config.model.layer_names
        difference = max(
            float(np.abs(array - original.params[name][part]).max())
            for name, layer in zip(names, again, strict=True)
            for part, array in zip(("kernel", "bias"), layer, strict=True)
        )
        if difference != 0:
            raise ExportError(
                f"{path} was not written: read again, its weights differ by up to {difference:.2g} from "
                f"those of the run {original.run.folder}. Look at the disk and the memory of this machine."
            )
    return difference


def card_path(path: Path) -> Path:
    """Return where the model card of a file is: beside it, with .md after its name."""
    return path.with_name(f"{path.name}.md")
