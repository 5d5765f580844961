"""The exercise's results at its own settings and at ours: mean and spread over seeds.

    python benchmarks/exercise.py --dataset mnist --seeds 5

prints a Markdown table, and writes every number with versions and machine to
`benchmarks/results/exercise-DATASET.json`. Each seed is one whole `compare` in a process of
its own: another split, other first weights, another order of the images.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PRESETS = ("exercise-short", "exercise", "quick")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    results = [
        {"preset": preset, "seed": seed, **compared(arguments.dataset, preset, seed)}
        for preset in PRESETS
        for seed in range(arguments.seeds)
    ]
    path = Path(__file__).parent / "results" / f"exercise-{arguments.dataset}.json"
    path.parent.mkdir(exist_ok=True)
    document = {"date": datetime.now(UTC).date().isoformat(), "machine": machine(), "results": results}
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(table(results))


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
    return {"models": result["models"], "comparisons": result["comparisons"]}


def machine() -> dict[str, Any]:
    """Return what the numbers were measured on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def table(results: list[dict[str, Any]]) -> str:
    """Return the Markdown table: a row for each preset and model, mean ± deviation over seeds."""
    lines = [
        "| preset | model | seeds | test accuracy % | test log loss | validation accuracy % | training s |",
        "|---|---|---|---|---|---|---|",
    ]
    for preset in PRESETS:
        of_preset = [result["models"] for result in results if result["preset"] == preset]
        for name in of_preset[0]:
            models = [models[name] for models in of_preset]
            cells = [
                spread([100 * model["test"]["accuracy"] for model in models], 2),
                spread([model["test"]["log_loss"] for model in models], 4),
                spread([100 * model["validation"]["accuracy"] for model in models], 2),
                spread([model["train_seconds"] for model in models], 1),
            ]
            lines.append(f"| {preset} | {name} | {len(models)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """Return mean ± standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.{digits}f} ± {deviation:.{digits}f}"


if __name__ == "__main__":
    main()
