"""What is refused of real digits and of what is no digit, at every threshold, kind by kind.

    python benchmarks/refusal.py RUN... [--own FOLDER] [--count 300] [--figure docs/refusal]

measures with each run how many of its official test digits it refuses, read as a data set has them, and how
many of the pictures of `nondigits.py`, read as anybody's pictures. With --own also how many of the
pictures in FOLDER/*/DIGIT/*, and how accurate the answers are before and after refusal. The limit is the
one that the run's validation images chose; the curve says what others would have done. Prints a
table; every number goes to `results/refusal.json`, and the curves of the first run into a picture.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from nondigits import ALPHABET, KINDS, LOOK_ALIKES, MAKERS, PLAIN_LETTERS, UNMISTAKABLE, pictures
from numpy.typing import NDArray
from record import machine, today, versions, write

from digitlab.data import Geometry
from digitlab.errors import DigitlabError
from digitlab.evaluation import wilson_interval
from digitlab.figures import save
from digitlab.figures.style import INK, LINES, SMALL, new_axes, styled
from digitlab.models import predict_logits
from digitlab.recognition import Ink, Norms, Recognizer, Stage, open_picture, prepare
from digitlab.recognition.guard import strangeness
from digitlab.runs import Run, open_run
from digitlab.workflow import reload_data

# Shares of a run's validation digits that limits may refuse.
SHARES = (0.001, 0.002, 0.004, 0.006, 0.01, 0.016, 0.02, 0.03, 0.05, 0.1, 0.2)
SOLID, DASHED, DOTTED = "-", "--", ":"
LOOKS = {
    kind: (LINES[number % len(LINES)], (SOLID, DASHED)[number // len(LINES)])
    for number, kind in enumerate(KINDS)
} | {"printed digits": (INK, DOTTED)}

Pixels = NDArray[np.uint8]


class Seen(NamedTuple):
    """What one run made of some pictures, each array (n,); the digit is -1 where nothing was drawn."""

    strange: NDArray[np.float64]
    refused: NDArray[np.bool_]
    nothing: NDArray[np.bool_]
    digit: NDArray[np.int64]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--own", type=Path, help="a folder of writers' folders, each with a folder a digit")
    parser.add_argument("--count", type=int, default=300, help="how many pictures of each kind")
    parser.add_argument("--figure", type=Path, help="where the picture goes, without a suffix")
    given = parser.parse_args()
    try:
        runs = [open_run(folder) for folder in given.runs]
        found = [measured(run, given.count, given.own) for run in runs]
    except DigitlabError as error:
        sys.exit(f"refusal.py: {error}")
    write("refusal", {"date": today(), "machine": machine() | versions(), "runs": found})
    print(table(found))
    if given.figure:
        for path in save(draw(found[0]), given.figure):
            print(path)


def measured(run: Run, count: int, own: Path | None) -> dict[str, Any]:
    """Measure one run."""
    data = reload_data(run)
    begin, used = perf_counter(), process_time()
    norms = Norms.of(run, data)
    seconds, cpu = perf_counter() - begin, process_time() - used
    recognizer = Recognizer.of(run, norms)
    validation = strangeness(norms.guard, data.split_of(run).validation.pixels)
    digits = judged(recognizer, [as_ink(pixels) for pixels in data.test.pixels])
    seen = {kind: judged(recognizer, prepared(kind, count, recognizer.geometry)) for kind in MAKERS}
    document: dict[str, Any] = {
        "run": run.name,
        "model": run.config.model.name,
        "data": data.test.name,
        "norms_seconds": seconds,
        "norms_cpu_seconds": cpu,
        "milliseconds_each": milliseconds(recognizer, data.test.pixels[:500]),
        "strangest": norms.strangest,
        "least_sure": norms.least_sure,
        "test digits": answers(digits, data.test.labels),
        "refused": {kind: share(each.refused) for kind, each in seen.items()},
        "letters, all 52": letters_together(seen),
        "all that no one could mistake": share(joined(seen, UNMISTAKABLE)),
        "all": share(joined(seen, KINDS)),
        "curve": [at_limit(each, validation, digits, seen) for each in SHARES],
    }
    if own:
        document["own"] = own_pictures(recognizer, own)
    print({name: value for name, value in document.items() if name != "curve"}, file=sys.stderr, flush=True)
    return document


def judged(recognizer: Recognizer, inks: Sequence[Ink]) -> Seen:
    """Read pictures by the recognizer."""
    found = recognizer.judge(inks)
    return Seen(
        np.array([each.strangeness for each in found]),
        np.array([each.rejected for each in found]),
        np.array([bool(each.ink.nothing) for each in found]),
        np.array([-1 if each.digit is None else each.digit for each in found]),
    )


def as_ink(pixels: Pixels) -> Ink:
    """Return a digit of a data set as if a picture had been prepared into it."""
    page = Stage("picture", np.full((96, 96, 3), 255, np.uint8))
    return Ink(pixels, (page,), (20, 20, 76, 76), 2.5, 0.9, True, "")


@cache
def prepared(kind: str, count: int, geometry: Geometry) -> tuple[Ink, ...]:
    """Return the ink of pictures of a kind."""
    return tuple(prepare(picture, geometry) for picture in pictures(kind, count))


def joined(seen: Mapping[str, Seen], kinds: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether each picture of some kinds was refused."""
    return np.concatenate([seen[kind].refused for kind in kinds])


