"""Runs on a real MLflow server: what is logged and registered, once each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import alignment
from alignment.integrations.mlflow_client import connect
from alignment.integrations.mlflow_contents import WORK
from alignment.report.summary import Summary
from tests.mlflow_server import free_port, mlflow_server, server_python
from tests.support import SMOKE, TINY, Cli

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(server_python() is None, reason="needs a server: make .venv-mlflow"),
]
TEXTS = ["Good morning.", "おはようございます。"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as address:
        yield address


@pytest.fixture(scope="module")
def client(server: str) -> MlflowClient:
    return connect(server)


class Team:
    """A configuration that logs to the server, and the workspace of a finished run of it."""

    def __init__(self, directory: Path, name: str, server: str, finished: Path, cli: Cli) -> None:
        self.name = name
        """Of the experiment and the registered model; every test has its own."""
        self.workspace = directory / "workspace"
        self.config = directory / "config.yaml"
        self._cli = cli
        shutil.copytree(finished, self.workspace, symlinks=True)
        text = SMOKE.read_text().replace("data/tiny.tsv", str(TINY))
        section = f"tracking_uri: '{server}', experiment: {name}, registered_model: {name}"
        self.config.write_text(f"{text}\nmlflow: {{{section}}}\n")

    def run(self, *options: str, code: int = 0) -> Summary:
        done = self._cli("run", self.config, *options, "--workspace", self.workspace)
        assert done.returncode == code, done.stdout + done.stderr
        self.printed = done.stdout + done.stderr
        shown = self._cli("show", "--json", "--workspace", self.workspace)
        return Summary.model_validate_json(shown.stdout)

    def call(self, *words: str) -> str:
        done = self._cli(*words, "--workspace", self.workspace)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def team(
    tmp_path: Path, request: pytest.FixtureRequest, server: str, finished: Path, new_process: Cli
) -> Team:
    name = request.node.name.replace("_", "-")[:60]
    return Team(tmp_path, name, server, finished, new_process)


def runs_of(client: MlflowClient, team: Team) -> list[Any]:
    experiment = client.get_experiment_by_name(team.name)
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def test_a_run_is_logged_and_registered(team: Team, client: MlflowClient, tmp_path: Path) -> None:
    import mlflow
    from sentence_transformers import SentenceTransformer

    summary = team.run()
    (run,) = runs_of(client, team)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == summary.run
    assert run.data.params["train.steps"] == "60"
    assert run.data.params["languages"] == "es, ru, ja"
    assert run.data.tags["alignment.verdict"] == "approved"
    assert run.data.metrics["heldout/mean_accuracy"] == pytest.approx(summary.mean["heldout"].after)
    losses = client.get_metric_history(run.info.run_id, "train/loss")
    assert [point.step for point in losses] == list(range(1, 61))
    files = {entry.path for entry in client.list_artifacts(run.info.run_id)}
    assert {"report.html", "summary.json", "config.json", "model"} <= files

    version = client.get_model_version_by_alias(team.name, "champion")
    assert version.tags["alignment.version"] == "v1"
    assert version.tags["alignment.verdict"] == "approved"
    assert version.run_id == run.info.run_id
    mlflow.set_tracking_uri(client.tracking_uri)
    path = mlflow.artifacts.download_artifacts(
        f"models:/{team.name}@champion", dst_path=str(tmp_path / "downloaded")
    )
    theirs = SentenceTransformer(path, device="cpu").encode(TEXTS)
    ours = alignment.load_encoder(team.workspace / "registry/smoke/champion").encode(TEXTS)
    assert np.allclose(ours, theirs, atol=1e-4)

    again = team.run()
    assert again.run != summary.run
    assert "the same work is logged already" in again.deliveries[0].message
    assert len(runs_of(client, team)) == 1
    assert "already" in team.call("mlflow", "push")
    assert len(runs_of(client, team)) == 1
    assert len(client.search_model_versions(f"name = '{team.name}'")) == 1


def test_a_rejected_run_is_logged_and_not_registered(team: Team, client: MlflowClient) -> None:
    team.run("--set", "gate.floor=0.9999", code=3)
    (run,) = runs_of(client, team)
    assert run.data.tags["alignment.verdict"] == "rejected"
    assert "**Rejected**" in run.data.tags["mlflow.note.content"]
    assert not client.search_model_versions(f"name = '{team.name}'")


def test_the_alias_follows_the_champion(team: Team, client: MlflowClient) -> None:
    team.run()
    easy = ("--set", "train.steps=20", "--set", "gate.margin=0.9", "--set", "gate.floor=0")
    summary = team.run(*easy)
    assert summary.version == summary.champion == "v2"
    alias = client.get_model_version_by_alias(team.name, "champion")
    assert alias.tags["alignment.version"] == "v2"
    team.call("rollback")
    team.call("mlflow", "push")
    alias = client.get_model_version_by_alias(team.name, "champion")
    assert alias.tags["alignment.version"] == "v1"


def test_a_server_that_is_down_gets_the_run_later(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    summary = team.run("--set", f"mlflow.tracking_uri={address}")
    (delivery,) = summary.deliveries
    assert not delivery.done
    assert team.printed.count("the run is complete, but it was not sent") == 1
    command = f"alignment mlflow push {summary.run}"
    assert command in delivery.message and command in team.printed
    assert "Traceback" not in team.printed
    with mlflow_server(tmp_path / "late", port=port):
        assert f"{summary.run}: logged" in team.call("mlflow", "push", summary.run)
        (run,) = runs_of(connect(address), team)
    assert run.data.tags["alignment.run"] == summary.run


def test_what_was_left_unfinished_is_logged_again(team: Team, client: MlflowClient) -> None:
    team.run()
    (run,) = runs_of(client, team)
    client.delete_run(run.info.run_id)
    torn = client.create_run(run.info.experiment_id, tags={WORK: run.data.tags[WORK]})
    team.call("mlflow", "push")
    (whole,) = runs_of(client, team)
    assert whole.info.run_id not in (torn.info.run_id, run.info.run_id)
    assert whole.info.status == "FINISHED"


def test_no_secret_is_sent(
    team: Team, client: MlflowClient, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_PLACE", server.removeprefix("http://"))
    monkeypatch.setenv("MLFLOW_USER_SECRET", "hunter2hunter2")
    team.run("--set", "mlflow.tracking_uri=http://me:${MLFLOW_USER_SECRET}@${MLFLOW_PLACE}")
    (run,) = runs_of(client, team)
    assert "hunter2" not in json.dumps(run.to_dictionary()) + team.printed
    for name in ("config.json", "summary.json", "report.html"):
        path = client.download_artifacts(run.info.run_id, name)
        assert "hunter2" not in Path(path).read_text()
