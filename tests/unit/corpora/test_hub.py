"""Hub datasets in their real layout, from a directory and from a loopback server."""

import gc
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.config import Columns, HubCorpus
from alignment.corpora.hub import HubSource, _configuration_pattern, _features_of_rows
from alignment.downloads import Downloads
from alignment.errors import ConfigError, Malformed, Unavailable
from alignment.types import SentencePair
from tests.hub_server import HubHandler, serving

SHA = "0123456789abcdef0123456789abcdef01234567"
NAME = "demo/pairs"
CARD = """---
configs:
- config_name: cy-en
  data_files: [{split: train, path: cy-en/train-*}]
- config_name: en-fi
  data_files: [{split: train, path: en-fi/train-*}]
dataset_info:
- config_name: cy-en
  features: [{name: translation, dtype: {translation: {languages: [cy, en]}}}]
- config_name: en-fi
  features: [{name: translation, dtype: {translation: {languages: [en, fi]}}}]
---
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dataset")
    texts = {
        "cy-en": [{"cy": "Bore da", "en": "Good morning"}, {"cy": "Nos da", "en": "Good night"}],
        "en-fi": [{"en": "One", "fi": "Yksi"}],
    }
    for pair, rows in texts.items():
        (path / pair).mkdir()
        pq.write_table(
            pa.table({"translation": rows}), path / pair / "train-00000-of-00001.parquet"
        )
    (path / "README.md").write_text(CARD)
    return path


def test_a_directory_in_the_hubs_layout(repository: Path) -> None:
    corpus = HubCorpus(kind="hub", dataset=str(repository), configuration="{pair}")
    source = HubSource(corpus, Downloads(repository), "en")
    assert source.languages() == {"cy", "fi"}
    assert list(source.pairs("cy")) == [
        ("Good morning", "Bore da", "train:0"),
        ("Good night", "Nos da", "train:1"),
    ]
    assert [pair[:2] for pair in source.pairs("fi")] == [("One", "Yksi")]
    assert list(source.pairs("de")) == []
    assert source.inputs("cy") == {}


def test_one_configuration(repository: Path) -> None:
    corpus = HubCorpus(kind="hub", dataset=str(repository), configuration="cy-en")
    source = HubSource(corpus, Downloads(repository), "en")
    assert source.languages() == {"cy", "en"}
    assert next(source.pairs("cy"))[:2] == ("Good morning", "Bore da")


def test_translations_without_a_card(tmp_path: Path) -> None:
    rows = [{"translation": {"en": "One", "cy": "Un"}}, {"translation": {"en": "Two", "cy": None}}]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = HubSource(HubCorpus(kind="hub", dataset=str(tmp_path)), Downloads(tmp_path), "en")
    assert source.languages() == {"en", "cy"}
    assert [pair[:2] for pair in source.pairs("cy")] == [("One", "Un"), ("Two", "")]


@pytest.mark.parametrize(
    ("target", "languages"), [("text_{lang}", {"en", "cy"}), ("text_cy", {"*"})]
)
def test_columns_of_undeclared_features(tmp_path: Path, target: str, languages: set[str]) -> None:
    (tmp_path / "train.csv").write_text("id,text_en,text_cy\n1,One,Un\n")
    columns = Columns(source="text_en", target=target)
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path), columns=columns)
    source = HubSource(corpus, Downloads(tmp_path), "en")
    assert source._load(None).features is None
    assert source.languages() == languages
    assert [pair[:2] for pair in source.pairs("cy")] == [("One", "Un")]


def test_a_missing_column_lists_the_others(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("english,welsh\nOne,Un\n")
    columns = Columns(source="english", target="cymraeg")
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path), columns=columns)
    source = HubSource(corpus, Downloads(tmp_path), "en")
    with pytest.raises(ConfigError, match="no column 'cymraeg'; the dataset has english, welsh"):
        list(source.pairs("cy"))


def test_features_of_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "translation": {"en": "One"}},
        {"translation": {"cy": "Dau", "en": "Two"}},
    ]
    assert _features_of_rows(rows) == {"id": (), "translation": ("en", "cy")}


def test_a_data_set_without_translations(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"text": "One"}\n')
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path))
    source = HubSource(corpus, Downloads(tmp_path), "en")
    assert source.languages() == frozenset() and list(source.pairs("cy")) == []


@pytest.mark.parametrize(
    ("template", "name", "groups"),
    [
        ("{pair}", "cy-en", {"first": "cy", "second": "en"}),
        ("wiki.{pair}", "wiki.en-pt_br", {"first": "en", "second": "pt_br"}),
        ("{lang}_text", "cy_text", {"lang": "cy"}),
        ("wiki.{pair}", "wikixen-cy", None),
        ("{pair}", "default", None),
    ],
)
def test_configuration_names(template: str, name: str, groups: dict[str, str] | None) -> None:
    match = _configuration_pattern(template).fullmatch(name)
    assert (match.groupdict() if match else None) == groups


@pytest.fixture(scope="module")
def hub(repository: Path) -> Iterator[tuple[str, list[str]]]:
    """Address of the server, and the paths that were requested."""
    requested: list[str] = []
    tree = entries(repository)

    class Handler(HubHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            wanted = requested_paths(self.rfile.read(length).decode())
            requested.append(f"POST {self.path}")
            listed = [entry for entry in tree if entry["path"] in wanted]
            self.answer(json.dumps(listed).encode(), True)

        def do_GET(self, body: bool = True) -> None:
            path, _, query = unquote(self.path).partition("?")
            requested.append(path)
            for ref in (SHA, "main"):
                api = f"/api/datasets/{NAME}"
                files = f"/datasets/{NAME}/resolve/{ref}/"
                file = repository / path.removeprefix(files)
                if path in (api, f"{api}/revision/{ref}"):
                    return self.answer(json.dumps(data_set_info(tree)).encode(), body)
                if path.startswith(f"{api}/tree/{ref}"):
                    folder = path.removeprefix(f"{api}/tree/{ref}").strip("/")
                    deep = "recursive=true" in query.lower()
                    listed = [entry for entry in tree if is_below(entry, folder, deep)]
                    return self.answer(json.dumps(listed).encode(), body)
                if path.startswith(files) and file.is_file():
                    return self.file(file.read_bytes(), body)
            return self.answer(b"{}", body, error_headers(path), status=404)

        def file(self, data: bytes, body: bool) -> None:
            headers = {"ETag": f'"{len(data)}"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
            requested_range = self.headers.get("Range", "").removeprefix("bytes=")
            if not requested_range:
                return self.answer(data, body, headers)
            first, _, last = requested_range.partition("-")
            start = int(first)
            end = min(int(last or len(data) - 1), len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            return self.answer(data[start : end + 1], body, headers, status=206)

    with serving(Handler) as url:
        yield url, requested


def entries(root: Path) -> list[dict[str, Any]]:
    """The repository's tree as the API lists it."""
    tree = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        kind = "file" if path.is_file() else "directory"
        size = path.stat().st_size if path.is_file() else 0
        tree.append({"type": kind, "path": name, "size": size, "oid": "0" * 40})
    return tree


