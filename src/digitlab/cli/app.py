"""The commands and what happens around them: one line for an error, never a traceback."""

import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from digitlab import __version__
from digitlab.cli import (
    INTERRUPTED,
    checking,
    comparing,
    console,
    data,
    explaining,
    exporting,
    learning,
    mistakes,
    own_digits,
    predicting,
    reporting,
    results,
    serving,
    timeline,
    training,
    tuning,
    units,
)
from digitlab.errors import ConfigError, DigitlabError

__all__ = ["app", "run"]

USAGE_ERROR = 2

app = typer.Typer(
    name="digitlab",
    help="Train, compare and look inside classifiers of handwritten digits.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.command()(training.train)
app.command()(comparing.compare)
app.command()(tuning.tune)
app.command()(results.evaluate)
app.command()(results.weights)
app.command()(timeline.timeline)
app.command()(units.units)
app.command()(explaining.templates)
app.command()(explaining.explain)
app.command()(mistakes.mistakes)
app.command()(predicting.predict)
app.command()(own_digits.score)
app.command()(learning.learn)
app.command()(checking.check)
app.command()(reporting.report)
app.command()(exporting.export)
app.command()(serving.serve)


def _version(wanted: bool) -> None:
    if wanted:
        console.print_line(f"digitlab {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the process's own.

    Returns
    -------
    int
        0, 1 (an error), 2 (a usage error) or 130 (interrupted).
    """
    _mend_streams()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say_warning
            # What a decoder finds odd in a picture file is no concern of who asks what the picture shows.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except ConfigError as error:
        console.error(str(error))
        return USAGE_ERROR
    except DigitlabError as error:
        console.error(str(error))
        return 1
    except TyperException as error:
        if error.format_message():
            console.error(error.format_message())
        return error.exit_code
    except console.InterruptionError as stop:
        console.note(f"digitlab: {stop}")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has left; a second failure at exit would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError as error:
        console.error(f"There is not enough memory for this: {error or 'choose a smaller model or batch'}.")
        return 1
    except OSError as error:
        console.error(f"{error.filename or 'The system'}: {error.strerror or error}. Nothing more was done.")
        return 1
    if code == INTERRUPTED:
        console.note("digitlab: interrupted; what was finished before is kept.")
    return code if isinstance(code, int) else 0


def _say_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning of the library as a remark, without the place in the code."""
    console.note(f"digitlab: {message}")


def _mend_streams() -> None:
    """Make printing safe: a stream may be closed, and a file name may not fit its encoding."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
