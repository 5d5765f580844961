"""What `digitlab learn` gains on own digits by other people, and what it costs on the official test set.

    python benchmarks/learning.py RUN own-digits --seeds 3

lets the run learn from the digits of all writers but two, for each pair of two that follow one another in
natural order, and reads those two; and before and after MNIST's test set, with each seed. The test set is
read to report this alone, never to choose by; settings are chosen by what `digitlab learn` says of
held-out writers and of validation. The folder has pictures as writer/label/x.png. Prints a Markdown
table; the numbers go to `results/learning.json`.
"""

import argparse
import sys
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import machine, today, versions, write

from digitlab import predict_logits
from digitlab.errors import ConfigError, DigitlabError
from digitlab.models import Params
from digitlab.recognition import (
    Collected,
    Lesson,
    Norms,
    Recognizer,
    collect,
    find_own_digits,
    learn_once,
)
from digitlab.runs import Run, open_run
from digitlab.workflow import Data, reload_data

AT_ONCE = 2


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=Lesson.share)
    parser.add_argument("--steps", type=int, default=Lesson.steps)
    parser.add_argument("--learning-rate", type=float)
    given = parser.parse_args()
    try:
        run = open_run(given.run)
        data = reload_data(run)
        own = collect(Recognizer.of(run, Norms.of(run, data)), find_own_digits(given.folder))
        lessons = [Lesson(given.share, given.steps, given.learning_rate, seed) for seed in range(given.seeds)]
        rows = [measured(run, data, own, pair, lessons) for pair in pairs(own)]
    except DigitlabError as error:
        sys.exit(f"learning.py: {error}")
    settings = {name: value for name, value in vars(given).items() if name not in ("run", "folder")}
    circumstances = {"date": today(), "machine": machine() | versions(), "settings": settings}
    write("learning", circumstances | {"model": run.config.as_dict(), "pairs": rows})
    print(table(rows))
    print(f"\n{given.seeds} seed(s), {len(own.dataset):,} own digits, {today()}")


def pairs(own: Collected) -> list[list[int]]:
    """Return the numbers of the writers, two and two."""
    if own.dataset.writers is None or len(own.names) < 2 * AT_ONCE:
        raise ConfigError(
            f"{own.folder} needs digits of {2 * AT_ONCE} writers or more, as writer/label/x.png."
        )
    return [each.tolist() for each in np.array_split(np.arange(len(own.names)), len(own.names) // AT_ONCE)]


def measured(run: Run, data: Data, own: Collected, pair: list[int], lessons: list[Lesson]) -> dict[str, Any]:
    """Return the accuracies on two writers and on the test set, before and after learning from the others."""
    images, split, model = own.dataset, data.split_of(run), run.config.model
    out = np.isin(np.asarray(images.writers), pair)

    def read(params: Params) -> tuple[float, float]:
        return (
            accuracy(predict_logits(model, params, images.pixels[out]), images.labels[out]),
            accuracy(predict_logits(model, params, data.test.pixels), data.test.labels),
        )

    before, after, seconds = read(run.params()), [], []
    for lesson in lessons:
        begin = perf_counter()
        fitted = learn_once(run, split, images, lesson, rows=np.flatnonzero(~out))
        seconds.append(perf_counter() - begin)
        after.append(read(fitted.params))
    return {
        "writers": [own.names[number] for number in pair],
        "n": int(out.sum()),
        "own_before": before[0],
        "own_after": [own for own, _ in after],
        "test_before": before[1],
        "test_after": [test for _, test in after],
        "seconds": seconds,
    }


def accuracy(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Return the share that is read right."""
    return float((logits.argmax(axis=1) == labels).mean())


def table(rows: list[dict[str, Any]]) -> str:
    """Return a Markdown table: means over the seeds with their standard deviations."""
    lines = [
        "| held out | own digits before, % | after, % | test before, % | after, % | points | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lost = 100 * (mean(row["test_after"]) - row["test_before"])
        cells = (
            f"{', '.join(row['writers'])} ({row['n']})",
            f"{100 * row['own_before']:.2f}",
            spread(row["own_after"]),
            f"{100 * row['test_before']:.2f}",
            spread(row["test_after"]),
            f"{lost:+.2f}",
            f"{mean(row['seconds']):.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(shares: list[float]) -> str:
    """Return the mean in percent and, of several, the standard deviation."""
    return f"{100 * mean(shares):.2f}" + (f" ± {100 * stdev(shares):.2f}" if len(shares) > 1 else "")


if __name__ == "__main__":
    main()
