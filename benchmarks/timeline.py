"""What 10, 100 and 1000 steps make of the exercise's network: over several seeds, not one.

    python benchmarks/timeline.py --seeds 10

trains the network of `exercise` on MNIST once for each seed and prints Markdown tables: what is read right
on validation, how far the 100 units moved, how many are smoother than noise, and from which step on each
digit is known; means ± standard deviations over the seeds. Every number goes to `results/timeline.json`.
MNIST's files come from the folder that DIGITLAB_DATA_DIR names, or from the cache.
"""

import argparse
import sys
from statistics import mean, median, stdev
from typing import Any

import numpy as np
from record import machine, today, versions, write

from digitlab import load_dataset, stratified_split
from digitlab.data import Dataset
from digitlab.errors import DigitlabError
from digitlab.insight import DEFAULT_STEPS, follow
from digitlab.training import configure, preset_settings

FRAMES = 40
COLUMNS = {
    "accuracy": "right, %",
    "log_loss": "log loss",
    "moved": "moved, first lengths (median)",
    "alike": "alike to the end (median)",
    "smoothness": "Moran's I (median)",
    "smooth": "smoother than noise, of 100",
    "moved_noise": "moved, of those like noise at the end",
}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--dataset", default="mnist")
    arguments = parser.parse_args()
    try:
        training, _ = load_dataset(arguments.dataset)
        results = [measured(training, seed) for seed in range(arguments.seeds)]
    except DigitlabError as error:
        sys.exit(f"timeline.py: {error}")
    made = {"date": today(), "machine": machine() | versions(("jax", "digitlab")), "results": results}
    write("timeline", made)
    print(f"| steps | {' | '.join(COLUMNS.values())} |\n|{'---|' * (len(COLUMNS) + 1)}")
    for index, step in enumerate(DEFAULT_STEPS):
        cells = [spread([each["steps"][index][name] for each in results]) for name in COLUMNS]
        print(f"| {step} | {' | '.join(cells)} |")
    print("\n| digit | known from step (median) | least | most |\n|---|---|---|---|")
    for digit, since in enumerate(zip(*(each["learned"] for each in results), strict=True)):
        known = [step for step in since if step is not None]
        print(f"| {digit} | {median(known):g} | {min(known)} | {max(known)} |")
    print(f"\nn = {arguments.seeds} seeds, {today()}")


def measured(training: Dataset, seed: int) -> dict[str, Any]:
    """Train once, and return what each number of steps led to."""
    split = stratified_split(training, seed=seed)
    settings = preset_settings("exercise", "mlp") | {"seed": seed}
    model, config = configure("mlp", settings, training_images=len(split.training_rows))
    timeline = follow(model, config, split, DEFAULT_STEPS, frames=FRAMES)
    noise = timeline.is_noise[-1]
    steps = [
        {
            "accuracy": 100 * timeline.accuracy[index],
            "log_loss": timeline.log_loss[index],
            "moved": float(np.median(timeline.moved[index])),
            "alike": float(np.median(timeline.alike[index])),
            "smoothness": float(np.median(timeline.smoothness[index])),
            "smooth": int(timeline.is_smooth[index].sum()),
            "moved_noise": float(np.median(timeline.moved[index][noise])) if noise.any() else None,
        }
        for index in timeline.asked
    ]
    return {"seed": seed, "steps": steps, "learned": timeline.learned()}


def spread(values: list[float | None]) -> str:
    """Return mean ± standard deviation of the numbers that are there."""
    numbers = [value for value in values if value is not None]
    return f"{mean(numbers):.3g} ± {stdev(numbers):.2g}" if len(numbers) > 1 else f"{numbers[0]:.3g}"


if __name__ == "__main__":
    main()
