"""A network without convolution in scikit-learn, trained to 98 %: MLPClassifier on its own defaults."""

import numpy as np
from common import mnist, settings, train_until
from sklearn.neural_network import MLPClassifier

chosen = settings(hidden_units=(512,), target=0.98, epochs=40)
(inputs, labels), (test_inputs, test_labels) = ((each.inputs, each.targets) for each in mnist())
# partial_fit shuffles its images; a whole number as random_state would shuffle every epoch alike.
random_state = np.random.RandomState(chosen.seed)
network = MLPClassifier(tuple(chosen.hidden_units), random_state=random_state)
train_until(
    chosen.target,
    chosen.epochs,
    chosen.begin,
    lambda: network.partial_fit(inputs, labels, classes=np.arange(10)),
    lambda: float(network.score(test_inputs, test_labels)),
)
