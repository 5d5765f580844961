"""The database that keeps the trials: a file of SQLite's, or PostgreSQL for many processes.

A relational one and not Optuna's journal file, because only it has heartbeats: they tell that a
process was killed, and its trial is done again.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import Study
from optuna.trial import FrozenTrial
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from digitlab.errors import ConfigError, MissingExtraError, StorageError

__all__ = [
    "Storage",
    "experimental",
    "hidden",
    "open_storage",
    "retry",
    "sqlite_url",
]

BEATS_IN_GRACE = 3
# Processes that begin at the same moment may both make the tables.
ATTEMPTS = 3
CONNECT_SECONDS = 10
LOCK_SECONDS = 60


class Storage(RDBStorage):
    """Optuna's, where a heartbeat that does not get through is no error: the trial itself will tell."""

    def record_heartbeat(self, trial_id: int) -> None:
        """Say that the process of a trial is alive."""
        with suppress(SQLAlchemyError, StorageInternalError):
            super().record_heartbeat(trial_id)


def sqlite_url(path: Path) -> str:
    """Return the address of a database in a file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def hidden(url: str | URL) -> str:
    """Return an address without its password; raise `ConfigError` if it is none."""
    address = _parsed(url)
    return address.set(drivername=address.get_backend_name()).render_as_string()


@contextmanager
def open_storage(url: str, *, grace_seconds: int) -> Iterator[Storage]:
    """Open the database of one or many searches, and make its tables if they are not there.

    What it raises in the block becomes a `StorageError`.

    Parameters
    ----------
    url
        As SQLAlchemy has them: postgresql://user:password@host/database, or what `sqlite_url` gives.
    grace_seconds
        For how long a process may give no sign of life before it counts as dead.

    Raises
    ------
    ConfigError
        If the address is none.
    MissingExtraError
        If the database's driver is not installed.
    StorageError
        If the database cannot be reached or used.
    """
    address = _address(url)
    with _database_errors(hidden(url)):
        storage = _open(address, grace_seconds)
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


def retry(study: Study, trial: FrozenTrial) -> None:
    """Have a trial that did not come to its end done again, with the same settings."""
    with experimental():
        RetryHeartbeatStaleTrialCallback()(study, trial)


@contextmanager
def experimental() -> Iterator[None]:
    """Use what Optuna calls experimental: heartbeats, and trials done again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


@contextmanager
def _database_errors(shown: str) -> Iterator[None]:
    try:
        yield
    # The last is what Optuna 5.0 comes to where the database is gone by the end of a trial.
    except (SQLAlchemyError, StorageInternalError, UnboundLocalError) as error:
        cause = _of_database(error)
        if cause is None:
            raise
        said = " ".join(str(getattr(cause, "orig", None) or cause).split())
        raise StorageError(
            f"The database {shown} could not be used: {said or type(cause).__name__}. What was finished "
            "before is kept there; when it is back, go on with the same command."
        ) from error


def _of_database(error: BaseException | None) -> BaseException | None:
    """Return what the database itself said, of an error and those that led to it."""
    while error is not None and not isinstance(error, SQLAlchemyError):
        error = error.__cause__ or error.__context__
    return error


def _open(address: URL, grace_seconds: int) -> Storage:
    """Connect, again where other processes were making the same tables."""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return _connect(address, grace_seconds)
        except SQLAlchemyError:
            if not attempts_left:
                raise
        except RuntimeError as error:
            raise StorageError(
                f"The database {hidden(address)} is of another version of Optuna: {error} Nothing "
                "was changed; name another database, or install that version."
            ) from error
    raise AssertionError


def _connect(address: URL, grace_seconds: int) -> Storage:
    with experimental():
        return Storage(
            # Optuna fills in a version where it finds braces.
            address.render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}"),
            engine_kwargs={"pool_pre_ping": True, "connect_args": _connection(address)},
            heartbeat_interval=max(1, grace_seconds // BEATS_IN_GRACE),
            grace_period=grace_seconds,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )


def _parsed(url: str | URL) -> URL:
    try:
        address = make_url(url)
        address.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "The storage is the address of a database, as postgresql://user:password@host/database; what was "
            "given is none. Nothing was done."
        ) from error
    return address


def _address(url: str) -> URL:
    """Read an address; PostgreSQL's without a driver gets the one that the extra brings."""
    address = _parsed(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    try:
        address.get_dialect().import_dbapi()
    except ImportError as error:
        raise MissingExtraError(
            f"The database {hidden(url)} needs the package {error.name}, which is not installed; nothing was "
            "done. PostgreSQL's comes with: pip install 'digitlab[tune]'"
        ) from error
    return address


def _connection(address: URL) -> dict[str, Any]:
    if address.get_backend_name() == "sqlite":
        return {"timeout": LOCK_SECONDS}
    return {"connect_timeout": CONNECT_SECONDS} if address.get_backend_name() == "postgresql" else {}
