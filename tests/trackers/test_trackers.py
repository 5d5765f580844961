"""Trainings told to TensorBoard and MLflow, read back by these themselves."""

import errno
import io
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import mlflow
import numpy as np
import pytest
from matplotlib.colors import Normalize
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from digitlab.cli.options import Tracker, TrainingOptions
from digitlab.errors import TrackerError
from digitlab.figures import weight_image
from digitlab.figures.weights import weight_scale
from digitlab.runs import Run
from digitlab.trackers import TRACKERS, tracked
from digitlab.trackers.mlflow import MLflowLog
from digitlab.training import HistoryRow
from digitlab.workflow import Data, begin_run, load_data, plan_run, train_run, train_runs

SETTINGS: dict[str, Any] = {"steps": 30, "periods": 3, "hidden_units": (6,)}


@pytest.fixture(scope="module")
def data() -> Data:
    return load_data("digits")


@pytest.fixture
def run(data: Data, tmp_path: Path) -> Run:
    return begin_run(tmp_path / "net", plan_run("mlp", SETTINGS, data))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """Return a client of a store of files, which the extra can write without a server."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    return mlflow.MlflowClient()


def runs_at(server: mlflow.MlflowClient) -> list[Any]:
    experiment = server.get_experiment_by_name("digitlab")
    assert experiment is not None
    return list(server.search_runs([experiment.experiment_id]))


def log(run: Run, data: Data, *names: str) -> list[HistoryRow]:
    said: list[str] = []
    rows = list(tracked(train_run(run, data), [run], names, said.append))
    assert said == []
    return rows


def events(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder), size_guidance={"images": 0})
    found.Reload()
    return found


def told(rows: list[HistoryRow]) -> dict[str, list[tuple[int, float]]]:
    return {
        f"{what}/{split}": [(row.step, getattr(row, f"{split}_{what}")) for row in rows]
        for what in ("log_loss", "accuracy")
        for split in ("train", "validation")
    } | {"seconds": [(row.step, row.seconds) for row in rows]}


def test_tensorboard_finds_scalars_weights_and_the_config(run: Run, data: Data) -> None:
    rows = log(run, data, "tensorboard")
    found = events(run.folder)
    assert set(found.Tags()["scalars"]) == set(told(rows))
    for name, points in told(rows).items():
        seen = found.Scalars(name)
        assert [event.step for event in seen] == [step for step, _ in points]
        np.testing.assert_allclose([event.value for event in seen], [value for _, value in points], rtol=1e-6)
    images = found.Images("weights/first_layer")
    assert [image.step for image in images] == [10, 20, 30]
    shown = np.asarray(Image.open(io.BytesIO(images[-1].encoded_image_string)))
    np.testing.assert_array_equal(shown, weight_image(run.params()["hidden_1"]["kernel"], (8, 8)))
    [text] = found.Tensors("config/text_summary")
    config = text.tensor_proto.string_val[0].decode().removeprefix("```json\n").removesuffix("\n```")
    assert json.loads(config) == json.loads(json.dumps(run.config.as_dict()))


def test_a_resumed_training_goes_on_in_tensorboard_and_a_replaced_one_begins_anew(
    run: Run, data: Data
) -> None:
    some = tracked(train_run(run, data), [run], ["tensorboard"], print)
    next(some)
    del some
    rows = [run.history()[0], *log(run, data, "tensorboard")]
    assert (
        [event.step for event in events(run.folder).Scalars("log_loss/train")]
        == [row.step for row in rows]
        == [10, 20, 30]
    )
    begin_run(run.folder, run.config, force=True)
    assert list(run.folder.glob("events*")) == []


def test_tensorboard_itself_shows_them(run: Run, data: Data) -> None:
    log(run, data, "tensorboard")
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(run.folder.parent)]
    command += ["--host", place.split(":")[0], "--port", place.split(":")[1], "--load_fast", "false"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            assert set(shown_at(f"http://{place}/data/plugin/scalars/tags")["net"]) == set(told([]))
        finally:
            process.terminate()


def shown_at(address: str) -> dict[str, Any]:
    """Return what a server tells once there is something."""
    for _ in range(600):
        with suppress(httpx.TransportError):
            found: dict[str, Any] = httpx.get(address, trust_env=False).json()
            if found:
                return found
        time.sleep(0.1)
    raise AssertionError(f"nothing at {address}")


def test_mlflow_finds_metrics_params_and_weights(run: Run, data: Data, server: mlflow.MlflowClient) -> None:
    rows = log(run, data, "mlflow")
    [found] = runs_at(server)
    assert (found.info.run_name, found.info.status) == ("net", "FINISHED")
    for name, points in told(rows).items():
        seen = server.get_metric_history(found.info.run_id, name)
        assert sorted((metric.step, metric.value) for metric in seen) == points
    assert found.data.params["model.hidden_units"] == str(run.config.as_dict()["model"]["hidden_units"])
    assert found.data.params["training.steps"] == "30"
    names = {file.path for file in server.list_artifacts(found.info.run_id, "weights")}
    assert names == {f"weights/0000{step}.png" for step in (10, 20, 30)}
    assert "config.json" in {file.path for file in server.list_artifacts(found.info.run_id)}


def test_a_resumed_training_goes_on_in_mlflow(run: Run, data: Data, server: mlflow.MlflowClient) -> None:
    some = tracked(train_run(run, data), [run], ["mlflow"], print)
    next(some)
    some.close()
    assert [each.info.status for each in runs_at(server)] == ["KILLED"]
    log(run, data, "mlflow")
    [found] = runs_at(server)
    assert found.info.status == "FINISHED"
    assert len(server.get_metric_history(found.info.run_id, "accuracy/validation")) == 3


def test_several_seeds_are_several_runs(data: Data, tmp_path: Path, server: mlflow.MlflowClient) -> None:
    runs = [
        begin_run(tmp_path / f"seed-{seed}", plan_run("mlp", SETTINGS | {"seed": seed}, data))
        for seed in (0, 1)
    ]
    rows = list(tracked(train_runs(runs, data), runs, list(TRACKERS), print))
    assert len(rows) == 3
    for number, each in enumerate(runs):
        seen = [event.value for event in events(each.folder).Scalars("accuracy/train")]
        np.testing.assert_allclose(seen, [row[number].train_accuracy for row in rows], rtol=1e-6)
    assert {found.info.run_name for found in runs_at(server)} == {"seed-0", "seed-1"}


def test_a_tracker_that_fails_on_the_way_stops_no_training(
    run: Run, data: Data, tmp_path: Path, server: mlflow.MlflowClient
) -> None:
    said: list[str] = []
    rows = tracked(train_run(run, data), [run], ["mlflow", "tensorboard"], said.append)
    next(rows)
    shutil.rmtree(tmp_path / "store")
    (tmp_path / "store").write_text("no folder any more")
    assert len(list(rows)) == 2
    assert run.is_finished
    assert len(said) == 1
    assert "The training goes on without it; all is kept in" in said[0]
    assert [event.step for event in events(run.folder).Scalars("log_loss/train")] == [10, 20, 30]


def test_what_was_trained_untold_is_told_when_the_training_goes_on(
    run: Run, data: Data, server: mlflow.MlflowClient
) -> None:
    next(train_run(run, data))
    later = log(run, data, *TRACKERS)
    rows = run.history()
    assert [row.step for row in later] == [20, 30]
    assert [event.step for event in events(run.folder).Scalars("log_loss/train")] == [10, 20, 30]
    [found] = runs_at(server)
    for name, points in told(rows).items():
        seen = server.get_metric_history(found.info.run_id, name)
        assert sorted((metric.step, metric.value) for metric in seen) == points


def test_a_run_that_is_trained_is_told_whole_and_once(
    run: Run, data: Data, server: mlflow.MlflowClient
) -> None:
    list(train_run(run, data))
    for _ in range(2):
        assert log(run, data, "mlflow") == []
    [found] = runs_at(server)
    assert found.info.status == "FINISHED"
    assert len(server.get_metric_history(found.info.run_id, "log_loss/train")) == 3


def test_a_file_that_may_not_grow_is_told_of_in_a_sentence(
    data: Data, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource", reason="only POSIX limits the size of files")
    run = begin_run(tmp_path / "net", plan_run("mlp", SETTINGS | {"steps": 60, "periods": 30}, data))
    said: list[str] = []
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    try:
        assert len(list(tracked(train_run(run, data), [run], ["tensorboard"], said.append))) == 30
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(said) == 1
    assert "TensorBoard's event file in" in said[0]
    assert "The training goes on without it" in said[0]
    assert capfd.readouterr().err == ""


def test_a_server_that_is_not_there_is_told_before_training(
    run: Run, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(
        TrackerError, match=r"MLflow at http://127\.0\.0\.1:9 does not take it: .*Set MLFLOW_TRACKING_URI"
    ):
        next(tracked(train_run(run, data), [run], ["mlflow"], print))
    assert run.periods_done() == 0


def test_a_server_out_of_order_is_asked_few_times(
    run: Run, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0")
        with pytest.raises(TrackerError, match=r"does not take it: .*Set MLFLOW_TRACKING_URI"):
            next(tracked(train_run(run, data), [run], ["mlflow"], print))
        server.shutdown()
    assert len(asked) == 4


def test_a_failure_without_words_is_told_by_its_kind(
    run: Run, server: mlflow.MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(mlflow.MlflowClient, "get_experiment_by_name", silent)
    with pytest.raises(TrackerError, match=r"does not take it: RuntimeError Set"):
        MLflowLog(run)


def test_what_was_opened_is_closed_where_another_tracker_cannot_be(
    run: Run, data: Data, server: mlflow.MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("digitlab.trackers.tensorboard.RecordWriter", full)
    with pytest.raises(TrackerError, match=r"cannot be written: .*leave out --log-to tensorboard"):
        next(tracked(train_run(run, data), [run], ["mlflow", "tensorboard"], print))
    assert {each.info.status for each in runs_at(server)} == {"FAILED"}


def test_the_shell_offers_the_trackers_there_are() -> None:
    assert list(Tracker) == list(TRACKERS)


def test_a_tracker_named_twice_is_told_once() -> None:
    named = [Tracker.MLFLOW, Tracker.TENSORBOARD, Tracker.MLFLOW]
    assert TrainingOptions(log_to=named).trackers == ["mlflow", "tensorboard"]


@pytest.mark.parametrize("units", [1, 7, 10, 23])
def test_weight_images_show_each_weight_on_one_scale(units: int) -> None:
    kernel = np.random.default_rng(units).normal(size=(12, units))
    image = weight_image(kernel, (3, 4), columns=5, enlarged=1)
    rows, columns = -(-units // 5), min(5, units)
    assert image.shape == (4 * rows - 1, 5 * columns - 1, 3)
    scale = weight_scale(kernel)
    colours = scale.colours["cmap"](Normalize(-scale.limit, scale.limit)(kernel), bytes=True)[..., :3]
    for unit in range(units):
        top, left = 4 * (unit // columns), 5 * (unit % columns)
        tile = image[top : top + 3, left : left + 4]
        np.testing.assert_allclose(tile.reshape(12, 3), colours[:, unit], atol=1)
    assert (image[3::4] == 255).all()
    np.testing.assert_array_equal(weight_image(kernel, (3, 4), columns=5), image.repeat(2, 0).repeat(2, 1))
