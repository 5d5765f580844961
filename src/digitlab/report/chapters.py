"""The chapters of a report, in the order in which they are read; every sentence is computed."""

from collections.abc import Iterator, Sequence

import numpy as np

from digitlab import figures, words
from digitlab.models import count_parameters, describe_model
from digitlab.report.blocks import Block, Code, Section, Table, Text
from digitlab.report.drawn import figure
from digitlab.report.inside import confusions, learned
from digitlab.report.reproduce import command_of, made_with
from digitlab.report.story import Story, Subject
from digitlab.training import HistoryRow, curves

__all__ = ["about_data", "chapters", "lead"]

SHOWN_DIGITS = 40


def lead(story: Story) -> str:
    """Return the report in three sentences."""
    best, data = story.best, story.data.train.name
    said = (
        f"Of {len(best.images):,} {story.split} images of {data}, {best.name} reads "
        f"{words.with_interval(best.evaluation)} right"
    )
    said += f"{_beats(story)}."
    wrong = round((1 - best.evaluation.accuracy) * best.evaluation.n)
    said += f" It misreads {wrong:,}; always answering {best.evaluation.baseline_class} would be right for "
    said += f"{words.percent(best.evaluation.baseline_accuracy, 1)}."
    if story.looks:
        said += f" {story.looks.sentence()}"
    return said


def _beats(story: Story) -> str:
    """Say which runs the best one is claimed to be better than, and which it is not."""
    of_best = [each for each in story.comparisons if story.best.name in (each.a, each.b)]
    others = {each: each.a if each.b == story.best.name else each.b for each in of_best}
    claimed = [name for each, name in others.items() if each.is_claimed]
    alike = [name for each, name in others.items() if not each.is_claimed]
    said = f", more than {words.listed(claimed)}" if claimed else ""
    return said + (f"; from {words.listed(alike)} it cannot be told apart by these images" if alike else "")


def chapters(story: Story) -> list[Section]:
    """Return the chapters of a report."""
    return [
        Section("data", "The data", tuple(about_data(story))),
        Section("models", "The models", tuple(_models(story))),
        Section("training", "How they learned", tuple(_training(story))),
        Section("quality", "How good, and how sure", tuple(_quality(story))),
        Section("confusions", "What is confused", tuple(confusions(story))),
        Section("learned", "What they learned", tuple(learned(story))),
        Section("reproduce", "How to have this again", tuple(_reproduce(story))),
    ]


def about_data(story: Story) -> Iterator[Block]:
    """Tell what was learned from: how many images, what they look like, how many of each."""
    train, test, split = story.data.train, story.data.test, story.subjects[0].run.config.data
    counts = train.class_counts
    there = np.flatnonzero(counts)
    most, fewest = int(counts.argmax()), int(there[counts[there].argmin()])
    none = [str(digit) for digit in np.flatnonzero(counts == 0)]
    height, width = train.image_shape
    yield Text(
        f"{train.name} has {len(train):,} official training images and {len(test):,} test images of "
        f"{height}x{width} pixels. {split.training_images:,} of the training images were learned from, "
        f"{split.validation_images:,} kept for validation, {_way(split.split)}."
    )
    shown = np.arange(min(SHOWN_DIGITS, len(train)))
    grid = figures.digit_grid(train.pixels[shown], train.labels[shown], indices=shown)
    yield figure(grid, f"The first {len(shown)} training images with their labels, as they lie in the file.")
    ratio = counts.max() / counts[there].min()
    yield figure(
        figures.class_counts(counts),
        f"{most} is the commonest with {counts[most]:,} images, {fewest} the rarest with {counts[fewest]:,}: "
        f"{'nearly alike, ' if ratio < 1.3 else ''}1 to {ratio:.2f}."
        + (f" There is no image of {words.listed(none)}." if none else ""),
    )


def _models(story: Story) -> Iterator[Block]:
    rows = []
    for subject in story.subjects:
        described = describe_model(subject.run.config.model)
        settings = {
            name: value for name, value in described.items() if name not in ("name", "classes") and value
        }
        rows.append(
            (
                subject.name,
                described["name"],
                ", ".join(f"{name} {_plain(value)}" for name, value in settings.items()) or "none",
                f"{count_parameters(subject.run.params()):,}",
            )
        )
    fewest, most = (
        pick(story.subjects, key=lambda subject: count_parameters(subject.run.params()))
        for pick in (min, max)
    )
    yield Table(("run", "model", "settings", "weights"), rows, "What was trained.", words=3)
    if len(story.subjects) > 1:
        times = count_parameters(most.run.params()) / count_parameters(fewest.run.params())
        yield Text(f"{most.name} has {times:,.1f} times as many weights as {fewest.name}.")


