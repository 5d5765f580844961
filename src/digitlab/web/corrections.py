"""Pictures whose digit a person has told, kept where `score` and `learn` find them: FOLDER/DIGIT/NAME.png."""

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import StorageError
from digitlab.files import make_folder, storage_errors, write_bytes
from digitlab.web.limits import MOST_CORRECTIONS

__all__ = ["Corrections"]


class Corrections:
    """A folder of pictures, a sub-folder for each digit; those kept since the start can be taken back."""

    def __init__(self, folder: Path, most: int = MOST_CORRECTIONS) -> None:
        self.folder, self._most = folder, most
        self._kept: dict[str, Path] = {}
        self._lock = Lock()

    def keep(self, picture: NDArray[np.uint8], label: int) -> tuple[str, int]:
        """Write a picture, uint8 (h, w, 3), whole or not at all.

        It is encoded anew, so that nothing but what is seen in it reaches the disk.

        Returns
        -------
        str, int
            Its name, made from its digit, the time and its content, and how many there are now.

        Raises
        ------
        StorageError
            If the folder is full or cannot be written.
        """
        content = _png(picture)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{hashlib.sha256(content).hexdigest()[:12]}"
        with self._lock:
            if self.count() >= self._most:
                raise StorageError(f"The folder holds {self._most:,} corrections, the most that are kept.")
            path = make_folder(self.folder / str(label)) / f"{name}.png"
            write_bytes(path, content)
            correction = f"{label}-{name}"
            self._kept[correction] = path
            return correction, self.count()

    def take_back(self, correction: str) -> bool:
        """Remove a correction that was kept since the start; return whether there was such a one."""
        with self._lock:
            path = self._kept.pop(correction, None)
            if path is None:
                return False
            with storage_errors("Cannot remove the correction"):
                path.unlink(missing_ok=True)
            return True

    def count(self) -> int:
        """Return how many pictures the folder holds."""
        return sum(1 for _ in self.folder.glob("[0-9]/*.png"))


def _png(picture: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return file.getvalue()
