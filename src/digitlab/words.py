"""What is said of numbers, in words: the same in the shell as on a page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digitlab.evaluation import Calibration, Evaluation, SeedSpread

__all__ = [
    "calibration",
    "confusions",
    "listed",
    "loss",
    "over_writers",
    "percent",
    "summary",
    "sure_answers",
    "with_interval",
    "with_spread",
]

RUNAWAY_LOSS = 10_000


def percent(share: float, digits: int = 2) -> str:
    """Return a share as a percentage."""
    return f"{100 * share:.{digits}f} %"


def loss(value: float) -> str:
    """Return a log loss with four decimals, or in short where it has run away."""
    return f"{value:.4f}" if value < RUNAWAY_LOSS else f"{value:.3g}"


def with_interval(evaluation: "Evaluation") -> str:
    """Return an accuracy with its 95 % interval."""
    low, high = evaluation.interval
    return f"{100 * evaluation.accuracy:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def with_spread(spread: "SeedSpread") -> str:
    """Return the mean accuracy of several seeds and its standard deviation, in percent."""
    return f"{100 * spread.accuracy:.2f} ± {100 * spread.accuracy_sd:.2f}"


def summary(evaluation: "Evaluation") -> str:
    """Return accuracy, log loss and baseline in a sentence, and in another one who wrote the digits."""
    said = (
        f"accuracy {with_interval(evaluation)}, log loss {loss(evaluation.log_loss)}; "
        f"always answering {evaluation.baseline_class}: {percent(evaluation.baseline_accuracy)}."
    )
    return f"{said} {over_writers(evaluation)}".strip()


def over_writers(evaluation: "Evaluation") -> str:
    """Say what the interval would be if each image were another person's, where the writers are known."""
    if evaluation.writers is None:
        return ""
    if evaluation.naive_interval is None:
        return (
            f"The digits are by {evaluation.writers} writer(s): too few of them, or too few mistakes, to "
            "tell how people differ. The interval takes each digit to be another person's."
        )
    low, high = evaluation.naive_interval
    return (
        f"The interval is over {evaluation.writers} writers, {evaluation.widening:.1f} times as wide as if "
        f"each digit were another person's ({100 * low:.2f} to {100 * high:.2f})."
    )


def confusions(evaluation: "Evaluation", limit: int) -> str:
    """Return what is most often read as what."""
    said = [f"{each.true} read as {each.read_as} ({each.count}x)" for each in evaluation.most_confused(limit)]
    return ", ".join(said) or "nothing"


def calibration(found: "Calibration", evaluation: "Evaluation", *, on_other_images: bool) -> str:
    """Say what probabilities are worth, as they are and at the temperature fitted on validation."""
    fitted = "fitted on validation" if on_other_images else "fitted on these very images"
    return (
        f"Its probabilities are off by {100 * found.reliability.error:.2f} points on average (ECE). "
        f"At the temperature {found.temperature:.3f}, {fitted}, they are off by "
        f"{100 * found.tempered.error:.2f} ({100 * found.by_chance:.2f} by chance alone), "
        f"and the log loss is {loss(found.tempered_log_loss)} instead of {loss(evaluation.log_loss)}."
    )


def sure_answers(found: "Calibration") -> str:
    """Say from which probability on answers can be relied on, on other images than it was chosen on."""
    sure = found.sure
    if sure is None:
        return "No answer here is as sure as those that were 99.9 % right on validation."
    low, high = sure.interval
    return (
        f"Answers with {percent(sure.confidence)} or more, of which 99.9 % or more were right on "
        f"validation, are {percent(sure.accuracy)} right here ({100 * low:.2f} to {100 * high:.2f}): "
        f"{percent(sure.coverage, 1)} of the images."
    )


def listed(names: Sequence[str]) -> str:
    """Return names with commas between and an "and" before the last."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