def _training(story: Story) -> Iterator[Block]:
    histories = {subject.name: subject.run.history() for subject in story.subjects}
    lines = {name: curves(rows) for name, rows in histories.items()}
    sentence = " ".join(_learned_how(name, rows) for name, rows in histories.items())
    yield figure(figures.compare_loss_curves(lines), sentence)
    columns = ("run", "optimizer", "rate", "schedule", "steps", "batch", "seed", "seconds")
    rows = []
    for subject in story.subjects:
        config = subject.run.config.training
        rows.append(
            (
                subject.name,
                config.optimizer,
                f"{config.learning_rate:g}",
                config.schedule,
                f"{config.steps:,}",
                str(config.batch_size),
                str(config.seed),
                f"{histories[subject.name][-1].seconds:.1f}",
            )
        )
    yield Table(columns, rows, "How they were trained; all settings are at the end.")


def _learned_how(name: str, rows: Sequence[HistoryRow]) -> str:
    """Say what the curves of a training show: how far they fell, and whether it learned by heart."""
    losses = [row.validation_log_loss for row in rows]
    lowest = int(np.argmin(losses))
    gap = rows[-1].validation_log_loss - rows[-1].train_log_loss
    said = f"{name}: log loss on validation from {words.loss(losses[0])} after the first period to "
    if lowest < len(rows) - 1 and losses[-1] > 1.02 * losses[lowest]:
        said += f"{words.loss(losses[lowest])} after period {rows[lowest].period}, and up again to "
        said += words.loss(losses[-1])
    else:
        said += f"{words.loss(losses[-1])}"
    better = "more" if gap > 0 else "less"
    return f"{said}; {words.loss(abs(gap))} {better} than on training images at the end."


def _quality(story: Story) -> Iterator[Block]:
    accuracies = {each.name: (each.evaluation.accuracy, *each.evaluation.interval) for each in story.subjects}
    said = [comparison.sentence() for comparison in story.comparisons]
    if not said and len(story.subjects) > 1:
        said = ["The runs have other validation images each, so they cannot be compared image by image."]
    baseline = story.subjects[0].evaluation.baseline_accuracy
    yield figure(
        figures.accuracy_intervals(accuracies, baseline=baseline),
        " ".join(said) or f"{words.summary(story.subjects[0].evaluation)}",
    )
    rows = [
        (
            each.name,
            words.with_interval(each.evaluation),
            words.loss(each.evaluation.log_loss),
            f"{each.evaluation.n:,}",
            *([f"{100 * each.validation.accuracy:.2f} %"] if each.validation else []),
        )
        for each in story.subjects
    ]
    beside = ("validation",) if story.looks else ()
    columns: tuple[str, ...] = ("run", f"{story.split} accuracy (95 %)", "log loss", "images", *beside)
    yield Table(columns, rows, _interval_note(story.best))
    if story.comparisons:
        many = len(story.comparisons)
        test = "exact McNemar" + (f", Holm over {many} pairs" if many > 1 else "")
        rows = [
            (
                f"{each.b} - {each.a}",
                f"{100 * each.difference:+.2f}",
                f"{100 * each.interval.low:+.2f} to {100 * each.interval.high:+.2f}",
                f"{each.p_holm:.2g}",
                f"{each.only_b:,} : {each.only_a:,}",
            )
            for each in story.comparisons
        ]
        columns = (
            "pair",
            "digits in 100",
            f"{100 * (1 - story.alpha):g} %",
            f"p ({test})",
            "read by one only",
        )
        yield Table(columns, rows, "Said of these fitted models, on these images.")
    if story.looks:
        yield Text(story.looks.sentence())
    for subject in story.subjects:
        yield from _calibration(story, subject)


def _calibration(story: Story, subject: Subject) -> Iterator[Block]:
    found, name = subject.calibration, subject.name
    bins = {
        "as the model says": found.reliability,
        f"at temperature {found.temperature:.2f}": found.tempered,
    }
    arrays = {label: (each.confidence, each.accuracy, each.low, each.high) for label, each in bins.items()}
    on_test = subject.validation is not None
    said = words.calibration(found, subject.evaluation, on_other_images=on_test)
    sure = f" {words.sure_answers(found)}" if on_test else ""
    yield figure(figures.reliability_diagram(arrays), f"{name}. {said}{sure}")


def _reproduce(story: Story) -> Iterator[Block]:
    for subject in story.subjects:
        origin = subject.run.config.origin
        how = (
            f"{subject.name}, for which {origin}:"
            if origin
            else (f"{subject.name}, to the bit on the same machine and versions, if it was trained alone:")
        )
        yield Code(command_of(subject.run), how)
    known = {subject.name: made_with(subject.run) for subject in story.subjects}
    names = list(dict.fromkeys(name for each in known.values() for name in each))
    rows = [(name, *(str(each.get(name, "")) for each in known.values())) for name in names]
    yield Table(("made with", *known), rows, "Versions and fingerprints.", words=len(known) + 1)


def _way(split: str) -> str:
    return "whole people apart" if split == "writer" else "drawn at random with each digit in its share"


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _interval_note(subject: Subject) -> str:
    return (
        words.over_writers(subject.evaluation)
        or "Intervals are Wilson's: each digit taken to be another person's."
    )
