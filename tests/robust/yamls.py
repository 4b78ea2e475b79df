"""Configurations that editors, templates and people have written."""

from __future__ import annotations

import functools
from pathlib import Path

from alignment.config import Config, load_config
from alignment.errors import ConfigError
from tests.robust.case import Case

SECTION = "YAML"
BASE = """name: x
pivot: en
seed: 3
encoder: {source: scratch}
corpora:
  - {kind: local, path: "a-{lang}.tsv", license: MIT}
languages:
  es: {}
train: {steps: 10, learning_rate: 1.0e-3}
gate: {floor: 0.5}
"""
SCALARS = {
    "a word": "many",
    "no value": "",
    "null": "~",
    "true": "yes",
    "a list": "[1, 2]",
    "an object": "{a: 1}",
    "NaN": ".nan",
    "infinity": "-.inf",
    "too large": "1e999",
    "a long number": "9" * 5000,
    "base 60": "1:30:00",
    "hexadecimal": "0x1F",
    "octal": "010",
    "binary": "0b11",
    "with underscores": "1_000",
    "a date": "2026-01-01",
    "an impossible date": "2026-13-45",
    "quoted": '"10"',
    "an unknown tag": "!mine 3",
    "a Python object": "!!python/object/apply:os.system [id]",
    "a Python name": "!!python/name:os.system",
    "a wrong tag": "!!int abc",
    "a wrong date": "!!timestamp tomorrow",
    "bytes": "!!binary aGk=",
    "wrong bytes": "!!binary '***'",
    "a set": "!!set {a, b}",
    "pairs": "!!omap [a: 1]",
    "an unknown alias": "*nothing",
    "half of a surrogate pair": '"\\ud800"',
    "an escape out of range": '"\\UFFFFFFFF"',
    "control characters": '"a\\x00b\\x1bc"',
    "an open quote": '"open',
    "an open bracket": "[1, 2",
    "a tab": "\t3",
    "text over lines": "|\n  3\n  4",
    "deep": "[" * 2000 + "]" * 2000,
    "an environment variable": "${ROBUST_MISSING}",
    "an anchor alone": "&a",
    "itself": "&a [*a]",
}
PLACES = {
    "seed": ("seed: 3", "seed: {}"),
    "steps": ("steps: 10", "steps: {}"),
    "rate": ("1.0e-3", "{}"),
    "name": ("name: x", "name: {}"),
    "pivot": ("pivot: en", "pivot: {}"),
    "encoder": ("{source: scratch}", "{}"),
    "language": ("es: {}", "es: {}"),
    "path": ('path: "a-{lang}.tsv"', "path: {}"),
    "corpora": ('\n  - {kind: local, path: "a-{lang}.tsv", license: MIT}', " {}"),
}
_FINE = {"hexadecimal", "binary", "with underscores", "quoted", "a list", "an object"}
_TEXTS = ("name", "path", "language", "encoder", "corpora")

