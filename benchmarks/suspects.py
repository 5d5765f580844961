"""How well wrong labels are found: the known ones of MNIST's test set, and planted ones.

    python benchmarks/suspects.py --seeds 5

trains the models of `digitlab data suspects` (conv, five folds) once for each seed, with labels not
smoothed and with the labels of `quick`, and judges MNIST's test set: how many of the 15 images whose label
most of five people did not see are among the first 100, and what cleanlab finds in the same probabilities.
Then it gives 1 % of the bundled digits, and of the first 10,000 training images of MNIST, a wrong label
drawn at random, and counts how many of these come first. Prints Markdown tables; every number goes to
`results/suspects.json`. It looks at the test set's labels, and its question is about these.
"""

import argparse
import sys
from dataclasses import replace
from statistics import mean, stdev
from time import perf_counter
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues
from record import machine, today, versions, write

from digitlab import Dataset, load_dataset
from digitlab.data import disputed
from digitlab.errors import DigitlabError
from digitlab.evaluation import find_suspects
from digitlab.models import Params
from digitlab.suspects import CrossValidation, judge_training, plan_folds

FIRST = 100
PLANTED = 0.01
SMOOTHING = (0.0, 0.1)
FILTERS = ("confident_learning", "prune_by_noise_rate")
KNOWN = {
    "known": "of 15, in the first 100",
    "found": "sure",
    "misread": "misread",
    "confident_learning": "cleanlab, confident learning: found (of 15)",
    "prune_by_noise_rate": "cleanlab, prune by noise rate: found (of 15)",
    "seconds": "seconds",
}
HIDDEN = {
    "first": "% of N in the first N",
    "twice": "% of N in the first 2 N",
    "found": "sure",
    "hits": "% of N among the sure",
    "seconds": "seconds",
}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    try:
        training, test = load_dataset("mnist")
        few = training.take(np.arange(10_000), name="mnist, first 10,000")
        known = [in_test(training, test, each, seed) for each in SMOOTHING for seed in seeds]
        hidden = [
            in_training(images, each, seed)
            for images in (load_dataset("digits")[0], few)
            for each in SMOOTHING
            for seed in seeds
        ]
    except DigitlabError as error:
        sys.exit(f"suspects.py: {error}")
    circumstances = {"date": today(), "machine": machine() | versions(("jax", "digitlab", "cleanlab"))}
    write("suspects", circumstances | {"known": known, "planted": hidden})
    print(table(known, KNOWN), table(hidden, HIDDEN), sep="\n\n")
    print(f"\nn = {len(seeds)} seeds, {today()}")


def planned(images: Dataset, smoothing: float, seed: int) -> tuple[CrossValidation, list[Params]]:
    """Train on all folds."""
    plan = plan_folds("conv", images, seed=seed)
    plan = replace(plan, config=replace(plan.config, label_smoothing=smoothing))
    return plan, [[*plan.train(fold)][-1][1].params for fold in range(len(plan.splits))]


def in_test(training: Dataset, test: Dataset, smoothing: float, seed: int) -> dict[str, Any]:
    """Judge MNIST's test set, by us and by cleanlab; the probabilities are those of `judge_test`."""
    begin = perf_counter()
    plan, params = planned(training, smoothing, seed)
    shares = np.mean([plan.read(each, test.pixels) for each in params], axis=0)
    judged, known = find_suspects(shares, test.labels), disputed(test)
    found: dict[str, Any] = {
        "set": "mnist, test",
        "smoothing": smoothing,
        "seed": seed,
        "seconds": perf_counter() - begin,
        "known": sum(each.index in known for each in judged.first(FIRST)),
        "found": judged.found,
        "misread": judged.misread,
    }
    for name in FILTERS:
        ranked = find_label_issues(
            test.labels.astype(int),
            shares,
            filter_by=name,
            return_indices_ranked_by="normalized_margin",
            n_jobs=1,
        )
        found[name] = len(ranked)
        found[f"{name} known"] = sum(int(index) in known for index in ranked[:FIRST])
    return said(found)


def in_training(images: Dataset, smoothing: float, seed: int) -> dict[str, Any]:
    """Give some images a wrong label, and judge all."""
    begin, generator = perf_counter(), np.random.default_rng([seed, 1])
    count = round(PLANTED * len(images))
    rows = generator.choice(len(images), count, replace=False)
    labels = images.labels.copy()
    labels[rows] = (labels[rows] + generator.integers(1, 10, count)) % 10
    judged = judge_training(*planned(Dataset(images.pixels, labels, images.name), smoothing, seed))
    return said(
        {
            "set": f"{images.name}, N = {count}",
            "smoothing": smoothing,
            "seed": seed,
            "seconds": perf_counter() - begin,
            "first": 100 * float(np.isin(rows, judged.order[:count]).mean()),
            "twice": 100 * float(np.isin(rows, judged.order[: 2 * count]).mean()),
            "found": judged.found,
            "hits": 100 * float(judged.confident[rows].mean()),
        }
    )


def said(found: dict[str, Any]) -> dict[str, Any]:
    """Say on stderr what was found, and return it."""
    print(found, file=sys.stderr, flush=True)
    return found


def table(results: list[dict[str, Any]], columns: dict[str, str]) -> str:
    """Return a Markdown table of means and standard deviations over seeds."""
    groups = dict.fromkeys((each["set"], each["smoothing"]) for each in results)
    lines = [f"| set | label smoothing | {' | '.join(columns.values())} |", "|---" * (2 + len(columns)) + "|"]
    for name, smoothing in groups:
        chosen = [each for each in results if (each["set"], each["smoothing"]) == (name, smoothing)]
        cells = [cell(chosen, column) for column in columns]
        lines.append(f"| {name} | {smoothing:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(results: list[dict[str, Any]], column: str) -> str:
    """Return mean ± standard deviation, and where there are, of how many known ones."""
    values = [each[column] for each in results]
    text = f"{mean(values):.1f} ± {stdev(values):.1f}" if len(values) > 1 else f"{values[0]:.1f}"
    if column not in FILTERS:
        return text
    return f"{text} ({mean(each[f'{column} known'] for each in results):.1f})"


if __name__ == "__main__":
    main()
