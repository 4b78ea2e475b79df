"""Manifests and records whose JSON is whole and says something that no program of ours writes."""

from __future__ import annotations

import functools
import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from alignment.cli.display.lineage import print_lineage
from alignment.cli.display.versions import print_comparison, print_plan, print_versions
from alignment.downloads import Downloads, Lockfile
from alignment.encoder.onnx.runtime import OnnxEncoder
from alignment.manifests import MANIFEST, write_manifest
from alignment.pipeline.deliver import recorded_hub
from alignment.pipeline.export_suites import suites_of_version
from alignment.pipeline.history import find_run, last_run
from alignment.pipeline.replay import replay
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, Rules, compare_versions, find_damage, plan_cleanup, repair
from alignment.search import SearchIndex, build_index
from tests.robust.case import Case, calm, cli, done_or_refused
from tests.robust.damage import CONTENTS, VALUES
from tests.robust.finished import NAME, Finished, finished
from tests.unit.search.examples import MODEL, knowledge, words

SECTION = "damaged manifests"


class Document(NamedTuple):
    """A file with JSON, and everything that reads it."""

    name: str
    file: Callable[[Path], Path]
    """Where it is in a copy of the finished directory."""
    read: Callable[[Path], object]
    """Gets the copy."""
    is_manifest: bool = True
    """Whether it has a checksum of its own content."""


def cases(base: Path) -> list[Case]:
    """For each document: every kind of content, and every key without or with a wrong value."""
    place = finished(base)
    _further(place.root)
    made = []
    for document in _documents():
        for kind, content in CONTENTS.items():
            do = functools.partial(_content, document, place, content)
            made.append(Case(SECTION, f"{document.name}: {kind}", do))
        for key in json.loads(document.file(place.root).read_text()):
            do = functools.partial(_key, document, place, key)
            made.append(Case(SECTION, f"{document.name}: {key}", do))
    kinds = itertools.cycle(CONTENTS.items())
    for stage in _stages(place):  # a run takes seconds: another damage for each stage
        kind, content = next(kinds)
        do = functools.partial(_rerun, place, stage, content)
        made.append(Case(SECTION, f"run again, {stage}: {kind}", do))
    return made


def _further(root: Path) -> None:
    """An index and an export next to the workspace."""
    if (root / "index").exists():
        return
    build_index(root / "index", knowledge(), MODEL, words)
    export = ("registry", "export", f"{NAME}@v1", "--margin", "1", "--out", root / "onnx")
    calm(cli(*export, "--workspace", root / "workspace"), codes=(0,))


@contextmanager
def _restored(path: Path) -> Iterator[None]:
    """The file is as before afterwards: copying a whole workspace for each value takes too long."""
    whole = path.read_bytes()
    try:
        yield
    finally:
        path.write_bytes(whole)


def _content(document: Document, original: Finished, content: bytes, folder: Path) -> None:
    path = document.file(original.root)
    with _restored(path):
        path.write_bytes(content)
        document.read(original.root)


def _key(document: Document, original: Finished, key: str, folder: Path) -> None:
    """With a checksum that is right: somebody edited the file, or another version wrote it."""
    path = document.file(original.root)
    whole = json.loads(path.read_text())
    whole.pop("checksum", None)
    with _restored(path):
        for changed in _changes(whole, key):
            if not _write(document, path, changed):
                continue
            try:
                document.read(original.root)
            except BaseException as error:
                raise AssertionError(f"{key} = {changed.get(key, 'missing')!r}") from error


def _write(document: Document, path: Path, changed: dict[str, Any]) -> bool:
    """Whether it could be written: half of a surrogate pair cannot."""
    if not document.is_manifest:
        path.write_text(json.dumps(changed))
        return True
    try:
        write_manifest(path.parent, changed)
    except UnicodeEncodeError:
        return False
    return True


