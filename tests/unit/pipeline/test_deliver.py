"""A delivery that fails is a warning with a command; the run is finished already."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from alignment.config import Config, parse_config
from alignment.errors import ConfigError
from alignment.pipeline import deliver as module
from alignment.pipeline.deliver import deliver, recorded_hub
from alignment.pipeline.history import RunRecord, find_run
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry
from tests.encoders import publish_contents
from tests.hub_repositories import TOKEN, Hub
from tests.summaries import make_summary

NOWHERE = "http://127.0.0.1:9"
CONFIG = """
name: quickstart
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {cy: {}}
"""


def config(*lines: str) -> Config:
    return parse_config("\n".join([CONFIG, *lines]))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    return Workspace(tmp_path)


@pytest.fixture
def registry(workspace: Workspace) -> Registry:
    return workspace.registry("quickstart")


@pytest.fixture
def record(workspace: Workspace) -> RunRecord:
    summary = make_summary()
    directory = workspace.runs / summary.run
    directory.mkdir(parents=True)
    (directory / "summary.json").write_text(summary.model_dump_json())
    (directory / "config.json").write_text(config().model_dump_json())
    (directory / "report.html").write_text("<p>report</p>")
    return RunRecord(directory, summary)


def test_nothing_is_sent_without_servers(
    workspace: Workspace, registry: Registry, record: RunRecord
) -> None:
    assert deliver(config(), workspace, registry, LocalRunner(), record) is record.summary


def test_an_unreachable_server_is_one_warning(
    workspace: Workspace, registry: Registry, record: RunRecord, caplog: pytest.LogCaptureFixture
) -> None:
    settings = config(f"mlflow: {{tracking_uri: '{NOWHERE}'}}")
    with caplog.at_level(logging.WARNING):
        summary = deliver(settings, workspace, registry, LocalRunner(), record)
    (delivery,) = summary.deliveries
    assert (delivery.target, delivery.done) == ("mlflow", False)
    warnings = [line for line in caplog.messages if "the run is complete" in line]
    assert len(warnings) == 1
    assert find_run(workspace.root).summary == summary


def test_a_hub_that_does_not_answer(
    workspace: Workspace,
    registry: Registry,
    record: RunRecord,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    publish_contents(registry, "a")
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    monkeypatch.setenv("HF_TOKEN", "hf_LoopbackToken")
    monkeypatch.setattr("alignment.downloads.retry.time.sleep", lambda seconds: None)
    settings = config("hub: {repo_id: team/demo}")
    summary = deliver(settings, workspace, registry, LocalRunner(), record)
    (delivery,) = summary.deliveries
    assert "the Hub cannot be reached" in delivery.message
    assert "hf_LoopbackToken" not in caplog.text + delivery.message


def test_the_champion_is_pushed(
    workspace: Workspace, registry: Registry, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_contents(registry, "a")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    settings = config("hub: {repo_id: team/demo}")
    with Hub().serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        (first,) = deliver(settings, workspace, registry, LocalRunner(), record).deliveries
        (second,) = deliver(settings, workspace, registry, LocalRunner(), record).deliveries
    assert first.done and second.done
    assert first.message == f"pushed v1; the branch champion is v1 now: {hub.url}/team/demo"
    assert second.message == f"nothing to push: {hub.url}/team/demo"
    assert hub.repositories["team/demo"].tags.keys() == {"v1"}


def test_nothing_is_pushed_if_nothing_is_deployed(
    workspace: Workspace, registry: Registry, record: RunRecord
) -> None:
    summary = deliver(
        config("hub: {repo_id: team/demo}"), workspace, registry, LocalRunner(), record
    )
    (delivery,) = summary.deliveries
    assert delivery.done
    assert "nothing is deployed" in delivery.message


def test_a_bug_does_not_fail_the_run(
    workspace: Workspace, registry: Registry, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(module, "_push", broken)
    summary = deliver(
        config("hub: {repo_id: team/demo}"), workspace, registry, LocalRunner(), record
    )
    (delivery,) = summary.deliveries
    assert not delivery.done
    assert "unexpected ZeroDivisionError" in delivery.message
    assert list((workspace.root / "errors").iterdir())


def test_the_repository_that_a_version_was_published_with(tmp_path: Path) -> None:
    (version,) = publish_contents(Registry(tmp_path / "registry", "demo"), "a")
    with pytest.raises(ConfigError, match="has no section `hub`") as caught:
        recorded_hub(version)
    assert "--repo-id" in str(caught.value)
    version.manifest["config"] = json.loads(  # type: ignore[index]
        config("hub: {repo_id: team/demo}").model_dump_json()
    )
    assert recorded_hub(version).repo_id == "team/demo"
