"""What the scripts of a race share: settings in, the digits, one line of JSON out.

NumPy and the standard library only, for every tool's environment has these. A script takes one JSON
object as its only argument, and by hand it runs on its defaults:

    DIGITLAB_DATA_DIR=FOLDER python benchmarks/peers/exercise_torch.py '{"steps": 100}'
"""

import gzip
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

DATA_DIR = "DIGITLAB_DATA_DIR"
VALIDATION = 10_000

T = TypeVar("T")


class Images(NamedTuple):
    """Digits as the files have them: uint8 (n, 28, 28), and labels uint8 (n,)."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    @property
    def inputs(self) -> NDArray[np.float32]:
        """The pixels as most networks take them: float32 (n, 784) in [0, 1]."""
        return self.pixels.reshape(len(self.pixels), -1).astype(np.float32) / np.float32(255)

    @property
    def targets(self) -> NDArray[np.int64]:
        """The labels as most losses take them: int64 (n,)."""
        return self.labels.astype(np.int64)

    def part(self, start: int | None, stop: int | None) -> "Images":
        """Return the images from `start` to before `stop`."""
        return Images(self.pixels[start:stop], self.labels[start:stop])


def mnist() -> tuple[Images, Images]:
    """Return the 60,000 training images and the 10,000 test images."""
    return (
        Images(_idx("train-images-idx3-ubyte"), _idx("train-labels-idx1-ubyte")),
        Images(_idx("t10k-images-idx3-ubyte"), _idx("t10k-labels-idx1-ubyte")),
    )


def _idx(name: str) -> NDArray[np.uint8]:
    content = _content(name)
    shape = np.frombuffer(content, ">u4", content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def _content(name: str) -> bytes:
    """Return the bytes of one of MNIST's files, gzipped or not."""
    folder = Path(
        os.environ.get(DATA_DIR) or sys.exit(f"Set {DATA_DIR} to the folder with MNIST's four files.")
    )
    for path in (place / (name + suffix) for place in (folder / "mnist", folder) for suffix in ("", ".gz")):
        if path.is_file():
            return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return sys.exit(f"There is neither {name} nor {name}.gz in {folder}, the folder that {DATA_DIR} names.")


def batches(images: int, size: int, steps: int, seed: int) -> NDArray[np.int64]:
    """Return which images the batches of some steps hold, (steps, size): a new order every epoch."""
    random = np.random.default_rng(seed)
    epochs = -(-steps * size // images)
    return np.concatenate([random.permutation(images) for _ in range(epochs)])[: steps * size].reshape(
        -1, size
    )


def settings(**defaults: Any) -> SimpleNamespace:
    """Return `defaults` under what the command line says; `seed` and `begin` belong to every script.

    `begin` is when the process was started, in seconds since the epoch: only the harness can know.
    """
    known = {"seed": 0, "begin": time.time()} | defaults
    given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    if unknown := given.keys() - known.keys():
        sys.exit(f"{sys.argv[0]} has no setting {', '.join(sorted(unknown))}: it has {', '.join(known)}.")
    return SimpleNamespace(**known | given)


class Clock:
    """Seconds since the process was started, without those for which the clock stood still."""

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.paused_s = 0.0

    @property
    def seconds(self) -> float:
        """How many have passed."""
        return time.time() - self.begin - self.paused_s

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stand still for the block, for looking at the test set is no part of the work."""
        begin = time.time()
        yield
        self.paused_s += time.time() - begin


def train_until(
    target: float,
    most_epochs: int,
    begin: float,
    train_epoch: Callable[[], object],
    accuracy: Callable[[], float],
) -> None:
    """Train until the test accuracy is `target`, looking after each epoch, and report the way there."""
    clock = Clock(begin)
    curve: list[dict[str, float]] = []
    while len(curve) < most_epochs and not (curve and curve[-1]["test_accuracy"] >= target):
        train_epoch()
        seconds = clock.seconds
        with clock.paused():
            curve.append({"seconds": round(seconds, 4), "test_accuracy": round(accuracy(), 6)})
    found = curve[-1]["test_accuracy"]
    report(clock, test_accuracy=found, reached=found >= target, epochs=len(curve), curve=curve)


def last_of(times: int, work: Callable[[], T]) -> tuple[float, T]:
    """Do some work several times, and return how many seconds the last time took, and what came of it."""
    for _ in range(times):
        begin = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - begin
    return seconds, result


def reading_times(
    read: Callable[[NDArray[np.uint8]], object], pixels: NDArray[np.uint8], rounds: int, calls: int
) -> dict[str, float]:
    """Return the seconds for all the digits, and for one alone: median and 99th percentile."""
    read(pixels)
    singles = [pixels[index % len(pixels)][None] for index in range(calls)]
    for single in singles[:100]:
        read(single)
    everything = [seconds_of(partial(read, pixels)) for _ in range(rounds)]
    alone = [seconds_of(partial(read, single)) for single in singles]
    return {
        "all_s": float(np.median(everything)),
        "one_p50_s": float(np.percentile(alone, 50)),
        "one_p99_s": float(np.percentile(alone, 99)),
    }


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def report(clock: Clock | None = None, /, **values: Any) -> None:
    """Print what was measured, as the one line that the harness reads."""
    print(json.dumps({"paused_s": round(clock.paused_s, 4) if clock else 0.0} | values), flush=True)
