"""`digitlab units`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand
from digitlab.cli.plans import load
from digitlab.errors import RunExistsError, StorageError

if TYPE_CHECKING:
    from digitlab.data import Split
    from digitlab.insight import LayerUnits, Pruning, Unit
    from digitlab.runs import Run

__all__ = ["units"]

# Of each verdict, so that a table fits a screen.
SHOWN = 5


@expand
def units(
    run: RunArgument,
    data: DataOptions,
    layer: Annotated[
        str | None,
        typer.Option(help="Only this layer, for example hidden_1 or conv_2.", show_default="all hidden ones"),
    ] = None,
    prune: Annotated[
        Path | None,
        typer.Option(
            help="Write a smaller run to this folder, without the units that do nothing. Which these are is "
            "then measured on one half of the validation images, and what it costs on the other.",
            metavar="FOLDER",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the picture.", show_default="the run's figures/")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what every hidden unit is good for: useful, redundant, noise or dead, and by which numbers."""
    from digitlab.data import stratified_split
    from digitlab.files import is_free
    from digitlab.insight import hidden_layers, inked_pixels, study_units
    from digitlab.pictures import draw_units
    from digitlab.runs import open_run

    opened = open_run(run)
    opened.params()
    hidden_layers(opened.config.model)
    if prune and not is_free(prune):
        raise RunExistsError(
            f"{prune} is there already. It was left alone; name another folder after --prune."
        )
    split = load(data, opened).split_of(opened)
    halves = stratified_split(split.validation, validation_fraction=0.5) if prune else None
    with console.counting("units, each silenced in turn") as on_unit:
        layers = study_units(
            opened.config.model,
            opened.params(),
            halves.training if halves else split.validation,
            inked=inked_pixels(split.training.pixels),
            layers=[layer] if layer else None,
            on_unit=on_unit,
        )
    left = _write_pruned(opened, layers, halves, prune) if prune and halves else None
    try:
        files = [file for each in layers for file in draw_units(opened, each, out or opened.figures)]
    except StorageError as error:
        console.note(f"digitlab: no picture was drawn. {error} (--out names another folder.)")
        files = []
    if as_json:
        console.print_json(
            {
                "run": str(run),
                "n": layers[0].n,
                "accuracy": layers[0].accuracy,
                "log_loss": layers[0].log_loss,
                "layers": [each.as_dict() for each in layers],
                "pruned": left and left.as_dict() | {"run": str(prune)},
                "files": [str(file) for file in files],
            }
        )
        return
    for each in layers:
        _print_layer(each)
    if prune:
        console.print_line(left.sentence() if left else "Nothing can go, so nothing was written.")
    if left:
        console.print_line(
            f"What is left is the run {prune}; it is read and compared like any other, but not trained on."
        )
    if files:
        console.print_line(f"The tiles, each with its verdict, are in {files[0]}.")


def _write_pruned(run: "Run", layers: "list[LayerUnits]", halves: "Split", folder: Path) -> "Pruning | None":
    """Choose on one half of the validation images, prove on the other, and write what is left."""
    from digitlab.insight import choose_units, prune
    from digitlab.runs import write_pruned

    model, params, baseline = run.config.model, run.params(), run.config.data.baseline_digit
    taken = choose_units(model, params, layers, halves.training)
    if not taken:
        return None
    left = prune(model, params, taken, layers, halves.validation, baseline_class=baseline)
    write_pruned(folder, run, left.model, left.params, left.removed)
    return left


def _print_layer(layer: "LayerUnits") -> None:
    from digitlab.insight import Verdict

    console.print_line(layer.sentence())
    shown = [unit for verdict in Verdict for unit in _of(layer, verdict)[:SHOWN]]
    figures = ("active %", "mean", "Moran's I", "log loss rises", "fewer right in 100")
    columns = ("unit", "verdict", *figures, "serves", "twin")
    console.print_table(columns, [_row(unit) for unit in shown], text=(1, 7, 8))
    hidden = [
        f"{len(_of(layer, verdict)) - SHOWN} more {verdict}"
        for verdict in Verdict
        if len(_of(layer, verdict)) > SHOWN
    ]
    if hidden:
        console.print_line(f"And {', '.join(hidden)}: --json tells of all.")
    for verdict in (Verdict.REDUNDANT, Verdict.NOISE):
        if found := _of(layer, verdict):
            console.print_line(layer.describe(found[0].number))
    console.print_line()


def _of(layer: "LayerUnits", verdict: Any) -> "list[Unit]":
    return [unit for unit in layer.ranked if unit.verdict is verdict]


def _row(unit: "Unit") -> tuple[str, ...]:
    twin = unit.twin
    return (
        str(unit.number),
        str(unit.verdict),
        f"{100 * unit.active:.1f}",
        f"{unit.mean:.3f}",
        "" if unit.smoothness is None else f"{unit.smoothness:.2f}",
        f"{unit.cost.log_loss:+.5f}",
        f"{100 * unit.cost.accuracy:+.2f}",
        " ".join(str(each) for each in unit.cost.serves[:3]),
        f"{twin.unit} ({twin.correlation:.2f})" if twin else "",
    )
