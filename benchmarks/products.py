"""How much of this machine's rate of float32 products a training step reaches.

    python benchmarks/products.py

The machine's rate is the best of large square products, measured in turn with the steps. Of a step only
products count, a multiplication and an addition as two operations: forward, for the gradients of the
kernels, and for the gradients of the layers' inputs, save the first layer's, for nobody needs the
gradient of the pixels. Everything elementwise (activations, dropout, optimizer, drawing the batch)
counts nothing but takes time, so a share of 100 % cannot be had. With `--preset best` that includes
changing the images.

Prints a Markdown table, and writes `results/products.json`.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from record import RESULTS, machine, today, versions, write
from tables import duration, row

from digitlab.models import Model
from digitlab.training import TrainingConfig, configure, initial_state, preset_models, preset_settings
from digitlab.training.engine import batch_order, make_recipe, run_period

SIZES = (2048, 3072, 4096)
IMAGES, IMAGE_SHAPE = 10_000, (28, 28)
HEADINGS = ("model", "products of a step", "a step", "rate", "share of the machine's rate")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = preset_models("quick")
    parser.add_argument(
        "--models", nargs="+", choices=known, default=[name for name in known if name != "linear"]
    )
    parser.add_argument("--preset", default="quick", help="whose models")
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=50, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    before = machine()
    chosen = {name: model_and_config(name, arguments) for name in arguments.models}
    work = {name: training_steps(*both) for name, both in chosen.items()}
    products = {size: square_product(size) for size in SIZES}
    found = in_turn(products | work, arguments.rounds)
    rates = {size: 2 * size**3 / min(found[size]) for size in SIZES}
    rows = [
        described(name, flops(chosen[name][0], arguments.batch_size), found[name], arguments.steps, rates)
        for name in chosen
    ]
    print("\n".join(table(rows, rates)))
    document = {
        "date": today(),
        "machine": before,
        "versions": versions(),
        "batch_size": arguments.batch_size,
        "rounds": arguments.rounds,
        "product_flops_per_s": rates,
        "models": rows,
    }
    name = "products" if arguments.preset == "quick" else f"products-{arguments.preset}"
    write(name, document, arguments.out)


def model_and_config(name: str, arguments: argparse.Namespace) -> tuple[Model, TrainingConfig]:
    """Return a model as its preset has it, to be trained by large batches for a few steps."""
    size = {"batch_size": arguments.batch_size, "steps": arguments.steps, "periods": 1}
    settings = {
        key: value for key, value in preset_settings(arguments.preset, name).items() if key != "epochs"
    }
    return configure(name, settings | size, training_images=IMAGES)


def training_steps(model: Model, config: TrainingConfig) -> Callable[[], jax.Array]:
    """Return a call of the compiled period, any number of times; random images do as well as real."""
    random = np.random.default_rng(0)
    pixels = jnp.asarray(random.integers(0, 256, (IMAGES, *IMAGE_SHAPE)), jnp.uint8)
    labels = jnp.asarray(random.integers(0, 10, IMAGES), jnp.int32)
    order = batch_order(config.seed, IMAGES, config.batch_size, 0, config.steps)
    recipe, seed = make_recipe(model, config), np.uint32(config.seed)
    weights = initial_state(model, config, IMAGE_SHAPE).weights

    def call() -> jax.Array:
        nonlocal weights
        losses: jax.Array
        first, steps = np.int32(0), np.int32(config.steps)
        weights, losses = run_period(recipe, weights, pixels, labels, order, first, steps, seed)
        return losses

    return call


def square_product(size: int) -> Callable[[], jax.Array]:
    """Return a call of the product of two square matrices of float32."""
    left, right = jax.random.normal(jax.random.key(0), (2, size, size))
    product: Callable[..., jax.Array] = jax.jit(jnp.matmul)
    return partial(product, left, right)


def in_turn(work: dict[Any, Callable[[], jax.Array]], rounds: int) -> dict[Any, list[float]]:
    """Return how many seconds each piece of work takes, `rounds` times, after one that compiles it."""
    for call in work.values():
        call().block_until_ready()
    return transposed([{name: seconds_of(call) for name, call in work.items()} for _ in range(rounds)])


def transposed(rounds: list[dict[Any, float]]) -> dict[Any, list[float]]:
    """Turn a list of dicts into a dict of lists."""
    return {name: [each[name] for each in rounds] for name in rounds[0]}


def seconds_of(call: Callable[[], jax.Array]) -> float:
    """Return how long a call takes, its result included."""
    begin = time.perf_counter()
    call().block_until_ready()
    return time.perf_counter() - begin


def flops(model: Model, batch_size: int) -> int:
    """Return the operations of all products of a training step, from the shapes in the forward pass."""
    params = jax.eval_shape(lambda: model.init(jax.random.key(0), IMAGE_SHAPE))
    pixels = jax.eval_shape(lambda: jnp.zeros((batch_size, *IMAGE_SHAPE), jnp.uint8))
    forward = list(forward_products(jax.make_jaxpr(model.apply)(params, pixels).jaxpr))
    return 3 * sum(forward) - forward[0]


def forward_products(jaxpr: Any) -> Iterator[int]:
    """Yield the operations of each product and convolution, in their order, those inside of calls too."""
    for equation in jaxpr.eqns:
        if equation.primitive.name in OPERATIONS:
            yield OPERATIONS[equation.primitive.name](equation)
        times = equation.params.get("length", 1)  # of a scan
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from (times * count for count in forward_products(inner))


def of_product(equation: Any) -> int:
    """Return two operations for each output and each term of its sum."""
    (contracted, _), _ = equation.params["dimension_numbers"]
    shape = equation.invars[0].aval.shape
    return int(2 * equation.outvars[0].aval.size * math.prod(shape[axis] for axis in contracted))


def of_convolution(equation: Any) -> int:
    """Return two operations for each output and each weight of its channel's kernel."""
    kernel = equation.invars[1].aval
    channels = kernel.shape[equation.params["dimension_numbers"].rhs_spec[0]]
    return int(2 * equation.outvars[0].aval.size * kernel.size // channels)


OPERATIONS: dict[str, Callable[[Any], int]] = {
    "dot_general": of_product,
    "conv_general_dilated": of_convolution,
}


def described(
    name: str, operations: int, seconds: list[float], steps: int, rates: dict[int, float]
) -> dict[str, Any]:
    """Return what was found of one model; of its times the median counts, of the machine's rate the best."""
    step_s = median(seconds) / steps
    return {
        "model": name,
        "flops": operations,
        "step_s": step_s,
        "lowest_step_s": min(seconds) / steps,
        "highest_step_s": max(seconds) / steps,
        "flops_per_s": operations / step_s,
        "share": operations / step_s / max(rates.values()),
    }


def table(rows: list[dict[str, Any]], rates: dict[int, float]) -> list[str]:
    """Return the Markdown table, and the rates of the large products below it."""
    lines = [row(HEADINGS), row(["---"] * len(HEADINGS))]
    for each in rows:
        rate = f"{each['flops_per_s'] / 1e9:.0f} GFLOP/s"
        cells = [each["model"], f"{each['flops'] / 1e9:.2f} GFLOP", duration(each["step_s"]), rate]
        lines.append(row([*cells, f"{each['share']:.0%}"]))
    products = ", ".join(f"{size}: {rate / 1e9:.0f} GFLOP/s" for size, rate in rates.items())
    return [*lines, "", f"Products of square float32 matrices, best: {products}."]


if __name__ == "__main__":
    main()
