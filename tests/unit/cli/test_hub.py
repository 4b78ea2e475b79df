"""`alignment hub push` and `alignment mlflow push`: where the settings come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.registry import Registry
from tests.encoders import publish_contents
from tests.hub_repositories import TOKEN, Hub
from tests.support import run_here


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b")
    return registry


def test_push(
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    words = ("hub", "push", "demo", "v1", "--repo-id", "team/demo", "--public")
    with Hub().serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert run_here(*words, workspace=tmp_path) == 0
        assert run_here("hub", "push", "--repo-id", "team/demo", workspace=tmp_path) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"pushed v2, v1; the branch champion is v2 now: {hub.url}/team/demo"
    assert second == f"nothing to push: {hub.url}/team/demo"
    assert not hub.repositories["team/demo"].private


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("hub", "push"), "has no section `hub`"),
        (("hub", "push", "demo", "v9", "--repo-id", "a/b"), "there is no version 'v9'"),
        (("hub", "push", "--repo-id", "demo"), "alignment hub push: repo_id"),
        (("mlflow", "push"), "nothing has run in this workspace yet"),
    ],
)
def test_mistakes(
    registry: Registry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    assert run_here(*words, workspace=tmp_path) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_a_run_without_a_server(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("mlflow", "push", workspace=finished) == 2
    error = capsys.readouterr().err
    assert "has no section `mlflow`" in error and "--tracking-uri" in error
    words = ("mlflow", "push", "--tracking-uri", "localhost:5000")
    assert run_here(*words, workspace=finished) == 2
    assert "tracking_uri" in capsys.readouterr().err
