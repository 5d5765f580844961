"""Pictures of what the units of a run are good for, and of how they became so."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from digitlab import figures
from digitlab.files import make_folder
from digitlab.insight import LEARNED, LayerUnits, Timeline, Unit, Verdict
from digitlab.models import first_kernel, first_layer
from digitlab.runs import Run

__all__ = ["draw_timeline", "draw_units", "frames_of", "timeline_panels", "unit_tiles"]

SHOWN_UNITS = 24
VERDICT_COLOURS: dict[Verdict, str | None] = {
    Verdict.USEFUL: None,
    Verdict.REDUNDANT: "#0072B2",
    Verdict.NOISE: "#D55E00",
    Verdict.DEAD: "#222222",
}


def timeline_panels(timeline: Timeline, *, of: str, units: Sequence[int] | None = None) -> Axes:
    """Draw the tiles of a training's snapshots side by side; see `draw_timeline`."""
    shown, asked = _shown_units(timeline, units), timeline.asked
    noise = timeline.is_noise[asked][:, shown]
    chosen = f"{len(shown)} of {timeline.units} {timeline.tiles}" if units else timeline.tiles
    if units is None and len(shown) < timeline.units:
        chosen = f"{len(shown)} of {timeline.units} {timeline.tiles}, smoothest at the end first"
    return figures.timeline_panels(
        timeline.kernels[asked][:, :, shown],
        timeline.tile_shape,
        timeline.steps[asked],
        accuracy=timeline.accuracy[asked],
        log_loss=timeline.log_loss[asked],
        noise=noise,
        names=[str(unit) for unit in shown],
        title=f"{of}: {chosen}" + (" (noise: cannot be told from random weights)" if noise.any() else ""),
    )


def draw_timeline(
    timeline: Timeline, folder: Path, *, of: str, units: Sequence[int] | None = None
) -> list[Path]:
    """Draw a training's snapshots side by side, and over all steps recall, movement and smoothness.

    Parameters
    ----------
    timeline, folder
        What, and where to.
    of
        What was trained on what.
    units
        The tiles to draw; by default 24 of them, from the smoothest at the end to the roughest.
    """
    panels = timeline_panels(timeline, of=of, units=units)
    recall = figures.recall_over_steps(
        timeline.steps,
        timeline.recall,
        learned=timeline.learned(),
        framed=f"recall and precision {100 * LEARNED:.0f} % or more from here on",
        title=f"{of}: recall by digit",
    )
    marks: dict[str, Any] = {
        "marked": np.flatnonzero(timeline.is_noise[-1]),
        "marked_as": "like noise at the end",
        "units": timeline.tiles,
    }
    moved = figures.units_over_steps(
        timeline.steps,
        timeline.moved,
        what=f"distance from the start,\nin the unit's {timeline.unit_of_length}",
        title=f"{of}: how far the {timeline.units} {timeline.tiles} moved",
        **marks,
    )
    smooth = figures.units_over_steps(
        timeline.steps,
        timeline.smoothness,
        what="Moran's I: 0 for noise, 1 for smooth",
        limit=(timeline.noise_limit, "one tile of noise in 1,000 is above"),
        title=f"{of}: how smooth the {timeline.units} {timeline.tiles} are",
        **marks,
    )
    drawn = {"timeline": panels, "recall": recall, "moved": moved, "smoothness": smooth}
    return [
        file
        for name, picture in drawn.items()
        for file in figures.save(picture, folder / (name if name == "timeline" else f"timeline-{name}"))
    ]


def frames_of(timeline: Timeline, *, of: str, units: Sequence[int] | None = None) -> list[NDArray[np.uint8]]:
    """Return a picture of each snapshot, uint8 (height, width, 3), of the tiles `draw_timeline` draws."""
    shown = _shown_units(timeline, units)
    return figures.timeline_frames(
        timeline.kernels[:, :, shown],
        timeline.tile_shape,
        timeline.steps,
        accuracy=timeline.accuracy,
        log_loss=timeline.log_loss,
        recall=timeline.recall,
        names=[str(unit) for unit in shown],
        title=of,
    )


def _shown_units(timeline: Timeline, units: Sequence[int] | None) -> list[int]:
    return timeline.smoothest_first(SHOWN_UNITS) if units is None else list(units)


def draw_units(run: Run, layer: LayerUnits, folder: Path) -> list[Path]:
    """Draw `unit_tiles`; nothing of a layer that does not see the pixels."""
    if layer.layer != first_layer(run.params()):
        return []
    return figures.save(unit_tiles(run, layer), make_folder(folder) / "units")


def unit_tiles(run: Run, layer: LayerUnits, *, columns: int = 10) -> Axes:
    """Draw the tiles of the layer that sees the pixels, the useful ones first, each with its verdict.

    A useful unit bears what the log loss rises by without it.
    """
    kernel, shape = first_kernel(run.params(), run.config.data.image_shape)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in layer.counts.items() if count)
    return figures.weight_tiles(
        kernel,
        shape,
        columns=columns,
        order=[unit.number for unit in layer.ranked],
        badges=[_badge(unit) for unit in layer.units],
        colours=[VERDICT_COLOURS[unit.verdict] for unit in layer.units],
        title=f"{run.config.model.name} trained on {run.config.data.name}, {layer.layer}: {counts}\n"
        "+ tells how much the log loss rises without a useful unit",
    )


def _badge(unit: Unit) -> str:
    return f"{unit.cost.log_loss:+.4f}" if unit.verdict is Verdict.USEFUL else unit.verdict
