"""Predictions and what lies behind them, as JSON holds it."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data import Dataset
from digitlab.insight import first_answers
from digitlab.models import MLP, count_parameters, first_layer
from digitlab.recognition import Ink, Prediction, Recognizer, Several, why
from digitlab.web.limits import MOST_UNITS, STAGE_SIDE

__all__ = ["answer", "row", "run_info", "stages_of", "tiles_of", "units_of", "why_of"]

PERCENTILE = 99.5
SHARPEST = 127
DECIMALS = 5


def run_info(number: int, name: str, recognizer: Recognizer) -> dict[str, Any]:
    """Return what is told of a run."""
    run, params = recognizer.run, recognizer.params
    kept = next(row for row in run.history() if row.period == run.kept_period)
    return {
        "run": number,
        "name": name,
        "model": recognizer.model.name,
        "dataset": run.config.data.name,
        "parameters": count_parameters(params),
        "validation_accuracy": kept.validation_accuracy,
        "image_shape": list(recognizer.geometry.image_shape),
        "units": int(params[first_layer(params)]["kernel"].shape[-1]),
    }


def answer(number: int, name: str, prediction: Prediction) -> dict[str, Any]:
    """Return a prediction of one run, and place for what lies behind it."""
    return {"run": number, "name": name} | _digit(prediction) | dict.fromkeys(("stages", "why", "units"))


def row(number: int, name: str, found: Several) -> dict[str, Any]:
    """Return what one run reads in a picture of several digits."""
    digits = [_digit(each) for each in found.digits]
    return {"run": number, "name": name, "text": found.text, "lines": list(found.lines), "digits": digits}


def stages_of(ink: Ink) -> list[dict[str, str]]:
    """Return the steps from the picture to the pixels, each a small PNG."""
    return [{"name": stage.name, "picture": _png_address(stage.picture)} for stage in ink.stages]


def why_of(
    recognizer: Recognizer, prediction: Prediction, training: Dataset | None, missing: str
) -> dict[str, Any]:
    """Return what speaks for an answer; `missing` says why no training digits are compared with it."""
    found = why(recognizer, prediction, training)
    alike = zip(found.neighbours, found.neighbour_pixels, strict=True)
    return {
        "sentences": found.sentences,
        "evidence": [
            {"name": each.name, "values": _rounded(each.values), "sentence": each.sentence}
            for each in found.evidence
        ],
        "neighbours": [
            {"label": each.label, "distance": each.distance, "pixels": pixels.tolist()}
            for each, pixels in alike
        ],
        "missing": missing,
    }


def units_of(recognizer: Recognizer, prediction: Prediction) -> dict[str, Any] | None:
    """Return how strongly each unit of the first layer answers to the pixels."""
    if prediction.digit is None:
        return None
    answers = first_answers(recognizer.model, recognizer.params, prediction.ink.pixels[None])[0]
    return {"layer": first_layer(recognizer.params), "answers": _rounded(answers[:MOST_UNITS])}


def tiles_of(recognizer: Recognizer) -> dict[str, Any]:
    """Return the weights of the first layer as small whole numbers on one scale."""
    model, params = recognizer.model, recognizer.params
    layer = first_layer(params)
    kernel = np.asarray(params[layer]["kernel"])[..., :MOST_UNITS]
    height, width = kernel.shape[:2] if kernel.ndim > 2 else recognizer.geometry.image_shape
    sizes = np.abs(kernel[kernel != 0])
    limit = float(np.percentile(sizes, PERCENTILE)) if sizes.size else 1.0
    tiles = np.rint(np.clip(kernel / limit, -1, 1) * SHARPEST).astype(int)
    shown = tiles.reshape(height * width, -1).T
    votes_directly = isinstance(model, MLP) and len(model.hidden_units) == 1
    votes = np.asarray(params["output"]["kernel"])[:MOST_UNITS] if votes_directly else None
    return {
        "layer": layer,
        "height": int(height),
        "width": int(width),
        "limit": limit,
        "tiles": shown.tolist(),
        "votes": None if votes is None else _rounded(votes),
    }


def _digit(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction with the pixels that it was made from."""
    return prediction.as_dict() | {"pixels": prediction.ink.pixels.tolist()}


def _rounded(values: NDArray[Any]) -> Any:
    return np.round(values.astype(np.float64), DECIMALS).tolist()


def _png_address(picture: NDArray[np.uint8]) -> str:
    """Return a picture as the address of a PNG, made small where it is large."""
    image = Image.fromarray(picture)
    image.thumbnail((STAGE_SIDE, STAGE_SIDE), Image.Resampling.BOX)
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
