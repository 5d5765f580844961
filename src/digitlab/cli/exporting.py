"""`digitlab export`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, expand
from digitlab.cli.plans import load, newest_run
from digitlab.errors import ConfigError

if TYPE_CHECKING:
    from digitlab.export import Original
    from digitlab.runs import Run

__all__ = ["export"]

Told = tuple[dict[str, Any], str]
"""What is told as JSON, and in words."""


class Format(StrEnum):
    """What a run can be made into."""

    HTML = "html"
    ONNX = "onnx"
    SAFETENSORS = "safetensors"


@expand
def export(
    data: DataOptions,
    to: Annotated[
        Format,
        typer.Option(
            help="html: a page that draws and reads in any browser, without a server. onnx: a graph for "
            "other runtimes, from pixels as the files have them to calibrated probabilities. safetensors: "
            "the weights, and a model card beside them."
        ),
    ],
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RUN]",
            help="A run folder that train or compare has made.",
            show_default="the newest in runs/",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write.", show_default="here, called as the run", metavar="FILE"),
    ] = None,
    ink: Annotated[
        bool,
        typer.Option(
            "--ink",
            help="Of onnx: take clean drawings of any size, dark on light or light on dark, and frame them "
            "as MNIST's inside the graph.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a run as a file to be used elsewhere, once it is shown to answer as the run does."""
    from digitlab.runs import open_run

    opened = newest_run() if run is None else open_run(run)
    if run is None:
        console.note(f"digitlab: exporting the newest run, {opened.folder} ({opened.config.model.name}).")
    path = out or Path(f"{opened.name}{'-ink' if ink else ''}.{to}")
    write = {Format.HTML: _html, Format.ONNX: _onnx, Format.SAFETENSORS: _safetensors}[to]
    if ink and to is not Format.ONNX:
        raise ConfigError(
            f"--ink puts steps into a graph, and {to} files hold none: it goes with --to onnx alone."
        )
    opened.params()
    told, said = write(opened, data, path, ink=ink, force=force)
    if as_json:
        console.print_json({"file": str(path), "bytes": path.stat().st_size} | told)
    else:
        console.print_line(f"{path} ({path.stat().st_size / 1000:,.0f} kB): {said}")


def _html(run: "Run", data: DataOptions, path: Path, *, ink: bool, force: bool) -> Told:
    """Write a page that needs no server, and tell that its weights are the run's."""
    from digitlab.cli.plans import recognizer_of
    from digitlab.export import check_digits, check_free, write_html

    check_digits(run)
    check_free(path, force=force)
    norms = recognizer_of(run, data).norms
    difference = write_html(_original(run, data), norms, path)
    return {"max_difference": difference, "temperature": norms.temperature}, (
        "open it in any browser, from the disk or from any web server; it asks nobody anything. Its "
        "weights, read again, are the run's, bit for bit; how far its probabilities are from digitlab's it "
        "finds itself in each browser, and tells at its foot."
    )


def _onnx(run: "Run", data: DataOptions, path: Path, *, ink: bool, force: bool) -> Told:
    """Write an ONNX file, and tell how far its answers are from the run's."""
    from digitlab.export import need_onnx

    need_onnx()  # before what comes next, which imports it
    from digitlab.export import LIMIT, OPSET, check_free, check_ink, write_onnx

    if ink:
        check_ink(run.config.data.image_shape)
    check_free(path, force=force)
    original = _original(run, data)
    found = write_onnx(original, path, ink=ink)
    told = {
        "max_difference": found.probabilities,
        "max_logit_difference": found.logits,
        "max_pixel_difference": found.pixels,
        "images": found.images,
        "opset": OPSET,
        "temperature": original.temperature,
    }
    framed = f"; framed pixels by at most {found.pixels} of 255" if ink else ""
    return told, (
        f"on {found.images:,} validation images ONNX Runtime's probabilities differ from the run's by at "
        f"most {found.probabilities:.1e}, logits by {found.logits:.1e} of their largest (both may by "
        f"{LIMIT:g}){framed}. Opset {OPSET}; probabilities at the temperature {original.temperature:.3f}, "
        "fitted on validation."
    )


def _safetensors(run: "Run", data: DataOptions, path: Path, *, ink: bool, force: bool) -> Told:
    """Write the weights with a model card, and tell that they are the run's."""
    from digitlab.export import card_path, check_free, write_safetensors

    card = card_path(path)
    for each in (path, card):
        check_free(each, force=force)
    original = _original(run, data)
    difference = write_safetensors(original, path)
    return {"max_difference": difference, "images": len(original.images), "card": str(card)}, (
        f"read again, it gives the run's own logits for {len(original.images):,} validation images, bit for "
        f"bit. The model card is {card}."
    )


def _original(run: "Run", data: DataOptions) -> "Original":
    """Read the run's validation images: they calibrate its probabilities, and the file is checked on them."""
    from digitlab.export import Original

    return Original.of(run, load(data, run))
