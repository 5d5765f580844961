"""What the catalog holds, and what of it is here."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digitlab.data.catalog import CATALOG, CatalogFile, CatalogSet
from digitlab.data.fetch import cache_path
from digitlab.data.own_files import own_file, own_folders
from digitlab.errors import DataError

__all__ = ["DatasetListing", "list_datasets"]


@dataclass(frozen=True)
class DatasetListing:
    """A catalog set, and whether it is here.

    Attributes
    ----------
    name, title, licence : str
    train_images, test_images : int
    image_shape : tuple of int
        Height and width in pixels.
    source : str
        Where it comes from: the first address to be tried, or the library it comes with.
    place : str
        Where it is: "bundled", "data folder", "cache", "data folder and cache", or "not here".
    """

    name: str
    title: str
    train_images: int
    test_images: int
    image_shape: tuple[int, int]
    licence: str
    source: str
    place: str


def list_datasets(data_dir: str | os.PathLike[str] | None = None) -> list[DatasetListing]:
    """List every set of the catalog and where it is; nothing is fetched.

    Files of the cache are taken at their size; their hashes are checked when they are loaded.
    """
    return [
        DatasetListing(
            each.name,
            each.title,
            each.train_images,
            each.test_images,
            each.image_shape,
            each.licence,
            each.files[0].urls[0] if each.files else "scikit-learn",
            _place(each, data_dir),
        )
        for each in CATALOG.values()
    ]


def _place(chosen: CatalogSet, data_dir: str | os.PathLike[str] | None) -> str:
    if not chosen.files:
        return "bundled"
    folders = own_folders(chosen, data_dir)
    places = {_file_place(chosen, file, folders) for file in chosen.files}
    return "not here" if "not here" in places else " and ".join(sorted(places, reverse=True))


def _file_place(chosen: CatalogSet, file: CatalogFile, folders: list[Path]) -> str:
    with suppress(DataError):
        if own_file(chosen, file, folders):
            return "data folder"
    path = cache_path(chosen, file)
    return "cache" if path.is_file() and path.stat().st_size == file.size else "not here"
