"""Which pictures own digits leave behind."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab import figures
from digitlab.files import make_folder
from digitlab.recognition import Answer, Score, Several, Why
from digitlab.runs import Run

__all__ = ["draw_score", "draw_several", "draw_why"]

MOST_MISTAKES = 60
NOTHING = "nothing"


def draw_score(run: Run, score: Score, folder: Path) -> list[Path]:
    """Draw what a run confuses on own digits, and its surest mistakes beside what it saw in them."""
    make_folder(folder)
    name = score.own.folder.resolve().name or "own"
    title = f"{run.config.model.name} on {score.evaluation.n:,} own digits of {name}"
    lost = score.nothing_found.any()
    matrix = figures.confusion_matrix(
        score.evaluation.confusion if lost else score.digits.confusion,
        class_names=[*map(str, range(10)), NOTHING] if lost else None,
        title=title,
    )
    files = figures.save(matrix, folder / f"own-confusion-{name}")
    return files + _draw_mistakes(score, title, folder / f"own-mistakes-{name}")


def draw_why(why: Why, path: Path, *, title: str) -> list[Path]:
    """Draw one answer with its reasons, as `path` without a suffix."""
    make_folder(path.parent)
    found = why.prediction
    stages = [(each.name, each.picture) for each in found.ink.stages]
    if not why.evidence:
        return figures.save(figures.nothing_read(stages, why.sentences, title=title), path)
    picture = figures.why_read(
        [*stages[:-1], (f"{stages[-1][0]}: what it saw", stages[-1][1])],
        found.ink.pixels,
        np.stack([each.values for each in why.evidence]),
        map_names=[each.name for each in why.evidence],
        probabilities=found.probabilities,
        neighbours=why.neighbour_pixels,
        neighbour_labels=[each.label for each in why.neighbours],
        sentences=why.sentences,
        title=title,
    )
    return figures.save(picture, path)


def draw_several(picture: NDArray[np.uint8], found: Several, path: Path, *, title: str) -> list[Path]:
    """Draw a picture with a box around each digit and what it was read as, as `path` without a suffix."""
    make_folder(path.parent)
    boxed = [each for each in found.digits if each.ink.box]
    names = [f"{each.digit}?" if each.rejected else str(each.digit) for each in boxed]
    drawn = figures.boxed_digits(
        picture,
        np.array([each.ink.box for each in boxed], np.intp).reshape(-1, 4),
        names,
        confidences=np.array([each.confidence for each in boxed]),
        title=f"{title}: {' / '.join(found.text.splitlines()) or 'no digits found'}",
    )
    return figures.save(drawn, path)


def _draw_mistakes(score: Score, title: str, path: Path) -> list[Path]:
    shown = score.mistakes[:MOST_MISTAKES]
    if not shown:
        return []
    count = len(score.mistakes)
    which = f"the {len(shown)} surest of {count:,} misread"
    if len(shown) == count:
        which = f"all {count} misread" if count > 1 else "the one misread"
    gallery = figures.own_mistakes(
        [each.crop for each in shown],
        np.stack([each.pixels for each in shown]),
        [each.picture.label for each in shown],
        [_answer(each) for each in shown],
        shares=[each.confidence for each in shown],
        names=[each.picture.file.relative_to(score.own.folder).as_posix() for each in shown],
        title=f"{title}: {which}. Left as it came, right what the model saw",
    )
    return figures.save(gallery, path)


def _answer(answer: Answer) -> str:
    if answer.digit is None:
        return NOTHING
    return f"({answer.digit})" if answer.rejected else str(answer.digit)
