"""Each fault, planted in clean evidence, is found, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from digitlab.checks import CHECKS, Evidence, examine
from digitlab.data import Dataset, Split
from digitlab.errors import DataError
from digitlab.training.engine import batch_order

Plant = Callable[[Evidence], Evidence]


@pytest.fixture(scope="module")
def clean(digits: tuple[Dataset, Dataset], digits_split: Split) -> Evidence:
    """Return evidence of everything, with no fault in it: 97 % of 1,000 labels are read right."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 1000)
    logits = generator.normal(0, 1, (1000, 10))
    logits[np.arange(1000), labels] += generator.normal(5, 1.5, 1000)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    images = len(digits_split.training)
    return Evidence(
        labels=labels,
        predictions=shares,
        predictions_again=shares + 1e-7,
        confusion=confusion_matrix(labels, shares.argmax(axis=1)),
        accuracy=round(accuracy_score(labels, shares.argmax(axis=1)), 4),
        log_loss=round(log_loss(labels, shares), 4),
        accuracies=np.array([0.97, 0.968, 0.97]),
        pixels={
            "training": digits_split.training.pixels,
            "validation": digits_split.validation.pixels,
            "test": digits[1].pixels,
        },
        rows={"training": digits_split.training_rows, "validation": digits_split.validation_rows},
        writers={
            "training": np.arange(images) // 20,
            "validation": 100 + np.arange(len(digits_split.validation)) // 20,
            "test": np.full(len(digits[1]), 999),
        },
        training_labels=digits_split.training.labels,
        batches=batch_order(0, images, 32, 0, 120),
        history_training=np.array([0.5, 0.3, 0.2]),
        history_validation=np.array([0.6, 0.4, 0.35]),
        chosen_on="validation",
        models_before=0,
    )


def found(evidence: Evidence) -> dict[str, str]:
    """Return what each check found, by its name."""
    return {each.check.name: " ".join(each.found) for each in examine(evidence) if each.found}


def test_clean_evidence_passes_every_check(clean: Evidence) -> None:
    findings = examine(clean)
    assert len(findings) == len(CHECKS) == 14
    assert all(finding.made for finding in findings)
    assert found(clean) == {}


def test_no_evidence_answers_nothing() -> None:
    assert not any(finding.made or finding.found for finding in examine(Evidence()))


def one_hot(table: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.eye(10)[table.argmax(axis=1)])


def sorted_batches(evidence: Evidence) -> NDArray[Any]:
    assert evidence.training_labels is not None
    return np.argsort(evidence.training_labels, kind="stable")[: 35 * 32].reshape(35, 32)


def fixed_order(evidence: Evidence) -> NDArray[Any]:
    order = np.random.default_rng(1).permutation(len(evidence.rows["training"]))
    return np.tile(order, 4)[: 120 * 32].reshape(120, 32)


def with_last_dropped(evidence: Evidence) -> NDArray[Any]:
    images, generator = len(evidence.rows["training"]), np.random.default_rng(2)
    whole = images // 32 * 32
    return np.concatenate([generator.permutation(images)[:whole].reshape(-1, 32) for _ in range(3)])


def of(**parts: Any) -> Plant:
    """Return what replaces parts of evidence, each by what a function of the evidence returns."""
    return lambda known: replace(known, **{name: make(known) for name, make in parts.items()})


