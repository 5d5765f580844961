"""Arrays in, frozen values out: how good, how sure, and which is better."""

from digitlab.evaluation.bootstrap import group_bootstrap, writer_interval
from digitlab.evaluation.calibration import (
    Brier,
    Calibration,
    Reliability,
    brier,
    calibration_of,
    error_by_chance,
    fit_temperature,
    reliability,
)
from digitlab.evaluation.comparison import (
    Comparison,
    compare_all,
    compare_paired,
    exact_mcnemar,
    holm,
    paired_interval,
)
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
from digitlab.evaluation.selective import (
    SURE,
    Coverage,
    coverage_curve,
    coverage_from,
    least_confidence,
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
    "compare_all",
    "compare_paired",
    "confusion_counts",
    "coverage_curve",
    "coverage_from",
    "error_by_chance",
    "evaluate",
    "exact_mcnemar",
    "fit_temperature",
    "group_bootstrap",
    "holm",
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
