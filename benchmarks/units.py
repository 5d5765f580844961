"""Whether `digitlab units` tells right: units that were planted, and what removing the idle ones costs.

    python benchmarks/units.py --seeds 5

trains networks on MNIST, and plants units whose kind is known into their hidden layers: dead ones, ones left
as they were drawn, and duplicates of useful ones that share the outgoing weights. It counts which verdicts
they get. Then it removes all dead and noise units of each network as it was trained, chosen on one half of
the validation images, and reads the other half and the official test set before and after. Nothing is
chosen on the test set. Prints Markdown tables; every number goes to `results/units.json`.
"""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from record import machine, today, versions, write

from digitlab import load_dataset, stratified_split, train
from digitlab.data import Dataset, Split
from digitlab.errors import DigitlabError
from digitlab.evaluation import t_interval
from digitlab.insight import LayerUnits, Verdict, choose_units, inked_pixels, prune, study_units
from digitlab.insight.silencing import outgoing
from digitlab.models import Model, Params
from digitlab.training import configure, preset_settings

NETWORKS = (("exercise", "mlp"), ("quick", "mlp"), ("quick", "conv"))
EACH = 5
DEAD_BIAS = -1e4
TINY = 0.01
DEAD, FRESH, FAINT, COPY, SOURCE = (
    "dead",
    "untrained, fresh weights out",
    "untrained, a hundredth of these out",
    "duplicate of a useful unit",
    "the useful unit duplicated",
)
IDLE = (Verdict.DEAD, Verdict.NOISE)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    try:
        training, test = load_dataset(arguments.dataset)
        results = [
            measured(preset, name, training, test, seed)
            for preset, name in NETWORKS
            for seed in range(arguments.seeds)
        ]
    except DigitlabError as error:
        sys.exit(f"units.py: {error}")
    document = {"date": today(), "machine": machine() | versions(("jax", "digitlab")), "results": results}
    write("units", document)
    print(*planted_table(results), "", *pruned_table(results), "", *means(results), sep="\n")


def measured(preset: str, name: str, training: Dataset, test: Dataset, seed: int) -> dict[str, Any]:
    """Train a network with one seed, and return what became of its planted units and of its idle ones."""
    split = stratified_split(training, seed=seed)
    settings = preset_settings(preset, name) | {"seed": seed}
    model, config = configure(name, settings, training_images=len(split.training_rows))
    params = [*train(model, config, split)][-1][1].params
    inked = inked_pixels(split.training.pixels)
    halves = stratified_split(split.validation, validation_fraction=0.5)
    found = study_units(model, params, halves.training, inked=inked)
    print(f"{preset} {name}, seed {seed}: {' '.join(layer.sentence() for layer in found)}", file=sys.stderr)
    return {
        "preset": preset,
        "model": name,
        "seed": seed,
        "counts": {layer.layer: {str(v): n for v, n in layer.counts.items()} for layer in found},
        "planted": [judged(model, params, layer, split.validation, inked, seed) for layer in found],
        "pruned": pruned(model, params, found, halves, test),
    }


def pruned(
    model: Model, params: Params, found: list[LayerUnits], halves: Split, test: Dataset
) -> dict[str, Any]:
    """Remove the dead and noise units, and read other images before and after."""
    taken = choose_units(model, params, found, halves.training, verdicts=IDLE)
    if not taken:
        return {"units": 0}
    baseline = int(halves.training.class_counts.argmax())
    on = {"validation": halves.validation, "test": test}
    proofs = {
        name: prune(model, params, taken, found, images, baseline_class=baseline)
        for name, images in on.items()
    }
    return {"units": len(taken), "of": sum(len(layer.units) for layer in found)} | {
        name: proof.as_dict() for name, proof in proofs.items()
    }


def judged(
    model: Model, params: Params, layer: LayerUnits, images: Dataset, inked: NDArray[np.bool_], seed: int
) -> dict[str, Any]:
    """Plant units into one layer, and return how many of each kind get which verdict."""
    best = [unit.number for unit in layer.ranked[:EACH]]
    planted, wider, kinds = plant(model, params, layer.layer, best, images.image_shape, seed)
    [after] = study_units(planted, wider, images, inked=inked, layers=[layer.layer])
    counts = Counter((kinds[unit.number], unit.verdict) for unit in after.units if unit.number in kinds)
    return {
        "layer": layer.layer,
        "verdicts": {
            kind: {str(verdict): counts[kind, verdict] for verdict in Verdict}
            for kind in (DEAD, FRESH, FAINT, COPY, SOURCE)
        },
    }


