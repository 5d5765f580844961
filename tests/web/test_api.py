"""The HTTP API: what it reads is what the library reads, and what it keeps is what `learn` takes."""

import base64
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import picture
from hypothesis import given, settings, strategies as st
from PIL import Image
from tests.web.conftest import Serve, Served, served, without_data

from digitlab.insight import first_answers
from digitlab.models import first_layer
from digitlab.recognition import FORMATS, Recognizer, open_picture, why
from digitlab.runs import Run
from digitlab.web.bodies import Bodies
from digitlab.web.corrections import Corrections
from digitlab.web.limits import BATCH
from digitlab.web.workers import Lanes, Workers
from digitlab.workflow import Data, load_data, reload_data

PNG = {"Content-Type": "image/png"}
WHOLE = {"include": ["stages", "why", "units"]}


def predict(server: Served, content: bytes, **parameters: Any) -> dict[str, Any]:
    answer = server.client.post("/api/predict", content=content, headers=PNG, params=parameters)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_it_reads_as_the_library_does(server: Served, recognizers: list[Recognizer]) -> None:
    told = predict(server, picture())
    assert (told["width"], told["height"]) == (280, 280)
    opened = open_picture(picture())
    for answer, recognizer in zip(told["answers"], recognizers, strict=True):
        prediction = recognizer.read([opened])[0]
        assert answer["name"] == recognizer.run.name
        assert {key: answer[key] for key in prediction.as_dict()} == json.loads(
            json.dumps(prediction.as_dict())
        )
        np.testing.assert_array_equal(answer["pixels"], prediction.ink.pixels)
        assert answer["confidence"] == max(answer["probabilities"])
        assert answer["stages"] is answer["why"] is answer["units"] is None


def test_what_lies_behind_is_told_where_asked_for(server: Served, recognizers: list[Recognizer]) -> None:
    for answer, recognizer in zip(predict(server, picture(), **WHOLE)["answers"], recognizers, strict=True):
        prediction = recognizer.read([open_picture(picture())])[0]
        assert [stage["name"] for stage in answer["stages"]] == [
            stage.name for stage in prediction.ink.stages
        ]
        last = base64.b64decode(answer["stages"][-1]["picture"].removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(last)).format == "PNG"
        best, second = np.argsort(-prediction.probabilities)[:2]
        names = [each["name"] for each in answer["why"]["evidence"]]
        assert names == [f"for {best}", f"for {second}", f"for {best} rather than {second}"]
        assert np.shape(answer["why"]["evidence"][0]["values"]) == recognizer.geometry.image_shape
        answers = first_answers(recognizer.model, recognizer.params, prediction.ink.pixels[None])[0]
        np.testing.assert_allclose(answer["units"]["answers"], answers, atol=1e-5)


def test_the_evidence_of_a_linear_model_is_its_weights_times_the_ink(
    server: Served, recognizers: list[Recognizer]
) -> None:
    answer = predict(server, picture(), **WHOLE)["answers"][0]
    ink = np.array(answer["pixels"]) / 255
    kernel = np.asarray(recognizers[0].params["output"]["kernel"]).reshape(*ink.shape, -1)
    for evidence in answer["why"]["evidence"][:2]:
        digit = int(evidence["name"].removeprefix("for "))
        np.testing.assert_allclose(evidence["values"], ink * kernel[..., digit], atol=2e-5)


def test_why_is_what_the_library_says(server: Served, recognizers: list[Recognizer]) -> None:
    training = load_data("digits").split_of(recognizers[0].run).training
    for answer, recognizer in zip(predict(server, picture(), **WHOLE)["answers"], recognizers, strict=True):
        told = why(recognizer, recognizer.read([open_picture(picture())])[0], training)
        assert answer["why"]["sentences"] == told.sentences
        assert [each["sentence"] for each in answer["why"]["evidence"]] == [
            each.sentence for each in told.evidence
        ]
        assert [each["label"] for each in answer["why"]["neighbours"]] == [
            each.label for each in told.neighbours
        ]
        np.testing.assert_array_equal(
            [each["pixels"] for each in answer["why"]["neighbours"]], told.neighbour_pixels
        )
        assert answer["why"]["missing"] == ""