DOCUMENTS: dict[str, str | bytes] = {
    "empty": "",
    "only comments": "# nothing\n",
    "a number": "5\n",
    "a word": "hello\n",
    "a list": "- a\n- b\n",
    "null": "null\n",
    "two documents": BASE + "---\n" + BASE,
    "a directive": "%YAML 9.9\n---\n" + BASE,
    "an unknown directive": "%FOO bar\n---\n" + BASE,
    "a key twice": BASE + "seed: 4\n",
    "a language twice": BASE.replace("  es: {}", "  es: {}\n  es: {}"),
    "no as a language": BASE.replace("es:", "no:"),
    "a number as a language": BASE.replace("es:", "5:"),
    "null as a key": BASE.replace("  es:", "  ~:"),
    "a list as a key": BASE.replace("  es:", "  ? [a, b]\n  :"),
    "an object as a key": BASE + "{a: 1}: 2\n",
    "a long key": BASE + "k" * 200_000 + ": 1\n",
    "many keys": BASE + "".join(f"k{number}: 1\n" for number in range(20_000)),
    "a tab as indentation": BASE.replace("  es", "\tes"),
    "mixed indentation": BASE.replace("  es: {}", "   es: {}\n  fi: {}"),
    "no space after a colon": BASE.replace("seed: 3", "seed:3"),
    "a byte order mark": b"\xef\xbb\xbf" + BASE.encode(),
    "UTF-16": BASE.encode("utf-16"),
    "UTF-16 without a mark": BASE.encode("utf-16-le"),
    "UTF-32": BASE.encode("utf-32"),
    "not UTF-8": BASE.replace("name: x", "name: caf\xe9").encode("latin-1"),
    "zeros": b"\0" * 200,
    "a zero inside": BASE.replace("name: x", "name: a\0b").encode(),
    "Windows line ends": BASE.replace("\n", "\r\n"),
    "old Mac line ends": BASE.replace("\n", "\r"),
    "marks of a merge": BASE.replace(
        "seed: 3", "<<<<<<< HEAD\nseed: 3\n=======\nseed: 4\n>>>>>>> x"
    ),
    "a JSON file": '{"name": "x", "pivot": "en"}',
    "a page": "<!DOCTYPE html><html></html>",
    "a merge key": BASE.replace("gate: {floor: 0.5}", "gate: {<<: {floor: 0.5}}"),
    "a merge of a list": BASE.replace("gate: {floor: 0.5}", "gate: {<<: [{floor: 0.5}]}"),
    "a merge of a number": BASE.replace("gate: {floor: 0.5}", "gate: {<<: 5}"),
    "a merge of itself": BASE.replace("gate: {floor: 0.5}", "gate: &a {<<: *a}"),
    "a merge with an unknown key": BASE.replace("gate: {floor: 0.5}", "gate: {<<: {flor: 1}}"),
    "aliases that grow": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(12)),
    "objects that grow": "a: &a {x: 1}\n"
    + "".join(
        f"b{n}: &b{n} {{p: *{f'b{n - 1}' if n else 'a'}, q: *{f'b{n - 1}' if n else 'a'}}}\n"
        for n in range(40)
    ),
    "deep blocks": "".join(f"{' ' * n}a:\n" for n in range(1500)),
    "a deep list": "- " * 5000 + "a\n",
    "many anchors": "a: [" + ", ".join(f"&a{number} x" for number in range(50_000)) + "]\n",
    "a long line": "name: " + "x" * 2_000_000 + "\n",
    "a long comment": "#" + "x" * 2_000_000 + "\n" + BASE,
    "unknown keys": BASE + "lerning_rate: 5\n",
    "a key in another section": BASE.replace("seed: 3", "steps: 3"),
    "emoji": BASE.replace("name: x", "name: 🙂"),
    "right to left": BASE.replace("name: x", "name: שלום"),
    "a path as a name": BASE.replace("name: x", "name: ../../etc"),
    "a dot as a name": BASE.replace("name: x", "name: .."),
    "a long name": BASE.replace("name: x", f"name: {'n' * 5000}"),
    "markup in a name": BASE.replace("name: x", "name: '[red]x[/]'"),
    "a language of another form": BASE.replace("es:", "es_ES.UTF-8:"),
    "an unknown language": BASE.replace("es:", "qq-Zzzz-ZZ:"),
    "a word as a language": BASE.replace("es:", "spanish:"),
    "the pivot as a language": BASE.replace("es:", "en:"),
    "a folder as a path": BASE.replace('"a-{lang}.tsv"', "/"),
    "a zero in a path": BASE.replace('"a-{lang}.tsv"', '"a\\0b-{lang}.tsv"'),
    "an odd placeholder": BASE.replace('"a-{lang}.tsv"', '"{lang}{lang}{x}.tsv"'),
    "an open placeholder": BASE.replace('"a-{lang}.tsv"', '"{lang"'),
    "a path over lines": BASE.replace('"a-{lang}.tsv"', '"a\\nb-{lang}.tsv"'),
    "an address as a path": BASE.replace('"a-{lang}.tsv"', "https://user:pw@host/a-{lang}.tsv"),
}
_READ = {
    "Windows line ends",
    "a byte order mark",
    "a merge key",
    "a merge of a list",
    "old Mac line ends",
}
_EITHER = {
    "emoji",
    "right to left",
    "a path over lines",
    "an odd placeholder",
    "a folder as a path",
}
_EITHER |= {"an open placeholder", "an address as a path", "a directive", "an unknown directive"}
_EITHER |= {"markup in a name", "an unknown language", "UTF-16 without a mark"}


def cases(base: Path) -> list[Case]:
    """Every scalar in every place, and every document."""
    made = []
    for place, (old, new) in PLACES.items():
        for kind, value in SCALARS.items():
            text = BASE.replace(old, new.replace("{}", value, 1))
            right = "refused" if place not in _TEXTS and kind not in _FINE else ""
            do = functools.partial(_read, text.encode(), right)
            made.append(Case(SECTION, f"{place}: {kind}", do))
    for name, document in DOCUMENTS.items():
        content = document if isinstance(document, bytes) else document.encode()
        right = "read" if name in _READ else "refused"
        do = functools.partial(_read, content, "" if name in _EITHER else right)
        made.append(Case(SECTION, name, do))
    return made


def _read(content: bytes, right: str, folder: Path) -> None:
    """It is read, or refused with the file and the line; `right` says which if only one is."""
    path = folder / "c.yaml"
    path.write_bytes(content)
    try:
        config = load_config(path)
    except ConfigError as error:
        message = str(error)
        message.encode()
        assert right != "read", message
        assert "c.yaml" in message, message
        assert len(message) < 20_000, f"{len(message):,} characters"
    else:
        assert isinstance(config, Config)
        assert right != "refused", "it was read"
        config.model_dump_json().encode()