def data_set_info(tree: list[dict[str, Any]]) -> dict[str, Any]:
    siblings = [{"rfilename": entry["path"]} for entry in tree if entry["type"] == "file"]
    fixed = {"_id": "1", "private": False, "tags": [], "downloads": 0}
    return {**fixed, "id": NAME, "sha": SHA, "siblings": siblings}


def requested_paths(body: str) -> list[str]:
    """The paths of a POST body, which is JSON or a form."""
    try:
        paths: list[str] = json.loads(body)["paths"]
    except ValueError:
        paths = parse_qs(body).get("paths", [])
    return paths


def is_below(entry: dict[str, Any], folder: str, deep: bool) -> bool:
    path = str(entry["path"])
    if folder and not path.startswith(f"{folder}/"):
        return False
    return deep or "/" not in path.removeprefix(f"{folder}/")


def error_headers(path: str) -> dict[str, str]:
    if path.startswith(f"/datasets/{NAME}/resolve/{SHA}/"):
        return {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": SHA}
    if path.startswith(f"/api/datasets/{NAME}/"):
        return {"X-Error-Code": "RevisionNotFound"}
    return {"X-Error-Code": "RepoNotFound"}


SCRIPT = """
import json, sys
from pathlib import Path
from alignment.config import HubCorpus
from alignment.corpora.hub import HubSource
from alignment.downloads import Downloads
from alignment.errors import AlignmentError
dataset, revision, home = sys.argv[1:]
corpus = HubCorpus(
    kind="hub", dataset=dataset, configuration="{pair}", revision=revision or None
)
source = HubSource(corpus, Downloads(Path(home)), "en")
try:
    print(json.dumps([sorted(source.languages()), [pair[:2] for pair in source.pairs("cy")]]))
except AlignmentError as error:
    print(json.dumps(f"{type(error).__name__}: {error}"))
"""


def ask(url: str, home: Path, dataset: str, revision: str) -> Any:
    """What a fresh process prints, because the libraries read `HF_ENDPOINT` on import."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    command = [sys.executable, "-c", SCRIPT, dataset, revision, str(home)]
    process = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_only_the_language_is_streamed(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    url, requested = hub
    expected = [["cy", "fi"], [["Good morning", "Bore da"], ["Good night", "Nos da"]]]
    assert ask(url, tmp_path, NAME, SHA) == expected
    files = [path for path in requested if "/resolve/" in path]
    assert any(f"/datasets/{NAME}/resolve/{SHA}/cy-en/" in path for path in files)
    assert not any("en-fi" in path for path in files)


def test_a_missing_revision_prints_the_current_one(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    message = ask(hub[0], tmp_path, NAME, "")
    assert message.startswith("ConfigError: demo/pairs: a Hub dataset needs its `revision`")
    assert f'`revision: "{SHA}"`' in message


def test_a_missing_data_set(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    message = ask(hub[0], tmp_path, "demo/nothing", SHA)
    assert message.startswith("SourceError: demo/nothing: the Hub does not have")


def test_a_revision_must_be_a_commit() -> None:
    corpus = HubCorpus(kind="hub", dataset="demo/pairs", revision="main")
    source = HubSource(corpus, Downloads(Path("nowhere"), offline=True), "en")
    with pytest.raises(ConfigError, match="as 40 hexadecimal digits, got 'main'"):
        source.languages()


def test_rows_that_cannot_be_read(tmp_path: Path) -> None:
    lines = [json.dumps({"en": f"One {number}", "cy": "Un"}) for number in range(3)]
    (tmp_path / "train.jsonl").write_text("\n".join([*lines, '{"en": "broken', ""]))
    columns = Columns(source="en", target="cy")
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path), columns=columns)
    with pytest.raises(Malformed, match=r": train: the rows cannot be read \(\w+: "):
        list(HubSource(corpus, Downloads(tmp_path), "en").pairs("cy"))


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "train-00000-of-00001.parquet"
    rows = [{"en": f"One {number}", "cy": f"Un {number}"} for number in range(5000)]
    pq.write_table(pa.Table.from_pylist(rows), path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[100:40_000] = b"\xff" * 39_900
    path.write_bytes(data)
    columns = Columns(source="en", target="cy")
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path), columns=columns)
    with pytest.raises((Malformed, Unavailable), match=r"cannot be read|cannot read"):
        list(HubSource(corpus, Downloads(tmp_path), "en").pairs("cy"))


def test_one_column_per_language(tmp_path: Path) -> None:
    row = {"text": {"en": "One", "cy": "Un", "fi": "Yksi"}, "id": 1}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "train-00000-of-00001.parquet")
    columns = Columns(source="text.en", target="text.{lang}")
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path), columns=columns)
    source = HubSource(corpus, Downloads(tmp_path), "en")
    assert source.languages() == {"en", "cy", "fi"}
    assert [pair[:2] for pair in source.pairs("cy")] == [("One", "Un")]


def test_a_stream_that_is_left_early_is_destroyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream of Parquet that is alive when Python exits can abort the process."""
    rows = [{"en": f"One {number}", "cy": f"Un {number}"} for number in range(5000)]
    path = tmp_path / "train-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=500)
    corpus = HubCorpus(kind="hub", dataset=str(tmp_path), columns=Columns(source="en", target="cy"))
    source = HubSource(corpus, Downloads(tmp_path), "en")
    streams = []
    load = HubSource._load

    def loaded(self: HubSource, configuration: str | None) -> Any:
        stream = load(self, configuration)
        streams.append(weakref.ref(stream))
        return stream

    monkeypatch.setattr(HubSource, "_load", loaded)
    gc.disable()
    try:
        with closing(cast("Generator[SentencePair, None, None]", source.pairs("cy"))) as pairs:
            next(pairs)
        assert streams and not any(stream() for stream in streams)
    finally:
        gc.enable()
