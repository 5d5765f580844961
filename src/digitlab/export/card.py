"""The model card: what a file is, where it comes from, how good it is, and what it is not for."""

from typing import Any

from digitlab import words
from digitlab.data import CATALOG
from digitlab.evaluation import Evaluation, wilson_interval
from digitlab.export.original import Original, TestScore
from digitlab.models import count_parameters
from digitlab.report.render import render
from digitlab.report.reproduce import command_of, made_with

__all__ = ["model_card"]


def model_card(original: Original, file: str) -> str:
    """Return the model card, in Markdown, of a file that holds a run's weights.

    Every number is one that was measured on this run; of the test set it tells only what the run saw when
    it was looked at, if it was.
    """
    run, evaluation = original.run, original.evaluation
    return render(
        "card.md.j2",
        package="digitlab.export",
        file=file,
        facts=original.facts(),
        data=run.config.data,
        origin=run.config.origin,
        learned=run.config.learned_from,
        parameters=count_parameters(original.params),
        layers=_layers(original),
        summary=words.summary(evaluation),
        calibration=words.calibration(original.calibration, evaluation, on_other_images=False),
        confusions=words.confusions(evaluation, 3),
        test=original.test and _test_sentence(original.test),
        recalls=_recalls(evaluation),
        training=_settings(original),
        kept_period=run.kept_period,
        command=command_of(run) if _others_can_train_it(original) else "",
        circumstances=made_with(run),
    )


def _layers(original: Original) -> str:
    layers = {name: original.params[name]["kernel"].shape for name in original.run.config.model.layer_names}
    return ", ".join(f"`{name}` {' x '.join(map(str, shape))}" for name, shape in layers.items())


def _test_sentence(test: TestScore) -> str:
    low, high = test.interval
    return (
        f"{words.percent(test.accuracy)} ({100 * low:.2f} to {100 * high:.2f}, each digit taken to be "
        f"another person's) of {test.n:,} test images. It was look {test.look} at this test set: the more "
        "came before, the more the number may flatter."
    )


def _recalls(evaluation: Evaluation) -> list[tuple[int, int, str]]:
    """Return each class, how many images it has, and what share of them was read right, with its interval."""
    rows = []
    for digit, support in enumerate(evaluation.per_class.support.tolist()):
        if support:
            right = int(evaluation.confusion[digit, digit])
            low, high = wilson_interval(right, support)
            rows.append(
                (digit, support, f"{100 * right / support:.2f} ({100 * low:.2f} to {100 * high:.2f})")
            )
    return rows


def _settings(original: Original) -> dict[str, Any]:
    """Return the settings of the training that are switched on."""
    settings = original.run.config.training.as_dict()
    changes = settings.pop("augmentation")
    told = {name: value for name, value in settings.items() if value not in (None, 0, 0.0) or name == "seed"}
    used = ", ".join(f"{name} {value:g}" for name, value in changes.items() if value)
    is_off = original.run.config.training.augmentation.is_off
    return told | {"augmentation": "none" if is_off else used}


def _others_can_train_it(original: Original) -> bool:
    """Return whether its command names nothing that only this machine has."""
    config = original.run.config
    return config.data.source in CATALOG and not config.origin
