"""What training several seeds at once, by vmap, saves beside training them one after the other.

    python benchmarks/seeds.py --seeds 10 --rounds 3

trains each model of the presets with so many seeds on MNIST, both ways in turn, in one process and after
both were compiled, and prints a Markdown table of seconds: medians, and the ratio. Every number goes to
`results/seeds.json`. MNIST's files come from the folder that DIGITLAB_DATA_DIR names, or from the cache.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from record import RESULTS, machine, today, versions, write
from tables import row

from digitlab import load_dataset, stratified_split, train
from digitlab.data import Split
from digitlab.errors import DigitlabError
from digitlab.models import Model
from digitlab.training import (
    TrainingConfig,
    configure,
    pays_together,
    preset_models,
    preset_settings,
    train_together,
)

HEADINGS = ("preset", "model", "at once, s", "one by one, s", "ratio", "so digitlab trains them")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--presets", nargs="+", default=["exercise", "quick"])
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    before = machine()
    try:
        digits, _ = load_dataset(arguments.dataset)
        splits = [stratified_split(digits, seed=seed) for seed in range(arguments.seeds)]
        results = [
            measured(preset, name, splits, arguments.rounds)
            for preset in arguments.presets
            for name in preset_models(preset)
        ]
    except DigitlabError as error:
        sys.exit(f"seeds.py: {error}")
    document = {"date": today(), "machine": before | versions(), "seeds": arguments.seeds, "results": results}
    write("seeds", document, arguments.out)
    lines = [row(HEADINGS), row(["---"] * len(HEADINGS)), *(shown(each) for each in results)]
    print("\n".join([*lines, "", f"{arguments.seeds} seeds, medians of {arguments.rounds}, {today()}"]))


def measured(preset: str, name: str, splits: list[Split], rounds: int) -> dict[str, Any]:
    """Train both ways in turn, and return the seconds of each."""
    settings = preset_settings(preset, name)
    both = [
        configure(name, settings | {"seed": seed}, training_images=len(split.training_rows))
        for seed, split in enumerate(splits)
    ]
    model, configs = both[0][0], [config for _, config in both]
    ways: dict[str, Callable[[], None]] = {
        "at_once": lambda: at_once(model, configs, splits),
        "one_by_one": lambda: one_by_one(model, configs, splits),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, work in ways.items():
            begin = time.perf_counter()
            work()
            # The first of each compiles.
            if number:
                seconds[way].append(round(time.perf_counter() - begin, 3))
        print(f"{preset}, {name}: {seconds}", file=sys.stderr, flush=True)
    return {"preset": preset, "model": name, "trained_at_once": pays_together(model)} | seconds


def at_once(model: Model, configs: list[TrainingConfig], splits: list[Split]) -> None:
    """Train all seeds by vmap."""
    for _ in train_together(model, configs, splits):
        pass


def one_by_one(model: Model, configs: list[TrainingConfig], splits: list[Split]) -> None:
    """Train one seed after the other."""
    for config, split in zip(configs, splits, strict=True):
        for _ in train(model, config, split):
            pass


def shown(found: dict[str, Any]) -> str:
    """Return a row of the table."""
    together, alone = median(found["at_once"]), median(found["one_by_one"])
    chosen = "at once" if found["trained_at_once"] else "one by one"
    return row(
        [
            found["preset"],
            found["model"],
            f"{together:.2f}",
            f"{alone:.2f}",
            f"{together / alone:.2f}",
            chosen,
        ]
    )


if __name__ == "__main__":
    main()
