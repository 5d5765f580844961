"""Arrays in, frozen values out: how good, how sure, and which is better."""

from digitlab.evaluation.comparison import Comparison, compare_paired, exact_mcnemar, paired_interval
from digitlab.evaluation.intervals import Interval, wilson_interval
from digitlab.evaluation.metrics import (
    ClassScores,
    Confusion,
    Evaluation,
    class_scores,
    confusion_counts,
    evaluate,
    log_loss,
    probabilities,
    seed_spread,
)

__all__ = [
    "ClassScores",
    "Comparison",
    "Confusion",
    "Evaluation",
    "Interval",
    "class_scores",
    "compare_paired",
    "confusion_counts",
    "evaluate",
    "exact_mcnemar",
    "log_loss",
    "paired_interval",
    "probabilities",
    "seed_spread",
    "wilson_interval",
]
