"""The exercise's network in digitlab: 784-100-100-10, Adam 0.003, batch 30, 1000 steps, losses ten times."""

from common import Clock, last_of, report, settings

from digitlab import (
    MLP,
    TrainingConfig,
    TrainingState,
    load_dataset,
    predict_logits,
    stratified_split,
    train,
)

chosen = settings(steps=1000, loops=1)
clock = Clock(chosen.begin)
training, test = load_dataset("mnist")
split = stratified_split(training, seed=chosen.seed)
model = MLP(hidden_units=(100, 100))
config = TrainingConfig(steps=chosen.steps, periods=10, batch_size=30, learning_rate=0.003, seed=chosen.seed)


def loop() -> tuple[float, TrainingState]:
    """Train once, and return the last validation log loss and the state."""
    *_, (row, state) = train(model, config, split)
    return row.validation_log_loss, state


train_s, (validation_log_loss, state) = last_of(chosen.loops, loop)
with clock.paused():
    read = predict_logits(model, state.params, test.pixels).argmax(axis=1)
report(
    clock,
    train_s=train_s,
    validation_log_loss=validation_log_loss,
    test_accuracy=float((read == test.labels).mean()),
)
