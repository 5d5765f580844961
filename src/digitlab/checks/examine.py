"""Make the checks: evidence in, a finding for each out."""

from dataclasses import dataclass
from typing import Any

from digitlab.checks.catalog import CHECKS, Check
from digitlab.checks.evidence import Evidence

__all__ = ["Finding", "examine"]


@dataclass(frozen=True)
class Finding:
    """What a check came to.

    Parameters
    ----------
    check
        Which one.
    found
        What is wrong, a sentence each.
    made
        Whether the evidence was enough to ask.
    """

    check: Check
    found: tuple[str, ...]
    made: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "check": self.check.name,
            "made": self.made,
            "found": list(self.found),
            "why": self.check.why if self.found else None,
            "fix": self.check.fix if self.found else None,
        }


def examine(evidence: Evidence) -> list[Finding]:
    """Make every check that the evidence is enough for.

    Parameters
    ----------
    evidence
        What is known.

    Returns
    -------
    list of Finding
        One for each of `CHECKS`, in their order.

    Examples
    --------
    >>> import numpy as np
    >>> from digitlab.checks import Evidence, examine
    >>> rows = {"training": np.arange(100), "validation": np.arange(40)}
    >>> [finding.found for finding in examine(Evidence(rows=rows)) if finding.found]
    [('Every one of the 40 validation images is a training image too (the same rows).',)]
    """
    looked = [(check, check.look(evidence)) for check in CHECKS]
    return [Finding(check, tuple(found or ()), found is not None) for check, found in looked]
