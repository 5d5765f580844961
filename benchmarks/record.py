"""What a measurement needs to be believed later: the machine, the versions, the date."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digitlab.files import make_folder, write_bytes

RESULTS = Path(__file__).parent / "results"
OURS = ("digitlab", "jax", "jaxlib", "numpy", "optax")
ASK_VERSIONS = """
import json, platform, sys
from importlib.metadata import version
print(json.dumps({"python": platform.python_version(), **{name: version(name) for name in sys.argv[1:]}}))
"""


def machine() -> dict[str, Any]:
    """Return what the numbers are measured on, and how busy it is with other work."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    # Windows tells neither memory nor load.
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": pages and round(pages / 2**30, 1),
        "load_average": load and round(load, 2),
    }


def versions(names: Sequence[str] = OURS, python: Path | str = sys.executable) -> dict[str, str]:
    """Return the versions of a Python and of some packages that it has."""
    asked = subprocess.run([python, "-c", ASK_VERSIONS, *names], stdout=subprocess.PIPE, check=True)
    found: dict[str, str] = json.loads(asked.stdout)
    return found


def today() -> str:
    """Return the date."""
    return datetime.now(UTC).date().isoformat()


def write(name: str, document: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Keep a result as `name`.json, whole or not at all."""
    path = make_folder(folder) / f"{name}.json"
    write_bytes(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())
    return path
