"""A model of digitlab trained with a preset to the preset's end: no look at the test set before."""

from common import Clock, report, settings

from digitlab import load_dataset, predict_logits, stratified_split, train
from digitlab.training import configure, preset_settings

chosen = settings(model="mlp", preset="quick", changes={}, target=0.98)
clock = Clock(chosen.begin)
training, test = load_dataset("mnist")
split = stratified_split(training, seed=chosen.seed)
wanted = preset_settings(chosen.preset, chosen.model) | chosen.changes | {"seed": chosen.seed}
model, config = configure(chosen.model, wanted, training_images=len(split.training_rows))
for _row, state in train(model, config, split):  # noqa: B007
    pass
with clock.paused():
    read = predict_logits(model, state.params, test.pixels).argmax(axis=1)
reached = float((read == test.labels).mean())
report(clock, test_accuracy=reached, reached=reached >= chosen.target)
