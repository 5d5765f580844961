"""`digitlab data suspects`."""

import csv
import io
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli import console
from digitlab.cli.options import DataDirOption, JsonOption, OfflineOption
from digitlab.cli.plans import default_folder
from digitlab.errors import ConfigError, RunExistsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digitlab.evaluation import Suspect
    from digitlab.models import Params
    from digitlab.suspects import CrossValidation
    from digitlab.training import HistoryRow

__all__ = ["suspects"]

SHOWN = 20


def suspects(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name of `digitlab data list`, or a path.")
    ] = "mnist",
    part: Annotated[
        str,
        typer.Option(help="train, each image read by a model that learned from others; or test."),
    ] = "train",
    model: Annotated[str, typer.Option(help="linear, mlp or conv, at the settings of quick.")] = "conv",
    folds: Annotated[int, typer.Option(help="How many models to train, each without one share.")] = 5,
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = 0,
    count: Annotated[int, typer.Option(help="How many labels to list and draw.")] = 100,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder for the list and the picture.", show_default="a new one in runs/"),
    ] = None,
    data_dir: DataDirOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find labels that are likely wrong, by models that never saw the images; the worst first."""
    from digitlab.data import disputed, load_dataset
    from digitlab.files import is_free, make_folder, write_bytes
    from digitlab.pictures import draw_suspects
    from digitlab.suspects import judge_test, judge_training, plan_folds

    if part not in ("train", "test") or count < 1:
        raise ConfigError(f"--part is train or test, and --count 1 or more, not {part} and {count}.")
    with console.fetch_progress() as on_progress:
        train, test = load_dataset(name, data_dir=data_dir, offline=offline, on_progress=on_progress)
    dataset = train if part == "train" else test
    plan = plan_folds(model, train, folds=folds, seed=seed)
    folder = out or default_folder(f"suspects-{dataset.name}-{part}")
    if not is_free(folder):
        raise RunExistsError(f"{folder} is there already. It was left alone; name another --out.")
    params = [_trained(plan, fold) for fold in range(folds)]
    if part == "train":
        judged, looks = judge_training(plan, params), None
    else:
        judged, looks = judge_test(plan, params, test, folder)
    listed, known = judged.first(count), disputed(dataset)
    among = sum(each.index in known for each in listed)
    table = make_folder(folder) / "suspects.csv"
    write_bytes(table, _as_csv(listed).encode())
    title = f"{dataset.name}, {part}: the {len(listed)} labels most in doubt to {folds} {model} models"
    files = [table, *draw_suspects(dataset, listed, folder, title=title)]
    if as_json:
        asked = {"name": dataset.name, "part": part, "model": model, "folds": folds, "seed": seed}
        found: dict[str, Any] = {
            "n": len(dataset),
            "misread": judged.misread,
            "found": judged.found,
            "disputed": {"images": len(known), "listed": among} if known else None,
            "looks": looks and looks.number,
            "suspects": [asdict(each) for each in listed],
            "files": [str(file) for file in files],
        }
        console.print_json(asked | found)
    else:
        console.print_line(
            f"{dataset.name}, {part}: of {len(dataset):,} images {judged.misread:,} are read as another "
            f"digit than their label; of {judged.found:,} confident learning is sure that the label is wrong."
        )
        _print_suspects(listed[:SHOWN])
        if known:
            console.print_line(
                f"Of the {len(known)} images whose label most of five people did not see, {among} are among "
                f"these {len(listed)}."
            )
        console.print_line(f"All {len(listed)} are in {files[0]}, and drawn in {files[1]}.")
    if looks:
        console.say_looks(looks, as_json=as_json, warn=False)


def _trained(plan: "CrossValidation", fold: int) -> "Params":
    """Train one of the models, showing how it goes, and return its weights."""
    states = []

    def rows() -> "Iterator[HistoryRow]":
        for row, state in plan.train(fold):
            states.append(state)
            yield row

    name = f"{plan.model.name}, fold {fold + 1} of {len(plan.splits)}"
    try:
        console.follow(rows(), name=name, periods=plan.config.periods)
    except KeyboardInterrupt:
        raise console.InterruptionError("interrupted; no label was judged, and nothing is kept.") from None
    return states[-1].params


def _as_csv(listed: "list[Suspect]") -> str:
    from digitlab.evaluation import Suspect

    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Suspect)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(each) for each in listed)
    return text.getvalue()


def _print_suspects(listed: "list[Suspect]") -> None:
    rows = [
        (
            str(each.rank),
            str(each.index),
            str(each.label),
            str(each.suggested),
            f"{each.label_probability:.4f}",
            f"{each.suggested_probability:.4f}",
            "yes" if each.confident else "",
        )
        for each in listed
    ]
    columns = ("rank", "image", "label", "suggested", "p(label)", "p(suggested)", "sure")
    console.print_table(columns, rows, text=(6,))