FAULTS: dict[str, tuple[Plant, str, str]] = {
    "validation within training, by rows": (
        of(rows=lambda e: {"training": np.arange(1123), "validation": np.arange(224)}),
        "nested splits",
        "Every one of the 224 validation images is a training image too (the same rows).",
    ),
    "one set within another, by pixels": (
        of(pixels=lambda e: {"training": e.pixels["test"], "test": e.pixels["test"][:300]}, rows=lambda e: {},
           batches=lambda e: None, writers=lambda e: {}),
        "nested splits",
        "Every one of the 300 test images is a training image too (the same pixels).",
    ),
    "three images in both": (
        of(pixels=lambda e: e.pixels | {"test": np.concatenate([e.pixels["test"][3:], e.pixels["validation"][:3]])}),
        "nested splits",
        "3 images are in both validation and test (the same pixels).",
    ),
    "an image three times": (
        of(pixels=lambda e: e.pixels | {"test": np.concatenate([e.pixels["test"][:447], e.pixels["test"][[5, 5, 8]]])}),
        "duplicated images",
        "3 of the 450 test images are copies of others; one is there 3 times.",
    ),
    "people in two sets": (
        of(writers=lambda e: e.writers | {"validation": np.r_[3, 3, 7, np.full(221, 500)]}),
        "shared writers",
        "2 people wrote digits of both training and validation: 3 of the 224 validation images are by them.",
    ),
    "chosen on test": (of(chosen_on=lambda e: "test"), "chosen on the test set", "were chosen on the test set"),
    "best of many": (
        of(models_before=lambda e: 7),
        "chosen on the test set",
        "7 other model(s) had been scored on this test set before this one was made",
    ),
    "predictions transposed": (
        of(predictions=lambda e: e.predictions.T, predictions_again=lambda e: e.predictions_again.T),
        "transposed",
        "The predictions have the shape (10, 1,000): a row for each class.",
    ),
    "predictions transposed, labels unknown": (
        of(predictions=lambda e: e.predictions.T, predictions_again=lambda e: None, labels=lambda e: None),
        "transposed",
        "a row for each class.",
    ),
    "confusion matrix transposed": (
        of(confusion=lambda e: e.confusion.T),
        "transposed",
        "The confusion matrix has the classes read in its rows",
    ),
    "logits": (
        of(predictions=lambda e: np.log(e.predictions) + 3, predictions_again=lambda e: None),
        "no probabilities",
        "1,000 of 1,000 rows are no probabilities: they have values from",
    ),
    "logarithms": (
        of(predictions=lambda e: np.log(e.predictions), predictions_again=lambda e: None),
        "no probabilities",
        "they are logarithms of probabilities.",
    ),
    "sigmoids": (
        of(predictions=lambda e: e.predictions * 1.5, predictions_again=lambda e: None),
        "no probabilities",
        "they sum to 1.5 up to 1.5 instead of 1.",
    ),
    "not a number": (
        of(predictions=lambda e: np.where(np.arange(1000)[:, None] == 4, np.nan, e.predictions),
           predictions_again=lambda e: None, accuracy=lambda e: None, confusion=lambda e: None),
        "no probabilities",
        "1 of 1,000 rows have values that are no numbers",
    ),
    "one-hot": (
        of(predictions=lambda e: one_hot(e.predictions), predictions_again=lambda e: None, log_loss=lambda e: None),
        "one-hot",
        "1,000 of 1,000 rows have nothing but 0 and 1.",
    ),
    "classes with a log loss": (
        of(predictions=lambda e: e.predictions.argmax(axis=1), predictions_again=lambda e: None),
        "one-hot",
        "The predictions are classes, and yet a log loss is published.",
    ),
    "dropout": (
        of(predictions_again=lambda e: np.where(np.arange(1000)[:, None] % 2, e.predictions, e.predictions[:, ::-1])),
        "dropout on",
        "The same 1,000 images were read twice: 500 got other values the second time",
    ),
    "last batch not scored": (
        of(predictions=lambda e: e.predictions[:992], predictions_again=lambda e: None),
        "images left out",
        "There are 992 predictions for 1,000 images: 8 were not read; 992 is a whole number of batches of 32.",
    ),
    "padding scored": (
        of(predictions=lambda e: np.concatenate([e.predictions, e.predictions[:24]]), predictions_again=lambda e: None),
        "images left out",
        "There are 1,024 predictions for 1,000 images: 24 belong to no image.",
    ),
    "seeds that are one": (
        of(accuracies=lambda e: np.full(3, 0.9812)),
        "suspiciously exact",
        "3 seeds gave the same accuracy, 0.9812, to the last digit.",
    ),
    "one set measured twice": (
        of(history_validation=lambda e: e.history_training),
        "suspiciously exact",
        "Training and validation have the same values in all 3 periods.",
    ),
    "all right": (
        of(labels=lambda e: np.tile(e.labels, 5), predictions=lambda e: np.tile(0.9 * np.eye(10)[e.labels] + 0.01, (5, 1)),
           predictions_again=lambda e: None, accuracy=lambda e: 1.0, log_loss=lambda e: None, confusion=lambda e: None),
        "suspiciously exact",
        "All 5,000 images were read right.",
    ),
    "another accuracy": (
        of(accuracy=lambda e: 0.9912),
        "published numbers",
        "The accuracy 0.9912 was published; these predictions give",
    ),
    "another log loss": (
        of(log_loss=lambda e: 0.0421),
        "published numbers",
        "The log loss 0.0421 was published; these predictions give",
    ),
    "another confusion matrix": (
        of(confusion=lambda e: e.confusion + 1),
        "published numbers",
        "The confusion matrix that was published is not that of these predictions.",
    ),
    "in the order of the file": (
        of(batches=lambda e: np.arange(35 * 32).reshape(35, 32)),
        "unshuffled",
        "The images came as they lie in the file: 32 that came together lay within 31 of 1,123.",
    ),
    "sorted by class": (
        of(batches=sorted_batches),
        "unshuffled",
        "of 32 images that came together 93 % were of one class on average, of all images 10 %.",
    ),
    "shuffled once": (
        of(batches=fixed_order),
        "same order each epoch",
        "Images came again after 1,123 others on average, in the same order as before.",
    ),
    "last batch of each epoch dropped": (
        of(batches=with_last_dropped),
        "last batch dropped",
        "Each epoch has batches of 32 for 1,120 of 1,123 images; 3 were left out of each, and 0 were never",
    ),
    "a tenth never drawn": (
        of(batches=lambda e: np.random.default_rng(3).integers(0, 1000, (300, 32))),
        "last batch dropped",
        "of the 1,123 training images were in no batch of 8 epochs.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "check", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found_and_explains_itself(
    plant: Plant, check: str, said: str, clean: Evidence
) -> None:
    caught = found(plant(clean))
    assert list(caught) == [check]
    assert said in caught[check]
    [finding] = [each for each in examine(plant(clean)) if each.found]
    assert finding.as_dict() == {
        "check": check, "made": True, "found": list(finding.found), "why": finding.check.why, "fix": finding.check.fix
    }  # fmt: skip


def test_every_check_has_a_planted_fault() -> None:
    assert {check for _, check, _ in FAULTS.values()} == {check.name for check in CHECKS}


def test_a_mean_over_batches_is_recognised(clean: Evidence) -> None:
    assert clean.predictions is not None
    right = clean.predictions.argmax(axis=1) == clean.labels
    means = [right[start : start + 64].mean() for start in range(0, 1000, 64)]
    whole = replace(clean, accuracy=float(np.mean(means)), log_loss=None)
    assert (
        "the mean of batches of 64, the last one counted as much as any, gives it)"
        in found(whole)["published numbers"]
    )
    cut = replace(clean, accuracy=float(np.mean(means[:-1])), log_loss=None)
    assert "the mean of batches of 64 without the last gives it)" in found(cut)["published numbers"]


@settings(max_examples=60)
# One image of 30 that chance left out of eight epochs.
@example(27, 30, 9, 27)
@given(st.integers(0, 2**32 - 1), st.integers(30, 400), st.integers(1, 30), st.integers(1, 40))
def test_an_honest_order_is_never_blamed(seed: int, images: int, size: int, steps: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 10, images)
    ours = batch_order(seed, images, size, 0, steps)
    drawn = np.random.default_rng(seed).integers(0, images, (steps, size))
    for batches in (ours, drawn):
        assert found(Evidence(batches=batches, training_labels=labels)) == {}


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(60, 400), st.integers(8, 30), st.integers(2, 5))
def test_a_dropped_batch_and_a_fixed_order_are_always_found(
    seed: int, images: int, size: int, epochs: int
) -> None:
    generator, whole = np.random.default_rng(seed), images // size * size
    labels = generator.integers(0, 10, images)
    fixed = np.tile(generator.permutation(images)[:whole], epochs).reshape(-1, size)
    caught = found(Evidence(batches=fixed, training_labels=labels))
    assert "same order each epoch" in caught
    if whole < images and len(fixed) * size >= images:
        assert (
            f"{images - whole} were left out of each, and {images - whole} were never learned from"
            in caught["last batch dropped"]
        )


