"""The exercise's original procedure, replayed: every fault of it that leaves evidence is found.

The replay is of what the exercise does, at its settings and in its order: one shuffle, for the linear model twice
and the network once; the three sets that are parts of the test images, one inside the other; the final answers
turned to one-hot; and, where a keep probability is set, dropout that is a part of the graph.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.cli.conftest import Shell

from digitlab.data import Dataset, load_dataset

Floats = NDArray[np.float64]
# The settings in the order of the exercise: steps and batch size of both linear trainings and of the network.
TRAININGS = ((100, 10), (1000, 30), (1000, 30))
KEEP = 0.7


def loader(images: int, generator: np.random.Generator) -> Iterator[int]:
    """Yield images in an order that is shuffled once and then begins again, for all trainings together."""
    order = generator.permutation(images)
    while True:
        yield from order.tolist()


def softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def features(dataset: Dataset) -> Floats:
    return np.asarray(dataset.pixels.reshape(len(dataset), -1) / 255.0)


def replay(train: Dataset, test: Dataset, out: Path) -> None:
    """Train by the exercise's procedure, a softmax regression with dropout on its inputs, and keep what it left."""
    generator, inputs, hot = np.random.default_rng(0), features(train), np.eye(10)[train.labels]
    images, batches = loader(len(train), generator), []
    kernel = np.zeros((inputs.shape[1], 10))

    def read(pixels: Floats) -> Floats:
        kept = generator.random(pixels.shape) < KEEP
        return softmax((pixels * kept / KEEP) @ kernel)

    for steps, batch_size in TRAININGS:
        kernel = np.zeros_like(kernel)
        for _ in range(steps):
            batch = [next(images) for _ in range(batch_size)]
            batches.append(batch)
            kernel -= 0.5 * inputs[batch].T @ (read(inputs[batch]) - hot[batch]) / batch_size
    scored = slice(0, len(test) // 4)
    sets = {
        "training": slice(0, 3 * len(test) // 4),
        "validation": scored,
        "test": slice(0, 3 * len(test) // 10),
    }
    first, again = (np.eye(10)[read(features(test)[scored]).argmax(axis=1)] for _ in range(2))
    right = first.argmax(axis=1) == test.labels[scored]
    left: dict[str, Any] = {
        "labels": test.labels[scored],
        "predictions": first,
        "predictions_again": again,
        "accuracy": right.mean(),
        # What a library makes of the log loss of one-hot predictions: infinity, clipped.
        "log_loss": -np.log(np.where(right, 1.0, np.finfo(float).eps)).mean(),
        "batches": np.concatenate([np.ravel(batch) for batch in batches]).reshape(-1, 10),
        # What was learned from, which is none of the three sets that were scored.
        "training_labels": train.labels,
        **{f"{name}_pixels": test.pixels[rows] for name, rows in sets.items()},
        **{f"{name}_rows": np.arange(len(test))[rows] for name, rows in sets.items()},
    }
    np.savez(out, **left)


def check_replay(shell: Shell, train: Dataset, test: Dataset, out: Path) -> dict[str, str]:
    replay(train, test, out)
    answer = shell("check", str(out), "--json")
    assert answer.code == 3
    return {each["check"]: " ".join(each["found"]) for each in answer.json["checks"] if each["found"]}


EXPECTED = {"nested splits", "one-hot", "dropout on", "same order each epoch", "published numbers"}


def test_exercise_fault_detector_on_the_bundled_digits(
    shell: Shell, digits: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    found = check_replay(shell, *digits, tmp_path / "replay.npz")
    assert found.keys() == EXPECTED
    assert "Every one of the 112 validation images is a training image too" in found["nested splits"]
    assert "Every one of the 112 validation images is a test image too" in found["nested splits"]
    assert (
        "Images came again after 1,347 others on average, in the same order as before"
        in found["same order each epoch"]
    )


def test_exercise_fault_detector_on_mnist(shell: Shell, mnist_dir: Path, tmp_path: Path) -> None:
    found = check_replay(shell, *load_dataset("mnist", data_dir=mnist_dir), tmp_path / "replay.npz")
    assert found.keys() == EXPECTED
    assert "Every one of the 2,500 validation images is a training image too" in found["nested splits"]
    assert (
        "Images came again after 60,000 others on average, in the same order as before"
        in found["same order each epoch"]
    )


def test_what_is_found_is_explained_in_the_shell(
    shell: Shell, digits: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    replay(*digits, tmp_path / "replay.npz")
    answer = shell("check", str(tmp_path / "replay.npz"))
    assert (answer.code, answer.err) == (3, "")
    assert "nested splits: Every one of the 112 validation images is a training image too" in answer.out
    assert (
        "  Why it matters: An image that was learned from says nothing of images that were not" in answer.out
    )
    assert "  What to do: Cut the sets apart before anything else" in answer.out
    assert "Not asked, for want of evidence: shared writers (the writers of two sets);" in answer.out
    assert answer.out.endswith("replay.npz: 12 of 14 checks made, 5 found something.\n")


def test_the_same_procedure_without_its_faults_is_clean(
    shell: Shell, digits: tuple[Dataset, Dataset], tmp_path: Path
) -> None:
    train, test = digits
    inputs, hot, generator = features(train), np.eye(10)[train.labels], np.random.default_rng(0)
    rows = generator.permutation(len(train))
    validation, training = np.sort(rows[:224]), np.sort(rows[224:])
    kernel, batches = np.zeros((64, 10)), []
    for _ in range(3):
        order = generator.permutation(len(training))
        for start in range(0, len(order) - len(order) % 10, 10):
            batch = order[start : start + 10]
            batches.append(batch)
            chosen = training[batch]
            kernel -= 0.5 * inputs[chosen].T @ (softmax(inputs[chosen] @ kernel) - hot[chosen]) / 10
    shares = softmax(inputs[validation] @ kernel)
    np.savez(
        tmp_path / "mended.npz",
        labels=train.labels[validation],
        predictions=shares,
        predictions_again=softmax(inputs[validation] @ kernel),
        accuracy=(shares.argmax(axis=1) == train.labels[validation]).mean(),
        training_rows=training,
        validation_rows=validation,
        test_pixels=test.pixels,
        chosen_on="validation",
    )
    answer = shell("check", str(tmp_path / "mended.npz"))
    assert answer.code == 0, answer.out
    assert answer.out.endswith("mended.npz: 10 of 14 checks made, none found anything.\n")
