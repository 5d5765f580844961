"""Arrays in, frozen values out: how good, how sure, and which is better."""

from digitlab.evaluation.bootstrap import group_bootstrap, writer_interval
from digitlab.evaluation.calibration import (
    SURE,
    Brier,
    Calibration,
    Coverage,
    Reliability,
    brier,
    calibration_of,
    coverage_curve,
    coverage_from,
    error_by_chance,
    fit_temperature,
    least_confidence,
    reliability,
)
from digitlab.evaluation.comparison import Comparison, compare_paired, exact_mcnemar, paired_interval
from digitlab.evaluation.intervals import Interval, wilson_interval
from digitlab.evaluation.ledger import Look, Looks, ledger_path, record_looks
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
    "SURE",
    "Brier",
    "Calibration",
    "ClassScores",
    "Comparison",
    "Confusion",
    "Coverage",
    "Evaluation",
    "Interval",
    "Look",
    "Looks",
    "Reliability",
    "brier",
    "calibration_of",
    "class_scores",
    "compare_paired",
    "confusion_counts",
    "coverage_curve",
    "coverage_from",
    "error_by_chance",
    "evaluate",
    "exact_mcnemar",
    "fit_temperature",
    "group_bootstrap",
    "least_confidence",
    "ledger_path",
    "log_loss",
    "paired_interval",
    "probabilities",
    "record_looks",
    "reliability",
    "seed_spread",
    "wilson_interval",
    "writer_interval",
]
