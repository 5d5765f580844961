"""The exercise's results at its own settings and at ours: mean and spread over seeds.

    python benchmarks/exercise.py --dataset mnist --seeds 5
    python benchmarks/exercise.py --dataset mnist --seeds 50 --preset exercise-short

prints a Markdown table, and writes every number with date and machine to
`benchmarks/results/DATASET-PRESET.json`. Each seed is one whole `compare` in a process of
its own: another split, other first weights, another order of the images.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from record import machine, today, versions, write

PRESETS = ("exercise-short", "exercise", "quick", "best")
HEADER = [
    "| preset | model | seeds | test accuracy % | test log loss | validation accuracy % | training s |",
    "|---|---|---|---|---|---|---|",
]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--preset", choices=PRESETS, action="append", help="all, if none is named")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once; the seconds then say little")
    arguments = parser.parse_args()
    lines = HEADER
    for preset in arguments.preset or PRESETS:
        with ThreadPoolExecutor(arguments.jobs) as pool:
            work = partial(compared, arguments.dataset, preset)
            results = list(pool.map(work, range(arguments.seeds)))
        document = {
            "date": today(),
            "machine": machine() | versions(("jax", "digitlab")),
            "jobs": arguments.jobs,
            "results": results,
        }
        write(f"{arguments.dataset}-{preset}", document)
        lines += rows(preset, results)
    print("\n".join(lines))


def compared(dataset: str, preset: str, seed: int) -> dict[str, Any]:
    """Return what `digitlab compare` says, without the names of its folders."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["compare", "--dataset", dataset, "--preset", preset, "--seed", str(seed), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "digitlab", *command, "--out", f"{folder}/out"],
            stdout=subprocess.PIPE,
            check=True,
        )
    result = json.loads(done.stdout)
    for model in result["models"].values():
        del model["run"]
    return {"seed": seed, "models": result["models"], "comparisons": result["comparisons"]}


def rows(preset: str, results: list[dict[str, Any]]) -> list[str]:
    """Return a row of the table for each model: mean ± standard deviation over seeds."""
    lines = []
    for name in results[0]["models"]:
        models = [result["models"][name] for result in results]
        cells = [
            spread([100 * model["test"]["accuracy"] for model in models], 2),
            spread([model["test"]["log_loss"] for model in models], 4),
            spread([100 * model["validation"]["accuracy"] for model in models], 2),
            spread([model["train_seconds"] for model in models], 1),
        ]
        lines.append(f"| {preset} | {name} | {len(models)} | {' | '.join(cells)} |")
    return lines


def spread(values: list[float], digits: int) -> str:
    """Return mean ± standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} ± {deviation:.{digits}f}"


if __name__ == "__main__":
    main()
