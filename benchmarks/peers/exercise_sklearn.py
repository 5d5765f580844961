"""The exercise's network in scikit-learn: MLPClassifier, fed batch by batch."""

import numpy as np
from common import VALIDATION, Clock, batches, last_of, mnist, report, settings
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

chosen = settings(steps=1000, loops=1)
clock = Clock(chosen.begin)
training, test = mnist()
inputs, labels = training.part(None, -VALIDATION).inputs, training.part(None, -VALIDATION).targets
validation = training.part(-VALIDATION, None)
validation_inputs, validation_labels = validation.inputs, validation.targets
classes = np.arange(10)


def loop() -> tuple[float, MLPClassifier]:
    """Train once, and return the last validation log loss and the network."""
    network = MLPClassifier(
        (100, 100), learning_rate_init=0.003, batch_size=30, alpha=0.0, random_state=chosen.seed
    )
    order = batches(len(inputs), 30, chosen.steps, chosen.seed)
    for period in np.array_split(order, 10):
        for batch in period:
            network.partial_fit(inputs[batch], labels[batch], classes=classes)
        log_loss(labels[:7500], network.predict_proba(inputs[:7500]))
        found = log_loss(validation_labels, network.predict_proba(validation_inputs))
    return float(found), network


train_s, (validation_log_loss, network) = last_of(chosen.loops, loop)
with clock.paused():
    accuracy = network.score(test.inputs, test.targets)
report(clock, train_s=train_s, validation_log_loss=validation_log_loss, test_accuracy=accuracy)
