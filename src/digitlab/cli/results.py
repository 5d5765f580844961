"""`digitlab evaluate` and `digitlab weights`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand

if TYPE_CHECKING:
    from digitlab.evaluation import Evaluation

__all__ = ["evaluate", "weights"]


class SplitName(StrEnum):
    """The sets that a run can be scored on."""

    VALIDATION = "validation"
    TEST = "test"


@expand
def evaluate(
    run: RunArgument,
    data: DataOptions,
    split: Annotated[
        SplitName, typer.Option(help="Choose on validation; look at test once, at the end.")
    ] = SplitName.VALIDATION,
    as_json: JsonOption = False,
) -> None:
    """Score a run: accuracy with its interval, log loss, each digit, and what is confused with what."""
    from digitlab.pictures import draw_confusion
    from digitlab.runs import open_run
    from digitlab.workflow import evaluate_run, reload_data

    opened = open_run(run)
    opened.params()
    with console.fetch_progress() as on_progress:
        loaded = reload_data(
            opened, data.dataset, data_dir=data.data_dir, offline=data.offline, on_progress=on_progress
        )
    images = loaded.test if split is SplitName.TEST else loaded.split.validation
    evaluation = evaluate_run(opened, images)
    pictures = draw_confusion(opened, evaluation, split, opened.figures)
    if as_json:
        console.print_json(evaluation.as_dict())
        return
    _print_evaluation(evaluation, f"{opened.config.model.name} on the {split} images of {loaded.record.name}")
    console.print_line(f"The confusion matrix is in {pictures[0]}.")


def weights(
    run: RunArgument,
    unit: Annotated[int | None, typer.Option(help="Only this unit, large; the first is 0.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the pictures.", show_default="the run's figures/")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the first layer's weights: each hidden unit's tile, or the linear model's templates."""
    from digitlab.models import first_layer
    from digitlab.pictures import draw_weights
    from digitlab.runs import open_run

    opened = open_run(run)
    files = draw_weights(opened, out or opened.figures, unit=unit)
    params = opened.params()
    layer = first_layer(params)
    if as_json:
        console.print_json(
            {
                "layer": layer,
                "units": params[layer]["kernel"].shape[1],
                "files": [str(file) for file in files],
            }
        )
        return
    for file in files:
        console.print_line(str(file))


def _print_evaluation(evaluation: "Evaluation", title: str) -> None:
    console.print_line(
        f"{title}: accuracy {console.with_interval(evaluation)} of {evaluation.n:,}, "
        f"log loss {evaluation.log_loss:.4f}; always answering {evaluation.baseline_class}: "
        f"{console.percent(evaluation.baseline_accuracy)}."
    )
    scores = evaluation.per_class
    made = console.table("digit", "images", "precision", "recall", "F1")
    for digit, support in enumerate(scores.support):
        values = (scores.precision[digit], scores.recall[digit], scores.f1[digit])
        made.add_row(str(digit), f"{support:,}", *(f"{value:.4f}" for value in values))
    console.print_table(made)
    confused = [f"{c.true} read as {c.read_as} ({c.count}x)" for c in evaluation.most_confused(5)]
    console.print_line(f"Confused most: {', '.join(confused) or 'nothing'}.")
