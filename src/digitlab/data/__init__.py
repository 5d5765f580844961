"""Data sets of handwritten digits: files, the catalog, fetching, and the validation split."""

from digitlab.data.catalog import CATALOG, CatalogFile, CatalogSet
from digitlab.data.dataset import Dataset, load_dataset
from digitlab.data.fetch import fetch_dataset
from digitlab.data.idx import read_idx, write_idx
from digitlab.data.listing import DatasetListing, list_datasets
from digitlab.data.patience import Patience, Progress
from digitlab.data.splits import Split, stratified_indices, stratified_split

__all__ = [
    "CATALOG",
    "CatalogFile",
    "CatalogSet",
    "Dataset",
    "DatasetListing",
    "Patience",
    "Progress",
    "Split",
    "fetch_dataset",
    "list_datasets",
    "load_dataset",
    "read_idx",
    "stratified_indices",
    "stratified_split",
    "write_idx",
]
