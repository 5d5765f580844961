"""A search over settings: which of them read best, how sure that is, and what mattered.

It is an extra: `pip install 'digitlab[tune]'` brings Optuna, which draws the settings and keeps the
trials, and PostgreSQL's driver.
"""

from digitlab.errors import MissingExtraError

try:
    import optuna as _optuna  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtraError(
        f"A search over settings needs the package {error.name}, which is not installed; nothing was done. "
        "Install it with: pip install 'digitlab[tune]'"
    ) from error

from digitlab.tuning.check import Check, check_ways, fresh_configs, resume_or_replace
from digitlab.tuning.importance import importance_of
from digitlab.tuning.question import Question
from digitlab.tuning.search import Search
from digitlab.tuning.space import SEARCHED, settings_of
from digitlab.tuning.storage import open_storage, sqlite_url
from digitlab.tuning.trials import Counts, SearchLimits, Tried

__all__ = [
    "SEARCHED",
    "Check",
    "Counts",
    "Question",
    "Search",
    "SearchLimits",
    "Tried",
    "check_ways",
    "fresh_configs",
    "importance_of",
    "open_storage",
    "resume_or_replace",
    "settings_of",
    "sqlite_url",
]
