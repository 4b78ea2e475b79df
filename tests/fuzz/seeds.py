"""Small valid files of every format."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = [("The house is old.", "La casa es vieja."), ("One, two.", "Uno, dos.")]
TSV = b"en\tes\n" + b"".join(f"{en}\t{es}\n".encode() for en, es in ROWS)
CSV = b'en;es\n"The ""old"" house";La casa\n"Two\nlines";"Dos\nlineas"\n'
JSONL = b"".join(json.dumps({"en": en, "es": es}).encode() + b"\n" for en, es in ROWS)
TMX = (
    b'<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>'
    b'<tu tuid="1"><prop type="a">b</prop><tuv xml:lang="en"><seg>The <bpt i="1">&lt;b></bpt>house'
    b'<ept i="1">&lt;/b></ept></seg></tuv><tuv xml:lang="es"><seg>La casa</seg></tuv></tu>\n'
    b'<tu><tuv xml:lang="en"><seg>Two</seg></tuv><tuv xml:lang="es-MX"><seg>Dos</seg></tuv></tu>\n'
    b"</body></tmx>"
)
XLIFF = (
    b'<xliff version="1.2"><file source-language="en" target-language="es"><body><group>'
    b'<trans-unit id="1"><source>The <g id="1">house</g></source>'
    b'<target state="translated">La <g id="1">casa</g></target></trans-unit></group>'
    b"</body></file></xliff>"
)
XLIFF2 = (
    b'<xliff version="2.0" srcLang="en" trgLang="es"><file id="f"><unit id="1"><segment>'
    b'<source>One <pc id="1">two</pc></source><target>Uno <pc id="1">dos</pc></target>'
    b"</segment></unit></file></xliff>"
)
QT = (
    b'<TS version="2.1" language="es" sourcelanguage="en"><context><name>A</name><message>'
    b"<source>Open</source><translation>Abrir</translation></message>"
    b'<message numerus="yes"><source>%n files</source><translation><numerusform>%n archivo'
    b"</numerusform><numerusform>%n archivos</numerusform></translation></message></context></TS>"
)
PO = (
    b'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    b'"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n#: a.c:3\n#, c-format\n'
    b'msgctxt "menu"\nmsgid "_Open"\nmsgstr "_Abrir"\n\n'
    b'msgid "one file"\nmsgid_plural "%d files"\nmsgstr[0] "un archivo"\nmsgstr[1] "%d archivos"\n'
)
JSON = b'{"menu": {"open": "Open", "items": ["File", "{n, plural, one {# file} other {# files}}"]}}'
JSON_PIVOT = JSON.replace(b"Open", b"Abrir").replace(b"File", b"Archivo")
FLUENT = (
    b"open = Open { $name }\n    .title = T\n"
    b"files = { $n ->\n    [one] File\n   *[other] Files\n}\n"
)
PROPERTIES = b"# comment\nopen = Open \\u0041\nlong = One \\\n  two\nfiles[one]=File {0}\n"
STRINGS = b'/* comment */\n"open" = "Open %@\\U0041";\n"two" = "Two\\n";\n'
ANDROID = (
    b'<resources><string name="open">Open <b>it</b></string><plurals name="files">'
    b'<item quantity="one">%d file</item><item quantity="other">%d files</item></plurals>'
    b'<string-array name="a"><item>One</item></string-array></resources>'
)
YAML = b"""name: x
pivot: en
seed: 3
encoder: {source: scratch, hidden_size: 64}
defaults: &a {floor: 0.5}
corpora:
  - {kind: local, path: "a-{lang}.tsv", columns: {source: en, target: "{lang}"}, weight: 1.5}
  - {kind: gettext, package: django, version: "5.2.19", license: BSD-3-Clause}
languages:
  es: {gate: {<<: *a}}
  "no": {corpora: [{kind: local, path: b.tsv}]}
control: {pt-BR: {}}
train: {steps: 10, matryoshka_dims: [8, 16], loss: infonce}
holdout: {share: 0.1, suites: {mine: {kind: tatoeba}}}
""".replace(b"defaults: &a {floor: 0.5}\n", b"").replace(b"{<<: *a}", b"&a {floor: 0.5}")
MANIFEST = json.dumps(
    {
        "key": "k",
        "stage": "pull",
        "label": "es",
        "revision": 1,
        "config": {},
        "seed": None,
        "inputs": {"a": {"digest": "d", "key": "k", "path": "p"}},
        "rebuild_reasons": ["first time"],
        "counts": {"pairs": 1},
        "seconds": 1.5,
        "created": "2026-01-01T00:00:00+00:00",
        "versions": {},
        "git_commit": None,
        "files": {"a.txt": {"sha256": "0" * 64, "bytes": 1}},
    }
).encode()
VERSION = json.dumps(
    {"version": "v1", "digest": "d" * 64, "created": "2026-01-01", "accuracy": {"s": {"es": 0.5}}}
).encode()
HISTORY = (
    b'{"time": "2026-01-01T00:00:00+00:00", "action": "publish", "version": "v1", '
    b'"previous": null}\n'
)
LOCKFILE = json.dumps(
    {
        "version": 1,
        "files": [
            {
                "url": "https://host/a.tsv",
                "size": 3,
                "sha256": "0" * 64,
                "date": "2026-01-01",
                "license": "MIT",
            }
        ],
    }
).encode()
RECORD = b'{"url": "https://host/a.tsv", "sha256": "abc", "size": 3, "date": "2026-01-01"}'
TRAINING_ERROR = b'{"type": "NonFiniteLoss", "message": "NaN", "where": null, "hint": null}'


def parquet() -> bytes:
    """Dictionary-encoded and nested columns."""
    buffer = io.BytesIO()
    english, spanish = zip(*ROWS, strict=True)
    nested = pa.array([{"es": text} for text in spanish])
    pq.write_table(pa.table({"en": english, "es": spanish, "t": nested}), buffer)
    return buffer.getvalue()


def zipped(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive with one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def mo() -> bytes:
    """A compiled catalog with its header and one message."""
    header = b"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n"
    messages = [(b"", header), (b"Open\0Opens", b"Abrir\0Abren")]
    offset = 28 + 16 * len(messages)
    tables = [b"", b""]
    texts = b""
    for side in (0, 1):
        for message in messages:
            tables[side] += struct.pack("<II", len(message[side]), offset + len(texts))
            texts += message[side] + b"\0"
    start = struct.pack("<7I", 0x950412DE, 0, len(messages), 28, 28 + 8 * len(messages), 0, offset)
    return start + tables[0] + tables[1] + texts


COMPRESSED = {
    "tsv.gz": gzip.compress(TSV, mtime=0),
    "tsv.bz2": bz2.compress(TSV),
    "tsv.xz": lzma.compress(TSV),
    "tsv.zst": pa.compress(TSV, "zstd", asbytes=True),
    "tsv.zip": zipped("a.tsv", TSV),
}
