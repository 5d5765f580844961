"""Every error a user of digitlab can meet.

    DigitlabError
    ├── ConfigError        (ValueError)          a setting that cannot be used
    ├── DataError          (ValueError)          data that are not what they should be
    │   ├── IDXError                             a file that breaks the IDX format
    │   ├── PictureError                         a file that is no picture, or too large a one
    │   └── DataNotFoundError (FileNotFoundError) a file or folder that is not there
    ├── FetchError         (ConnectionError)     no mirror gave the right bytes
    ├── RunError                                 a run folder that cannot be used
    │   ├── RunExistsError (FileExistsError)     it is there already
    │   └── RunNotFoundError (FileNotFoundError) it is not there
    ├── DivergedError      (ArithmeticError)     the loss stopped being a number
    ├── AddressError       (OSError)             a host or port that cannot be listened at
    ├── ExportError                              a file that would not answer as its run does
    │   └── ExportExistsError (FileExistsError)  something is there already
    ├── MissingExtraError  (ImportError)         a package of an extra that is not installed
    ├── TrackerError       (ConnectionError)     a tracker that a training was to be told to
    └── StorageError       (OSError)             the disk said no

Each also inherits the built-in error that people catch. The message says what was
expected, what was found, what was done and what to do.
"""

__all__ = [
    "AddressError",
    "ConfigError",
    "DataError",
    "DataNotFoundError",
    "DigitlabError",
    "DivergedError",
    "ExportError",
    "ExportExistsError",
    "FetchError",
    "IDXError",
    "MissingExtraError",
    "PictureError",
    "RunError",
    "RunExistsError",
    "RunNotFoundError",
    "StorageError",
    "TrackerError",
]


class DigitlabError(Exception):
    """Base of every error that digitlab raises on purpose."""

    def __str__(self) -> str:
        """Return the message alone (OSError would show a tuple, KeyError quotes)."""
        return str(self.args[0]) if self.args else ""


class ConfigError(DigitlabError, ValueError):
    """A setting is unknown, out of range, or does not fit the others."""


class DataError(DigitlabError, ValueError):
    """Data are not what they should be: shape, type, count, range or content."""


class IDXError(DataError):
    """A file breaks the IDX format."""


class PictureError(DataError):
    """A file is no picture that can be read, or one that is too large."""


class DataNotFoundError(DataError, FileNotFoundError):
    """A data file or folder is not there."""


class FetchError(DigitlabError, ConnectionError):
    """A file could not be had from any address."""


class RunError(DigitlabError):
    """A run folder is incomplete, damaged, or does not fit what was asked."""


class RunExistsError(RunError, FileExistsError):
    """A run folder is there already and would have been overwritten."""


class RunNotFoundError(RunError, FileNotFoundError):
    """There is no run at the path given."""


class DivergedError(DigitlabError, ArithmeticError):
    """Training left the numbers: its loss or a parameter is no longer finite."""


class AddressError(DigitlabError, OSError):
    """A host or port at which the page cannot be served."""


class ExportError(DigitlabError):
    """A file made of a run cannot be written, or would not answer as the run does."""


class ExportExistsError(ExportError, FileExistsError):
    """Something is there already and would have been overwritten."""


class MissingExtraError(DigitlabError, ImportError):
    """A package that only some things need, an extra, is not installed."""


class TrackerError(DigitlabError, ConnectionError):
    """A tracker, as TensorBoard or MLflow, cannot be written to or reached."""


class StorageError(DigitlabError, OSError):
    """A file or folder could not be written or read: no space, no permission."""
