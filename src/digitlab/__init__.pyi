from .data import (
    Dataset as Dataset,
    Split as Split,
    load_dataset as load_dataset,
    stratified_split as stratified_split,
)
from .errors import DigitlabError as DigitlabError
from .estimators import (
    ConvClassifier as ConvClassifier,
    LinearClassifier as LinearClassifier,
    MLPClassifier as MLPClassifier,
)
from .evaluation import (
    Comparison as Comparison,
    Evaluation as Evaluation,
    compare_paired as compare_paired,
    evaluate as evaluate,
)
from .models import (
    MLP as MLP,
    Conv as Conv,
    Linear as Linear,
    Model as Model,
    load_model as load_model,
    predict_logits as predict_logits,
    save_model as save_model,
)
from .runs import Run as Run, open_run as open_run
from .training import (
    Augmentation as Augmentation,
    Fitted as Fitted,
    TrainingConfig as TrainingConfig,
    TrainingState as TrainingState,
    curves as curves,
    fit as fit,
    train as train,
)

__version__: str