def test_of_one_run_alone_what_lies_behind_is_told_where_that_is_asked_for(server: Served) -> None:
    first, second = predict(server, picture(), **WHOLE, run=1)["answers"]
    assert first["stages"] is first["why"] is first["units"] is None
    assert second["stages"]
    assert second["why"]
    assert second["units"]
    answer = server.client.post("/api/predict?run=2", content=picture(), headers=PNG)
    assert (answer.status_code, answer.json()["error"]) == (404, "There is no run 2. See /api/runs.")


def test_without_the_training_digits_it_says_so_and_tells_the_rest(
    recognizers: list[Recognizer], tmp_path: Path
) -> None:
    moved = without_data(recognizers[0], tmp_path)
    with served([moved, recognizers[1]], tmp_path / "corrections") as server:
        lost, kept = predict(server, picture(), **WHOLE)["answers"]
    assert lost["why"]["neighbours"] == []
    assert lost["why"]["missing"] == (
        "The training digits of mnist are not on this machine, so none are compared. "
        "`digitlab data fetch mnist` fetches them."
    )
    assert len(lost["why"]["sentences"]) == len(kept["why"]["sentences"]) - 1
    assert str(tmp_path) not in json.dumps(lost)


def test_training_digits_are_loaded_once_and_nobody_waits_long_for_them(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def slowly(run: Run, **options: Any) -> Data:
        loaded.append(options)
        time.sleep(1.0)
        return reload_data(run, **options)

    monkeypatch.setattr("digitlab.web.app.reload_data", slowly)
    monkeypatch.setattr("digitlab.web.readers.LOAD_SECONDS", 0.1)
    with serve() as server:
        early = predict(server, picture(), **WHOLE)["answers"]
        assert "are being loaded" in early[0]["why"]["missing"]
        begin = time.perf_counter()
        predict(server, picture())
        assert time.perf_counter() - begin < 0.6
        time.sleep(1.5)
        late = predict(server, picture(), **WHOLE)["answers"]
    assert [len(each["why"]["neighbours"]) for each in late] == [5, 5]
    assert loaded == [{"data_dir": None, "offline": True}]


def test_a_blank_picture_is_not_answered(server: Served) -> None:
    file = io.BytesIO()
    Image.new("L", (50, 40), 255).save(file, "PNG")
    for answer in predict(server, file.getvalue(), **WHOLE)["answers"]:
        assert (answer["digit"], answer["rejected"]) == (None, True)
        assert answer["why"]["sentences"] == [f"Refused: {answer['reason']}."]
        assert answer["why"]["evidence"] == answer["why"]["neighbours"] == []
        assert answer["confidence"] == 0
        assert answer["units"] is None


@pytest.mark.parametrize("kind", [name for name in FORMATS if name != "HEIF"])
def test_it_takes_pictures_of_all_formats(server: Served, kind: str) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(picture())).convert("RGB").save(file, kind)
    kinds = {"Content-Type": f"image/{kind.lower()}"}
    answer = server.client.post("/api/predict", content=file.getvalue(), headers=kinds)
    assert answer.json()["answers"][0]["digit"] is not None


def test_many_at_once_get_each_their_own_answer(server: Served) -> None:
    digits = [_moved(shift) for shift in range(24)]
    alone = [predict(server, digit)["answers"] for digit in digits[:5]]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda digit: predict(server, digit)["answers"], digits))
    for answers, others in zip(alone, together, strict=False):
        for answer, other in zip(answers, others, strict=True):
            assert answer["pixels"] == other["pixels"]
            np.testing.assert_allclose(answer["probabilities"], other["probabilities"], atol=1e-5)


def _moved(shift: int) -> bytes:
    file = io.BytesIO()
    seven = Image.open(io.BytesIO(picture()))
    seven.resize((280 + 3 * shift, 280)).save(file, "PNG")
    return file.getvalue()


def test_more_than_can_wait_are_told_to_come_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitlab.web.app.Lanes", lambda: Lanes(Workers(1, 2)))
    with serve() as server, ThreadPoolExecutor(30) as pool:
        asked = [
            pool.submit(server.client.post, "/api/predict", content=picture(), headers=PNG) for _ in range(30)
        ]
        answers = [each.result() for each in asked]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert {answer.status_code for answer in answers} == {200, 503}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert server.client.get("/api/health").status_code == 200


