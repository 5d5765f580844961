"""`digitlab data list`, `fetch` and `show`; `suspects` has a room of its own."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataDirOption, JsonOption, NameArgument, OfflineOption, complete_name
from digitlab.cli.suspects import suspects
from digitlab.errors import ConfigError

if TYPE_CHECKING:
    from digitlab.data import Dataset

__all__ = ["app"]

app = typer.Typer(
    help="Data sets: what there is, fetch one, look at it, find wrong labels.", no_args_is_help=True
)


@app.command("list")
def list_(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the data sets that have a name, and which are here."""
    from digitlab.data import list_datasets

    listed = list_datasets(data_dir)
    if as_json:
        console.print_json(
            {"datasets": [asdict(each) | {"image_shape": list(each.image_shape)} for each in listed]}
        )
        return
    rows = [
        (
            each.name,
            each.title,
            f"{each.train_images:,}",
            f"{each.test_images:,}",
            "x".join(map(str, each.image_shape)),
            each.place,
            each.licence,
        )
        for each in listed
    ]
    console.print_table(
        ("name", "what", "training", "test", "size", "here", "licence"), rows, text=(0, 1, 5, 6)
    )


@app.command()
def fetch(
    name: NameArgument,
    data_dir: DataDirOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch a data set into the cache, checked; nothing is done where it is here already."""
    from digitlab.data import fetch_dataset

    with console.fetch_progress() as on_progress:
        files = fetch_dataset(name, data_dir=data_dir, offline=offline, on_progress=on_progress)
    if as_json:
        console.print_json({"name": name, "files": [str(file) for file in files]})
        return
    console.print_line(
        f"{name} is here, every file checked." if files else f"{name} comes bundled: nothing to fetch."
    )
    for file in files:
        console.print_line(f"  {file}")


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A name of `digitlab data list`, or a path.", autocompletion=complete_name
        ),
    ],
    index: Annotated[int | None, typer.Option(help="Draw this one digit too; the first is 0.")] = None,
    part: Annotated[str, typer.Option(help="train or test.")] = "train",
    count: Annotated[int, typer.Option(help="How many digits the grid shows.")] = 100,
    out: Annotated[
        Path | None, typer.Option(help="The folder for the pictures.", show_default="runs/data-NAME-PART")
    ] = None,
    data_dir: DataDirOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a data set: a grid of digits, how many of each, one digit, and whether anything is empty."""
    from digitlab.data import load_dataset
    from digitlab.pictures import draw_dataset, draw_digit

    if part not in ("train", "test") or count < 1:
        raise ConfigError(f"--part is train or test, and --count 1 or more, not {part} and {count}.")
    with console.fetch_progress() as on_progress:
        train, test = load_dataset(name, data_dir=data_dir, offline=offline, on_progress=on_progress)
    dataset = train if part == "train" else test
    folder = out or Path("runs") / f"data-{dataset.name}-{part}"
    files = [] if index is None else draw_digit(dataset, index, folder)
    files += draw_dataset(dataset, folder, count=count)
    if as_json:
        console.print_json(_described(dataset, index, files))
    else:
        _print_dataset(dataset, part, index, files)


app.command()(suspects)


def _described(dataset: "Dataset", index: int | None, files: list[Path]) -> dict[str, Any]:
    described = {
        "name": dataset.name,
        "n": len(dataset),
        "image_shape": list(dataset.image_shape),
        "class_counts": dataset.class_counts.tolist(),
        "empty_images": dataset.empty_images.tolist(),
        "empty_classes": _empty_classes(dataset),
        "fingerprint": dataset.fingerprint,
        "files": [str(file) for file in files],
    }
    if index is not None:
        described["digit"] = {
            "index": index,
            "label": int(dataset.labels[index]),
            "pixels": dataset.pixels[index].tolist(),
        }
    return described


def _print_dataset(dataset: "Dataset", part: str, index: int | None, files: list[Path]) -> None:
    height, width = dataset.image_shape
    console.print_line(
        f"{dataset.name}, {part}: {len(dataset):,} images of {height}x{width}, "
        f"fingerprint {dataset.fingerprint[:12]}"
    )
    counts = enumerate(dataset.class_counts)
    rows = [(str(digit), f"{n:,}", words.percent(n / len(dataset), 1)) for digit, n in counts]
    console.print_table(("digit", "images", "share"), rows)
    if index is not None:
        console.print_line(f"Image {index}, a {dataset.labels[index]}:")
        console.print_line(console.ink(dataset.pixels[index]))
    console.print_line(_emptiness(dataset))
    for file in files:
        console.print_line(f"  {file}")


def _emptiness(dataset: "Dataset") -> str:
    """Say whether any image is without ink or any digit without images."""
    empty, missing = dataset.empty_images.tolist(), _empty_classes(dataset)
    if not empty and not missing:
        return "Every image has ink and every digit has images."
    said = []
    if empty:
        said.append(f"{len(empty)} images have no ink at all (the first: {', '.join(map(str, empty[:5]))})")
    if missing:
        said.append(f"there is no image of {', '.join(map(str, missing))}")
    return f"Look out: {'; '.join(said)}."


def _empty_classes(dataset: "Dataset") -> list[int]:
    return [digit for digit, n in enumerate(dataset.class_counts) if n == 0]
