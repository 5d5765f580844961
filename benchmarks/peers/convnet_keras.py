"""The convolutional network of Keras's own documentation, trained to 99 %: Adam 0.001, batch 128."""

import keras
from common import mnist, settings, train_until
from keras import layers

chosen = settings(target=0.99, epochs=15)
keras.utils.set_random_seed(chosen.seed)
(inputs, labels), (test_inputs, test_labels) = (
    (each.inputs.reshape(-1, 28, 28, 1), each.targets) for each in mnist()
)
network = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
train_until(
    chosen.target,
    chosen.epochs,
    chosen.begin,
    lambda: network.fit(inputs, labels, batch_size=128, epochs=1, verbose=0),
    lambda: float(network.evaluate(test_inputs, test_labels, batch_size=1000, verbose=0)[1]),
)
