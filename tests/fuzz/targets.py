"""What is fuzzed: functions that take any bytes and may only return or raise our own errors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from alignment.config import LocalCorpus, parse_config, yaml_file
from alignment.corpora import open_source
from alignment.corpora.catalog import Catalog, read_catalog
from alignment.downloads import Downloads, Lockfile
from alignment.downloads.content import check_content
from alignment.downloads.transfer import can_resume, sidecar
from alignment.errors import AlignmentError
from alignment.pipeline.history import find_run
from alignment.registry import Registry
from alignment.store import load_artifact
from alignment.training.messages import read_error
from alignment.types import SentencePair
from tests.fuzz import seeds
from tests.fuzz.later_targets import LATER, array_file, read_array
from tests.summaries import make_summary


class Target(NamedTuple):
    """One kind of input."""

    name: str
    seeds: Sequence[bytes]
    read: Callable[[bytes, Path], object]
    """Gets the input and an empty directory."""


def held(target: Target, data: bytes) -> None:
    """Read one input; whatever is raised but an `AlignmentError` with a message is a fault."""
    with TemporaryDirectory() as folder:
        try:
            target.read(data, Path(folder))
        except AlignmentError as error:
            assert str(error).strip()
            str(error).encode()


def _local(ending: str, columns: dict[str, str] | None, data: bytes, folder: Path) -> None:
    path = folder / f"a.{ending}"
    path.write_bytes(data)
    corpus = LocalCorpus.model_validate({"kind": "local", "path": path, "columns": columns or {}})
    source = open_source(corpus, Downloads(folder), "en")
    source.languages()
    _check_pairs(list(source.pairs("es")))


def _catalog(suffix: str, data: bytes, folder: Path) -> None:
    pivots = {"json": seeds.JSON_PIVOT, "arb": seeds.JSON_PIVOT}
    catalog = Catalog(f"a.{suffix}", suffix, data, pivots.get(suffix, _CATALOGS[suffix]))
    _check_pairs(list(read_catalog(catalog)))


def _check_pairs(pairs: list[SentencePair]) -> None:
    for pair in pairs:
        "".join(pair).encode()
        assert "\0" not in pair.source + pair.target


def _config(data: bytes, folder: Path) -> None:
    parse_config(data.decode("utf-8", "surrogateescape"), name="c.yaml", base=folder)


def _yaml(data: bytes, folder: Path) -> None:
    document = yaml_file.read(data.decode("utf-8", "replace"), "c.yaml")
    for problem in document.problems:
        assert problem.where.startswith("c.yaml")
        str(problem).encode()


def _override(data: bytes, folder: Path) -> None:
    text = data.decode("utf-8", "replace")
    parse_config(seeds.YAML.decode(), base=folder, overrides=[text])


def _artifact(data: bytes, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(data)
    (folder / "a.txt").write_bytes(b"a")
    load_artifact(folder)


def _registry(manifest: bytes, history: bytes, folder: Path) -> None:
    root = folder / "m"
    (root / "v1").mkdir(parents=True)
    (root / "v1" / "manifest.json").write_bytes(manifest)
    (root / "history.jsonl").write_bytes(history)
    (root / "champion").symlink_to("v1")
    registry = Registry(folder, "m")
    calls: list[Callable[[], object]] = [
        registry.history,
        registry.champion,
        registry.versions,
        registry.rollback,
    ]
    for call in calls:
        try:
            call()
        except AlignmentError as error:
            assert str(error).strip()


def _version(data: bytes, folder: Path) -> None:
    _registry(data, seeds.HISTORY, folder)


def _history(data: bytes, folder: Path) -> None:
    _registry(seeds.VERSION, data, folder)


def _summary(data: bytes, folder: Path) -> None:
    run = folder / "runs" / "20260101"
    run.mkdir(parents=True)
    (run / "summary.json").write_bytes(data)
    find_run(folder)


def _lockfile(data: bytes, folder: Path) -> None:
    path = folder / "alignment.lock"
    path.write_bytes(data)
    lock = Lockfile(path)
    lock.accept("https://host/a.tsv", 3, "1" * 64, "MIT")


def _record(data: bytes, folder: Path) -> None:
    downloads = Downloads(folder, offline=True)
    url = "https://host/a.tsv"
    path = downloads._record(url)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    downloads.fetch(url)


def _sidecar(data: bytes, folder: Path) -> None:
    partial = folder / "partial"
    partial.write_bytes(b"half")
    sidecar(partial).write_bytes(data)
    can_resume(partial)


def _content(data: bytes, folder: Path) -> None:
    path = folder / "a"
    path.write_bytes(data)
    for ending in ("tsv", "jsonl", "tmx", "zip", "tsv.gz", "parquet", "mo", "es"):
        try:
            check_content(path, f"a.{ending}", "https://host")
        except AlignmentError as error:
            str(error).encode()


def _training_error(data: bytes, folder: Path) -> None:
    path = folder / "error.json"
    path.write_bytes(data)
    read_error(path)


_CATALOGS = {
    "arb": seeds.JSON,
    "ftl": seeds.FLUENT,
    "json": seeds.JSON,
    "mo": seeds.mo(),
    "po": seeds.PO,
    "properties": seeds.PROPERTIES,
    "strings": seeds.STRINGS,
    "xml": seeds.ANDROID,
}
_NAMED = {"source": "en", "target": "es"}
_NESTED = {"source": "en", "target": "t.es"}
_TABLES = {
    "csv": [seeds.CSV],
    "jsonl": [seeds.JSONL],
    "parquet": [seeds.parquet()],
    "tsv": [seeds.TSV, seeds.TSV.decode().encode("utf-16")],
}
_BITEXT = {
    "sdlxliff": [seeds.XLIFF],
    "tmx": [seeds.TMX, seeds.TMX.decode().encode("utf-16")],
    "ts": [seeds.QT],
    "xlf": [seeds.XLIFF, seeds.XLIFF2],
    "xlz": [seeds.zipped("a.xlf", seeds.XLIFF)],
}
_OTHERS: list[tuple[str, bytes, Callable[[bytes, Path], None]]] = [
    ("artifact manifest", seeds.MANIFEST, _artifact),
    ("configuration", seeds.YAML, _config),
    ("content of a download", seeds.TSV, _content),
    ("download record", seeds.RECORD, _record),
    ("history", seeds.HISTORY * 2, _history),
    ("lockfile", seeds.LOCKFILE, _lockfile),
    ("override", b"languages.es.gate.floor=0.5", _override),
    ("partial download", b'{"size": 10, "validator": "a"}', _sidecar),
    ("run summary", make_summary().model_dump_json().encode(), _summary),
    ("training error", seeds.TRAINING_ERROR, _training_error),
    ("version manifest", seeds.VERSION, _version),
    ("yaml", seeds.YAML, _yaml),
]


def _all() -> list[Target]:
    targets = []
    for ending, files in _TABLES.items():
        targets.append(Target(ending, files, functools.partial(_local, ending, _NAMED)))
    nested = functools.partial(_local, "parquet", _NESTED)
    targets.append(Target("nested parquet", _TABLES["parquet"], nested))
    for ending, data in seeds.COMPRESSED.items():
        targets.append(Target(ending, [data], functools.partial(_local, ending, _NAMED)))
    for ending, files in _BITEXT.items():
        targets.append(Target(ending, files, functools.partial(_local, ending, None)))
    for suffix, data in _CATALOGS.items():
        read = functools.partial(_catalog, suffix)
        targets.append(Target(f"{suffix} catalog", [data], read))
    with TemporaryDirectory() as folder:
        array = array_file(Path(folder))
    for name, data, other in [*_OTHERS, *LATER, ("array", array, read_array)]:
        targets.append(Target(name, [data], other))
    return targets


TARGETS = _all()
