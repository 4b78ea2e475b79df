"""One changed byte in every kind of file that a run leaves, and in what other commands write."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from alignment.errors import AlignmentError, Corrupt
from alignment.pipeline.history import last_run
from alignment.registry import Registry, find_damage
from alignment.search import SearchIndex, build_index
from tests.robust.case import Case, calm, cli, fails
from tests.robust.damage import flip
from tests.robust.finished import NAME, Finished, artifacts, finished, versions
from tests.unit.search.examples import MODEL, knowledge, words

SECTION = "flipped bytes"


def cases(base: Path) -> list[Case]:
    """Every file of every stage, and the files of versions, records, downloads and indexes."""
    place = finished(base)
    made = []
    stages = set()
    for path in files_of_stages(place.workspace):
        stage = path.relative_to(place.workspace / "store").parts[0]
        file = path.relative_to(place.root)
        do = functools.partial(_in_store, place, file, old_time=False)
        made.append(Case(SECTION, f"{stage}: {path.name}", do))
        if stage not in stages:  # once for each stage: a run takes seconds
            do = functools.partial(_in_store, place, file, old_time=True)
            made.append(Case(SECTION, f"{stage}: {path.name} at the old time", do))
        stages.add(stage)
    for name, check in _OTHERS.items():
        made.append(Case(SECTION, name, functools.partial(check, place)))
    return made + [Case(SECTION, name, check) for name, check in _INDEXES.items()]


def files_of_stages(workspace: Path) -> list[Path]:
    """One file of each name and stage."""
    chosen: dict[tuple[str, str], Path] = {}
    for path in sorted((workspace / "store").glob("[a-z]*/*/**/*")):
        stage = path.relative_to(workspace / "store").parts[0]
        if not path.is_file() or not path.stat().st_size or stage in _NOT_STAGES:
            continue
        if path.parent.name != "model" or path.name in _OF_MODELS:
            chosen.setdefault((stage, path.name), path)
    return list(chosen.values())


_OF_MODELS = ("config.json", "model.safetensors", "modules.json", "tokenizer.json")
_NOT_STAGES = ("tmp", "locks", "latest", "verified", "scratch")


def _spoil(path: Path, *, old_time: bool = False) -> None:
    status = path.stat()
    flip(path)
    if old_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _in_store(original: Finished, file: Path, folder: Path, *, old_time: bool) -> None:
    """The damage is noticed, and the run gives what it gave before."""
    place = original.copied(folder)
    _spoil(place.root / file, old_time=old_time)
    calm(cli("store", "verify", "--workspace", place.workspace), codes=(1,))
    said = calm(place.run(), codes=(0,))
    assert "damaged" in said.output, "nobody noticed"
    assert artifacts(place.workspace) == original.artifacts
    assert versions(place.workspace) == original.versions


def _version(original: Finished, folder: Path) -> None:
    """Nothing that uses a version takes it; `repair` and a run get out of it."""
    place = original.copied(folder)
    version = place.workspace / "registry" / NAME / "v1"
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        if (version / name).is_file():
            shutil.copy(version / name, folder / "whole")
            _spoil(version / name)
            for command in _USERS:
                words = [word.format(version=version, root=place.root) for word in command]
                fails(cli(*words, "--workspace", place.workspace), "repair")
            shutil.copy(folder / "whole", version / name)


_SUITE = "{{kind: local, path: {root}/tiny.tsv, license: MIT, columns: {{source: en, target: es}}}}"
_USERS = (
    ("encode", "Hello"),
    ("registry", "promote", NAME, "v1"),
    ("registry", "export", f"{NAME}@v1", "--out", "{root}/onnx"),
    ("evaluate", f"{NAME}@v1", "--suite", _SUITE, "--language", "es"),
    ("search", "index", "{root}/docs.txt", "--model", f"{NAME}@v1", "--out", "{root}/index"),
)


def _record(original: Finished, folder: Path) -> None:
    """What a record says is what the run wrote."""
    for name in ("summary.json", "config.json", "report.html"):
        place = original.copied(folder / name)
        record = last_run(place.workspace).directory
        path = record / name
        text = path.read_text()
        position = next(
            place for place in range(len(text) // 2, len(text)) if text[place].isdigit()
        )
        digit = str((int(text[position]) + 1) % 10)
        path.write_text(text[:position] + digit + text[position + 1 :])
        said = calm(cli("show", "--workspace", place.workspace))
        if name == "summary.json":
            assert said.code == 1 and "summary.json" in said.output, said.output
        if name == "config.json":
            said = calm(cli("gate", "replay", record.name, "--workspace", place.workspace))
            assert said.code == 1 and "config.json" in said.output, said.output
        calm(place.run(), codes=(0,))


def _pointer(original: Finished, folder: Path) -> None:
    """`latest/` only tells why a stage runs; nothing depends on it."""
    place = original.copied(folder)
    for path in (place.workspace / "store" / "latest").iterdir():
        _spoil(path)
    calm(place.run(), codes=(0,))
    assert artifacts(place.workspace) == original.artifacts


def _stamps(original: Finished, folder: Path) -> None:
    """Damaged stamps only mean that the files are read again."""
    place = original.copied(folder)
    for path in (place.workspace / "store" / "verified").iterdir():
        _spoil(path)
    calm(place.run(), codes=(0,))
    assert artifacts(place.workspace) == original.artifacts


def _corpus(original: Finished, folder: Path) -> None:
    """The user's own file may change: what depends on it is made anew."""
    place = original.copied(folder)
    path = place.root / "tiny.tsv"
    path.write_bytes(path.read_bytes().replace(b"The", b"Tha", 1))
    calm(place.run(), codes=(0, 3))
    assert artifacts(place.workspace) != original.artifacts