def share(refused: NDArray[np.bool_]) -> dict[str, Any]:
    """Return a share with its 95 % interval."""
    found = int(refused.sum())
    return {"refused": found, "n": len(refused), "interval": wilson_interval(found, len(refused))}


def letters_together(seen: Mapping[str, Seen]) -> float:
    """Return the share refused of all 52 letters, each as often as any other."""
    plain, alike = (float(seen[kind].refused.mean()) for kind in ("letters", "look-alike letters"))
    return (len(PLAIN_LETTERS) * plain + len(LOOK_ALIKES) * alike) / len(ALPHABET)


def answers(seen: Seen, labels: NDArray[np.integer[Any]]) -> dict[str, Any]:
    """Return what was refused of digits, and how right the answers are, all of them and those given."""
    right = seen.digit == labels
    return share(seen.refused) | {
        "right": float(right.mean()),
        "right of those answered": float(right[~seen.refused].mean()),
        "refused though right": int((seen.refused & right).sum()),
        "wrong": int((~right).sum()),
        "wrong and refused": int((seen.refused & ~right).sum()),
    }


def at_limit(
    of_validation: float, validation: NDArray[np.float64], digits: Seen, seen: Mapping[str, Seen]
) -> dict[str, Any]:
    """Return what would be refused if that share of validation were; by strangeness alone."""
    limit = float(np.quantile(validation, 1 - of_validation, method="higher"))
    kinds = {kind: float(((each.strange > limit) | each.nothing).mean()) for kind, each in seen.items()}
    return {
        "validation": of_validation,
        "limit": limit,
        "test": float((digits.strange > limit).mean()),
    } | kinds


def own_pictures(recognizer: Recognizer, folder: Path) -> dict[str, Any]:
    """Return what is refused of a folder of pictures, and how right the answers are."""
    files = sorted(path for path in folder.glob("*/[0-9]/*") if path.is_file())
    seen = judged(recognizer, [prepare(open_picture(path), recognizer.geometry) for path in files])
    labels = np.array([int(path.parent.name) for path in files])
    by_digit = {str(digit): int(seen.refused[labels == digit].sum()) for digit in range(10)}
    return answers(seen, labels) | {"refused of each digit": by_digit}


def milliseconds(recognizer: Recognizer, digits: Pixels) -> dict[str, float]:
    """Return the median time of the logits of one picture, and of its whole judgement."""

    def median(of: Callable[[Pixels], object]) -> float:
        times = []
        for pixels in digits:
            begin = perf_counter()
            of(pixels)
            times.append(1000 * (perf_counter() - begin))
        return float(np.median(times))

    return {
        "logits": median(lambda pixels: predict_logits(recognizer.model, recognizer.params, pixels[None])),
        "judgement": median(lambda pixels: recognizer.judge([as_ink(pixels)])),
    }


def table(found: Sequence[Mapping[str, Any]]) -> str:
    """Return a Markdown table of percentages refused, a column for each run."""
    names = [f"{each['model']}, {each['data']}" for each in found]
    lines = [f"| % refused | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    rows = ["test digits", *(["own"] if "own" in found[0] else [])]
    lines += [row(name, [each[name] for each in found]) for name in rows]
    lines += [row(kind, [each["refused"][kind] for each in found]) for kind in MAKERS]
    lines += [row(name, [each[name] for each in found]) for name in ("all that no one could mistake", "all")]
    letters = " | ".join(f"{100 * each['letters, all 52']:.1f}" for each in found)
    return "\n".join([*lines, f"| letters, all 52 | {letters} |"])


def row(name: str, shares: Sequence[Mapping[str, Any]]) -> str:
    """Return a row of the table."""
    cells = [f"{100 * each['refused'] / each['n']:.1f}" for each in shares]
    return f"| {name} | {' | '.join(cells)} |"


def named(kind: str) -> str:
    """Return what the legend calls a kind."""
    return kind if kind in KINDS else f"{kind}: not to be refused"


@styled
def draw(found: Mapping[str, Any]) -> Axes:
    """Draw the share refused of each kind against that of real test digits."""
    ax = new_axes(8, 5)
    curve = found["curve"]
    real = [100 * each["test"] for each in curve]
    for kind, (colour, dashes) in LOOKS.items():
        refused = [100 * each[kind] for each in curve]
        ax.plot(real, refused, color=colour, linestyle=dashes, marker="o", markersize=3, label=named(kind))
    chosen = found["test digits"]
    at = 100 * chosen["refused"] / chosen["n"]
    ax.axvline(at, color=INK, linewidth=1)
    note = f"in use: {at:.1f} % of test digits refused,\n2 % of validation at most"
    ax.annotate(note, (at, 42), (-6, 0), textcoords="offset points", ha="right", fontsize=SMALL)
    ax.set(xscale="log", xlabel="test digits refused, %", ylabel="refused of each kind, %", ylim=(0, 101))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    ax.grid(True)
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=SMALL)
    ax.set_title(f"What {found['model']} of {found['data']} refuses: real digits against all else")
    return ax


if __name__ == "__main__":
    main()
