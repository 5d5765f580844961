from .data import (
    Dataset as Dataset,
    Split as Split,
    load_dataset as load_dataset,
    stratified_split as stratified_split,
)
from .errors import DigitlabError as DigitlabError

__version__: str