def _history(original: Finished, folder: Path) -> None:
    place = original.copied(folder)
    registry = place.workspace / "registry" / NAME
    _spoil(registry / "history.jsonl")
    calm(cli("registry", "list", "--workspace", place.workspace))
    calm(place.run())
    calm(cli("registry", "repair", "--workspace", place.workspace), codes=(0,))
    calm(place.run(), codes=(0,))
    assert versions(place.workspace) == original.versions
    assert find_damage(Registry(registry.parent, NAME)) == []


def _export(original: Finished, folder: Path) -> None:
    """An export whose bytes have changed is not loaded."""
    from alignment.encoder.onnx.runtime import OnnxEncoder

    place = original.copied(folder)
    out = folder / "onnx"
    words = ("registry", "export", f"{NAME}@v1", "--margin", "1", "--out", out)
    calm(cli(*words, "--workspace", place.workspace), codes=(0,))
    before = OnnxEncoder(out).encode(["Hello"])
    for path in sorted(out.iterdir()):
        for position in (0, -1, path.stat().st_size // 3):
            whole = path.read_bytes()
            flip(path, position)
            try:
                after = OnnxEncoder(out).encode(["Hello"])
            except Corrupt as error:
                assert str(folder) in str(error)
            else:
                raise AssertionError(f"{path.name} at {position}: used, same: {after == before}")
            path.write_bytes(whole)


_OTHERS: dict[str, Callable[[Finished, Path], None]] = {
    "published version": _version,
    "record of a run": _record,
    "pointers to the latest": _pointer,
    "stamps": _stamps,
    "local corpus": _corpus,
    "history of a registry": _history,
    "ONNX export": _export,
}


def _index(method: str, folder: Path) -> None:
    """An index whose bytes have changed is not opened."""
    out = folder / "index"
    build_index(out, knowledge(), MODEL, words, method="hnsw" if method == "hnsw" else "exact")
    for path in sorted(out.iterdir()):
        whole = path.read_bytes()
        for position in {0, len(whole) // 2, len(whole) - 1}:
            flip(path, position)
            try:
                SearchIndex.open(out)
            except AlignmentError as error:
                assert str(out) in str(error)
            else:
                raise AssertionError(f"{path.name} at {position}: opened")
            path.write_bytes(whole)


def _draft(file: str, folder: Path) -> None:
    """A killed build whose leftovers have changed gives the same index."""
    whole = build_index(folder / "whole", knowledge(), MODEL, words)
    out = folder / "index"
    documents = knowledge()
    read = documents.read

    def broken() -> object:
        yield from list(read())
        raise KeyboardInterrupt

    import alignment.search.build as build

    build.BLOCK = 2
    try:
        build_index(out, documents._replace(read=broken), MODEL, words)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        flip(folder / ".index.partial" / file)
    again = build_index(out, documents, MODEL, words)
    assert again.manifest.files == whole.manifest.files


_INDEXES: dict[str, Callable[[Path], None]] = {
    "exact index": functools.partial(_index, "exact"),
    "index with a graph": functools.partial(_index, "hnsw"),
    "unfinished index: documents": functools.partial(_draft, "documents.jsonl"),
    "unfinished index: vectors": functools.partial(_draft, "vectors.f32"),
    "unfinished index: progress": functools.partial(_draft, "progress.json"),
}
