"""The exercise's network in Keras on TensorFlow: one `fit` for each period."""

import keras
import numpy as np
from common import VALIDATION, Clock, batches, last_of, mnist, report, settings
from keras import layers

chosen = settings(steps=1000, loops=1)
clock = Clock(chosen.begin)
keras.utils.set_random_seed(chosen.seed)
training, test = mnist()
inputs, labels = training.part(None, -VALIDATION).inputs, training.part(None, -VALIDATION).targets
validation = training.part(-VALIDATION, None)
network = keras.Sequential(
    [
        keras.Input((784,)),
        layers.Dense(100, activation="relu"),
        layers.Dense(100, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
network.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
network.optimizer.build(network.trainable_variables)
variables = network.variables + network.optimizer.variables
first = [variable.numpy() for variable in variables]
validation_inputs, validation_labels = validation.inputs, validation.targets


def loop() -> float:
    """Train once from the first weights, and return the last validation log loss."""
    for variable, value in zip(variables, first, strict=True):
        variable.assign(value)
    order = batches(len(inputs), 30, chosen.steps, chosen.seed)
    for period in np.array_split(order, 10):
        batch = period.ravel()
        network.fit(inputs[batch], labels[batch], batch_size=30, epochs=1, shuffle=False, verbose=0)
        network.evaluate(inputs[:7500], labels[:7500], batch_size=1000, verbose=0)
        found = network.evaluate(validation_inputs, validation_labels, batch_size=1000, verbose=0)[0]
    return float(found)


train_s, validation_log_loss = last_of(chosen.loops, loop)
with clock.paused():
    accuracy = network.evaluate(test.inputs, test.targets, batch_size=1000, verbose=0)[1]
report(clock, train_s=train_s, validation_log_loss=validation_log_loss, test_accuracy=accuracy)