@given(st.integers(0, 1000), st.integers(1, 7))
def test_a_rounded_accuracy_is_no_mismatch(right: int, digits: int) -> None:
    labels, read = np.zeros(1000, int), (np.arange(1000) >= right).astype(int)
    evidence = Evidence(labels=labels, predictions=read, accuracy=round(right / 1000, digits))
    # A whole number is taken at its word: nobody rounds 0.96 to 1.
    assert ("published numbers" in found(evidence)) == (
        round(right / 1000, digits) in (0, 1) and 0 < right < 1000
    )
    assert "published numbers" not in found(replace(evidence, accuracy=float(np.float32(right / 1000))))


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "labels in a table": ({"labels": np.ones((3, 2), int)}, r"labels must be whole numbers in 1 dimension"),
    "labels of halves": ({"labels": np.ones(3) / 2}, r"labels must be whole numbers"),
    "one column of shares": ({"predictions": np.ones(3) / 2}, r"predictions in one dimension are classes"),
    "nothing": ({"predictions": np.ones((0, 10))}, r"not empty; found float64 of the shape \(0, 10\)"),
    "labels from 1": (
        {"labels": np.array([1, 10]), "predictions": np.full((2, 10), 0.1)},
        r"labels run from 1 to 10, but there are 10 classes, 0 to 9. Where they count from 1, take 1 off",
    ),
    "classes beyond the matrix": (
        {"labels": np.array([0, 1]), "predictions": np.array([0, 2]), "confusion": np.eye(2)},
        r"predictions run from 0 to 2, but there are 2 classes",
    ),
    "an oblong confusion matrix": ({"confusion": np.ones((2, 3))}, r"is square, not of the shape \(2, 3\)"),
    "per cent": ({"accuracy": 98.2}, r"accuracy must be a number, a share from 0 to 1, not 98.2"),
    "a negative loss": ({"log_loss": -1.0}, r"log_loss must be a number of 0 or more"),
    "a loss of nan": ({"log_loss": float("nan")}, r"log_loss must be a number of 0 or more, not nan"),
    "another second reading": (
        {"predictions": np.ones((2, 10)), "predictions_again": np.ones((3, 10))},
        r"predictions_again must be of the same images",
    ),
    "a fourth set": ({"rows": {"dev": np.arange(3)}}, r"There is no set 'dev': the sets are training"),
    "flat pixels": ({"pixels": {"test": np.ones((3, 64))}}, r"test_pixels must be numbers in 3 dimension"),
    "pixels of two kinds": (
        {"pixels": {"training": np.ones((3, 2, 2), np.uint8), "test": np.ones((3, 2, 2))}},
        r"must have one shape and one type to be compared, found training uint8 of \(2, 2\); test float64 of",
    ),
    "rows of other images than pixels": (
        {"pixels": {"test": np.ones((3, 2, 2))}, "rows": {"test": np.arange(4)}},
        r"must be of as many of them, found 3 pixels, 4 rows",
    ),
    "no array": ({"labels": b"ab"}, r"labels must be an array of numbers, found a bytes"),
    "fewer models than none": ({"models_before": -3}, r"models_before must be a number of 0 or more, not -3"),
    "half a history": ({"history_training": np.ones(3)}, r"give both or none"),
    "a choice on nothing": ({"chosen_on": "dev"}, r"chosen_on is one of training, validation, test, not 'dev'"),
    "a batch of images that are not there": (
        {"batches": np.array([[0, 5]]), "training_labels": np.zeros(5, int)},
        r"batches name images from 0 to 5, but there are 5 training images",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "message"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_evidence_that_cannot_be(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Evidence(**parts)


def epochs(seed: int, images: int, size: int, count: int) -> NDArray[np.intp]:
    """Return the batches of epochs that are shuffled anew each, with a smaller last batch filled up by -1."""
    generator, missing = np.random.default_rng(seed), -images % size
    rows = [np.r_[generator.permutation(images), np.full(missing, -1)] for _ in range(count)]
    return np.concatenate(rows).reshape(-1, size)


HONEST: dict[str, Plant] = {
    "a smaller last batch": of(batches=lambda e: epochs(0, 1123, 32, 4)),
    "batches of all images": of(batches=lambda e: np.tile(np.arange(1123), (5, 1))),
    "sorted inside batches": of(batches=lambda e: np.sort(epochs(1, 1123, 1123 // 8, 3), axis=1)[:, 1:]),
    "a sampler that prefers some classes": of(
        batches=lambda e: np.random.default_rng(0).choice(
            1123, (120, 32), p=np.where(e.training_labels < 2, 5, 1) / np.where(e.training_labels < 2, 5, 1).sum()
        )
    ),
    "drawn with replacement": of(batches=lambda e: np.random.default_rng(0).integers(0, 1123, (140, 32))),
    "three decimals": of(predictions=lambda e: e.predictions.round(3), predictions_again=lambda e: None, log_loss=lambda e: None),
    "two decimals": of(predictions=lambda e: e.predictions.round(2), predictions_again=lambda e: None, log_loss=lambda e: None,
                       accuracy=lambda e: None, confusion=lambda e: None),
    "half precision": of(predictions=lambda e: e.predictions.astype(np.float16), predictions_again=lambda e: None,
                         log_loss=lambda e: None, accuracy=lambda e: None, confusion=lambda e: None),
    "another rounding": of(predictions_again=lambda e: e.predictions.astype(np.float16).astype(np.float64)),
    "shares of true classes": of(confusion=lambda e: (e.confusion / e.confusion.sum(axis=1, keepdims=True)).round(2)),
    "seeds that agree in two decimals": of(accuracies=lambda e: np.full(5, 0.99)),
    "all of a thousand right": of(predictions=lambda e: 0.9 * np.eye(10)[e.labels] + 0.01, predictions_again=lambda e: None,
                                  accuracy=lambda e: 1.0, log_loss=lambda e: None, confusion=lambda e: None),
    "probabilities of float32": of(predictions=lambda e: e.predictions.astype(np.float32),
                                   predictions_again=lambda e: e.predictions_again.astype(np.float32)),
}  # fmt: skip


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST.keys())
def test_what_is_unusual_but_honest_is_not_blamed(change: Plant, clean: Evidence) -> None:
    assert found(change(clean)) == {}


SLY: dict[str, tuple[Plant, str]] = {
    "the file backwards": (of(batches=lambda e: np.arange(1120)[::-1].reshape(35, 32)), "unshuffled"),
    "shuffled inside batches": (
        of(batches=lambda e: np.random.default_rng(0).permuted(np.arange(1120).reshape(35, 32), axis=1)), "unshuffled"
    ),
    "batches of the file, shuffled": (
        of(batches=lambda e: np.random.default_rng(0).permutation(np.arange(1120).reshape(35, 32))), "unshuffled"
    ),
    "a buffer too small": (of(batches=lambda e: (np.arange(1120) // 100 * 100 + np.tile(np.arange(100), 12)[:1120][::-1])
                              .clip(0, 1122).reshape(35, 32)), "unshuffled"),
    "the same batches, shuffled inside": (
        of(batches=lambda e: np.random.default_rng(0).permuted(fixed_order(e), axis=1)), "same order each epoch"
    ),
    "one-hot, clipped": (
        of(predictions=lambda e: one_hot(e.predictions).clip(1e-7, 1 - 9e-7), predictions_again=lambda e: None,
           log_loss=lambda e: None), "one-hot"
    ),
    "transposed, and images left out": (
        of(predictions=lambda e: e.predictions[:992].T, predictions_again=lambda e: None, accuracy=lambda e: None,
           log_loss=lambda e: None, confusion=lambda e: None), "transposed"
    ),
    "negative zero": (
        of(pixels=lambda e: {"training": np.zeros((1123, 2, 2)) + np.arange(1123)[:, None, None],
                             "validation": np.where(np.arange(224)[:, None, None] == 0, -0.0, -1.0 - np.arange(224)[:, None, None])
                             * np.ones((224, 2, 2))}, writers=lambda e: {}), "nested splits"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "check"), SLY.values(), ids=SLY.keys())
def test_a_fault_that_hides_is_found(plant: Plant, check: str, clean: Evidence) -> None:
    assert check in found(plant(clean))


NOT_ASKED: dict[str, tuple[Plant, str]] = {
    "logits with a log loss": (
        of(predictions=lambda e: np.log(e.predictions) + 3, predictions_again=lambda e: None, accuracy=lambda e: None,
           confusion=lambda e: None), "published numbers"
    ),
    "fewer predictions than labels": (
        of(predictions=lambda e: e.predictions[:900], predictions_again=lambda e: None), "published numbers"
    ),
    "less than an epoch": (of(batches=lambda e: e.batches[:10]), "last batch dropped"),
    "rows of one, pixels of another": (
        of(rows=lambda e: {"training": e.rows["training"]}, pixels=lambda e: {"test": e.pixels["test"]},
           batches=lambda e: None, training_labels=lambda e: None), "nested splits"
    ),
    "a second reading that is no numbers": (of(predictions_again=lambda e: e.predictions * np.nan), "dropout on"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "check"), NOT_ASKED.values(), ids=NOT_ASKED.keys())
def test_what_cannot_be_told_is_not_called_fine(change: Plant, check: str, clean: Evidence) -> None:
    [finding] = [each for each in examine(change(clean)) if each.check.name == check]
    assert (finding.made, finding.found) == (False, ())
