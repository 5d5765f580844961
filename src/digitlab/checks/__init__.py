"""A detector of mistakes in how a number came about: evidence in, findings out."""

from digitlab.checks.catalog import CHECKS, Check
from digitlab.checks.evidence import Evidence
from digitlab.checks.examine import Finding, examine
from digitlab.checks.reading import read_evidence

__all__ = ["CHECKS", "Check", "Evidence", "Finding", "examine", "read_evidence"]
