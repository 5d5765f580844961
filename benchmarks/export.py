"""Exported files beside the runs that they are made of, on MNIST's 10,000 test digits.

    python benchmarks/export.py runs/linear runs/mlp runs/conv

exports each run to ONNX, with and without ink, and to safetensors, and tells how far the answers of ONNX
Runtime and of its reference evaluator are from the run's, how large files are, and how long reading takes. Of
drawings made of the first 1,000 digits it tells how far the graph's pixels are from digitlab's, and how often
the answer is the one that the whole preparation of `digitlab predict` leads to. The page without a server is
opened in Chromium from the disk: how far its probabilities are on 200 test digits, and in how many of 200
drawings and 208 photos and forms any pixel differs. No answer is held against a label, so the test set is not
looked at. Prints Markdown tables, and writes every number to `results/export.json`.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
from exported_page import DIGITS, Scenes, in_page
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from playwright.sync_api import Page, sync_playwright
from record import OURS, machine, today, versions, write

from digitlab import load_dataset, predict_logits
from digitlab.export import (
    Original,
    agreement,
    answers_of,
    open_session,
    write_html,
    write_onnx,
    write_safetensors,
)
from digitlab.export.drawings import drawn_from, frame_drawing
from digitlab.models import count_parameters
from digitlab.recognition import norms_of, prepare
from digitlab.runs import open_run
from digitlab.workflow import reload_data

DRAWN = 1_000
CHUNKS = (10_000, 1_000, 250)
ROUNDS, CALLS = 9, 2_000

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Drawn:
    """Drawings of some sizes, what digitlab frames of them, and what its whole preparation makes of them."""

    parts: list[Pixels]
    framed: Pixels
    prepared: Pixels

    @classmethod
    def of(cls, digits: Pixels) -> "Drawn":
        """Draw digits."""
        parts = list(drawn_from(digits))
        every = [each for part in parts for each in part]
        return cls(
            parts,
            np.array([frame_drawing(each) for each in every]),
            np.array([prepare(np.stack([each] * 3, axis=2)).pixels for each in every]),
        )


def main() -> None:
    """Export, read, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    folders = parser.parse_args().runs
    drawn = Drawn.of(load_dataset("mnist")[1].pixels[:DRAWN])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page, scenes = browser.new_page(), Scenes.made()
        rows = [measured(folder, drawn, page, scenes) for folder in folders]
        browser.close()
    document = {
        "date": today(),
        "machine": machine(),
        "versions": versions([*OURS, "onnx", "onnxruntime"]),
        "runs": rows,
    }
    print_tables(rows)
    write("export", document)


def measured(folder: Path, drawn: Drawn, page: Page, scenes: Scenes) -> dict[str, Any]:
    """Return all that is told of one run."""
    run = open_run(folder)
    data = reload_data(run)
    original, digits = Original.of(run, data), data.test.pixels
    with tempfile.TemporaryDirectory() as place:
        names = ("a.onnx", "ink.onnx", "a.safetensors", "a.html")
        plain, ink, weights, alone = (Path(place) / name for name in names)
        write_onnx(original, plain)
        write_onnx(original, ink, ink=True)
        write_safetensors(original, weights)
        norms = norms_of(run, lambda: data)
        write_html(original, norms, alone)
        page.goto(alone.as_uri())
        return {
            "model": run.config.model.name,
            "parameters": count_parameters(original.params),
            "temperature": original.temperature,
            "bytes": {path.name: path.stat().st_size for path in (plain, ink, weights, alone)},
            "differences": differences(original, plain, digits),
            "seconds": seconds(original, plain, digits),
            "ink": drawings(original, ink, drawn),
            "page": in_page(original, norms.temperature, page, digits[:DIGITS], scenes),
        }


def differences(original: Original, file: Path, digits: Pixels) -> dict[str, Any]:
    """Return how far each runtime's answers are from the run's."""
    logits = predict_logits(original.run.config.model, original.params, digits)
    names = ["logits", "probabilities"]
    reference: Any = ReferenceEvaluator(str(file)).run(names, {"pixels": digits})
    answers = {
        "onnxruntime": answers_of(open_session(file), digits),
        "reference": dict(zip(names, reference, strict=True)),
    }
    found = {name: agreement(each, logits, original.temperature) for name, each in answers.items()}
    return {
        name: {"n": each.images, "probabilities": each.probabilities, "logits": each.logits}
        for name, each in found.items()
    }


