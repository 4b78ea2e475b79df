"""What happens to a registry in a directory."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from alignment.manifests import write_manifest
from tests.robust.damage import CONTENTS, flip


class Damage(NamedTuple):
    """What happens to a registry, whose directory is the argument."""

    name: str
    do: Callable[[Path], object]
    harmless: bool = False
    """Whether `registry verify` may find nothing."""


def all_damages() -> list[Damage]:
    """To versions, manifests, the history, the link and the rest."""
    return [*_versions(), *_manifests(), *_history(), *_link(), *_others()]


def _versions() -> list[Damage]:
    damages = []
    for name in ("v1", "v2", "v3", "v4"):
        # Without v1 or v4, nothing that is deployed or could be is missing.
        gone = functools.partial(_delete, name)
        damages.append(Damage(f"{name} deleted", gone, harmless=name in ("v1", "v2", "v4")))
        damages.append(Damage(f"{name} without a file", functools.partial(_without_file, name)))
    for name in ("v2", "v3"):
        damages += [
            Damage(f"{name} with a flipped byte", functools.partial(_flip, name)),
            Damage(f"{name} cut short", functools.partial(_cut, name)),
            Damage(f"{name} with another file", functools.partial(_adapter, name)),
            Damage(f"{name} is a file", functools.partial(_file, name)),
            Damage(f"{name} is empty", functools.partial(_empty, name)),
            Damage(f"a directory in place of a file of {name}", functools.partial(_folder, name)),
            Damage(f"a pipe in place of a file of {name}", functools.partial(_pipe, name)),
            Damage(f"a dangling link in {name}", functools.partial(_dangling, name)),
        ]
    damages += [
        Damage("v5 is empty", lambda root: (root / "v5").mkdir()),
        Damage("v5 is a file", lambda root: (root / "v5").write_text("notes")),
        Damage("v5 links to nothing", lambda root: (root / "v5").symlink_to("nowhere")),
        Damage("v5 links to itself", lambda root: (root / "v5").symlink_to("v5")),
        Damage("v5 links to v1", lambda root: (root / "v5").symlink_to("v1")),
        Damage("v5 is a copy of v1", lambda root: shutil.copytree(root / "v1", root / "v5")),
        Damage("v3 is a copy of v1", _replaced),
        Damage("v2 and v3 exchanged", _exchanged),
        Damage("all versions deleted", _no_versions),
        Damage("a version with a huge number", lambda root: (root / f"v{'9' * 30}").mkdir()),
        Damage("v05", lambda root: (root / "v05").mkdir(), harmless=True),
    ]
    return damages


def _manifests() -> list[Damage]:
    damages = []
    for name in ("v1", "v3"):
        for kind, content in CONTENTS.items():
            do = functools.partial(_manifest, name, content)
            damages.append(Damage(f"manifest of {name}: {kind}", do))
        damages.append(Damage(f"manifest of {name} is a directory", functools.partial(_no, name)))
    for key, value in WRONG_VALUES:
        do = functools.partial(_value, "v3", key, value)
        damages.append(Damage(f"manifest of v3: {key} = {value!r}", do))
    return damages


WRONG_VALUES: list[tuple[str, Any]] = [
    ("digest", None),
    ("digest", "0" * 64),
    ("files", []),
    ("files", {"config.json": {"sha256": 3, "bytes": 1}}),
    ("files", {"config.json": "text"}),
    ("files", {"../v2/config.json": {"sha256": "0" * 64, "bytes": 1}}),
    ("accuracy", {"heldout": {"cy": "high"}}),
    ("accuracy", {"heldout": []}),
    ("accuracy", 5),
    ("version", "v9"),
    ("created", 5),
    ("corpora", "many"),
    ("config", "none"),
    ("encoder", [1]),
    ("suites", [1]),
    ("versions", 7),
    ("approved", "yes"),
    ("reference", {"a": 1}),
]


def _history() -> list[Damage]:
    def write(content: bytes, root: Path) -> None:
        (root / "history.jsonl").write_bytes(content)

    def append(content: bytes, root: Path) -> None:
        path = root / "history.jsonl"
        path.write_bytes(path.read_bytes() + content)

    line = b'{"time": "2026-01-01T00:00:00+00:00", "action": "%s", "version": "%s", "previous": %s}'
    tails = {
        "torn": b'{"time": "2026',
        "zeros": b"\0" * 4096,
        "not UTF-8": b"\xff\xfe\n",
        "an unknown action": line % (b"explode", b"v1", b"null") + b"\n",
        "a list": b"[1, 2]\n",
        "deep": b"[" * 100_000 + b"\n",
        "numbers": b'{"time": 1, "action": "publish", "version": 3, "previous": 2}\n',
        "marks of a merge": b"<<<<<<< HEAD\n=======\n>>>>>>> main\n",
    }
    damages = [
        Damage(f"history ends with {name}", functools.partial(append, tail))
        for name, tail in tails.items()
    ]
    for name, content in {"only zeros": b"\0" * 100, "UTF-16": "{}\n".encode("utf-16")}.items():
        damages.append(Damage(f"history is {name}", functools.partial(write, content)))
    ghost = line % (b"promote", b"v99", b'"v3"') + b"\n"
    damages += [
        Damage("history names v99", functools.partial(append, ghost), harmless=True),
        Damage("history is empty", functools.partial(write, b""), harmless=True),
        Damage("history has Windows line ends", _windows, harmless=True),
        Damage("history begins with a byte order mark", _mark, harmless=True),
        Damage("history deleted", lambda root: (root / "history.jsonl").unlink(), harmless=True),
        Damage("history is a directory", functools.partial(_as_directory, "history.jsonl")),
        Damage("history is a pipe", functools.partial(_as_pipe, "history.jsonl")),
        Damage("history links to itself", functools.partial(_as_loop, "history.jsonl")),
        Damage("history turned around", _turned, harmless=True),
        Damage("attempts are torn", lambda root: (root / "attempts.jsonl").write_text('{"a')),
        Damage("attempts are a directory", lambda root: (root / "attempts.jsonl").mkdir()),
        Damage("attempts have wrong types", _wrong_attempts),
    ]
    return damages


def _link() -> list[Damage]:
    targets = ("v99", "../demo/v3", "/", ".", "champion", "v3/config.json", "v3/1_Pooling", "vX")
    damages = [
        Damage(
            f"champion links to {target}",
            functools.partial(_linked, target),
            harmless=target == "../demo/v3",
        )
        for target in targets
    ]
    damages += [
        Damage("champion deleted", lambda root: (root / "champion").unlink()),
        Damage("champion is a file", functools.partial(_as_file, "champion")),
        Damage("champion is empty", functools.partial(_as_directory, "champion")),
        Damage("champion is a copy of v2", _copied_champion),
        Damage("champion is a pipe", functools.partial(_as_pipe, "champion")),
        Damage("champion links to another model", _other_model),
    ]
    return damages


def _others() -> list[Damage]:
    return [
        Damage("lock is a directory", functools.partial(_as_directory, ".lock"), harmless=True),
        Damage("lock links to itself", functools.partial(_as_loop, ".lock"), harmless=True),
        Damage("unfinished version", lambda root: (root / ".incoming").mkdir(), harmless=True),
        Damage("half a removal", lambda root: (root / ".removing-v7").mkdir(), harmless=True),
        Damage("pins are a file", functools.partial(_as_file, "pinned"), harmless=True),
        Damage("a pin of v99", lambda root: (root / "pinned" / "v99").touch(), harmless=True),
        Damage("damaged/ is a file", _no_place_aside),
        Damage("removed/ is a file", lambda root: (root / "removed").touch(), harmless=True),
    ]


def _delete(name: str, root: Path) -> None:
    shutil.rmtree(root / name)


def _without_file(name: str, root: Path) -> None:
    (root / name / "config.json").unlink()


def _flip(name: str, root: Path) -> None:
    flip(root / name / "config.json", 0)


def _cut(name: str, root: Path) -> None:
    os.truncate(root / name / "1_Pooling" / "config.json", 1)


def _adapter(name: str, root: Path) -> None:
    (root / name / "adapter_config.json").write_text("{}")


def _file(name: str, root: Path) -> None:
    _delete(name, root)
    (root / name).write_text("notes")


def _empty(name: str, root: Path) -> None:
    _delete(name, root)
    (root / name).mkdir()


def _folder(name: str, root: Path) -> None:
    _without_file(name, root)
    (root / name / "config.json").mkdir()


def _pipe(name: str, root: Path) -> None:
    _without_file(name, root)
    os.mkfifo(root / name / "config.json")


def _dangling(name: str, root: Path) -> None:
    _without_file(name, root)
    (root / name / "config.json").symlink_to("nowhere")


def _replaced(root: Path) -> None:
    _delete("v3", root)
    shutil.copytree(root / "v1", root / "v3")


def _exchanged(root: Path) -> None:
    (root / "v2").rename(root / "vX")
    (root / "v3").rename(root / "v2")
    (root / "vX").rename(root / "v3")


def _no_versions(root: Path) -> None:
    for name in ("v1", "v2", "v3", "v4"):
        _delete(name, root)


def _manifest(name: str, content: bytes, root: Path) -> None:
    (root / name / "manifest.json").write_bytes(content)


def _no(name: str, root: Path) -> None:
    (root / name / "manifest.json").unlink()
    (root / name / "manifest.json").mkdir()


def _value(name: str, key: str, value: Any, root: Path) -> None:
    """A manifest that is whole, with a value that no program of ours writes."""
    manifest = json.loads((root / name / "manifest.json").read_text())
    del manifest["checksum"]
    write_manifest(root / name, {**manifest, key: value})


def _windows(root: Path) -> None:
    path = root / "history.jsonl"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _mark(root: Path) -> None:
    path = root / "history.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def _turned(root: Path) -> None:
    path = root / "history.jsonl"
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))


def _wrong_attempts(root: Path) -> None:
    line = '{"reference": 1, "candidate": [], "suites": {"a": 2}, "refused": [3], "time": 4}\n'
    (root / "attempts.jsonl").write_text(line)


def _gone(name: str, root: Path) -> Path:
    path = root / name
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return path


def _as_directory(name: str, root: Path) -> None:
    _gone(name, root).mkdir()


def _as_file(name: str, root: Path) -> None:
    _gone(name, root).write_text("x")


def _as_pipe(name: str, root: Path) -> None:
    os.mkfifo(_gone(name, root))


def _as_loop(name: str, root: Path) -> None:
    _gone(name, root).symlink_to(name)


def _linked(target: str, root: Path) -> None:
    _gone("champion", root).symlink_to(target)


def _copied_champion(root: Path) -> None:
    shutil.copytree(root / "v2", _gone("champion", root))


def _other_model(root: Path) -> None:
    shutil.copytree(root, root.parent / "other", symlinks=True)
    _linked("../other/v3", root)


def _no_place_aside(root: Path) -> None:
    (root / "damaged").write_text("x")
    _without_file("v3", root)
