"""The index is built by mtdata itself, in an isolated process."""

import importlib.metadata
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alignment.config import MtdataCorpus
from alignment.corpora.mtdata import MtdataSource
from alignment.corpora.mtdata_index import build_index
from alignment.downloads import Downloads
from alignment.errors import ConfigError, SourceError


class FakeProcess:
    """Replaces the process that imports mtdata."""

    def __init__(self, returncode: int = 0, stderr: str = "", writes_index: bool = True) -> None:
        self.returncode = returncode
        self.stderr = stderr
        self.writes_index = writes_index
        self.calls = 0

    def __call__(
        self, command: list[str], *, cwd: Path, env: dict[str, str], **_: Any
    ) -> subprocess.CompletedProcess[str]:
        self.calls += 1
        home = Path(env["MTDATA"])
        assert not list(home.iterdir()) and [path.name for path in cwd.iterdir()] == ["home"]
        (home / "mtdata.index.0.5.pkl").write_bytes(b"a pickle")
        if self.writes_index:
            (home / "mtdata.index.0.5.jsonl").write_text("{}\n")
        return subprocess.CompletedProcess(command, self.returncode, "", self.stderr)


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.5")


def test_the_index_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess()
    monkeypatch.setattr(subprocess, "run", process)
    index = build_index(tmp_path / "downloads")
    assert build_index(tmp_path / "downloads") == index
    assert index.read_text() == "{}\n" and process.calls == 1
    assert not list(tmp_path.rglob("*.pkl"))


@pytest.mark.parametrize(
    ("process", "message"),
    [
        (FakeProcess(1, "Traceback\nOSError: no space"), "OSError: no space"),
        (FakeProcess(0, "", writes_index=False), "it wrote no index"),
    ],
    ids=["error", "no index"],
)
def test_mtdata_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: FakeProcess, message: str
) -> None:
    monkeypatch.setattr(subprocess, "run", process)
    with pytest.raises(SourceError, match=rf"mtdata 0\.5 could not build its index: {message}"):
        build_index(tmp_path)


def test_mtdata_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(ConfigError, match=r"not installed\n.*pip install"):
        build_index(tmp_path)


@pytest.mark.slow
def test_the_index_that_mtdata_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mtdata")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    Path("mtdata_evil.py").write_text("raise SystemExit('code of the working directory ran')")
    corpus = MtdataCorpus(kind="mtdata", dataset="Statmt-europarl-10")
    source = MtdataSource(corpus, Downloads(tmp_path), "de")
    assert "fra" in source.languages()
    assert [path.name for path in tmp_path.glob("*.pkl")] == []
