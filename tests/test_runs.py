"""The run folder: whole or not at all, read back as it was written, never overwritten by chance."""

import json
import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from digitlab.errors import (
    ConfigError,
    DataError,
    DataNotFoundError,
    DivergedError,
    RunError,
    RunExistsError,
    RunNotFoundError,
    StorageError,
)
from digitlab.evaluation import evaluate
from digitlab.models import MLP, Linear, load_model, predict_logits, save_model, shapes_of
from digitlab.runs import Run, RunConfig, create_run, find_runs, open_run
from digitlab.scoring import evaluate_run
from digitlab.study import begin_runs, check_out, compare_runs, read_entries
from digitlab.training import TrainingConfig
from digitlab.workflow import (
    Data,
    begin_run,
    load_data,
    plan_run,
    reload_data,
    settle,
    train_run,
)

SETTINGS = {"steps": 40, "periods": 4, "batch_size": 32, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def data() -> Data:
    return load_data("digits")


@pytest.fixture(scope="module")
def finished(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a finished run; nobody may write to it."""
    run = begin_run(
        tmp_path_factory.mktemp("runs") / "mlp", plan_run("mlp", SETTINGS | {"dropout": 0.2}, data)
    )
    assert len(list(train_run(run, data))) == 4
    return run


@pytest.fixture
def copy(finished: Run, tmp_path: Path) -> Run:
    """Return a copy of the finished run to spoil."""
    return open_run(Path(shutil.copytree(finished.folder, tmp_path / "copy")))


def weights_of(run: Run) -> bytes:
    return (run.folder / "model.safetensors").read_bytes()


def test_a_run_is_read_back_as_it_was_written(finished: Run, data: Data) -> None:
    again = open_run(finished.folder)
    assert again.config == finished.config
    assert [row.step for row in again.history()] == [10, 20, 30, 40]
    model, shape, params = load_model(finished.folder / "model.safetensors")
    assert (model, shape) == (finished.config.model, (8, 8))
    logits = predict_logits(model, params, data.test.pixels)
    expected = evaluate(logits, data.test.labels, baseline_class=finished.config.data.baseline_digit)
    assert evaluate_run(again, data.test).score() == expected.score()


def test_the_config_says_all_that_decides_the_result(finished: Run, data: Data) -> None:
    config = json.loads((finished.folder / "config.json").read_text())
    assert config["model"] == {"name": "mlp", "hidden_units": [100, 100], "dropout": 0.2, "classes": 10}
    assert config["data"]["test_fingerprint"] == data.test.fingerprint
    assert config["data"]["training_images"] == len(data.split_of(finished).training)
    assert {"python", "digitlab", "jax", "jaxlib", "numpy", "optax"} <= config["versions"].keys()
    assert {"commit", "created"} <= config.keys()
    kept = settle("mlp", {}, preset=None, kept=finished)
    assert kept | SETTINGS == kept


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.floats(0, 0.9),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_any_model_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory, units: list[int], rate: float, shape: tuple[int, int]
) -> None:
    model, generator = MLP(tuple(units), dropout=rate), np.random.default_rng(0)
    params = jax.tree.map(
        lambda leaf: generator.normal(size=leaf.shape).astype(np.float32), shapes_of(model, shape)
    )
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save_model(path, model, shape, params)
    first = path.read_bytes()
    read_model, read_shape, read_params = load_model(path)
    assert (read_model, read_shape) == (model, shape)
    assert jax.tree.all(jax.tree.map(np.array_equal, params, read_params))
    save_model(path, read_model, read_shape, read_params)
    assert path.read_bytes() == first


def test_two_trainings_leave_the_same_bytes(finished: Run, data: Data, tmp_path: Path) -> None:
    again = begin_run(tmp_path / "again", finished.config)
    list(train_run(again, data))
    assert weights_of(again) == weights_of(finished)
    states = [run.restore() for run in (again, finished)]
    assert states[0] is not None
    assert states[1] is not None
    weights = (jax.tree.leaves(state.weights) for state in states if state)
    assert all(np.array_equal(one, other) for one, other in zip(*weights, strict=True))


@pytest.mark.parametrize("periods", [0, 1, 3])
def test_a_stopped_run_goes_on_as_if_it_never_had(
    periods: int, finished: Run, data: Data, tmp_path: Path
) -> None:
    run = begin_run(tmp_path / "run", finished.config)
    rows = train_run(run, data)
    for _ in range(periods):
        next(rows)
    del rows
    again = begin_run(tmp_path / "run", finished.config, resume=True)
    assert not again.is_finished
    assert len(again.history()) == periods
    assert [row.period for row in train_run(again, data)] == list(range(periods + 1, 5))
    assert weights_of(again) == weights_of(finished)
    assert list(train_run(again, data)) == []


def test_a_row_without_its_checkpoint_does_not_count(finished: Run, data: Data, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", finished.config)
    next(train_run(run, data))
    with (run.folder / "history.jsonl").open("a") as file:
        file.write('{"period": 2, "st')  # what a process killed while writing could leave
    assert [row.period for row in run.history()] == [1]
    list(train_run(run, data))
    assert [row.period for row in run.history()] == [1, 2, 3, 4]
    assert weights_of(run) == weights_of(finished)


def test_what_a_killed_process_left_is_cleared_away(copy: Run, data: Data) -> None:
    (copy.folder / ".checkpoint.safetensors.123.abcd.tmp").write_bytes(b"half")
    list(train_run(copy, data))
    assert {path.name for path in copy.folder.glob(".*")} <= {".lock"}


def test_nothing_temporary_is_left(finished: Run) -> None:
    names = {path.name for path in finished.folder.iterdir()}
    assert names - {".lock"} == {
        "config.json",
        "history.jsonl",
        "checkpoint.safetensors",
        "model.safetensors",
    }
    assert [path.name for path in finished.folder.parent.iterdir()] == ["mlp"]


def test_a_run_is_not_overwritten_without_force(copy: Run) -> None:
    before = weights_of(copy)
    with pytest.raises(
        RunExistsError, match=r"a run at .*copy already. It was left alone.*--resume.*--force.*--out"
    ):
        create_run(copy.folder, copy.config)
    assert weights_of(copy) == before
    assert not create_run(copy.folder, copy.config, force=True).is_finished
    assert [path.name for path in copy.folder.parent.iterdir()] == ["copy"]


def test_what_is_no_run_is_never_overwritten(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    for name in ("thesis", "file"):
        with pytest.raises(RunExistsError, match=r"is not a run. It was left alone"):
            create_run(tmp_path / name, finished.config, force=True)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_an_empty_folder_may_become_a_run(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert open_run(create_run(tmp_path / "empty", finished.config).folder).config == finished.config


def test_resuming_with_other_settings_is_refused(copy: Run, data: Data) -> None:
    other = plan_run(
        "mlp", settle("mlp", {"learning_rate": 0.5, "dropout": 0.1}, preset=None, kept=copy), data
    )
    with pytest.raises(
        RunError, match=r"other settings: dropout 0.2, not 0.1; learning_rate 0.01, not 0.5. Resume it"
    ):
        begin_run(copy.folder, other, resume=True)
    with pytest.raises(RunError, match=r"name mlp, not linear"):
        begin_run(copy.folder, plan_run("linear", {}, data), resume=True)


def test_there_is_no_run(tmp_path: Path, finished: Run) -> None:
    with pytest.raises(RunNotFoundError, match=r"no run at .*nowhere. Make one with: digitlab train"):
        open_run(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"not a run: it has no config.json. Name a folder"):
        open_run(tmp_path)
    with pytest.raises(RunError, match=r"It holds these runs; name one: .*mlp\."):
        open_run(finished.folder.parent)
    assert find_runs(finished.folder.parent) == [finished.folder]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"model": {"name": "rnn"}}', b"\xff\xfe"])
def test_a_damaged_config(copy: Run, content: bytes) -> None:
    (copy.folder / "config.json").write_bytes(content)
    with pytest.raises(RunError, match=r"config.json is damaged.*Train the run anew"):
        open_run(copy.folder)


@pytest.mark.parametrize("keep", [0, 5, 100, 1000, -1])
@pytest.mark.parametrize("name", ["model.safetensors", "checkpoint.safetensors"])
def test_damaged_weights(copy: Run, name: str, keep: int) -> None:
    path = copy.folder / name
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunError, match=rf"{name} is damaged"):
        copy.params() if name.startswith("model") else copy.restore()


def test_weights_of_another_shape(copy: Run) -> None:
    model = MLP((3,))
    path = copy.folder / "model.safetensors"
    save_model(path, model, (8, 8), MLP((4,)).init(jax.random.key(0), (8, 8)))
    with pytest.raises(RunError, match=r"hidden_1/bias is float32\(4,\), not float32\(3,\)"):
        copy.params()


def test_an_unfinished_run_says_how_to_finish_it(copy: Run) -> None:
    (copy.folder / "model.safetensors").unlink()
    with pytest.raises(
        RunError, match=r"not finished: 4 of 4 periods are done. Go on with: digitlab train mlp --out"
    ):
        copy.params()


def test_a_run_is_only_scored_on_its_own_data(finished: Run, data: Data, tmp_path: Path) -> None:
    assert reload_data(finished).test.fingerprint == data.test.fingerprint
    other = tmp_path / "other.npz"
    train, test = data.split_of(finished).training, data.test
    np.savez(other, x_train=train.pixels, y_train=train.labels, x_test=test.pixels, y_test=test.labels)
    with pytest.raises(DataError, match=r"was trained on other data than those of"):
        reload_data(finished, str(other))
    with pytest.raises(DataError, match=r"was trained on other data than those of"):
        compare_runs({"mlp": finished}, load_data(str(other)))


def test_a_diverged_run_keeps_its_last_good_state(data: Data, tmp_path: Path) -> None:
    settings = {"steps": 40, "periods": 40, "batch_size": 32, "learning_rate": 1e10, "optimizer": "sgd"}
    run = begin_run(tmp_path / "run", plan_run("mlp", settings, data))
    with pytest.raises(
        DivergedError, match=r"The loss stopped being a finite number in period .*is kept in .*run\."
    ):
        list(train_run(run, data))
    state, history = run.restore(), run.history()
    assert not run.is_finished
    assert state is not None
    assert state.period == len(history) >= 1
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.weights.params))


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """Let no file grow beyond `limit` bytes: the writes of this process then fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_loses_nothing(finished: Run, data: Data, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", finished.config)
    rows = train_run(run, data)
    next(rows)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    with (
        small_disk(2000),
        pytest.raises(StorageError, match=r"Cannot write .*checkpoint.safetensors: File too large"),
    ):
        next(rows)
    after = {path.name: path.read_bytes() for path in run.folder.iterdir()}
    assert after.keys() == before.keys()
    assert after["checkpoint.safetensors"] == before["checkpoint.safetensors"]
    list(train_run(run, data))
    assert weights_of(run) == weights_of(finished)


def test_a_run_folder_that_cannot_be_made(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"Cannot make the folder .*run: Not a directory"):
        create_run(tmp_path / "file" / "run", finished.config)
    if os.geteuid():
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(StorageError, match=r"Permission denied"):
            create_run(tmp_path / "locked" / "run", finished.config)


def test_a_run_config_is_what_it_was() -> None:
    values = {
        "model": {"name": "linear", "classes": 10},
        "training": TrainingConfig().as_dict(),
        "data": {
            "name": "digits",
            "source": "digits",
            "image_shape": [8, 8],
            "train_fingerprint": "a",
            "test_fingerprint": "b",
            "split": "stratified",
            "validation_fraction": 1 / 6,
            "split_seed": 0,
            "training_images": 5,
            "validation_images": 1,
            "baseline_digit": 3,
        },
    }
    config = RunConfig.from_dict(values)
    assert config.model == Linear()
    # Runs from before these were kept have no digest of their validation images, and nothing drawn.
    assert config.as_dict() == values | {"data": {**values["data"], "validation_digest": "", "drawn": 0}}


def test_another_process_cannot_train_or_replace_a_run_in_training(
    finished: Run, data: Data, tmp_path: Path
) -> None:
    run = begin_run(tmp_path / "run", finished.config)
    rows = train_run(run, data)
    next(rows)
    with pytest.raises(RunError, match=r"Another process is training the run .*run. Nothing was changed"):
        next(train_run(open_run(run.folder), data))
    with pytest.raises(RunError, match=r"Another process is training"):
        create_run(run.folder, finished.config, force=True)
    assert [row.period for row in rows] == [2, 3, 4]
    assert weights_of(run) == weights_of(finished)


def test_a_run_that_was_replaced_meanwhile_is_left_alone(finished: Run, data: Data, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", finished.config)
    create_run(run.folder, plan_run("linear", SETTINGS, data), force=True)
    with pytest.raises(RunError, match=r"has been replaced by another one meanwhile"):
        next(train_run(run, data))


def test_force_keeps_the_run_when_the_new_one_cannot_be_written(copy: Run) -> None:
    before = weights_of(copy)
    with (
        small_disk(50),
        pytest.raises(StorageError, match=r"config.json: File too large. What was there is as it"),
    ):
        create_run(copy.folder, copy.config, force=True)
    assert weights_of(copy) == before
    assert len(copy.history()) == 4


def test_force_leaves_what_is_not_the_runs(copy: Run) -> None:
    (copy.folder / "notes.txt").write_text("mine")
    create_run(copy.folder, copy.config, force=True)
    assert {path.name for path in copy.folder.iterdir()} - {".lock"} == {"config.json", "notes.txt"}


@pytest.mark.parametrize("name", ["history.jsonl", "checkpoint.safetensors"])
def test_a_missing_file_is_noticed(copy: Run, name: str) -> None:
    (copy.folder / name).unlink()
    with pytest.raises(RunError, match=rf"{name} is missing"):
        copy.history()


def test_a_history_with_a_gap_is_noticed(copy: Run) -> None:
    path = copy.folder / "history.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[1:]))
    with pytest.raises(RunError, match=r"history.jsonl is damaged.*it should have the periods 1 to 4"):
        copy.restore()


def test_weights_of_another_run_are_noticed(copy: Run) -> None:
    save_model(copy.folder / "model.safetensors", Linear(), (8, 8), Linear().init(jax.random.key(0), (8, 8)))
    with pytest.raises(RunError, match=r"holds Linear.* but config.json says MLP.*not of one run"):
        copy.params()


@pytest.mark.parametrize("shape", [[8], [8, 8, 1], "88x", None])
def test_a_config_with_an_impossible_shape(copy: Run, shape: object) -> None:
    path = copy.folder / "config.json"
    config = json.loads(path.read_text())
    config["data"]["image_shape"] = shape
    path.write_text(json.dumps(config))
    with pytest.raises(RunError, match=r"config.json is damaged"):
        open_run(copy.folder)


@pytest.mark.parametrize("changes", [None, 5, {"shift": "2"}, {"shift": 99}, {"shft": 2}])
def test_a_config_with_impossible_changes_to_images(copy: Run, changes: object) -> None:
    path = copy.folder / "config.json"
    config = json.loads(path.read_text())
    config["training"]["augmentation"] = changes
    path.write_text(json.dumps(config))
    with pytest.raises(RunError, match=r"config.json is damaged"):
        open_run(copy.folder)


def test_compare_finishes_a_run_on_its_own_split(finished: Run, data: Data, tmp_path: Path) -> None:
    config = plan_run("mlp", SETTINGS | {"seed": 5}, data)
    whole, half = (begin_run(tmp_path / name, config) for name in ("whole", "half"))
    list(train_run(whole, data))
    next(train_run(half, data))
    list(train_run(half, reload_data(finished)))
    assert weights_of(half) == weights_of(whole)
    assert [row.validation_log_loss for row in half.history()] == [
        row.validation_log_loss for row in whole.history()
    ]
    study = compare_runs({"a": finished, "b": half}, data)
    assert not study.shares_validation
    assert study.standings[1].validation.accuracy == whole.history()[-1].validation_accuracy


def test_a_run_is_not_trained_on_other_data(data: Data, tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    pixels, labels = data.train.pixels[:, :, ::-1], data.train.labels
    np.savez(other, x_train=pixels, y_train=labels, x_test=data.test.pixels, y_test=data.test.labels)
    run = begin_run(tmp_path / "run", plan_run("linear", SETTINGS, data))
    with pytest.raises(DataError, match=r"was trained on other data than those of"):
        next(train_run(run, load_data(str(other))))


def test_data_that_moved_are_asked_for(data: Data, tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    train, test = data.train, data.test
    np.savez(path, x_train=train.pixels, y_train=train.labels, x_test=test.pixels, y_test=test.labels)
    run = begin_run(tmp_path / "run", plan_run("linear", SETTINGS, load_data(str(path))))
    assert run.config.data.source == str(path)
    moved = path.rename(tmp_path / "moved.npz")
    with pytest.raises(
        DataNotFoundError, match=r"mine.npz.*was trained on it; say where it is now with --dataset"
    ):
        reload_data(run)
    assert reload_data(run, str(moved)).train.fingerprint == train.fingerprint


def test_the_entries_of_a_comparison_have_names_of_their_own(finished: Run, tmp_path: Path) -> None:
    for name in ("x/mlp", "y/mlp", "y/own"):
        shutil.copytree(finished.folder, tmp_path / name)
    entries = [str(tmp_path / "x/mlp"), "mlp", str(tmp_path / "y/own")]
    assert list(read_entries(entries, tmp_path / "out")) == [entries[0], "mlp", "own"]
    two = [str(tmp_path / "x/mlp"), str(tmp_path / "y/mlp")]
    assert list(read_entries(two, tmp_path / "out")) == two
    assert list(read_entries([f"{tmp_path}/y/own/"], tmp_path / "out")) == ["own"]
    for twice in ([two[0], f"{tmp_path}/y/../x/mlp/"], ["mlp", "mlp"]):
        with pytest.raises(ConfigError, match=r"is named twice"):
            read_entries(twice, tmp_path / "out")
    with pytest.raises(ConfigError, match=r"or lies where another would be trained"):
        read_entries(["mlp", two[0]], tmp_path / "x")


def test_a_folder_that_is_no_comparison_is_left_alone(finished: Run, data: Data, tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text("mine")
    for flags in ({"resume": False, "force": False}, {"resume": False, "force": True}):
        with pytest.raises(RunExistsError, match=r"is no comparison. It was left alone"):
            check_out(tmp_path, **flags)
    runs = begin_runs({tmp_path / "new" / "mlp": finished.config})
    assert list(runs) == [tmp_path / "new" / "mlp"]
    check_out(tmp_path / "new", resume=True, force=False)
    with pytest.raises(
        RunExistsError, match=r"is there already. It was left alone: go on with it by --resume"
    ):
        check_out(tmp_path / "new", resume=False, force=False)


def test_settings_that_are_given_win(finished: Run) -> None:
    assert settle("mlp", {"epochs": 3}, preset="quick", kept=None)["epochs"] == 3
    assert "steps" not in settle("mlp", {"epochs": 3}, preset="quick", kept=None)
    chosen = settle("mlp", {"optimizer": "adam"}, preset=None, kept=None)
    assert "weight_decay" not in chosen
    assert settle("mlp", {}, preset=None, kept=finished)["learning_rate"] == 0.01
    assert settle("mlp", {}, preset="exercise", kept=finished)["learning_rate"] == 0.003
    with pytest.raises(RunError, match=r"is a run of mlp, not of linear"):
        settle("linear", {}, preset=None, kept=finished)
