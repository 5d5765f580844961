"""What a run's digits are like, measured once and kept with the run: so it knows others when it sees them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset, Split
from digitlab.data.framing import geometry_of
from digitlab.errors import RunError, StorageError
from digitlab.evaluation import fit_temperature, probabilities
from digitlab.models import Params, shapes_of
from digitlab.models.saved import flatten, unflatten
from digitlab.recognition.guard import METHOD, MODEL, kept_guard, strangeness
from digitlab.recognition.numbers import Numbers, usual_numbers
from digitlab.runs import NORMS, Run
from digitlab.scoring import read_run
from digitlab.tensors import damage_errors, read_tensors, write_tensors
from digitlab.workflow import Data

__all__ = ["REFUSED", "Norms", "norms_of"]

# The share of a run's own validation digits that it may refuse, and how much of it for being torn.
REFUSED = 0.02
TORN = 0.003

# So many digits tell well enough what numbers are usual.
SAMPLE = 3000


@dataclass(frozen=True, eq=False)
class Norms:
    """What a run's answers are held against.

    Parameters
    ----------
    temperature
        What logits are divided by, so that probabilities are what they say.
    strangest
        The largest strangeness, in log odds, of a picture that is taken for a digit.
    least_sure
        The least probability of an answer that is given.
    usual : float64 (numbers, 3)
        What digits have of each of `Numbers`: rarely less, usual, rarely more.
    guard
        The weights of the network that tells strangeness.
    """

    temperature: float
    strangest: float
    least_sure: float
    usual: NDArray[np.float64]
    guard: Params = field(repr=False)

    @classmethod
    def of(cls, run: Run, data: Data) -> "Norms":
        """Measure them for a finished run.

        The guard learns from what the run learned from. The temperature and both limits are chosen on the
        run's validation images alone, so that at most `REFUSED` of these are refused.

        Raises
        ------
        DataError
            If the run was trained on other data.
        RunError
            If it is not finished, or damaged.
        ConfigError
            If no pictures can be made into what it was trained on.
        """
        split = data.split_of(run)
        training, validation = _official(split), split.validation
        logits = read_run(run, validation)
        temperature = fit_temperature(logits, validation.labels)
        guard = kept_guard(training, geometry_of(training.image_shape))
        return cls(
            temperature=temperature,
            strangest=_upper(strangeness(guard, validation.pixels), REFUSED - TORN),
            least_sure=-_upper(-probabilities(logits / temperature).max(axis=1), TORN),
            usual=usual_numbers(training.pixels[:SAMPLE]),
            guard=guard,
        )


def norms_of(run: Run, load: Callable[[], Data]) -> Norms:
    """Return the norms kept with a run, or measure and keep them.

    Parameters
    ----------
    run
        A finished run.
    load
        Loads the data that it was trained on; called only where norms must be measured.

    Raises
    ------
    DataError, RunError, ConfigError
        As `Norms.of`, and what `load` raises.

    Notes
    -----
    They are kept as `recognition.safetensors`, for these weights and this way of measuring. What is
    damaged is measured anew. Where the folder cannot be written they are measured each time.
    """
    with suppress(RunError, StorageError):
        if kept := _read(run):
            return kept
    norms = Norms.of(run, load())
    with suppress(StorageError):
        _write(run, norms)
    return norms


def _official(split: Split) -> Dataset:
    """Return the training images that people wrote, without those that were added."""
    rows = split.training_rows
    return split.official.take(rows[rows < len(split.official)])


def _upper(values: NDArray[np.float64], share: float) -> float:
    """Return one of the values that no more than this share of them exceed."""
    return float(np.quantile(values, 1 - share, method="higher"))


def _made_for(run: Run) -> dict[str, Any]:
    return {"method": METHOD, "model": run.model_digest()}


def _read(run: Run) -> Norms | None:
    path = run.folder / NORMS
    if not path.exists():
        return None
    with damage_errors(path):
        arrays, header = read_tensors(path)
        if header["made_for"] != _made_for(run):
            return None
        usual = arrays.pop("usual").astype(np.float64)
        if usual.shape != (len(Numbers._fields), 3):
            raise ValueError(f"usual numbers of shape {usual.shape}")
        guard = unflatten(arrays, shapes_of(MODEL, run.config.data.image_shape))
        limits = {name: float(header[name]) for name in ("temperature", "strangest", "least_sure")}
        return Norms(**limits, usual=usual, guard=guard)


def _write(run: Run, norms: Norms) -> None:
    header = {
        "made_for": _made_for(run),
        "temperature": norms.temperature,
        "strangest": norms.strangest,
        "least_sure": norms.least_sure,
    }
    write_tensors(run.folder / NORMS, flatten(norms.guard) | {"usual": norms.usual}, header)
