"""Data sets of handwritten digits: files, the catalog, fetching, and the validation split."""

from digitlab.data.catalog import CATALOG, CatalogFile, CatalogSet
from digitlab.data.corrections import CORRECTED, IN_DOUBT, corrected, disputed
from digitlab.data.dataset import Dataset, load_dataset
from digitlab.data.fetch import fetch_dataset
from digitlab.data.framing import MNIST, OPTDIGITS, Geometry, geometry_of
from digitlab.data.idx import read_idx, write_idx
from digitlab.data.listing import DatasetListing, list_datasets
from digitlab.data.lost_digits import lost_digits
from digitlab.data.patience import Patience, Progress
from digitlab.data.splits import (
    SPLITS,
    Split,
    stratified_folds,
    stratified_indices,
    stratified_split,
    writer_indices,
    writer_split,
)

__all__ = [
    "CATALOG",
    "CORRECTED",
    "IN_DOUBT",
    "MNIST",
    "OPTDIGITS",
    "SPLITS",
    "CatalogFile",
    "CatalogSet",
    "Dataset",
    "DatasetListing",
    "Geometry",
    "Patience",
    "Progress",
    "Split",
    "corrected",
    "disputed",
    "fetch_dataset",
    "geometry_of",
    "list_datasets",
    "load_dataset",
    "lost_digits",
    "read_idx",
    "stratified_folds",
    "stratified_indices",
    "stratified_split",
    "write_idx",
    "writer_indices",
    "writer_split",
]
