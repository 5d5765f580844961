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
from digitlab.evaluation.comparison import Comparison, compare_all, compare_paired, holm
from digitlab.evaluation.intervals import Interval, wilson_interval
from digitlab.evaluation.ledger import Look, Looks, ledger_path, looks_at, looks_in, record_looks
from digitlab.evaluation.mcnemar import ALPHA, POWER, digits_to_show, exact_mcnemar, paired_interval
from digitlab.evaluation.metrics import (
    ClassScores,
    Confusion,
    Evaluation,
    class_scores,
    confusion_counts,
    evaluate,
    log_loss,
    losses,
    probabilities,
)
from digitlab.evaluation.seeds import (
    SeedComparison,
    SeedSpread,
    compare_all_over_seeds,
    compare_over_seeds,
    seed_spread,
)
from digitlab.evaluation.selective import (
    SURE,
    Coverage,
    coverage_curve,
    coverage_from,
    least_confidence,
)
from digitlab.evaluation.student import paired_t, seeds_to_show, t_interval
from digitlab.evaluation.suspects import Suspect, Suspects, find_suspects

__all__ = [
    "ALPHA",
    "POWER",
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
    "SeedComparison",
    "SeedSpread",
    "Suspect",
    "Suspects",
    "brier",
    "calibration_of",
    "class_scores",
    "compare_all",
    "compare_all_over_seeds",
    "compare_over_seeds",
    "compare_paired",
    "confusion_counts",
    "coverage_curve",
    "coverage_from",
    "digits_to_show",
    "error_by_chance",
    "evaluate",
    "exact_mcnemar",
    "find_suspects",
    "fit_temperature",
    "group_bootstrap",
    "holm",
    "least_confidence",
    "ledger_path",
    "log_loss",
    "looks_at",
    "looks_in",
    "losses",
    "paired_interval",
    "paired_t",
    "probabilities",
    "record_looks",
    "reliability",
    "seed_spread",
    "seeds_to_show",
    "t_interval",
    "wilson_interval",
    "writer_interval",
]
