"""Makes `recognition/wholeness.safetensors`, and what the weights in `recognition/segments.py` began from.

    python benchmarks/wholeness.py views --strings 6000
    python benchmarks/wholeness.py train
    python benchmarks/wholeness.py weights --run RUN --strings 600

`views` writes strings of MNIST's training images (never of validation or test), cuts them as `read_many`
does, and keeps every run of pieces as a view, with what it is: one whole digit, a sign, or neither. `train`
fits the network to these and reports what it reads on strings of validation images. `weights` fits how much
each kind of evidence weighs: the most likely weights of a semi-Markov conditional random field (Sarawagi
and Cohen, NeurIPS 2004), on strings of validation images, read by a run of MNIST.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize
from strings import SPACINGS, Written, drawn_by_one, written

from digitlab import Dataset, TrainingConfig, load_dataset, stratified_split
from digitlab.data import Split
from digitlab.errors import DigitlabError
from digitlab.evaluation import probabilities
from digitlab.models import Conv, predict_logits, save_model
from digitlab.recognition import Norms, Recognizer, wholeness as wholeness_module
from digitlab.recognition.lattice import Runs, best_path
from digitlab.recognition.lines import text_lines
from digitlab.recognition.pieces import pieces_of
from digitlab.recognition.segments import WEIGHTS, evidence, found_ink
from digitlab.recognition.wholeness import DIGIT, NEITHER, SIGN
from digitlab.runs import open_run
from digitlab.training import Augmentation, fit
from digitlab.workflow import reload_data

HERE = Path(__file__).parent
FOLDER = HERE / ".wholeness"
NETWORK = Path(wholeness_module.__file__).with_name("wholeness.safetensors")
SHARES = (0.1, 0.2, 0.25, 0.25, 0.2)
SIGNED = 0.35
LONGEST = 7
# What has so much of one digit's ink, and little else, is that digit; below the second, not.
SURELY, HARDLY = 0.88, 0.8
AS_WRITTEN = Augmentation(shift=1, rotate=5, scale=0.1, shear=8, stroke=0.4, elastic=0.5)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """The runs of a line, and whose ink each piece has: int (pieces, owners), owners as `whose` tells."""

    runs: Runs
    ink: NDArray[np.intp]
    whose: NDArray[np.intp]

    @classmethod
    def of(cls, string: Written) -> "Known | None":
        """Cut a string; None if it is not found in one line."""
        lines = text_lines(found_ink(string.picture).kept)
        if len(lines) != 1:
            return None
        line, pieces = lines[0], pieces_of(lines[0])
        height, width = line.ink.shape
        owners = string.owners[line.top : line.top + height, line.left : line.left + width]
        size = pieces.labels.shape[::-1]
        small = np.asarray(Image.fromarray(owners.astype(np.int32)).resize(size, Image.Resampling.NEAREST))
        whose = np.setdiff1d(string.owners, [0])
        ink = [
            [(small[pieces.labels == number] == each).sum() for each in whose] for number in numbers(pieces)
        ]
        return cls(Runs(pieces), np.array(ink), whose)

    def labels(self) -> NDArray[np.int64]:
        """Return what each run is, or -1 where that cannot be told."""
        found = [
            self._label(start, stop, sign)
            for (start, stop), sign in zip(self.runs.ends, self.runs.may_be_signs, strict=True)
        ]
        return np.array(found)

    def _label(self, start: int, stop: int, may_be_sign: bool) -> int:
        own = self.ink[start:stop].sum(axis=0)
        likely = int(own.argmax())
        share = min(own[likely] / max(1, own.sum()), own[likely] / max(1, self.ink[:, likely].sum()))
        if share < HARDLY:
            return NEITHER
        if share < SURELY:
            return -1
        if self.whose[likely] > 0:
            return DIGIT
        return SIGN if may_be_sign else NEITHER

    def path(self) -> list[tuple[int, bool]] | None:
        """Return the true runs, each with whether it is a sign; None if they are not all among the runs."""
        owner = self.ink.argmax(axis=1)
        borders = [0, *(np.flatnonzero(np.diff(owner)) + 1), len(owner)]
        ends = {(int(start), int(stop)): run for run, (start, stop) in enumerate(self.runs.ends)}
        chosen = [(ends.get((a, b)), bool(self.whose[owner[a]] < 0)) for a, b in pairwise(borders)]
        digits = [self.whose[owner[a]] for a in borders[:-1] if self.whose[owner[a]] > 0]
        fits = digits == list(range(1, int(self.whose.max()) + 1))
        if not fits or any(run is None or (sign and not self.runs.may_be_signs[run]) for run, sign in chosen):
            return None
        return [(run, sign) for run, sign in chosen if run is not None]


def numbers(pieces: Any) -> range:
    """Return the numbers of pieces in their labels."""
    return range(1, len(pieces.parts) + 1)


def strings(dataset: Dataset, seed: int) -> Iterator[Written]:
    """Write strings without end, each in one hand, of all spacings, some with signs."""
    generator = np.random.default_rng(seed)
    while True:
        rows = drawn_by_one(dataset, int(generator.integers(1, LONGEST + 1)), generator)
        spacing = str(generator.choice(list(SPACINGS), p=SHARES))
        signs = 0.4 if generator.random() < SIGNED else 0.0
        yield written(dataset.pixels[rows], dataset.labels[rows], generator, spacing=spacing, signs=signs)


def main() -> None:
    """Do one of the three steps."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("views", "train", "weights"))
    parser.add_argument("--strings", type=int, default=6000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--run", type=Path)
    arguments = parser.parse_args()
    try:
        split = stratified_split(load_dataset("mnist")[0])
        if arguments.step == "views":
            make_views(split, arguments.strings, arguments.processes)
        elif arguments.step == "train":
            train_network()
        elif arguments.run is None:
            parser.error("weights needs --run: a finished run of MNIST")
        else:
            fit_weights(arguments.run, arguments.strings)
    except DigitlabError as error:
        sys.exit(f"wholeness.py: {error}")


def make_views(split: Split, count: int, processes: int) -> None:
    """Keep the views of strings: of training images, and a tenth as many of validation images."""
    FOLDER.mkdir(exist_ok=True)
    for name, dataset, number in (
        ("training", split.training, count),
        ("validation", split.validation, count // 10),
    ):
        shares = [(dataset, seed, number // processes) for seed in range(processes)]
        with Pool(processes) as pool:
            found = pool.starmap(views_of, shares)
        pixels, labels = (np.concatenate(each) for each in zip(*found, strict=True))
        np.savez(FOLDER / f"{name}.npz", pixels=pixels, labels=labels)
        print(f"{name}: {len(labels):,} views, {np.bincount(labels)} neither, digits, signs")


def views_of(dataset: Dataset, seed: int, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the views of `count` strings and what they are."""
    source, found = strings(dataset, seed), []
    for _ in range(count):
        known = Known.of(next(source))
        if known is not None:
            labels = known.labels()
            found.append((known.runs.views()[labels >= 0], labels[labels >= 0].astype(np.uint8)))
    pixels, labels_of_all = zip(*found, strict=True)
    return np.concatenate(pixels), np.concatenate(labels_of_all)


def train_network() -> None:
    """Fit the network and keep it."""
    parts = [np.load(FOLDER / f"{name}.npz") for name in ("training", "validation")]
    pixels, labels = (np.concatenate([part[name] for part in parts]) for name in ("pixels", "labels"))
    learnt = len(parts[0]["labels"])
    whole = Dataset(pixels, labels, "views")
    split = Split(whole, np.arange(learnt), np.arange(learnt, len(labels)), 1 - learnt / len(labels), 0)
    config = TrainingConfig(
        steps=30000, periods=8, batch_size=128, learning_rate=0.01, optimizer="adamw", schedule="one-cycle",
        weight_decay=0.02, augmentation=AS_WRITTEN,
    )  # fmt: skip
    fitted = fit(Conv(channels=(16, 32), hidden_units=(32,), classes=3), config, split)
    save_model(NETWORK, fitted.model, whole.pixels.shape[1:], fitted.params)
    read = fitted.read(split.validation.pixels).argmax(axis=1)
    for row in fitted.history:
        print(row)
    print(f"right on {np.mean(read == split.validation.labels):.4f} of {len(read):,} validation views")
    print(np.histogram2d(split.validation.labels, read, bins=range(4))[0].astype(int))


def fit_weights(folder: Path, count: int) -> None:
    """Fit the weights, and print them with the share of strings cut right before and after."""
    run = open_run(folder)
    data = reload_data(run)
    recognizer = Recognizer.of(run, Norms.of(run, data))
    known = examples(recognizer, data.split_of(run).validation, count)
    half = len(known) // 2
    begin = np.array(list(WEIGHTS.values()))
    scale = np.concatenate([each[0] for each in known]).std(axis=0) + 1e-6

    def cost(weights: Floats) -> tuple[float, Floats]:
        losses, slopes = zip(*(loss(weights / scale, *each) for each in known[:half]), strict=True)
        shrunk = 1e-3 * (weights**2).sum()
        return float(np.mean(losses) + shrunk), np.mean(slopes, axis=0) / scale + 2e-3 * weights

    fitted = minimize(cost, begin * scale, jac=True, method="L-BFGS-B").x / scale
    for name, weights in (("before", begin), ("after", fitted)):
        right = np.mean([right_path(weights, *each) for each in known[half:]])
        print(f"{name}: {right:.3f} of {len(known) - half} strings cut right")
    for name, weight in zip(WEIGHTS, fitted, strict=True):
        print(f'    "{name}": {weight:.2f},')


Example = tuple[Floats, NDArray[np.intp], NDArray[np.intp]]
"""What speaks against each run, as a digit and then as a sign; their ends; the true ones."""


def examples(recognizer: Recognizer, dataset: Dataset, count: int) -> list[Example]:
    """Return strings whose truth is among the ways to cut them."""
    source, found = strings(dataset, 0), []
    for _ in range(count):
        known = Known.of(next(source))
        path = known and known.path()
        if known and path:
            logits = predict_logits(
                recognizer.model, recognizer.params, known.runs.pixels(recognizer.geometry)
            )
            shares = probabilities(logits.astype(np.float64) / recognizer.norms.temperature)
            against = evidence(known.runs, shares.max(axis=1))
            runs = len(against)
            kept = np.concatenate([np.ones(runs, bool), known.runs.may_be_signs])
            place = kept.cumsum() - 1
            truth = [place[run + runs * sign] for run, sign in path]
            both = np.concatenate([against[:, 0], against[:, 1]])[kept]
            found.append((both, np.concatenate([known.runs.ends] * 2)[kept], np.array(truth)))
    print(f"{len(found)} of {count} strings can be cut right")
    return found


def loss(
    weights: Floats, against: Floats, ends: NDArray[np.intp], truth: NDArray[np.intp]
) -> tuple[float, Floats]:
    """Return -log(probability of the true cut) and its slope: what is seen less what is expected."""
    scores = -against @ weights
    last = int(ends.max())
    forward, backward = (
        sums(ends[:, 0], ends[:, 1], scores, range(1, last + 1), 0),
        sums(ends[:, 1], ends[:, 0], scores, range(last - 1, -1, -1), last),
    )
    share = np.exp(forward[ends[:, 0]] + scores + backward[ends[:, 1]] - forward[last])
    return float(forward[last] - scores[truth].sum()), against[truth].sum(axis=0) - share @ against


def sums(
    sources: NDArray[np.intp], targets: NDArray[np.intp], scores: Floats, order: range, begin: int
) -> Floats:
    """Return the log of the sum of exp(score) over all paths from `begin` to each place."""
    total = np.full(len(order) + 1, -np.inf)
    total[begin] = 0
    for place in order:
        here = targets == place
        total[place] = np.logaddexp.reduce(total[sources[here]] + scores[here], initial=-np.inf)
    return total


def right_path(weights: Floats, against: Floats, ends: NDArray[np.intp], truth: NDArray[np.intp]) -> bool:
    """Return whether the best cut is the true one."""
    return best_path(ends, -against @ weights) == sorted(truth, key=lambda run: int(ends[run, 0]))


if __name__ == "__main__":
    main()
