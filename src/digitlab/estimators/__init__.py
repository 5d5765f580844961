"""The scikit-learn face: the models as classifiers for pipelines, searches and cross-validation.

Each estimator is a model of `digitlab.models` trained by `digitlab.training`; nothing is learnt here.
"""

from digitlab.estimators.base import PixelClassifier
from digitlab.estimators.classifiers import ConvClassifier, LinearClassifier, MLPClassifier

__all__ = ["ConvClassifier", "LinearClassifier", "MLPClassifier", "PixelClassifier"]
