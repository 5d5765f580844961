"""What five minutes of `digitlab tune` find on MNIST, from the defaults, and what lasts on fresh seeds.

    python benchmarks/tune.py --minutes 5 --models linear mlp

runs the command for each model as a process of its own, prints a Markdown table of what was found, and keeps
its whole answers in `results/tune.json`. The test set is not read. MNIST's files come from the folder that
DIGITLAB_DATA_DIR names, or from the cache. The searches are kept in `--out`: the same command goes on with
them, for so many minutes more.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from record import machine, today, versions, write

HEADER = [
    "| model | trials (stopped early) | defaults, fresh seeds % | best, fresh seeds % "
    "| difference, points (95 %) | difference in the search | luck, points |",
    "|---|---|---|---|---|---|---|",
]


def main() -> None:
    """Search, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--models", nargs="+", default=["linear", "mlp"])
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark-tune"))
    arguments = parser.parse_args()
    busy = machine()
    found = {
        model: tuned(model, arguments.dataset, arguments.minutes, arguments.out / model)
        for model in arguments.models
    }
    about = {
        "date": today(),
        "minutes": arguments.minutes,
        "machine": busy | versions(("digitlab", "jax", "optuna")),
    }
    write("tune", about | {"models": found})
    print("\n".join([*HEADER, *(row(each) for each in found.values())]))


def tuned(model: str, dataset: str, minutes: float, out: Path) -> dict[str, Any]:
    """Run the command, and return its answer."""
    command = ["tune", model, "--dataset", dataset, "--minutes", str(minutes), "--out", str(out), "--json"]
    done = subprocess.run([sys.executable, "-m", "digitlab", *command], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"tune.py: the search for {model} failed")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def row(found: dict[str, Any]) -> str:
    """Return a row of the table."""
    trials, check = found["trials"], found["check"]
    begin = f"| {found['model']} | {trials['finished']} ({trials['pruned']}) |"
    if check["tuned"] is None:
        return f"{begin} {spread(check['defaults'])} | nothing better was found | | | |"
    low, high = (100 * end for end in check["comparison"]["interval"])
    difference = f"{100 * check['comparison']['difference']:+.2f} ({low:+.2f} to {high:+.2f})"
    promised = " | ".join(f"{100 * check[name]:+.2f}" for name in ("promised", "luck"))
    return f"{begin} {spread(check['defaults'])} | {spread(check['tuned'])} | {difference} | {promised} |"


def spread(score: dict[str, Any]) -> str:
    """Return mean and standard deviation in percent."""
    return f"{100 * score['accuracy']:.2f} ± {100 * score['accuracy_sd']:.2f}"


if __name__ == "__main__":
    main()
