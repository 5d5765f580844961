"""How far the maps of `digitlab explain` can be relied on, on 100 validation digits of MNIST.

    python benchmarks/saliency.py --digits 100

trains the linear model, the network and conv by `quick`, and asks of each digit, for what it is read as:
by how much integrated gradients miss what they should add up to, at how many steps; and in how many of
the windows where the fall by occlusion and the sum of another map are both in their upper quarter the
two agree in sign. The latter it asks of the runner-up too, whose evidence is of both signs. Prints
Markdown tables; the numbers go to `results/saliency.json`.
"""

import argparse
import math
import sys
from dataclasses import fields
from statistics import mean, median, stdev
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import machine, today, versions, write

from digitlab import Model, load_dataset, predict_logits, stratified_split, train
from digitlab.data import Split
from digitlab.errors import DigitlabError
from digitlab.insight import (
    Agreement,
    agreement_in_sign,
    gradient_times_input,
    integrated_gradients,
    occlusion,
)
from digitlab.models import Params
from digitlab.training import configure, preset_settings

MODELS = ("linear", "mlp", "conv")
OTHERS = ("gradient", "integrated")
STEPS = (8, 16, 32, 64, 128, 256, 512, 1024)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--digits", type=int, default=100)
    count = parser.parse_args().digits
    try:
        split = stratified_split(load_dataset("mnist")[0])
        results = {name: measured(*trained(name, split), split.validation.pixels[:count]) for name in MODELS}
    except DigitlabError as error:
        sys.exit(f"saliency.py: {error}")
    circumstances = {"date": today(), "machine": machine() | versions(), "digits": count}
    write("saliency", circumstances | {"models": results})
    print(errors_table(results), agreement_table(results), sep="\n\n")
    print(f"\nn = {count} validation digits, {today()}")


def trained(name: str, split: Split) -> tuple[Model, Params]:
    """Train by `quick`, with the seed 0."""
    images = len(split.training_rows)
    model, config = configure(name, preset_settings("quick", name), training_images=images)
    return model, [*train(model, config, split)][-1][1].params


def measured(model: Model, params: Params, digits: NDArray[np.uint8]) -> dict[str, Any]:
    """Measure all digits with one model."""
    begin = perf_counter()
    order = np.argsort(-predict_logits(model, params, digits), axis=1)
    found: dict[str, Any] = {
        "completeness": [
            completeness(model, params, pixels, int(digit))
            for pixels, digit in zip(digits, order[:, 0], strict=True)
        ]
    }
    for place, name in enumerate(("answer", "runner-up")):
        each = [
            agreements(model, params, pixels, int(digit))
            for pixels, digit in zip(digits, order[:, place], strict=True)
        ]
        found[name] = {other: summed([digit[other] for digit in each]) for other in OTHERS}
    print(model.name, f"{perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
    return found


def completeness(model: Model, params: Params, pixels: NDArray[np.uint8], digit: int) -> dict[str, Any]:
    """Return one digit's completeness errors at each number of steps, and at the usual one."""
    found = [
        integrated_gradients(model, params, pixels, digit, steps=steps, tolerance=math.inf) for steps in STEPS
    ]
    kept = integrated_gradients(model, params, pixels, digit)
    errors = [short(each.error) for each in found]
    return {"errors": errors, "kept_error": short(kept.error), "kept_steps": kept.steps}


def agreements(model: Model, params: Params, pixels: NDArray[np.uint8], digit: int) -> dict[str, Agreement]:
    """Return how occlusion agrees with each other map of one digit."""
    occluded = occlusion(model, params, pixels, digit)
    maps = (
        gradient_times_input(model, params, pixels, digit),
        integrated_gradients(model, params, pixels, digit).values,
    )
    return {
        name: agreement_in_sign(occluded.falls, occluded.sums_of(values))
        for name, values in zip(OTHERS, maps, strict=True)
    }


def summed(counts: list[Agreement]) -> dict[str, Any]:
    """Return the sums over digits, and each digit's share of windows that agree, in percent."""
    names = [field.name for field in fields(Agreement)]
    total = {name: sum(getattr(each, name) for each in counts) for name in names}
    return total | {"shares": [short(100 * each.agree / each.both) for each in counts if each.both]}


def short(number: float) -> float:
    """Return three digits of a number."""
    return float(f"{number:.3g}")


def errors_table(results: dict[str, Any]) -> str:
    """Return the completeness errors, median and largest over the digits, for each number of steps."""
    lines = ["| steps | " + " | ".join(f"{name}: median, largest %" for name in results) + " |"]
    lines.append("|---" * (1 + len(results)) + "|")
    for place, steps in enumerate(STEPS):
        columns = [[digit["errors"][place] for digit in each["completeness"]] for each in results.values()]
        lines.append(f"| {steps} | " + " | ".join(cell(column) for column in columns) + " |")
    return "\n".join([*lines, f"| doubled until below 1 % | {' | '.join(map(kept, results.values()))} |"])


def kept(result: dict[str, Any]) -> str:
    """Return the errors at the usual number of steps, and the most steps that it took."""
    digits = result["completeness"]
    steps = max(digit["kept_steps"] for digit in digits)
    return f"{cell([digit['kept_error'] for digit in digits])} (at most {steps} steps)"


def cell(errors: list[float]) -> str:
    """Return the median and the largest, in percent."""
    return f"{100 * median(errors):.2g}, {100 * max(errors):.2g}"


def agreement_table(results: dict[str, Any]) -> str:
    """Return in what share of windows occlusion agrees in sign with each other map, where both are large."""
    header = (
        "model",
        "explained",
        "map",
        "agree %",
        "by digit %",
        "windows",
        "below zero by occlusion",
        "agree %",
    )
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    for name, each in results.items():
        for explained in ("answer", "runner-up"):
            lines += [
                f"| {name} | {explained} | {other} | {agreed(**each[explained][other])} |" for other in OTHERS
            ]
    return "\n".join(lines)


def agreed(shares: list[float], **counts: int) -> str:
    """Return the share of all windows, mean ± standard deviation over digits, and the same below zero."""
    total = Agreement(**counts)
    negative = total.below + total.second_above
    cells = [
        f"{100 * total.agree / total.both:.1f}",
        f"{mean(shares):.1f} ± {stdev(shares):.1f}",
        f"{total.both:,}",
        f"{negative:,}",
        f"{100 * total.below / negative:.1f}" if negative else "",
    ]
    return " | ".join(cells)


if __name__ == "__main__":
    main()
