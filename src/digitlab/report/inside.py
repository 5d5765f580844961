"""The chapters that look inside: what is confused, and what was learned."""

import shlex
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from digitlab import figures, words
from digitlab.insight import (
    Mistake,
    disagreement,
    find_mistakes,
    follow,
    hidden_layers,
    inked_pixels,
    study_units,
)
from digitlab.models import first_kernel, first_layer
from digitlab.pictures import timeline_panels, unit_tiles
from digitlab.report.blocks import Block, Digit, Gallery, Matrix, Pair, Text
from digitlab.report.drawn import figure, ink
from digitlab.report.story import Story, Subject

__all__ = ["confusions", "learned"]

DIGITS_A_PAIR = 12
SUREST_MISTAKES = 24
COLUMNS = 16


def confusions(story: Story) -> Iterator[Block]:
    """Tell what each run confuses, the surest mistakes of the best, and where it differs from the first."""
    for subject in story.subjects:
        scores = subject.evaluation.per_class
        recall = np.where(scores.support > 0, scores.recall, np.inf)
        worst = int(recall.argmin())
        yield Matrix(
            subject.name,
            subject.evaluation.confusion.tolist(),
            tuple(_pairs(subject)),
            f"{subject.name} confuses most: {words.confusions(subject.evaluation, 3)}. Hardest is {worst}: "
            f"{words.percent(recall[worst], 1)} of them are read right.",
        )
    yield _surest_mistakes(story, story.best)
    first, best = story.subjects[0], story.best
    if first is not best and story.comparisons:
        labels = best.images.labels
        found = disagreement(first.read_as == labels, best.read_as == labels, labels)
        yield Text(found.sentence(first.name, best.name))


def learned(story: Story) -> Iterator[Block]:
    """Tell what the first layer of each run is, unit by unit and over time where that was asked for."""
    for subject in story.subjects:
        hidden = hidden_layers_of(subject)
        if story.looks_inside and hidden:
            yield from _units(story, subject)
        else:
            yield _tiles(subject)
        if story.looks_inside:
            yield from _timeline(story, subject)
    if not story.looks_inside:
        names = shlex.join(str(subject.run.folder) for subject in story.subjects)
        yield Text(
            f"What each unit is good for, and what they were like on the way, tells: digitlab report {names}"
        )


def hidden_layers_of(subject: Subject) -> list[str]:
    """Return the names of a run's hidden layers; none of the linear model's."""
    return [] if first_layer(subject.run.params()) == "output" else hidden_layers(subject.run.config.model)


def _units(story: Story, subject: Subject) -> Iterator[Block]:
    """Tell what each unit of the layer that sees the pixels is good for, judged on validation images."""
    run, split = subject.run, story.data.split_of(subject.run)
    [layer] = study_units(
        run.config.model,
        run.params(),
        split.validation,
        inked=inked_pixels(split.training.pixels),
        layers=[first_layer(run.params())],
    )
    yield figure(unit_tiles(run, layer, columns=COLUMNS), f"{subject.name}. {layer.sentence()}")


def _timeline(story: Story, subject: Subject) -> Iterator[Block]:
    run = subject.run
    if run.config.origin:
        yield Text(f"{subject.name} was not trained from its seed: {run.config.origin}.")
        return
    end = run.config.training.last_step(run.kept_period)
    split = story.data.split_of(run)
    found = follow(run.config.model, run.config.training, split, end=end)
    yield figure(timeline_panels(found, of=subject.name), " ".join(found.sentences()))


def _tiles(subject: Subject) -> Block:
    params = subject.run.params()
    kernel, shape = first_kernel(params, subject.run.config.data.image_shape)
    draw = figures.templates if first_layer(params) == "output" else figures.weight_tiles
    columns = 5 if first_layer(params) == "output" else COLUMNS
    return figure(draw(kernel, shape, columns=columns), _where_the_weight_is(subject, kernel, shape))


def _where_the_weight_is(subject: Subject, kernel: NDArray[np.float32], shape: tuple[int, int]) -> str:
    """Say which share of the first layer's squared weights lies in the inner half of its pictures."""
    height, width = shape
    squares = (kernel.reshape(height, width, -1).astype(np.float64) ** 2).sum(axis=2)
    top, left = height // 4, width // 4
    inner = squares[top : height - top, left : width - left].sum() / max(squares.sum(), 1e-300)
    area = (height - 2 * top) * (width - 2 * left) / (height * width)
    what = "templates, one for each digit" if first_layer(subject.run.params()) == "output" else "tiles"
    lies = "more than its share" if inner > area else "less than its share"
    return (
        f"{subject.name}: the weights of its first layer as {kernel.shape[1]} {what}, red for and blue "
        f"against ink. {words.percent(inner, 0)} of the squared weight lies in the inner "
        f"{words.percent(area, 0)} of the picture, {lies}."
    )


def _pairs(subject: Subject) -> Iterator[Pair]:
    for each in subject.evaluation.most_confused(subject.evaluation.confusion.size):
        rows = np.flatnonzero((subject.images.labels == each.true) & (subject.read_as == each.read_as))
        yield Pair(
            each.true, each.read_as, each.count, [_misread(subject, row) for row in rows[:DIGITS_A_PAIR]]
        )


def _misread(subject: Subject, row: int) -> Digit:
    label, read, chances = subject.images.labels[row], subject.read_as[row], subject.probabilities[row]
    said = f"{label} read as {read}, {100 * chances[read]:.0f} % to {100 * chances[label]:.0f} % (#{row})"
    return Digit(ink(subject.images.pixels[row]), said)


def _surest_mistakes(story: Story, subject: Subject) -> Gallery:
    training = story.data.split_of(subject.run).training
    found = find_mistakes(
        subject.logits,
        subject.images.labels,
        subject.images.pixels,
        training.pixels,
        training.labels,
        count=SUREST_MISTAKES,
    )
    classes = sorted({mistake.true for mistake in found.surest})
    digits = [_beside_its_nearest(subject, mistake) for mistake in found.surest]
    return Gallery(subject.name, digits, classes, found.sentence)


def _beside_its_nearest(subject: Subject, mistake: Mistake) -> Digit:
    nearest = ", ".join(str(each.label) for each in mistake.neighbours)
    said = (
        f"{mistake.true} read as {mistake.read_as}, {100 * mistake.read_probability:.0f} % to "
        f"{100 * mistake.true_probability:.0f} % (#{mistake.index}); nearest in training: {nearest}"
    )
    return Digit(ink(subject.images.pixels[mistake.index]), said)
