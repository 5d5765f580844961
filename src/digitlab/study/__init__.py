"""Comparisons: of fitted models, and of ways of training."""

from digitlab.study.fitted import Standing, Study, compare_runs
from digitlab.study.plan import (
    Plan,
    begin_runs,
    check_out,
    in_seeds,
    read_entries,
    read_plan,
    read_runs,
    read_seed_entries,
    write_plan,
)
from digitlab.study.seeds import SeedStanding, SeedStudy, compare_seed_runs, shared_seeds, with_seeds

__all__ = [
    "Plan",
    "SeedStanding",
    "SeedStudy",
    "Standing",
    "Study",
    "begin_runs",
    "check_out",
    "compare_runs",
    "compare_seed_runs",
    "in_seeds",
    "read_entries",
    "read_plan",
    "read_runs",
    "read_seed_entries",
    "shared_seeds",
    "with_seeds",
    "write_plan",
]
