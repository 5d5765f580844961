"""`evaluate --split test` on MNIST also tells of QMNIST's other test digits, where they are here."""

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import CATALOG, CatalogFile, CatalogSet, Dataset, load_dataset, write_idx
from digitlab.workflow import begin_run, load_data, plan_run, train_run

from .conftest import Shell

EVALUATE = ["evaluate", "r", "--split", "test"]
OTHERS = 600


def repeated(images: Dataset, count: int) -> Dataset:
    return images.take(np.arange(count) % len(images))


def published(path: Path, array: np.ndarray) -> CatalogFile:
    write_idx(path.with_suffix(""), array)
    content = gzip.compress(path.with_suffix("").read_bytes(), mtime=0)
    path.with_suffix("").unlink()
    path.write_bytes(content)
    return CatalogFile(path.name, len(content), hashlib.sha256(content).hexdigest(), ("http://127.0.0.1:9/",))


@pytest.fixture
def files(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the bundled digits be MNIST, 10,000 of them its test set, and the first of QMNIST's 10,600."""
    train, test = load_dataset("digits")
    test = repeated(test, 10_000)
    own = {"x_train": train.pixels, "y_train": train.labels, "x_test": test.pixels, "y_test": test.labels}
    np.savez(tmp_path / "mnist.npz", **own)  # type: ignore[arg-type]
    monkeypatch.setattr("digitlab.data.corrections.MNIST_TEST", test.fingerprint)
    others = repeated(train, OTHERS)
    labels = np.concatenate([test.labels, others.labels])
    table = np.zeros((len(labels), 8), np.int32)
    table[:, 0], table[:, 2] = labels, np.arange(len(labels)) // 20
    folder = tmp_path / "files"
    folder.mkdir()
    images = published(folder / "test-images.gz", np.concatenate([test.pixels, others.pixels]))
    tables = published(folder / "test-labels.gz", table)
    whole = (images, tables, images, tables)
    monkeypatch.setitem(CATALOG, "qmnist", CatalogSet("qmnist", "Small", 1, 1, (8, 8), "none", whole))
    data = load_data(str(tmp_path / "mnist.npz"))
    run = begin_run(tmp_path / "r", plan_run("linear", {"steps": 20, "periods": 1}, data))
    assert len(list(train_run(run, data))) == 1
    return folder


def test_where_they_are_here_they_have_their_own_interval_and_looks(
    files: Path, shell: Shell, tmp_path: Path
) -> None:
    without = shell(*EVALUATE)
    assert without.code == 0
    assert "QMNIST" not in without.out
    answer = shell(*EVALUATE, "--data-dir", str(files), "--json").json
    other = answer["other_50000"]
    assert (answer["n"], other["n"], other["writers"]) == (10_000, OTHERS, OTHERS // 20)
    low, high = other["interval"]
    assert low < other["accuracy"] < high
    assert other["accuracy"] != answer["accuracy"]
    said = shell(*EVALUATE, "--data-dir", str(files)).out
    expected = f"On QMNIST's other 600 test digits: {100 * other['accuracy']:.2f} % ({100 * low:.2f} to "
    assert expected in said
    assert "The interval is over 30 writers" in said
    assert [line for line in said.splitlines() if line.startswith("Look")] == [
        "Look 3 at this test set.",
        "Look 2 at this test set.",
    ]
    ledger = (tmp_path / "user" / "test-set-looks.jsonl").read_text().splitlines()
    looks = [json.loads(line) for line in ledger]
    assert [look["number"] for look in looks] == [1, 2, 1, 3, 2]
    assert len({look["test_set"] for look in looks}) == 2
    assert (tmp_path / "r" / "looks.jsonl").read_text().splitlines() == ledger
    assert shell("evaluate", "r", "--data-dir", str(files), "--json").json["other_50000"] is None
