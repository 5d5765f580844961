"""Which settings mattered."""

from optuna.study import Study
from optuna.trial import TrialState

__all__ = ["importance_of"]

# With fewer, the forest that is asked has next to nothing to split.
LEAST_TRIALS = 10


def importance_of(study: Study) -> dict[str, float]:
    """Return which share of the variance of validation accuracy each setting explains, the largest first.

    By fANOVA (Hutter, Hoos and Leyton-Brown 2014), over trials that came to their end.

    Returns
    -------
    dict
        Shares that sum to 1; empty where fewer than ten trials came to their end, or all read alike.
    """
    # With scikit-learn's forests, which no process that only searches should wait for.
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    values = [trial.value for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
    if len(values) < LEAST_TRIALS or len(set(values)) < 2:
        return {}
    return get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