def test_bodies_together_hold_only_so_much(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    most = int(1.5 * len(picture()))
    monkeypatch.setattr("digitlab.web.app.Bodies", lambda seconds: Bodies(seconds=seconds, most=most))
    with serve() as server:
        for _ in range(3):
            predict(server, picture())
        answer = server.client.post("/api/predict", content=picture() * 2, headers=PNG)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        predict(server, picture())


def test_the_runs_are_told(server: Served, recognizers: list[Recognizer]) -> None:
    told = server.client.get("/api/runs").json()
    assert [each["model"] for each in told] == ["linear", "mlp"]
    assert [each["parameters"] for each in told] == [650, 64 * 16 + 16 + 160 + 10]
    assert told[0]["validation_accuracy"] == recognizers[0].run.history()[-1].validation_accuracy


def test_tiles_are_the_weights(server: Served, recognizers: list[Recognizer]) -> None:
    for number, recognizer in enumerate(recognizers):
        told = server.client.get(f"/api/runs/{number}/tiles").json()
        kernel = np.asarray(recognizer.params[first_layer(recognizer.params)]["kernel"])
        tiles = np.array(told["tiles"]) * told["limit"] / 127
        assert (told["height"], told["width"]) == (8, 8)
        inside = np.abs(kernel.T) <= told["limit"]
        np.testing.assert_allclose(tiles[inside], kernel.T[inside], atol=told["limit"] / 127)
    assert np.shape(told["votes"]) == (16, 10)
    assert server.client.get("/api/runs/2/tiles").status_code == 404


def test_corrections_are_kept_by_label_and_taken_back(server: Served) -> None:
    def correct(label: int) -> dict[str, Any]:
        answer = server.client.post(
            "/api/corrections", content=picture(), headers=PNG, params={"label": label}
        )
        assert answer.status_code == 201
        told: dict[str, Any] = answer.json()
        return told

    told = correct(7)
    kept = server.corrections / "7" / f"{told['correction'].removeprefix('7-')}.png"
    np.testing.assert_array_equal(open_picture(kept), open_picture(picture()))
    assert (told["label"], told["count"], told["folder"]) == (7, 1, server.corrections.name)
    assert correct(3)["count"] == 2
    assert server.client.delete(f"/api/corrections/{told['correction']}").status_code == 204
    assert not kept.exists()
    assert server.client.delete(f"/api/corrections/{told['correction']}").status_code == 404


def test_a_correction_that_cannot_be_kept_is_told_without_a_path(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "corrections").write_text("a file where the folder should be")
    with serve() as server:
        answer = server.client.post("/api/corrections?label=7", content=picture(), headers=PNG)
        assert answer.status_code == 507
        assert str(tmp_path) not in answer.text


def test_a_full_folder_takes_no_more(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("digitlab.web.app.Corrections", lambda folder: Corrections(folder, most=1))
    with serve() as server:
        codes = [
            server.client.post(f"/api/corrections?label={label}", content=picture(), headers=PNG).status_code
            for label in (1, 2)
        ]
    assert codes == [201, 507]
    assert [path.parent.name for path in tmp_path.rglob("*.png")] == ["1"]


def test_every_answer_is_protected(server: Served) -> None:
    for path in ("/", "/page.js", "/style.css", "/api/runs", "/nothing"):
        headers = server.client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_the_page_names_no_other_host_and_has_no_inline_code() -> None:
    static = Path(__file__).parents[2] / "src/digitlab/web/static"
    for file in static.iterdir():
        text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert "eval(" not in text


@settings(max_examples=30)
@given(content=st.binary(max_size=300), prefix=st.sampled_from([0, 8, 40, 200]))
def test_whatever_comes_is_answered(server: Served, content: bytes, prefix: int) -> None:
    answer = server.client.post("/api/predict", content=picture()[:prefix] + content, headers=PNG)
    assert answer.status_code in (200, 400)
    assert set(answer.json()) in ({"error"}, {"width", "height", "answers"})


def test_a_batch_is_larger_than_the_load_that_is_promised() -> None:
    assert BATCH >= 64