def seconds(original: Original, file: Path, digits: Pixels) -> dict[str, dict[str, float]]:
    """Return how long all digits and one alone take: here, and by ONNX Runtime in the best of some chunks."""
    session = open_session(file)

    def here(pixels: Pixels) -> object:
        return predict_logits(original.run.config.model, original.params, pixels)

    def there(pixels: Pixels, chunk: int) -> object:
        parts = (pixels[start : start + chunk] for start in range(0, len(pixels), chunk))
        return [session.run(["logits"], {"pixels": part}) for part in parts]

    one = digits[:1]
    return {
        "digitlab": {
            "all": median_seconds(partial(here, digits), ROUNDS),
            "one": median_seconds(partial(here, one), CALLS),
        },
        "onnxruntime": {
            "all": min(median_seconds(partial(there, digits, chunk), ROUNDS) for chunk in CHUNKS),
            "one": median_seconds(partial(there, one, 1), CALLS),
        },
    }


def median_seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the median of how long some work takes, after once that does not count."""
    work()
    found = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return median(found)


def drawings(original: Original, file: Path, drawn: Drawn) -> dict[str, Any]:
    """Return how the graph frames drawings, beside digitlab's framing and its whole preparation."""
    session = open_session(file)
    pixels = np.concatenate([answers_of(session, part)["pixels"] for part in drawn.parts])
    off = np.abs(pixels - drawn.framed.astype(np.int64))
    as_framed, as_prepared = (read_as(original, each) for each in (pixels, drawn.prepared))
    largest = drawn.parts[-1][:1]
    return {
        "n": len(pixels),
        "largest_difference": int(off.max()),
        "drawings_that_differ": int(off.any(axis=(1, 2)).sum()),
        "pixels_that_differ": int(np.count_nonzero(off)),
        "read_as_predict_does": int((as_framed == as_prepared).sum()),
        "side": largest.shape[1],
        "seconds_of_one": median_seconds(partial(read_drawing, session, largest), 10 * ROUNDS),
    }


def read_as(original: Original, pixels: Pixels) -> NDArray[np.intp]:
    """Return the class that the run gives each picture."""
    logits = predict_logits(original.run.config.model, original.params, pixels)
    return np.asarray(logits.argmax(axis=1))


def read_drawing(session: onnxruntime.InferenceSession, drawing: Pixels) -> object:
    """Read one drawing."""
    return session.run(["probabilities"], {"drawings": drawing})


def print_tables(rows: Sequence[dict[str, Any]]) -> None:
    """Print what was measured, as Markdown."""
    print(
        "| model | largest difference of a probability, ONNX Runtime | reference evaluator | ONNX, kB | "
        "10,000 digits, ms: digitlab | ONNX Runtime | one, µs: digitlab | ONNX Runtime |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        differ, took = row["differences"], row["seconds"]
        cells = [
            row["model"],
            *(f"{differ[name]['probabilities']:.1e}" for name in ("onnxruntime", "reference")),
            f"{row['bytes']['a.onnx'] / 1000:.0f}",
            *(f"{1e3 * took[name]['all']:.1f}" for name in ("digitlab", "onnxruntime")),
            *(f"{1e6 * took[name]['one']:.0f}" for name in ("digitlab", "onnxruntime")),
        ]
        print(f"| {' | '.join(cells)} |")
    print("\n| model | drawings | pixels differ by | in so many | read as by predict | one, ms |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        ink = row["ink"]
        told = (ink["n"], ink["largest_difference"], ink["drawings_that_differ"], ink["read_as_predict_does"])
        print(f"| {row['model']} | {' | '.join(map(str, told))} | {1e3 * ink['seconds_of_one']:.2f} |")
    print(
        "\n| model | page, kB | digits | largest difference of a probability | drawings that differ | "
        "one, ms | photos and forms that differ | one, ms |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        alone, size = row["page"], row["bytes"]["a.html"] / 1000
        cells = [
            f"{each['that_differ']} of {each['n']} | {each['milliseconds_of_one']:.0f}"
            for each in alone["pictures"].values()
        ]
        told = (f"{size:.0f}", alone["digits"], f"{alone['probabilities']:.1e}", *cells)
        print(f"| {row['model']} | {' | '.join(map(str, told))} |")


if __name__ == "__main__":
    main()
