"""Read digits with digitlab: all 10,000 test digits at once, and one at a time."""

from pathlib import Path

import numpy as np
from common import reading_times, report, settings

from digitlab import load_dataset, load_model, predict_logits

chosen = settings(folder=".", rounds=20, calls=2000)
training, test = load_dataset("mnist")
model, shape, params = load_model(Path(chosen.folder) / "model.safetensors")
pixels = np.asarray(test.pixels)
report(**reading_times(lambda part: predict_logits(model, params, part), pixels, chosen.rounds, chosen.calls))
