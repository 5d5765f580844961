"""The report: one file that stands alone, tells what the numbers say, and opens in a browser."""

import html
import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitlab.cli.app import run as run_command
from digitlab.data import Dataset
from digitlab.errors import RunExistsError
from digitlab.evaluation import Evaluation
from digitlab.models import predict_logits
from digitlab.report import Story, Subject, story_of_runs, write_report
from digitlab.report.blocks import Matrix
from digitlab.report.chapters import about_data, chapters, lead
from digitlab.report.reproduce import command_of
from digitlab.runs import Run, open_run
from digitlab.scoring import score_run
from digitlab.workflow import Data, begin_run, load_data, plan_run, train_run

SETTINGS = {"steps": 60, "periods": 3, "batch_size": 32, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def data() -> Data:
    return load_data("digits")


@pytest.fixture(scope="module")
def runs(data: Data, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """Return two finished runs, one with a name that is no HTML."""
    folder = tmp_path_factory.mktemp("runs")
    made = {}
    for name, model, own in (("linear", "linear", {}), ("<b>mlp</b>", "mlp", {"hidden_units": (20,)})):
        made[name] = begin_run(folder / model, plan_run(model, SETTINGS | own, data))
        list(train_run(made[name], data))
    return made


@pytest.fixture(scope="module")
def story(runs: Mapping[str, Run], data: Data) -> Story:
    return story_of_runs(runs, data, "validation")


@pytest.fixture(scope="module")
def page(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(story, tmp_path_factory.mktemp("page") / "report.html")


def test_it_stands_alone_and_is_small(page: Path) -> None:
    text = page.read_text()
    assert len(text) < 5_000_000
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert len(sources) > 20
    assert all(source.startswith(("data:", "#")) for source in sources)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)


def test_every_picture_has_a_sentence_and_every_link_a_place(page: Path) -> None:
    text = page.read_text()
    figures = re.findall(
        r"<figure>\s*<img[^>]*alt=\"([^\"]*)\"[^>]*>\s*<figcaption>(.*?)</figcaption>", text, re.S
    )
    assert len(figures) >= 7
    assert all(alt == caption and len(alt) > 40 for alt, caption in figures)
    places = set(re.findall(r'id="([^"]+)"', text))
    assert {link[1:] for link in re.findall(r'href="(#[^"]+)"', text)} <= places
    assert len(re.findall(r'id="', text)) == len(places)


def test_a_name_is_text_and_never_html(page: Path) -> None:
    assert "<b>mlp</b>" not in page.read_text()
    assert "&lt;b&gt;mlp&lt;/b&gt;" in page.read_text()


def test_the_numbers_are_those_of_the_evaluations(story: Story, page: Path) -> None:
    text = html.unescape(re.sub(r"<[^>]+>", " ", page.read_text()))
    for subject in story.subjects:
        assert f"{100 * subject.evaluation.accuracy:.2f} %" in text
        errors = subject.evaluation.confusion.sum() - np.trace(subject.evaluation.confusion)
        confusions = next(each for each in chapters(story) if each.name == "confusions")
        [matrix] = [
            block for block in confusions.blocks if isinstance(block, Matrix) and block.name == subject.name
        ]
        assert sum(pair.count for pair in matrix.pairs) == errors
        assert [list(row) for row in matrix.counts] == subject.evaluation.confusion.tolist()
    assert story.comparisons[0].sentence() in text


def test_its_sentences_change_with_the_data(runs: Mapping[str, Run], story: Story, data: Data) -> None:
    few = data.train.class_counts.copy()
    assert "137 images" in str(list(about_data(story))[2])
    rows = np.flatnonzero((data.train.labels != 3) | (np.arange(len(data.train)) % 3 == 0))
    smaller = replace(story, data=replace(data, train=data.train.take(rows)))
    said = str(list(about_data(smaller))[2])
    assert f"3 the rarest with {int((data.train.labels[rows] == 3).sum())}" in said
    assert few[3] == 137
    fewer = replace(
        story, subjects=tuple(replace(each, evaluation=_of(each, slice(0, 100))) for each in story.subjects)
    )
    assert lead(story).startswith("Of 224 validation images of digits, ")
    assert re.search(r"(\d+\.\d+) %", lead(story))[1] != re.search(r"(\d+\.\d+) %", lead(fewer))[1]  # type: ignore[index]


def _of(subject: Subject, rows: slice) -> Evaluation:
    return score_run(subject.run, subject.images.take(np.arange(224)[rows]), subject.logits[rows])


@pytest.mark.usefixtures("drafts")
def test_the_command_gives_the_run_again_to_the_bit(
    runs: Mapping[str, Run], data: Data, tmp_path: Path
) -> None:
    for run in runs.values():
        words = shlex.split(command_of(run))
        assert run_command([*words[1:], "--out", str(tmp_path / run.name)]) == 0
        again = open_run(tmp_path / run.name)
        assert again.config == run.config
        assert again.model_digest() == run.model_digest()


@pytest.mark.usefixtures("drafts")
@pytest.mark.parametrize(
    "settings",
    [
        {"augmentation": {"shift": 1}, "patience": 2, "clip_norm": 0.5, "ema_decay": 0.9},
        {"optimizer": "sgd", "momentum": 0.8, "weight_decay": 0.001, "schedule": "cosine", "seed": 7},
    ],
)
def test_the_command_has_every_setting(settings: dict[str, object], data: Data, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "run", plan_run("conv", SETTINGS | settings | {"channels": (4,)}, data))
    words = shlex.split(command_of(run))
    assert run_command([*words[1:], "--out", str(tmp_path / "again"), "--periods", "3"]) == 0
    assert open_run(tmp_path / "again").config == run.config


@pytest.mark.usefixtures("drafts")
def test_the_shell_writes_it_and_counts_looks(
    runs: Mapping[str, Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DIGITLAB_USER_DIR", str(tmp_path / "user"))
    folders = [str(run.folder) for run in runs.values()]
    assert run_command(["report", *folders, "--out", str(tmp_path / "v.html"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"file": str(tmp_path / "v.html"), "bytes": (tmp_path / "v.html").stat().st_size}
    assert not (tmp_path / "user").exists()
    assert run_command(["report", *folders, "--split", "test", "--out", str(tmp_path / "t.html")]) == 0
    assert "Looks 1 to 2 at this test set, 2 different models in all." in capsys.readouterr().out
    assert "Looks 1 to 2 at this test set" in (tmp_path / "t.html").read_text()
    assert run_command(["report", folders[0], folders[0]]) == 2
    assert "is named twice" in capsys.readouterr().err
    assert run_command(["report", str(tmp_path / "nothing")]) == 1
    assert "There is no run at" in capsys.readouterr().err


@pytest.mark.usefixtures("drafts")
def test_a_page_replaces_a_page_and_nothing_else(
    story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = write_report(story, tmp_path / "new" / "folder" / "r.html")
    before = page.read_bytes()
    assert write_report(story, page).read_bytes() == before
    mine = tmp_path / "thesis.html"
    mine.write_text("<!doctype html><p>mine</p>")
    weights = story.subjects[0].run.folder / "model.safetensors"
    kept, looks = weights.read_bytes(), weights.with_name("looks.jsonl")
    looked = looks.read_bytes() if looks.exists() else b""
    for path in (mine, weights, tmp_path / "new"):
        with pytest.raises(RunExistsError, match=r"is there already and is no report. It was left alone"):
            write_report(story, path)
        assert (
            run_command(["report", str(story.subjects[0].run.folder), "--split", "test", "--out", str(path)])
            == 1
        )
    assert "is no report" in capsys.readouterr().err
    assert (mine.read_text(), weights.read_bytes()) == ("<!doctype html><p>mine</p>", kept)
    assert (looks.read_bytes() if looks.exists() else b"") == looked


@pytest.mark.usefixtures("drafts")
def test_a_pruned_run_is_told_of_as_what_it_is(
    story: Story, data: Data, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = story.subjects[1].run
    assert run_command(["units", str(whole.folder), "--prune", str(tmp_path / "small")]) == 0
    pruned = story_of_runs({"small": open_run(tmp_path / "small")}, data, "validation", looks_inside=True)
    text = html.unescape(write_report(pruned, tmp_path / "r.html").read_text())
    assert f"digitlab units {whole.folder} --prune {tmp_path / 'small'}" in text
    assert "small was not trained from its seed: units were taken out of" in text
    assert run_command(["timeline", str(tmp_path / "small")]) == 1
    assert "was not trained from its seed: units were taken out of" in capsys.readouterr().err


@pytest.mark.usefixtures("drafts")
def test_a_class_without_images_is_not_the_hardest(tmp_path: Path, data: Data) -> None:
    three = [np.flatnonzero(np.isin(each.labels, (2, 5, 7))) for each in (data.train, data.test)]
    own = Data("own", data.train.take(three[0]), data.test.take(three[1]))
    run = begin_run(tmp_path / "run", plan_run("linear", SETTINGS, own))
    list(train_run(run, own))
    text = write_report(story_of_runs({"run": run}, own, "validation"), tmp_path / "r.html").read_text()
    assert re.search(r"Hardest is [257]: ", text)
    assert "There is no image of 0, 1, 3, 4, 6, 8 and 9." in text


@pytest.mark.usefixtures("drafts")
def test_a_model_that_makes_no_mistake_is_told_of(
    runs: Mapping[str, Run], data: Data, tmp_path: Path
) -> None:
    run = runs["linear"]
    logits = predict_logits(run.config.model, run.params(), data.train.pixels)
    right = np.flatnonzero(logits.argmax(axis=1) == data.train.labels)
    story = story_of_runs({"linear": run}, data, "validation")
    images: Dataset = data.train.take(right[:100])
    chosen = logits[right[:100]].astype(np.float64)
    subject = replace(
        story.subjects[0], images=images, logits=chosen, evaluation=score_run(run, images, chosen)
    )
    page = write_report(replace(story, subjects=(subject,)), tmp_path / "r.html").read_text()
    assert "It misreads 0;" in page
    assert "All 100 images are read right." in page


def test_a_browser_opens_it_without_an_error_or_a_request(chromium: str, page: Path, tmp_path: Path) -> None:
    log = tmp_path / "net.json"
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
    ]
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", *quiet, "--enable-logging=stderr",
         "--v=0", f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert '<select data-filter="confusions-gallery">' in done.stdout
    # The script ran: it is what shows the filter.
    assert '<p class="only-screen filter" hidden="">' not in done.stdout
    asked = re.findall(r'"url":"(https?://[^"]+)"', log.read_text())
    assert [url for url in asked if "google" not in url] == []