def plant(
    model: Model, params: Params, layer: str, best: list[int], image_shape: tuple[int, int], seed: int
) -> tuple[Model, Params, dict[int, str]]:
    """Return a wider network with units whose kind is known, as many of each kind as `best` has.

    Returns
    -------
    Model, Params
        The wider network.
    dict
        The kind of each unit that was planted, and of those in `best`, by its number.
    """
    following = model.layer_names[model.layer_names.index(layer) + 1]
    # Conv's output layer begins at zero, so weights out are drawn for all models alike.
    fresh = model.init(jax.random.key(1000 + seed), image_shape)
    count, each = len(params[layer]["bias"]), len(best)
    kernel, bias = (np.array(params[layer][part]) for part in ("kernel", "bias"))
    new, heard = np.array(fresh[layer]["kernel"]), outgoing(params, layer, following)
    drawn = np.random.default_rng(seed).normal(
        0, 1 / np.sqrt(heard.shape[0] * count), (heard.shape[0], 2 * each, heard.shape[2])
    )
    drawn = drawn.astype(np.float32)
    heard[:, best] /= 2
    incoming = [kernel[..., best], new[..., :each], new[..., each : 2 * each], kernel[..., best]]
    biases = [np.full(each, DEAD_BIAS, np.float32), np.zeros(2 * each, np.float32), bias[best]]
    out = [heard[:, best], drawn[:, :each], TINY * drawn[:, each:], heard[:, best]]
    rows = np.concatenate([heard, *out], axis=1)
    old = params[following]["kernel"]
    inputs = rows.shape[1] if old.ndim == 4 else rows.shape[0] * rows.shape[1]
    wider = dict(params)
    wider[layer] = {
        "kernel": jnp.asarray(np.concatenate([kernel, *incoming], axis=-1)),
        "bias": jnp.asarray(np.concatenate([bias, *biases])),
    }
    wider[following] = params[following] | {
        "kernel": jnp.asarray(rows.reshape(*old.shape[:-2], inputs, old.shape[-1]))
    }
    kinds = dict.fromkeys(best, SOURCE)
    for index, kind in enumerate((DEAD, FRESH, FAINT, COPY)):
        kinds |= dict.fromkeys(range(count + index * each, count + (index + 1) * each), kind)
    return resized(model, layer, count + 4 * each), wider, kinds


def resized(model: Model, layer: str, units: int) -> Model:
    """Return the model with another number of units in one layer."""
    kind, number = layer.split("_")
    setting = "channels" if kind == "conv" else "hidden_units"
    sizes = list(getattr(model, setting))
    sizes[int(number) - 1] = units
    changed: dict[str, Any] = {setting: tuple(sizes)}
    return replace(model, **changed)  # type: ignore[type-var]


def planted_table(results: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table: planted kind against verdict, over all seeds."""
    verdicts = [str(verdict) for verdict in Verdict]
    lines = [f"| network | layer | planted | {' | '.join(verdicts)} |", "|---" * (3 + len(verdicts)) + "|"]
    for preset, name in NETWORKS:
        of_network = [each for each in results if (each["preset"], each["model"]) == (preset, name)]
        layers: dict[str, Counter[tuple[str, str]]] = {}
        for found in (planted for each in of_network for planted in each["planted"]):
            counts = layers.setdefault(found["layer"], Counter())
            for kind, of_kind in found["verdicts"].items():
                counts.update({(kind, verdict): count for verdict, count in of_kind.items()})
        for layer, counts in layers.items():
            for kind in (DEAD, FRESH, FAINT, COPY, SOURCE):
                cells = " | ".join(str(counts[kind, verdict]) for verdict in verdicts)
                lines.append(f"| {preset} {name} | {layer} | {kind} | {cells} |")
    return lines


def pruned_table(results: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table: what removing the dead and noise units of each network costs."""
    lines = [
        "| network | seed | gone | images | accuracy before | after | difference (95 %) | log loss before "
        "| rise (95 %) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in results:
        gone = each["pruned"]
        for name in ("validation", "test") if gone["units"] else ():
            proof = gone[name]
            before, after = (100 * proof[when]["accuracy"] for when in ("before", "after"))
            ends = [100 * end for end in proof["interval"]]
            rise = proof["log_loss_interval"]
            lines.append(
                f"| {each['preset']} {each['model']} | {each['seed']} | {gone['units']} of {gone['of']} | "
                f"{proof['before']['n']:,} {name} | {before:.2f} | {after:.2f} | "
                f"{100 * proof['difference']:+.2f} ({ends[0]:+.2f} to {ends[1]:+.2f}) | "
                f"{proof['before']['log_loss']:.4f} | "
                f"{proof['log_loss_rise']:+.5f} ({rise[0]:+.5f} to {rise[1]:+.5f}) |"
            )
    return lines


def means(results: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each network and set of images: the mean difference over seeds."""
    lines = []
    for (preset, name), images in product(NETWORKS, ("validation", "test")):
        gone = [each["pruned"] for each in results if (each["preset"], each["model"]) == (preset, name)]
        proofs = [each[images] for each in gone if each["units"]]
        if len(proofs) < 2:
            continue
        differences = [100 * proof["difference"] for proof in proofs]
        before, after = (
            100 * float(np.mean([proof[when]["accuracy"] for proof in proofs]))
            for when in ("before", "after")
        )
        low, high = t_interval(differences, resolution=100 / proofs[0]["before"]["n"])
        lines.append(
            f"{preset} {name}, {images}, {len(proofs)} seeds: {before:.3f} % before, {after:.3f} % after, "
            f"a difference of {np.mean(differences):+.3f} (95 %: {low:+.3f} to {high:+.3f}, over seeds)."
        )
    return lines


if __name__ == "__main__":
    main()
