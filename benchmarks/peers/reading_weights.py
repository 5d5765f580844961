"""Weights for the reading race, and the logits that digitlab gives with them for the 10,000 test digits.

From `weights`, a model.safetensors, or else drawn at random for the model as its preset has it: how fast a
digit is read does not hang on how well.
"""

from pathlib import Path

import jax
import numpy as np
from common import report, settings

from digitlab import load_dataset, load_model, predict_logits, save_model
from digitlab.training import configure, preset_settings

SPREAD = 0.02

chosen = settings(model="mlp", weights=None, folder=".")
training, test = load_dataset("mnist")
key = jax.random.key(chosen.seed)
if chosen.weights:
    model, shape, params = load_model(Path(chosen.weights))
else:
    model, _ = configure(chosen.model, preset_settings("quick", chosen.model), training_images=len(training))
    shape = training.image_shape
    # Fresh biases are zero, and all of the linear model: noise, so that each has its say in the comparison.
    leaves, tree = jax.tree.flatten(model.init(key, shape))
    params = jax.tree.unflatten(
        tree,
        [
            leaf + SPREAD * jax.random.normal(jax.random.fold_in(key, number), leaf.shape)
            for number, leaf in enumerate(leaves)
        ],
    )
folder = Path(chosen.folder)
folder.mkdir(parents=True, exist_ok=True)
save_model(folder / "model.safetensors", model, shape, params)
np.save(folder / "logits.npy", predict_logits(model, params, test.pixels))
report(model=model.name)