def _changes(document: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    rest = {name: value for name, value in document.items() if name != key}
    yield rest
    for value in VALUES:
        yield {**rest, key: value}
        inner = document.get(key)
        if isinstance(inner, dict) and inner:
            name = next(iter(inner))
            yield {**rest, key: {**inner, name: value}}
            if isinstance(inner[name], dict) and inner[name]:
                deepest = next(iter(inner[name]))
                yield {**rest, key: {**inner, name: {**inner[name], deepest: value}}}
        if isinstance(inner, list) and inner:
            yield {**rest, key: [value, *inner]}
            if isinstance(inner[0], dict) and inner[0]:
                first = next(iter(inner[0]))
                yield {**rest, key: [{**inner[0], first: value}]}


def _documents() -> list[Document]:
    return [
        Document("artifact", _artifact_file("clean"), _read_artifact),
        Document("artifact of train", _artifact_file("train"), _read_artifact),
        Document("artifact of gate", _artifact_file("gate"), _read_artifact),
        Document("version", lambda root: _model(root) / "v1" / MANIFEST, _read_version),
        Document("search index", lambda root: root / "index" / MANIFEST, _read_index),
        Document("ONNX export", lambda root: root / "onnx" / MANIFEST, _read_export),
        Document("summary of a run", _record("summary.json"), _read_record, is_manifest=False),
        Document("configuration of a run", _record("config.json"), _read_record, is_manifest=False),
        Document("lockfile", lambda root: _lock(root), _read_lock, is_manifest=False),
        Document("download record", _download_record, _read_download, is_manifest=False),
    ]


def _model(root: Path) -> Path:
    return root / "workspace" / "registry" / NAME


def _artifact_file(stage: str) -> Callable[[Path], Path]:
    def file(root: Path) -> Path:
        return sorted((root / "workspace" / "store" / stage).glob(f"*/{MANIFEST}"))[0]

    return file


def _record(name: str) -> Callable[[Path], Path]:
    return lambda root: sorted((root / "workspace" / "runs").glob(f"[!.]*/{name}"))[-1]


def _lock(root: Path) -> Path:
    path = root / "some.lock"
    if not path.exists():
        lock = Lockfile(path)
        lock.accept("https://host/a.tsv", 3, "0" * 64, "MIT")
        lock.accept("https://host/b.tsv", 4, "1" * 64, "MIT")
    return path


def _download_record(root: Path) -> Path:
    path = Downloads(root / "some", offline=True)._record("https://host/a.tsv")
    if not path.exists():
        path.parent.mkdir(parents=True)
        record = {"url": "https://host/a.tsv", "sha256": "0" * 64, "size": 3, "date": "2026-01-01"}
        path.write_text(json.dumps(record))
    return path


def _read_artifact(root: Path) -> None:
    workspace = Workspace(root / "workspace")
    for record in last_run(workspace.root).summary.stages:
        if record.stage in ("clean", "train", "gate"):
            done_or_refused(functools.partial(_explain, workspace, record.key))
    done_or_refused(lambda: replay(workspace, ""))


def _explain(workspace: Workspace, key: str) -> None:
    print_lineage(workspace.store, workspace.store.get(key))


def _read_version(root: Path) -> None:
    workspace = Workspace(root / "workspace")
    registry = workspace.registry(NAME)
    done_or_refused(lambda: find_damage(registry))
    done_or_refused(lambda: print_versions(registry))
    done_or_refused(lambda: print_plan(plan_cleanup(registry, Rules()), NAME, deleted=False))
    done_or_refused(lambda: recorded_hub(registry.get("v1")))
    done_or_refused(lambda: suites_of_version(workspace, registry.get("v1")))
    done_or_refused(lambda: _compare(registry))
    done_or_refused(lambda: registry.get("v1").input())


def _compare(registry: Registry) -> None:
    version = registry.get("v1")
    comparison = compare_versions(version, version)
    comparison.to_json()
    print_comparison(comparison)


def _read_index(root: Path) -> None:
    index = done_or_refused(lambda: SearchIndex.open(root / "index"))
    if isinstance(index, SearchIndex):
        done_or_refused(lambda: index.matches(words(["password"]), 3))
        str(index.documents_digest)


def _read_export(root: Path) -> None:
    done_or_refused(lambda: OnnxEncoder(root / "onnx").encode(["Hello"]))


def _read_record(root: Path) -> None:
    workspace = Workspace(root / "workspace")
    done_or_refused(lambda: find_run(workspace.root))
    done_or_refused(lambda: replay(workspace, ""))


def _read_lock(root: Path) -> None:
    def use() -> None:
        lock = Lockfile(root / "some.lock")
        lock.entries()
        downloads = Downloads(root / "some", lock, offline=True)
        done_or_refused(lambda: downloads.fetch("https://host/a.tsv"))
        lock.accept("https://host/c.tsv", 3, "1" * 64, "MIT")

    done_or_refused(use)


def _read_download(root: Path) -> None:
    done_or_refused(lambda: Downloads(root / "some", offline=True).fetch("https://host/a.tsv"))


def _stages(place: Finished) -> list[str]:
    return sorted({record.stage for record in last_run(place.workspace).summary.stages})


def _rerun(original: Finished, stage: str, content: bytes, folder: Path) -> None:
    """The stage is made anew, and the run after it reuses everything."""
    place = original.copied(folder)
    for path in (place.workspace / "store" / stage).glob(f"*/{MANIFEST}"):
        path.write_bytes(content)
    for _ in range(2):
        said = calm(place.run(), codes=(0,))
    assert "damaged" not in said.output, said.output
    found = [version.digest for version in Registry(place.workspace / "registry", NAME).versions()]
    assert found == list(original.versions.values())
    repair(Registry(place.workspace / "registry", NAME))
    shutil.rmtree(place.root)
