"""Which validation tells best how the test will go: one with the training's writers, or one with others.

    python benchmarks/splits.py --seeds 10

trains the linear model and the network of `quick` on MNIST once for each seed and each way to take
validation from the training images, and prints a Markdown table of validation accuracy minus test
accuracy: its mean is the bias, its standard deviation the spread, and the root of its mean square what
one is off by. Every number goes to `results/splits.json`. MNIST's files and QMNIST's labels come from the
folder that DIGITLAB_DATA_DIR names, or from the cache.
"""

import argparse
import sys
from math import hypot
from statistics import mean, stdev
from typing import Any

from record import machine, today, versions, write

from digitlab import Dataset, evaluate, load_dataset, predict_logits, train
from digitlab.data import SPLITS
from digitlab.errors import DigitlabError
from digitlab.training import configure, preset_settings

MODELS = ("linear", "mlp")
HEADER = [
    "| model | validation | validation % | test % | validation - test, points | off by (root mean square) |",
    "|---|---|---|---|---|---|",
]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--dataset", default="mnist")
    arguments = parser.parse_args()
    try:
        training, test = load_dataset(arguments.dataset)
        results = [
            measured(training, test, model, by, seed)
            for seed in range(arguments.seeds)
            for model in MODELS
            for by in SPLITS
        ]
    except DigitlabError as error:
        sys.exit(f"splits.py: {error}")
    write(
        "splits", {"date": today(), "machine": machine() | versions(("jax", "digitlab")), "results": results}
    )
    print("\n".join([*HEADER, *(row(results, model, by) for model in MODELS for by in SPLITS)]))
    print(f"\nn = {arguments.seeds} seeds, {today()}")


def measured(training: Dataset, test: Dataset, model: str, by: str, seed: int) -> dict[str, Any]:
    """Train once, and return the accuracy on validation and on the test set."""
    split = SPLITS[by](training, seed=seed)
    settings = preset_settings("quick", model) | {"seed": seed}
    chosen, config = configure(model, settings, training_images=len(split.training_rows))
    *_, (_, state) = train(chosen, config, split)
    baseline = int(split.training.class_counts.argmax())
    found = {
        name: evaluate(
            predict_logits(chosen, state.params, images.pixels), images.labels, baseline_class=baseline
        ).accuracy
        for name, images in (("validation", split.validation), ("test", test))
    }
    print(f"{model}, {by}, seed {seed}: {found}", file=sys.stderr, flush=True)
    return {"model": model, "split": by, "seed": seed, "n": len(split.validation_rows)} | found


def row(results: list[dict[str, Any]], model: str, by: str) -> str:
    """Return a row of the table."""
    chosen = [each for each in results if (each["model"], each["split"]) == (model, by)]
    off = [100 * (each["validation"] - each["test"]) for each in chosen]
    cells = [
        f"{100 * mean(each[name] for each in chosen):.2f} ± {100 * stdev(each[name] for each in chosen):.2f}"
        for name in ("validation", "test")
    ]
    root = hypot(*off) / len(off) ** 0.5
    return f"| {model} | {by} | {cells[0]} | {cells[1]} | {mean(off):+.2f} ± {stdev(off):.2f} | {root:.2f} |"


if __name__ == "__main__":
    main()
