"""How settings are drawn."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

__all__ = ["NumberedSampler"]


class NumberedSampler(BaseSampler):
    """The tree-structured Parzen estimator (Bergstra et al. 2011), drawn from the seed and a trial's number.

    So processes that share a seed and a study draw different settings, and a search that goes on does not
    repeat what it drew before.

    Parameters
    ----------
    seed
        Decides everything drawn.
    on_begin
        Called with the study and the trial before anything is drawn for it.
    """

    def __init__(self, seed: int, on_begin: Callable[[Study, FrozenTrial], None]) -> None:
        self._seed, self._on_begin = seed, on_begin

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Begin the stream of this trial's number."""
        self._on_begin(study, trial)
        (drawn,) = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)
        self._tpe = TPESampler(seed=int(drawn), multivariate=True)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return what is drawn together."""
        return self._tpe.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw settings together."""
        return self._tpe.sample_relative(study, trial, dict(search_space))

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one setting alone, as in the first trials."""
        return self._tpe.sample_independent(study, trial, param_name, param_distribution)
