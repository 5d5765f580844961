"""Train, compare and look inside classifiers of handwritten digits.

The flow, one direction: `load_dataset` -> `stratified_split` -> a model and a
`TrainingConfig` -> `train` -> `predict_logits` -> `evaluate` -> `compare_paired`.
`digitlab.figures` draws what comes out; `digitlab.runs` keeps it in a folder.

The public names are listed once, in the stub beside this file, and each is loaded when it
is first used: importing the package costs next to nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
