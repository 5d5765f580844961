"""The OpenAPI document is true: schemathesis asks what it allows and what it forbids, and finds nothing."""

import subprocess
import sys
from pathlib import Path

from tests.web.conftest import Served

from digitlab.web.bodies import PICTURE_TYPES

CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_the_document_tells_every_operation(server: Served) -> None:
    document = server.client.get("/api/openapi.json").json()
    assert set(document["paths"]) == {
        "/api/health",
        "/api/runs",
        "/api/runs/{run}/tiles",
        "/api/predict",
        "/api/read",
        "/api/read/{run}/{number}",
        "/api/corrections",
        "/api/corrections/{correction}",
    }
    body = document["paths"]["/api/predict"]["post"]["requestBody"]
    assert set(body["content"]) == set(PICTURE_TYPES)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_schemathesis_finds_nothing(server: Served, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", "--no-color"]
    options = ["--max-examples", "15", "--seed", "1", "--phases", "coverage,fuzzing,stateful"]
    # It leaves a folder where it runs.
    asked = subprocess.run(
        [*command, *options, f"{server.address}/api/openapi.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "Tested: 8" in asked.stdout
