"""What JAX compiles, kept from one process to the next."""

import os
import time
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import jax

from digitlab.files import cache_folder

__all__ = ["keep_compiled"]

MOST_BYTES = 2**28
LONGEST_WRITE_SECONDS = 60


@cache
def keep_compiled() -> None:
    """Have JAX keep what it compiles in the user's cache folder; nothing is done from the second call on.

    JAX's own settings win: where they name a folder, or switch its cache off, they stay as
    they are. A cache folder that cannot be written to is left unused, since it only saves time.
    """
    config: Any = jax.config
    if config.jax_compilation_cache_dir or not config.jax_enable_compilation_cache:
        return
    folder = cache_folder() / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        _clear_unfinished(folder)
        config.update("jax_compilation_cache_dir", str(folder))
        config.update("jax_compilation_cache_max_size", MOST_BYTES)
        # What a killed process left half-written is compiled again, which is no news to anybody.
        warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache entry")
        # Every compilation here takes a user's time; by default only those of a second are kept.
        config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def _clear_unfinished(folder: Path) -> None:
    """Remove entries whose writer was killed before it dated them: JAX stores nothing beside one."""
    for entry in folder.glob("*-cache"):
        dated = entry.with_name(entry.name.removesuffix("-cache") + "-atime")
        with suppress(OSError):
            if not dated.exists() and time.time() - entry.stat().st_mtime > LONGEST_WRITE_SECONDS:
                entry.unlink()
