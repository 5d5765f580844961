"""Several digits in one picture, by the HTTP API: what `read_many` reads, and no picture can hold others up."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hostile import dense, picture, row, specks
from tests.web.conftest import Serve, Served

from digitlab.insight import first_answers
from digitlab.recognition import Recognizer, open_picture, read_many

PNG = {"Content-Type": "image/png"}


def read(server: Served, content: bytes, where: str = "", **parameters: Any) -> dict[str, Any]:
    answer = server.client.post(f"/api/read{where}", content=content, headers=PNG, params=parameters)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_row_is_read_as_the_library_does(server: Served, recognizers: list[Recognizer]) -> None:
    told = read(server, row(4))
    opened = open_picture(row(4))
    assert (told["height"], told["width"]) == opened.shape[:2]
    for answer, recognizer in zip(told["answers"], recognizers, strict=True):
        found = read_many(recognizer, opened)
        expected = json.loads(json.dumps(found.as_dict()))
        assert (answer["text"], answer["lines"]) == (expected["text"], expected["lines"])
        assert answer["lines"] == [4]
        for digit, other, prediction in zip(answer["digits"], expected["digits"], found.digits, strict=True):
            assert {key: digit[key] for key in other} == other
            np.testing.assert_array_equal(digit["pixels"], prediction.ink.pixels)


def test_one_of_them_is_told_with_what_lies_behind_it(server: Served, recognizers: list[Recognizer]) -> None:
    digit = read(server, row(3))["answers"][1]["digits"][2]
    told = read(server, row(3), "/1/2", include=["stages", "why", "units"])
    assert {key: told[key] for key in digit} == digit
    assert told["name"] == recognizers[1].run.name
    assert [stage["name"] for stage in told["stages"]][-1] == "pixels"
    assert len(told["why"]["neighbours"]) == 5
    answers = first_answers(
        recognizers[1].model, recognizers[1].params, np.array([told["pixels"]], np.uint8)
    )[0]
    np.testing.assert_allclose(told["units"]["answers"], answers, atol=1e-5)


@pytest.mark.parametrize(
    ("where", "said"),
    [("/0/3", "There is no digit 3"), ("/0/-1", "There is no digit -1"), ("/2/0", "There is no run 2.")],
)
def test_what_is_not_there_is_told(server: Served, where: str, said: str) -> None:
    answer = server.client.post(f"/api/read{where}", content=row(3), headers=PNG)
    assert answer.status_code == 404
    assert said in answer.json()["error"]


def test_where_nothing_is_drawn_nothing_is_read(server: Served) -> None:
    for answer in read(server, row(0))["answers"]:
        assert (answer["text"], answer["lines"], answer["digits"]) == ("", [], [])


@pytest.mark.parametrize("content", [specks(), dense()], ids=["specks", "zigzags"])
def test_a_picture_made_to_take_long_is_refused_and_keeps_nobody_waiting(
    server: Served, content: bytes
) -> None:
    with ThreadPoolExecutor(1) as pool:
        hostile = pool.submit(server.client.post, "/api/read", content=content, headers=PNG)
        answered = 0
        while not hostile.done():
            begin = time.perf_counter()
            answer = server.client.post("/api/predict", content=picture(), headers=PNG)
            assert answer.status_code == 200
            assert time.perf_counter() - begin < 2
            answered += 1
        refused = hostile.result()
    assert answered
    assert refused.status_code == 400
    assert "cut out the part of it with the digits" in refused.json()["error"]


def test_more_than_can_wait_are_told_to_come_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitlab.web.workers.MOST_SEVERAL_WAITING", 2)
    with serve() as server, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(server.client.post, "/api/read", content=row(2), headers=PNG) for _ in range(8)]
        answers = [each.result() for each in asked]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert {answer.status_code for answer in answers} == {200, 503}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert read(server, row(2))["answers"][0]["lines"] == [2]
