"""Data sets of the hub: a repository in its real layout, from a directory and from a loopback hub."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.config import HubCorpus
from alignment.corpora.hub import HubSource
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError
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
    source = HubSource(
        HubCorpus(kind="hub", dataset=str(repository), configuration="{pair}"),
        Downloads(repository),
        "en",
    )
    assert source.languages() == {"cy", "fi"}
    assert [pair[:2] for pair in source.pairs("cy")] == [
        ("Good morning", "Bore da"),
        ("Good night", "Nos da"),
    ]
    assert [pair[:2] for pair in source.pairs("fi")] == [("One", "Yksi")]
    assert list(source.pairs("de")) == []


@pytest.fixture(scope="module")
def hub(repository: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(HubHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            asked.append(f"POST {self.path}")
            try:
                wanted = json.loads(raw)["paths"]
            except ValueError:
                wanted = [
                    unquote(part.partition("=")[2].replace("+", " "))
                    for part in raw.split("&")
                    if part.startswith("paths=")
                ]
            found = [entry for entry in self.entries() if entry["path"] in wanted]
            self.answer(json.dumps(found).encode(), True)

        def do_GET(self, body: bool = True) -> None:
            path, _, query = unquote(self.path).partition("?")
            asked.append(path)
            for ref in (SHA, "main"):
                if path in (f"/api/datasets/{NAME}/revision/{ref}", f"/api/datasets/{NAME}"):
                    siblings = [
                        {"rfilename": e["path"]} for e in self.entries() if e["type"] == "file"
                    ]
                    info = {
                        "_id": "1",
                        "id": NAME,
                        "sha": SHA,
                        "siblings": siblings,
                        "private": False,
                        "tags": [],
                        "downloads": 0,
                    }
                    return self.answer(json.dumps(info).encode(), body)
                tree = f"/api/datasets/{NAME}/tree/{ref}"
                if path.startswith(tree):
                    folder = path.removeprefix(tree).strip("/")
                    deep = "recursive=true" in query.lower()
                    listed = [e for e in self.entries() if self.below(str(e["path"]), folder, deep)]
                    return self.answer(json.dumps(listed).encode(), body)
                prefix = f"/datasets/{NAME}/resolve/{ref}/"
                if path.startswith(prefix) and (repository / path.removeprefix(prefix)).is_file():
                    return self.file((repository / path.removeprefix(prefix)).read_bytes(), body)
            if path.startswith(f"/datasets/{NAME}/resolve/{SHA}/"):
                return self.answer(
                    b"{}", body, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": SHA}, status=404
                )
            code = (
                "RevisionNotFound" if path.startswith(f"/api/datasets/{NAME}/") else "RepoNotFound"
            )
            return self.answer(b"{}", body, {"X-Error-Code": code}, status=404)

        @staticmethod
        def below(path: str, folder: str, deep: bool) -> bool:
            rest = path.removeprefix(f"{folder}/") if folder else path
            return (not folder or path.startswith(f"{folder}/")) and (deep or "/" not in rest)

        def entries(self) -> list[dict[str, object]]:
            found: list[dict[str, object]] = []
            for path in sorted(repository.rglob("*")):
                name = path.relative_to(repository).as_posix()
                kind = "file" if path.is_file() else "directory"
                found.append(
                    {
                        "type": kind,
                        "path": name,
                        "size": path.stat().st_size if path.is_file() else 0,
                        "oid": "0" * 40,
                    }
                )
            return found

        def file(self, data: bytes, body: bool) -> None:
            headers = {"ETag": f'"{len(data)}"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
            asked_range = self.headers.get("Range", "").removeprefix("bytes=")
            if asked_range:
                first, _, last = asked_range.partition("-")
                start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
                headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
                return self.answer(data[start : end + 1], body, headers, status=206)
            return self.answer(data, body, headers)

    with serving(Handler) as url:
        yield url, asked


SCRIPT = """
import json, sys
from pathlib import Path
from alignment.config import HubCorpus
from alignment.downloads.fetch import Downloads
from alignment.corpora.hub import HubSource
from alignment.errors import AlignmentError
corpus = HubCorpus(kind="hub", dataset=sys.argv[1], configuration="{pair}", revision=sys.argv[2] or None)
source = HubSource(corpus, Downloads(Path(sys.argv[3])), "en")
try:
    print(json.dumps([sorted(source.languages()), [pair[:2] for pair in source.pairs("cy")]]))
except AlignmentError as error:
    print(json.dumps(f"{type(error).__name__}: {error}"))
"""


def ask(url: str, home: Path, dataset: str, revision: str) -> object:
    environment = {
        **os.environ,
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    command = [sys.executable, "-c", SCRIPT, dataset, revision, str(home)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_loopback_hub_streams_a_pinned_revision(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, asked = hub
    expected = [["cy", "fi"], [["Good morning", "Bore da"], ["Good night", "Nos da"]]]
    assert ask(url, tmp_path, NAME, SHA) == expected
    assert any(f"/datasets/{NAME}/resolve/{SHA}/cy-en/" in path for path in asked)
    assert not any(
        "/resolve/" in path and "en-fi" in path for path in asked
    )  # the other language stays where it is


def test_a_missing_revision_prints_the_present_one(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, _ = hub
    message = str(ask(url, tmp_path, NAME, ""))
    assert (
        message.startswith("ConfigError: demo/pairs: a data set of the hub needs its revision")
        and SHA in message
    )
    assert "SourceError" in str(ask(url, tmp_path, "demo/nothing", SHA))


def test_a_revision_must_be_a_commit() -> None:
    corpus = HubCorpus(kind="hub", dataset="demo/pairs", revision="main")
    with pytest.raises(
        ConfigError, match="needs its revision as 40 hexadecimal digits, got 'main'"
    ):
        HubSource(corpus, Downloads(Path("nowhere"), offline=True), "en").languages()
