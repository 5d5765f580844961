"""How well ink makes pictures into what a model was trained on, and what each of its steps is worth.

    python benchmarks/ink.py RUN... --sheets FOLDER

takes runs that were trained on MNIST. It sends MNIST test digits out as pictures and back, has the runs
read every kind of picture of `photos.py`, made of validation digits and of strokes, and your scans in the
folder `own-digits` beside the data, where there are any; and the same pictures made ready in other ways, and
by ink without one of its steps. Prints Markdown tables; every number goes to `results/ink.json`. The
test set is not read to choose a model: its pixels are compared with themselves, and answers with answers.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from baselines import box_and_centre, plain_resize
from ink_tables import ablation_table, kind_table, own_table, quantiles, scored, share, trip_table
from numpy.typing import NDArray
from pens import written
from photos import KINDS, photo
from record import machine, today, versions, write
from round_trip import broken_facts, round_trips
from sheets import write_sheet

from digitlab import load_dataset, predict_logits, stratified_split
from digitlab.data import Dataset
from digitlab.errors import DigitlabError
from digitlab.recognition import open_picture, prepare
from digitlab.recognition.ink import Steps
from digitlab.runs import Run, open_run

Pixels = NDArray[np.uint8]
Method = Callable[[Pixels], Pixels]
Labels = NDArray[np.integer[Any]]


def ink(picture: Pixels) -> Pixels:
    """Return what ink makes of a picture."""
    return prepare(picture).pixels


def without(step: str) -> Method:
    """Return what ink does without one of its steps."""
    fewer = replace(Steps(), **{step: False})
    return lambda picture: prepare(picture, steps=fewer).pixels


METHODS: dict[str, Method] = {"ink": ink, "box and centre": box_and_centre, "plain resize": plain_resize}
LESS: dict[str, Method] = {"ink": ink} | {
    f"without: {step.name.replace('_', ' ')}": without(step.name) for step in fields(Steps)
}


def main() -> None:
    """Measure, print and write."""
    given = arguments()
    begin = perf_counter()
    try:
        runs = [open_run(folder) for folder in given.runs]
        training, test = load_dataset("mnist")
        validation = stratified_split(training).validation
        document = {
            "round_trip": trips(runs, test.pixels[: given.digits]),
            "kinds": kinds(runs, validation, given),
            "own": own(runs, given.own, given.sheets),
            "ablation": ablation(runs, validation, given),
        }
    except DigitlabError as error:
        sys.exit(f"ink.py: {error}")
    circumstances = {"date": today(), "machine": machine() | versions(), "seed": given.seed}
    write("ink", circumstances | {"runs": [run.name for run in runs]} | document, given.out)
    print(trip_table(document["round_trip"]), kind_table(document["kinds"]), sep="\n\n")
    print(
        "",
        own_table(document["own"]),
        "",
        ablation_table(document["ablation"]),
        f"\n{today()}, {perf_counter() - begin:.0f} s",
        sep="\n",
    )


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--digits", type=int, default=1000, help="of the round trip")
    parser.add_argument("--each", type=int, default=100, help="pictures of each kind")
    parser.add_argument("--fewer", type=int, default=20, help="pictures of each kind, for each step left out")
    parser.add_argument("--kinds", default="", help="only kinds whose name has this in it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--own", type=Path, default=Path(os.environ.get("DIGITLAB_DATA_DIR", "")).parent / "own-digits"
    )
    parser.add_argument("--sheets", type=Path, help="a folder for pictures of pictures")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


def trips(runs: Sequence[Run], pixels: Pixels) -> dict[str, Any]:
    """Send digits out and back, and ask the runs whether they read the same."""
    before = answers(runs, pixels)
    found: dict[str, Any] = {}
    for ground, (back, alike, smoothings) in round_trips(pixels, ink).items():
        after = answers(runs, back)
        blank = ~back.any(axis=(1, 2))
        broken = [fact for each in back[~blank] for fact in broken_facts(each)]
        found[ground] = {
            "n": len(pixels),
            "nothing": int(blank.sum()),
            "same": sum(each.same for each in alike),
            "correlations": quantiles([each.correlation for each in alike]),
            "differences": quantiles([each.difference for each in alike]),
            "unmoved": sum(each.shift == (0, 0) for each in alike),
            "changed": {run.name: int((before[run.name] != after[run.name]).sum()) for run in runs},
            "broken_facts": {fact: broken.count(fact) for fact in sorted(set(broken))},
            "mean_ink": float(back.mean() / 255),
            "same_by_smoothing": {
                name: share([a.same for a, b in zip(alike, smoothings, strict=True) if b == name])
                for name in sorted(set(smoothings))
            },
        }
        say(f"{ground}: {found[ground]}")
    return found


def kinds(runs: Sequence[Run], validation: Dataset, given: argparse.Namespace) -> dict[str, Any]:
    """Have the runs read every kind of picture, however it is made ready."""
    chosen = [kind for kind in KINDS if given.kinds in kind]
    found: dict[str, Any] = {}
    for kind in chosen:
        pictures, labels, ways = subjects(kind, validation, given.each, given.seed)
        found[kind] = {"n": len(labels), "group": KINDS[kind].group} | measured(runs, pictures, labels, ways)
        if given.sheets:
            write_sheet(given.sheets / f"{kind}.png", pictures, labels, answered(runs[-1], pictures))
        say(f"{kind}: {found[kind]['accuracy']['ink']}, {found[kind]['seconds']:.3f} s each")
    return found


def subjects(kind: str, validation: Dataset, each: int, seed: int) -> tuple[list[Pixels], Labels, list[str]]:
    """Return pictures of a kind, their labels, and how they were written: half of them MNIST's."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    pictures, labels, ways = [], [], []
    for number in range(each):
        if number % 2 and not KINDS[kind].pens:
            row = int(rng.integers(len(validation.labels)))
            pictures.append(photo(validation.pixels[row], kind, rng))
            labels.append(int(validation.labels[row]))
            ways.append("MNIST")
        else:
            digit = written(number // 2 % 10, rng)
            pictures.append(photo(digit.strokes, kind, rng))
            labels.append(digit.digit)
            ways.append(f"{digit.digit} {digit.way}")
    return pictures, np.array(labels), ways


def measured(
    runs: Sequence[Run], pictures: Sequence[Pixels], labels: Labels, ways: Sequence[str]
) -> dict[str, Any]:
    """Return accuracies by method and run, which ways were misread, and what broke MNIST's facts."""
    begin = perf_counter()
    made = {"ink": np.stack([ink(picture) for picture in pictures])}
    seconds = (perf_counter() - begin) / len(pictures)
    made |= {
        name: np.stack([method(picture) for picture in pictures])
        for name, method in METHODS.items()
        if name != "ink"
    }
    right = {
        name: {run: each == labels for run, each in answers(runs, pixels).items()}
        for name, pixels in made.items()
    }
    found = made["ink"][made["ink"].any(axis=(1, 2))]
    last = right["ink"][runs[-1].name]
    enlarged = np.array([way == "MNIST" for way in ways])
    return {
        "accuracy": {
            name: {run: scored(hits) for run, hits in by_run.items()} for name, by_run in right.items()
        },
        "ink_by_source": {
            name: {run: scored(hits[of]) for run, hits in right["ink"].items()}
            for name, of in (("MNIST", enlarged), ("strokes", ~enlarged))
            if of.any()
        },
        "nothing": len(labels) - len(found),
        "broken_facts": sum(bool(broken_facts(each)) for each in found),
        "misread": [
            f"{number}: {way}" for number, (way, hit) in enumerate(zip(ways, last, strict=True)) if not hit
        ],
        "seconds": seconds,
    }


def own(runs: Sequence[Run], folder: Path, sheets: Path | None) -> dict[str, Any]:
    """Have the runs read scans of your own, `writer/label/*`."""
    files = own_files(folder)
    if not files:
        say(f"There are no own digits in {folder}: left out.")
        return {}
    labels = labels_of(files)
    writers = np.array([path.parent.parent.name for path in files])
    pictures = [open_picture(path) for path in files]
    found: dict[str, Any] = {}
    for name, method in METHODS.items():
        made = np.stack([method(picture) for picture in pictures])
        right = {run: each == labels for run, each in answers(runs, made).items()}
        found[name] = {
            run: scored(hits)
            | {"writers": {who: share(hits[writers == who]) for who in sorted(set(writers))}}
            for run, hits in right.items()
        }
        if name == "ink" and sheets:
            read = answered(runs[-1], pictures)
            wrong = np.flatnonzero(read[1] != labels)
            some = [pictures[each] for each in wrong]
            write_sheet(sheets / "own, misread.png", some, labels[wrong], (read[0][wrong], read[1][wrong]))
    return {"n": len(files), "methods": found}


def ablation(runs: Sequence[Run], validation: Dataset, given: argparse.Namespace) -> dict[str, Any]:
    """Have the runs read pictures made ready by ink without one of its steps."""
    sets: dict[str, tuple[list[Pixels], list[Labels]]] = {}
    for kind in (kind for kind in KINDS if given.kinds in kind):
        pictures, labels, _ = subjects(kind, validation, given.fewer, given.seed)
        group = sets.setdefault(KINDS[kind].group, ([], []))
        group[0].extend(pictures)
        group[1].append(labels)
    found: dict[str, Any] = {}
    if scans := own_files(given.own):
        sets["own"] = [open_picture(path) for path in scans], [labels_of(scans)]
    for name, (pictures, parts) in sets.items():
        labels = np.concatenate(parts)
        for way, method in LESS.items():
            read = answers(runs, np.stack([method(picture) for picture in pictures]))
            found.setdefault(way, {})[name] = {run: scored(each == labels) for run, each in read.items()}
            say(f"{way}, {name}: {found[way][name]}")
    return found


def own_files(folder: Path) -> list[Path]:
    """Return the scans in a folder, `writer/label/*`."""
    return sorted(path for path in folder.glob("*/[0-9]/*") if path.is_file())


def labels_of(files: Sequence[Path]) -> Labels:
    """Return what scans are labelled as."""
    return np.array([int(path.parent.name) for path in files])


def answered(run: Run, pictures: Sequence[Pixels]) -> tuple[Pixels, Labels]:
    """Return what ink makes of pictures, and what a run reads there."""
    pixels = np.stack([ink(picture) for picture in pictures])
    return pixels, answers([run], pixels)[run.name]


def answers(runs: Sequence[Run], pixels: Pixels) -> dict[str, Labels]:
    """Return what each run reads; -1 where there is nothing to read."""
    blank = ~pixels.any(axis=(1, 2))
    return {
        run.name: np.where(blank, -1, predict_logits(run.config.model, run.params(), pixels).argmax(axis=1))
        for run in runs
    }


def say(line: str) -> None:
    """Tell the one who waits."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
