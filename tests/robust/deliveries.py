"""Servers of MLflow and of the Hub that answer with something else, or not at all."""

from __future__ import annotations

import functools
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

from alignment.files import tree_digests
from tests.robust.case import Case, Said, calm, cli, fails
from tests.robust.finished import NAME, Finished, finished
from tests.robust.raw_server import Answer, RawServer, answer

SECTION = "deliveries"
_QUICK = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "2",
    "HF_TOKEN": "hf_robust",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_ETAG_TIMEOUT": "2",
}


def _json(value: object, status: str = "200 OK") -> bytes:
    return answer(json.dumps(value).encode(), "Content-Type: application/json", status=status)


_EXPERIMENT = {"experiment": {"experiment_id": "1", "name": NAME, "lifecycle_stage": "active"}}
ANSWERS: dict[str, list[Answer]] = {
    "nothing": [b""],
    "not HTTP": [b"SSH-2.0\r\n"],
    "a page": [answer(b"<!DOCTYPE html><html>login</html>", "Content-Type: text/html")],
    "a page that says it is JSON": [answer(b"<html>", "Content-Type: application/json")],
    "an empty answer": [_json("")],
    "an empty object": [_json({})],
    "a list": [_json([1, 2])],
    "null": [_json(None)],
    "a number": [_json(5)],
    "deep JSON": [answer(b"[" * 100_000, "Content-Type: application/json")],
    "torn JSON": [answer(b'{"experiment": {"na', "Content-Type: application/json")],
    "not UTF-8": [answer(b'{"a": "\xff\xfe"}', "Content-Type: application/json")],
    "wrong types": [_json({"experiment": 5, "runs": "x", "name": [], "siblings": 3, "sha": {}})],
    "wrong types inside": [_json({"experiment": {"experiment_id": {}, "tags": 5}})],
    "status 301 to itself": [answer(b"", "Location: /x", status="301 Moved")],
    "status 400": [_json({"error_code": "BAD_REQUEST", "message": "no"}, "400 Bad")],
    "status 401": [answer(b"no", status="401 Unauthorized")],
    "status 403": [_json({"error": "no"}, "403 Forbidden")],
    "status 404": [answer(b"no", status="404 Not Found")],
    "status 409": [_json({"error": "conflict"}, "409 Conflict")],
    "status 413": [answer(b"", status="413 Too Large")],
    "status 429": [answer(b"", "Retry-After: 0", status="429 Many")],
    "status 500": [answer(b"<html>oops</html>", status="500 Broken")],
    "status 503": [answer(b"", status="503 Busy")],
    "a code that is no text": [_json({"error_code": 5, "message": ["x"]}, "400 Bad")],
    "a long message": [_json({"error_code": "BAD_REQUEST", "message": "x" * 10**6}, "400 Bad")],
    "markup in a message": [
        _json({"error_code": "BAD_REQUEST", "message": "[red]\x1b[31m x[/]"}, "400 Bad")
    ],
    "an experiment, then nothing": [_json(_EXPERIMENT), b""],
    "an experiment, then a page": [_json(_EXPERIMENT), answer(b"<html>x</html>")],
    "an experiment, then no runs": [_json(_EXPERIMENT), _json({"runs": [{"info": 5}]})],
    "an experiment, then status 500": [_json(_EXPERIMENT), answer(b"", status="500 Broken")],
    "cut short": [answer(b'{"a', "Content-Type: application/json", length=500)],
    "no answer": [lambda connection, head: _silent(connection)],
}


def _silent(connection: socket.socket) -> None:
    time.sleep(20)


def cases(base: Path) -> list[Case]:
    """Both commands with every kind of answer, and a whole run that sends to both."""
    place = finished(base)
    made = []
    for name, answers in ANSWERS.items():
        for server, push in _PUSHES.items():
            do = functools.partial(_push, place, answers, push)
            made.append(Case(SECTION, f"{server}: {name}", do))
    for name in ("nothing", "a page", "status 500", "wrong types", "deep JSON"):
        do = functools.partial(_run, place, ANSWERS[name])
        made.append(Case(SECTION, f"a run: {name}", do))
    return made


def _mlflow(place: Finished, url: str) -> Said:
    words = ("mlflow", "push", "--tracking-uri", url, "--registered-model", "m")
    return cli(*words, "--workspace", place.workspace, env=_QUICK)


def _hub(place: Finished, url: str) -> Said:
    words = ("hub", "push", NAME, "v1", "--repo-id", "team/m")
    environment = {**_QUICK, "HF_ENDPOINT": url, "HF_HOME": str(place.root / "hf")}
    return cli(*words, "--workspace", place.workspace, env=environment)


_PUSHES: dict[str, Callable[[Finished, str], Said]] = {"MLflow": _mlflow, "Hub": _hub}


def _push(
    original: Finished,
    answers: list[Answer],
    push: Callable[[Finished, str], Said],
    folder: Path,
) -> None:
    """One message with the address; nothing of the workspace has changed."""
    place = original.copied(folder)
    before = tree_digests(place.workspace / "registry")
    with RawServer(answers).serving() as server:
        said = push(place, server.url)
        fails(said)
        assert server.url in said.output, said.output
        assert "hf_robust" not in said.output
        assert len(said.output) < 5000, f"{len(said.output)} characters"
    assert tree_digests(place.workspace / "registry") == before


def _run(original: Finished, answers: list[Answer], folder: Path) -> None:
    """The run is complete, and says what was not sent and how to send it."""
    place = original.copied(folder)
    with RawServer(answers).serving() as server:
        config = place.root / "robust.yaml"
        sections = f"mlflow: {{tracking_uri: '{server.url}'}}\nhub: {{repo_id: team/m}}\n"
        config.write_text(config.read_text() + sections)
        environment = {**_QUICK, "HF_ENDPOINT": server.url, "HF_HOME": str(place.root / "hf")}
        said = cli("run", config, "--workspace", place.workspace, env=environment)
        calm(said, "was not sent", codes=(0,))
        calm(cli("show", "--workspace", place.workspace), codes=(0,))
