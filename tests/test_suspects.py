"""Labels judged by models that never saw the images: planted errors are found, and nobody peeks."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.evaluation import probabilities
from digitlab.models import Params, predict_logits
from digitlab.suspects import CrossValidation, digest, judge_test, judge_training, plan_folds


def trained(plan: CrossValidation) -> list[Params]:
    return [[*plan.train(fold)][-1][1].params for fold in range(len(plan.splits))]


def planted(images: Dataset, share: float, seed: int) -> tuple[Dataset, np.ndarray]:
    generator = np.random.default_rng(seed)
    rows = generator.choice(len(images), round(share * len(images)), replace=False)
    labels = images.labels.copy()
    labels[rows] = (labels[rows] + generator.integers(1, 10, len(rows))) % 10
    return Dataset(images.pixels, labels, "planted"), rows


@pytest.fixture(scope="module")
def judged(digits: tuple[Dataset, Dataset]) -> tuple[Dataset, np.ndarray, CrossValidation, Sequence[Params]]:
    """Plant 1 % of wrong labels among the bundled digits, and train five models on them."""
    images, rows = planted(digits[0], 0.01, seed=3)
    plan = plan_folds("mlp", images)
    return images, rows, plan, trained(plan)


def test_planted_errors_come_first(
    judged: tuple[Dataset, np.ndarray, CrossValidation, Sequence[Params]],
) -> None:
    _, rows, plan, params = judged
    suspects = judge_training(plan, params)
    first = {each.index for each in suspects.first(2 * len(rows))}
    assert len(first & set(rows)) >= 0.75 * len(rows)
    assert len(set(np.flatnonzero(suspects.confident)) & set(rows)) >= 0.5 * len(rows)
    assert suspects.found <= 2 * len(rows)


def test_each_image_is_read_by_the_model_that_did_not_learn_from_it(
    judged: tuple[Dataset, np.ndarray, CrossValidation, Sequence[Params]],
) -> None:
    images, _, plan, params = judged
    suspects = judge_training(plan, params)
    for split, weights in zip(plan.splits, params, strict=True):
        rows = split.validation_rows
        shares = probabilities(predict_logits(plan.model, weights, images.pixels[rows]))
        of_label = shares[np.arange(len(rows)), images.labels[rows]]
        np.testing.assert_array_equal(suspects.label_probability[rows], of_label)


def test_the_test_set_is_read_by_the_mean_of_all_models_and_that_is_a_look(
    judged: tuple[Dataset, np.ndarray, CrossValidation, Sequence[Params]],
    digits: tuple[Dataset, Dataset],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIGITLAB_USER_DIR", str(tmp_path / "user"))
    _, _, plan, params = judged
    test = digits[1]
    suspects, looks = judge_test(plan, params, test, tmp_path / "out")
    shares = np.mean([probabilities(predict_logits(plan.model, each, test.pixels)) for each in params], 0)
    np.testing.assert_allclose(suspects.label_probability, shares[np.arange(len(test)), test.labels])
    [look] = looks.new
    assert (look.test_set, look.number, look.run) == (test.fingerprint, 1, str(tmp_path / "out"))
    assert look.accuracy == pytest.approx(1 - suspects.misread / len(test))
    assert (tmp_path / "out" / "looks.jsonl").read_text() == (
        tmp_path / "user" / "test-set-looks.jsonl"
    ).read_text()
    assert judge_test(plan, params, test, tmp_path / "out")[1].models == 1
    assert digest(params) != digest(params[::-1])
    assert len(bytes.fromhex(digest(params))) == hashlib.sha256().digest_size


def test_the_settings_are_those_of_quick_without_smoothing(make_dataset: Callable[..., Dataset]) -> None:
    plan = plan_folds("mlp", make_dataset(1000), folds=10, seed=7)
    config = plan.config
    assert (config.label_smoothing, config.seed, config.batch_size) == (0, 7, 256)
    assert len(plan.splits) == 10
    assert plan_folds("mlp", make_dataset(40), folds=2).config.batch_size == 20


def test_what_cannot_be_planned_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    with pytest.raises(ConfigError, match="There is no model 'mpl'"):
        plan_folds("mpl", make_dataset())
    with pytest.raises(ConfigError, match="There must be 2 or more folds, not 0"):
        plan_folds("mlp", make_dataset(), folds=0)
