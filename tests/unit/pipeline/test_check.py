"""What happens to a corpus that is not aligned, by `clean.misaligned`."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path

import pytest

from alignment import layout
from alignment.config import Config, parse_config
from alignment.errors import Misaligned
from alignment.files import write_json
from alignment.pipeline import check as module
from alignment.pipeline.check import check_corpora
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.workspace import Workspace
from alignment.types import Artifact, CorpusAlignment

CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, path: "a-{lang}.tsv", name: a, license: MIT}]
languages:
  fi: {}
  cy: {clean: {misaligned: %s}}
clean: {misaligned: %s}
"""
SHIFTED = CorpusAlignment("shifted", "its rows are shifted")
NOISY = CorpusAlignment("noisy", "about 20% of its pairs are no more similar than random pairs")
UNSURE = CorpusAlignment("cannot_tell", "the encoder does not relate its Welsh")


def config(welsh: str = "warn", shared: str = "warn") -> Config:
    return parse_config(CONFIG % (welsh, shared))


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, CorpusAlignment]:
    """What the stage says by language; tests fill it."""
    by_language: dict[str, CorpusAlignment] = {}

    def fake(_context: object, code: str, *_arguments: object) -> Artifact:
        path = tmp_path / code
        path.mkdir()
        write_json(path / layout.ALIGNMENT, {"a": asdict(by_language[code])})
        return Artifact("check", code, code, path, {}, {}, 0.0, "d")

    monkeypatch.setattr(module, "check", fake)
    return by_language


def run(settings: Config, tmp_path: Path) -> dict[str, Artifact]:
    nothing = Artifact("", "", "", tmp_path, {}, {}, 0.0, "")
    pulled = dict.fromkeys(settings.measured, nothing)
    return check_corpora(settings, Workspace(tmp_path / "w"), LocalRunner(), pulled, nothing)


def test_a_warning_names_corpus_language_and_fault(
    results: dict[str, CorpusAlignment], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results.update(fi=NOISY, cy=SHIFTED)
    assert list(run(config(), tmp_path)) == ["fi", "cy"]
    warnings = [entry.message for entry in caplog.records if entry.levelno == logging.WARNING]
    assert warnings == [f"a, fi: {NOISY.message}", "a, cy: its rows are shifted"]


def test_what_cannot_be_told_is_no_warning(
    results: dict[str, CorpusAlignment], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results.update(fi=CorpusAlignment("too_few_pairs", "few"), cy=UNSURE)
    run(config(), tmp_path)
    assert not [entry for entry in caplog.records if entry.levelno >= logging.WARNING]


def test_refused(results: dict[str, CorpusAlignment], tmp_path: Path) -> None:
    results.update(fi=SHIFTED, cy=SHIFTED)
    with pytest.raises(Misaligned, match="2 corpora are not aligned") as caught:
        run(config(welsh="refuse", shared="refuse"), tmp_path)
    assert "a, fi: its rows are shifted\n  a, cy: its rows are shifted" in caught.value.message
    assert "clean.misaligned" in str(caught.value.hint)


def test_a_noisy_corpus_is_never_refused(
    results: dict[str, CorpusAlignment], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results.update(fi=NOISY, cy=UNSURE)
    run(config(welsh="refuse", shared="refuse"), tmp_path)
    assert "a, fi: about 20%" in caplog.text


def test_one_language_may_differ(results: dict[str, CorpusAlignment], tmp_path: Path) -> None:
    results.update(fi=SHIFTED, cy=SHIFTED)
    assert list(run(config(welsh="ignore"), tmp_path)) == ["fi"]
    results.update(fi=UNSURE)


def test_nothing_to_check(results: dict[str, CorpusAlignment], tmp_path: Path) -> None:
    assert run(config(welsh="ignore", shared="ignore"), tmp_path) == {}
