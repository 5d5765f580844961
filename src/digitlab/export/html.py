"""A run as a page that needs no server: one file that draws and reads in any browser."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from digitlab import words
from digitlab.data.framing import OPTDIGITS, OPTDIGITS_INK, Geometry, geometry_of
from digitlab.data.pen import drawn_digits
from digitlab.errors import ConfigError
from digitlab.evaluation import probabilities
from digitlab.export.bundle import bundle
from digitlab.export.original import Original
from digitlab.models import Model, Params, count_parameters, predict_logits
from digitlab.models.conv import POOL, first_stride
from digitlab.recognition import Norms
from digitlab.recognition.guard import MODEL as GUARD
from digitlab.recognition.numbers import Numbers
from digitlab.report.render import data_url, render
from digitlab.runs import Run

__all__ = ["build_html", "check_digits", "layers_in"]

ENTRY = "export/static/alone.js"
TOLD = re.compile(r'<script type="application/json" id="told">(.*?)</script>', re.DOTALL)
DIGITS = 10
# So many digits are read in the page, and held against what digitlab makes of them.
EXAMPLES = 10


def build_html(original: Original, norms: Norms, *, title: str) -> str:
    """Return the page: it makes pictures into pixels, reads and refuses by digitlab's own steps.

    Parameters
    ----------
    original
        The run.
    norms
        What its answers are held against.
    title
        What the page is called.

    Raises
    ------
    ConfigError
        As `check_digits`.
    """
    check_digits(original.run)
    root = files("digitlab")
    style, script = root.joinpath("web/static/style.css").read_text("utf-8"), bundle(root, ENTRY)
    return render(
        "alone.html.j2",
        package="digitlab.export",
        title=title,
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        icon=data_url(root.joinpath("web/static/icon.svg").read_bytes(), "image/svg+xml"),
        pad=Markup(_pad(root.joinpath("web/static/index.html").read_text("utf-8"))),
        told=Markup(json.dumps(_told(original, norms)).replace("<", "\\u003c")),
        facts=original.facts(),
        parameters=count_parameters(original.params),
        summary=words.summary(original.evaluation),
        examples=EXAMPLES,
    )


def layers_in(page: str) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return the kernel and the bias of each layer of a page that `build_html` made.

    Raises
    ------
    ValueError
        If it is no such page.
    """
    found = TOLD.search(page)
    if found is None:
        raise ValueError("the page holds no weights")
    layers = json.loads(found[1])["layers"]
    return [(_array(layer["kernel"]).reshape(layer["shape"]), _array(layer["bias"])) for layer in layers]


def check_digits(run: Run) -> None:
    """Raise `ConfigError` unless pictures can be made into what a run reads, and it reads the ten digits."""
    geometry_of(run.config.data.image_shape)
    classes = run.config.model.classes
    if classes != DIGITS:
        raise ConfigError(
            f"The page reads the ten digits, and {run.folder} tells {classes} classes apart. "
            "Nothing was written; export it to onnx or safetensors."
        )


def _told(original: Original, norms: Norms) -> dict[str, Any]:
    """Return all that the page knows of the run, as JSON holds it."""
    geometry = geometry_of(original.image_shape)
    return {
        "facts": original.facts(),
        "geometry": _described(geometry),
        "layers": _layers(original.run.config.model, original.params, original.image_shape),
        "guard": _layers(GUARD, norms.guard, original.image_shape),
        "norms": {
            "temperature": norms.temperature,
            "strangest": norms.strangest,
            "least_sure": norms.least_sure,
            "usual": dict(zip(Numbers._fields, norms.usual.tolist(), strict=True)),
        },
        "check": _examples(original, norms, geometry),
    }


def _described(geometry: Geometry) -> dict[str, Any]:
    height, width = geometry.image_shape
    described = {"name": geometry.name, "height": height, "width": width, "box": geometry.box}
    share = {"share": OPTDIGITS_INK} if geometry is OPTDIGITS else {}
    return described | {"stroke": geometry.stroke} | share


def _layers(model: Model, params: Params, image_shape: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the layers, first to last; windows of the first convolution are strides apart, and pooled."""
    first, *later = model.layer_names
    return [
        _layer(params[first]) | {"stride": first_stride(image_shape), "pool": POOL},
        *(_layer(params[name]) | {"stride": 1, "pool": 1} for name in later),
    ]


def _layer(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "shape": list(np.shape(layer["kernel"])),
        "kernel": _text(layer["kernel"]),
        "bias": _text(layer["bias"]),
    }


def _text(array: Any) -> str:
    return base64.b64encode(np.asarray(array, "<f4").tobytes()).decode("ascii")


def _array(text: str) -> NDArray[np.float32]:
    return np.frombuffer(base64.b64decode(text), "<f4")


def _examples(original: Original, norms: Norms, geometry: Geometry) -> list[dict[str, Any]]:
    """Return digits drawn by code, which are nobody's, and the probabilities that digitlab gives them."""
    pixels = drawn_digits(EXAMPLES, geometry).pixels
    logits = predict_logits(original.run.config.model, original.params, pixels).astype(np.float64)
    return [
        {"pixels": base64.b64encode(image.tobytes()).decode("ascii"), "probabilities": shares.tolist()}
        for image, shares in zip(pixels, probabilities(logits / norms.temperature), strict=True)
    ]


def _pad(index: str) -> str:
    """Return the drawing pad of the page that is served."""
    start = index.index('<section class="draw"')
    return index[start : index.index("</section>", start) + len("</section>")]


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
