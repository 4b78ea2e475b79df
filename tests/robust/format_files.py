"""Files of corpora that are damaged, hostile or odd, by `ending: what`."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz import seeds

_ROW = b"One house\tUna casa\n"
_HEAD = b"en\tes\n"
_UNIT = '<tu><tuv xml:lang="en"><seg>{}</seg></tuv><tuv xml:lang="es"><seg>{}</seg></tuv></tu>'
_PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: {}\\n"\n\n'
_PO_ENTRY = 'msgid "file"\nmsgid_plural "files"\nmsgstr[0] "archivo"\nmsgstr[1] "archivos"\n'


def all_files() -> dict[str, bytes]:
    """Tables, archives, translation memories and catalogs."""
    return {**_tables(), **_archives(), **_memories(), **_catalogs()}


def _tables() -> dict[str, bytes]:
    rows = {
        "empty": b"",
        "only the header": _HEAD,
        "no line end": _HEAD + _ROW.rstrip(),
        "Windows line ends": (_HEAD + _ROW * 3).replace(b"\n", b"\r\n"),
        "old Mac line ends": (_HEAD + _ROW * 3).replace(b"\n", b"\r"),
        "byte order mark": b"\xef\xbb\xbf" + _HEAD + _ROW,
        "UTF-16": (_HEAD + _ROW).decode().encode("utf-16"),
        "UTF-16 cut": (_HEAD + _ROW).decode().encode("utf-16")[:-1],
        "UTF-32": (_HEAD + _ROW).decode().encode("utf-32"),
        "Latin-1": _HEAD + "El ni\xf1o\tLa ni\xf1a\n".encode("latin-1"),
        "one wrong byte": _HEAD + _ROW * 3 + b"\xff\tx\n" + _ROW,
        "a NUL": _HEAD + b"a\0b\tc\n" + _ROW,
        "too few columns": _HEAD + b"alone\n" + _ROW,
        "too many columns": _HEAD + b"a\tb\tc\td\n" + _ROW,
        "a header twice": b"en\ten\tes\n" + _ROW,
        "a header with spaces": b" en \t es \n" + _ROW,
        "other headers": b"source\ttarget\n" + _ROW,
        "blank lines": _HEAD + b"\n\n\n" + _ROW + b"\n",
        "an odd quote": _HEAD + b'"open\tx\n' + _ROW * 5,
        "a long cell": _HEAD + b"a" * 3_000_000 + b"\tb\n" + _ROW,
        "a long line without a tab": _HEAD + b"a" * 30_000_000,
        "a separator of lines inside": _HEAD + "a\u2028b\tc\x85d\n".encode() + _ROW,
        "control characters": _HEAD + b"a\x1b[31m\tb\x07\n",
        "many columns": b"\t".join(b"c%d" % n for n in range(50_000)) + b"\n",
        "lone half of a surrogate pair": _HEAD + b"\xed\xa0\x80\tb\n",
    }
    lines = {
        "empty": b"",
        "a list": b'["a", "b"]\n',
        "numbers": b'{"en": 1, "es": 2}\n',
        "null": b'{"en": null, "es": "b"}\n',
        "nested": b'{"en": {"a": 1}, "es": [1]}\n',
        "a key twice": b'{"en": "a", "en": "b", "es": "c"}\n',
        "without a key": b'{"en": "a"}\n',
        "torn": b'{"en": "a", "es": "b"}\n{"en": "a", "e',
        "deep": b'{"en": ' + b"[" * 100_000 + b"\n",
        "a long number": b'{"en": ' + b"9" * 10_000 + b', "es": "b"}\n',
        "NaN": b'{"en": NaN, "es": "b"}\n',
        "one array": b'[{"en": "a", "es": "b"}]',
        "pretty": b'{\n "en": "a",\n "es": "b"\n}\n',
        "half of a surrogate pair": b'{"en": "\\ud83d", "es": "b"}\n',
        "a whole surrogate pair": b'{"en": "\\ud83d\\ude00", "es": "b"}\n',
        "single quotes": b"{'en': 'a', 'es': 'b'}\n",
        "a comma too many": b'{"en": "a", "es": "b",}\n',
        "UTF-16": '{"en": "a", "es": "b"}\n'.encode("utf-16"),
    }
    files = {f"tsv: {name}": content for name, content in rows.items()}
    for name, content in rows.items():
        files[f"csv: {name}"] = content.replace(b"\t", b",")
    files |= {f"jsonl: {name}": content for name, content in lines.items()}
    return {**files, **{f"parquet: {name}": data for name, data in _parquet().items()}}


def _table(columns: dict[str, Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def _parquet() -> dict[str, bytes]:
    whole = _table({"en": ["a"] * 100, "es": ["b"] * 100})
    big = _table({"en": pa.array(["x" * 1000] * 200_000), "es": ["b"] * 200_000})
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 255
    return {
        "empty": b"",
        "only marks": b"PAR1PAR1",
        "cut": whole[:-5],
        "without the start": b"XXXX" + whole[4:],
        "a long footer": whole[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        "a negative footer": whole[:-8] + struct.pack("<i", -5) + b"PAR1",
        "a flipped byte": bytes(flipped),
        "no rows": _table({"en": pa.array([], pa.string()), "es": pa.array([], pa.string())}),
        "numbers": _table({"en": [1, 2], "es": [3, 4]}),
        "nulls": _table({"en": ["a", None], "es": [None, "b"]}),
        "lists": _table({"en": [["a"]], "es": [["b"]]}),
        "bytes": _table({"en": [b"\xff\xfe"], "es": [b"x"]}),
        "other columns": _table({"source": ["a"], "target": ["b"]}),
        "a bomb": big,
        "one long cell": _table({"en": ["x" * 60_000_000], "es": ["b"]}, compression="zstd"),
        "dates": _table({"en": pa.array([0], pa.timestamp("s")), "es": ["b"]}),
    }


def _zip(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def _archives() -> dict[str, bytes]:
    tsv = _HEAD + _ROW * 50
    zipped = _zip(("a.tsv", tsv))
    wrong_crc = zipped.replace(struct.pack("<I", zipfile.crc32(tsv)), b"\0\0\0\0")  # type: ignore[attr-defined]
    bomb = b"a\tb\n" * 20_000_000
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        info = tarfile.TarInfo("../a.tsv")
        info.size = len(tsv)
        archive.addfile(info, io.BytesIO(tsv))
    return {
        "tsv.gz: cut": gzip.compress(tsv)[:-9],
        "tsv.gz: wrong checksum": gzip.compress(tsv)[:-8] + b"\0" * 8,
        "tsv.gz: two members": gzip.compress(_HEAD) + gzip.compress(_ROW),
        "tsv.gz: rubbish after it": gzip.compress(tsv) + b"rubbish",
        "tsv.gz: zeros after it": gzip.compress(tsv) + b"\0" * 512,
        "tsv.gz: empty": b"",
        "tsv.gz: empty inside": gzip.compress(b""),
        "tsv.gz: a bomb": gzip.compress(bomb, 9),
        "tsv.gz: plain text": tsv,
        "tsv.bz2: cut": bz2.compress(tsv)[:-9],
        "tsv.bz2: a bomb": bz2.compress(bomb),
        "tsv.xz: cut": lzma.compress(tsv)[:-9],
        "tsv.xz: a bomb": lzma.compress(bomb),
        "tsv.zst: cut": pa.compress(tsv, "zstd", asbytes=True)[:-9],
        "tsv.zst: a bomb": pa.compress(bomb, "zstd", asbytes=True),
        "tsv.zip: cut": zipped[:-9],
        "tsv.zip: empty": _zip(),
        "tsv.zip: two members": _zip(("a.tsv", tsv), ("b.tsv", tsv)),
        "tsv.zip: a member twice": _zip(("a.tsv", tsv), ("a.tsv", tsv)),
        "tsv.zip: a member outside": _zip(("../a.tsv", tsv)),
        "tsv.zip: an absolute member": _zip(("/etc/a.tsv", tsv)),
        "tsv.zip: a folder only": _zip(("a/", b"")),
        "tsv.zip: wrong checksum": wrong_crc,
        "tsv.zip: a bomb": _zip(("a.tsv", bomb)),
        "tsv.zip: bombs inside": _zip(("a.tsv.gz", gzip.compress(bomb, 9))),
        "tsv.zip: many members": _zip(*((f"{n}.txt", b"") for n in range(5000))),
        "tsv.zip: files of macOS": _zip(("__MACOSX/._a.tsv", b"x"), ("a.tsv", tsv)),
        "tsv.zip: a name in no encoding": zipped.replace(b"a.tsv", b"\xff.tsv"),
        "tsv.tar.gz: a member outside": tar.getvalue(),
        "xlz: without a file": _zip(("readme.txt", b"x")),
        "xlz: not a zip": b"<xliff/>",
    }


def _memories() -> dict[str, bytes]:
    unit = _UNIT.format("A house", "Una casa")
    entities = "".join(f'<!ENTITY a{n} "&a{n - 1};&a{n - 1};">' for n in range(1, 30))
    bodies = {
        "cut": f"<tmx><body>{unit}<tu><tuv",
        "without an end": f"<tmx><body>{unit}",
        "two roots": f"<tmx><body>{unit}</body></tmx><tmx/>",
        "rubbish after it": f"<tmx><body>{unit}</body></tmx>rubbish",
        "an entity": f'<!DOCTYPE tmx [<!ENTITY e "x">]><tmx><body>{unit}&e;</body></tmx>',
        "entities that grow": f'<!DOCTYPE t [<!ENTITY a0 "x">{entities}]><tmx>&a29;</tmx>',
        "a file as an entity": '<!DOCTYPE t [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        + "<tmx><body>"
        + _UNIT.format("&e;", "x")
        + "</body></tmx>",
        "an unknown entity": f"<tmx><body>{_UNIT.format('&nbsp;', 'x')}</body></tmx>",
        "control characters": f"<tmx><body>{_UNIT.format('&#x1;', 'x')}</body></tmx>",
        "raw control characters": f"<tmx><body>{_UNIT.format(chr(1), 'x')}</body></tmx>",
        "half of a surrogate pair": f"<tmx><body>{_UNIT.format('&#xD800;', 'x')}</body></tmx>",
        "no language": "<tmx><body><tu><tuv><seg>a</seg></tuv></tu></body></tmx>",
        "an odd language": f"<tmx><body>{unit.replace('es', 'q@#')}</body></tmx>",
        "a language twice": f"<tmx><body>{unit.replace('es', 'en')}</body></tmx>",
        "empty segments": f"<tmx><body>{_UNIT.format('', '')}</body></tmx>",
        "nested units": f"<tmx><body><tu>{unit}</tu></body></tmx>",
        "deep": f"<tmx><body>{'<x>' * 50_000}",
        "a deep segment": "<tmx><body>" + _UNIT.format("<bpt>" * 5000, "x") + "</body></tmx>",
        "many attributes": "<tmx><body><tu "
        + " ".join(f'a{n}="1"' for n in range(50_000))
        + "/></body></tmx>",
        "a long attribute": f'<tmx><body><tu a="{"x" * 5_000_000}"/>{unit}</body></tmx>',
        "a long segment": f"<tmx><body>{_UNIT.format('x' * 5_000_000, 'y')}</body></tmx>",
        "another root": f"<html>{unit}</html>",
        "a name space": f'<t:tmx xmlns:t="x"><t:body>{unit}</t:body></t:tmx>',
        "an unbound name space": f"<z:tmx><body>{unit}</body></z:tmx>",
        "a wrong encoding": f'<?xml version="1.0" encoding="x"?><tmx><body>{unit}</body></tmx>',
        "another encoding": f'<?xml version="1.0" encoding="utf-16"?><tmx>{unit}</tmx>',
        "version 1.1": f'<?xml version="1.1"?><tmx><body>{unit}</body></tmx>',
        "CDATA": f"<tmx><body>{_UNIT.format('<![CDATA[<b>&]]>', 'x')}</body></tmx>",
        "a comment that does not end": f"<tmx><body>{unit}<!-- </body></tmx>",
        "an instruction": f"<?php echo 1 ?><tmx><body>{unit}</body></tmx>",
    }
    files = {f"tmx: {name}": text.encode("utf-8", "replace") for name, text in bodies.items()}
    xliff = seeds.XLIFF.decode()
    qt = seeds.QT.decode()
    files |= {
        "xlf: without languages": xliff.replace('source-language="en" ', "").encode(),
        "xlf: version 9": xliff.replace("1.2", "9.9").encode(),
        "xlf: cut": xliff[: len(xliff) // 2].encode(),
        "xlf: two files": xliff.replace("</file>", '</file><file source-language="de"/>').encode(),
        "xlf: an odd state": xliff.replace("translated", "done-ish").encode(),
        "xlf: nested groups": xliff.replace("<group>", "<group>" * 5000).encode(),
        "ts: without a language": qt.replace(' language="es"', "").encode(),
        "ts: cut": qt[:90].encode(),
        "ts: a stream": b"G@" + b"\x11" * 376,
    }
    return files


def _catalogs() -> dict[str, bytes]:
    plurals = {
        "divides by zero": "nplurals=2; plural=n/0;",
        "nothing": "nplurals=2; plural=;",
        "a huge number": f"nplurals={'9' * 30}; plural=0;",
        "zero forms": "nplurals=0; plural=0;",
        "a negative form": "nplurals=2; plural=-n;",
        "deep": f"nplurals=2; plural={'(' * 3000}n{')' * 3000};",
        "a long sum": f"nplurals=2; plural={'n+' * 5000}n;",
        "code": "nplurals=2; plural=__import__('os').system('id');",
        "a power": "nplurals=2; plural=9**9**9**9;",
        "a shift": "nplurals=2; plural=1<<9999999999;",
        "an open question": "nplurals=2; plural=n?1;",
    }
    files = {
        f"po: plural, {name}": (_PO.format(rule) + _PO_ENTRY).encode()
        for name, rule in plurals.items()
    }
    start = _PO.format("nplurals=2; plural=(n != 1);")
    files |= {
        "po: cut": (start + 'msgid "a"\nmsgstr "b').encode(),
        "po: an unknown charset": start.replace("UTF-8", "klingon").encode() + _PO_ENTRY.encode(),
        "po: another charset": start.encode() + 'msgid "a"\nmsgstr "ñ"\n'.encode("latin-1"),
        "po: an entry twice": (start + 'msgid "a"\nmsgstr "b"\n\n' * 2).encode(),
        "po: a form 99": (start + _PO_ENTRY.replace("[1]", "[99]")).encode(),
        "po: a form x": (start + _PO_ENTRY.replace("[1]", "[x]")).encode(),
        "po: an unknown word": (start + 'msgfoo "a"\n' + _PO_ENTRY).encode(),
        "po: odd escapes": (start + 'msgid "\\q\\x"\nmsgstr "\\400\\U12"\n').encode(),
        "po: zeros": b"\0" * 300,
        "po: many lines": start.encode() + b'"x"\n' * 200_000,
        "po: no header": _PO_ENTRY.encode(),
        "po: obsolete": (start + '#~ msgid "a"\n#~ msgstr "b"\n').encode(),
        "po: fuzzy": (start + '#, fuzzy\nmsgid "a"\nmsgstr "b"\n').encode(),
        "po: a merge": ("<<<<<<< HEAD\n" + start + "=======\n" + start).encode(),
    }
    return files
