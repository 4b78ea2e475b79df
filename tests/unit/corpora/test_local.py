"""User files: how languages are found, and which files are read for one."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from alignment.config import LocalCorpus
from alignment.corpora.local import LocalSource
from alignment.downloads import Downloads, Lockfile
from alignment.errors import ConfigError, Malformed, SourceError, Unavailable

TMX = """<tmx version="1.4"><body>
<tu><tuv xml:lang="en-US"><seg>Red</seg></tuv><tuv xml:lang="cy"><seg>Coch</seg></tuv>
<tuv xml:lang="fi"><seg>Punainen</seg></tuv></tu>
<tu><tuv xml:lang="en-US"><seg>Milk</seg></tuv><tuv xml:lang="cy"><seg>Llaeth</seg></tuv></tu>
</body></tmx>"""


def source(path: Path, others: Iterable[str] = (), **settings: Any) -> LocalSource:
    corpus = LocalCorpus(kind="local", path=path, **settings)
    return LocalSource(corpus, Downloads(path.parent), "en", frozenset(others))


def pairs(path: Path, language: str, **settings: Any) -> list[tuple[str, str]]:
    return [pair[:2] for pair in source(path, **settings).pairs(language)]


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_language_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "lang\teng\ttext\nfin\tone\tyksi\nest\tone\tüks\n")
    columns = {"source": "eng", "target": "text", "language": "lang"}
    assert source(path, columns=columns).languages() == {"fin", "est"}
    assert pairs(path, "fi", columns=columns) == [("one", "yksi")]
    assert pairs(path, "et", columns=columns) == [("one", "üks")]
    assert pairs(path, "cy", columns=columns) == []


def test_all_spellings_in_a_language_column(tmp_path: Path) -> None:
    rows = "one\tum\tpt\ntwo\tdois\tpt-BR\nthree\ttrês\tPT_br\nfour\tneljä\tfi\nfive\tx\t\n"
    path = write(tmp_path / "a.tsv", "source\ttarget\tlang\n" + rows)
    columns = {"language": "lang"}
    assert source(path, columns=columns).languages() == {"pt", "pt-BR", "PT_br", "fi"}
    one, two, three = ("one", "um"), ("two", "dois"), ("three", "três")
    assert pairs(path, "pt", columns=columns) == [one, two, three]
    assert pairs(path, "pt", columns=columns, others={"pt", "pt-BR"}) == [one]
    assert pairs(path, "pt-BR", columns=columns, others={"pt", "pt-BR"}) == [two, three]
    assert source(path, columns=columns).doubt("pt") is None


def test_a_language_column_with_empty_cells(tmp_path: Path) -> None:
    lines = [
        '{"source": "a", "target": "b", "lang": null}',
        '{"source": "c", "target": "d", "lang": "fi"}',
    ]
    path = write(tmp_path / "a.jsonl", "\n".join(lines))
    assert source(path, columns={"language": "lang"}).languages() == {"fi"}
    assert pairs(path, "fi", columns={"language": "lang"}) == [("c", "d")]


def test_one_file_per_language_with_a_language_column(tmp_path: Path) -> None:
    path = tmp_path / "en-{lang}.tsv"
    write(tmp_path / "en-de.tsv", "source\ttarget\tlang\none\teins\tde\ntwo\tdeux\tfr\n")
    assert pairs(path, "de", columns={"language": "lang"}) == [("one", "eins")]


def test_one_file_and_one_column_per_language(tmp_path: Path) -> None:
    write(tmp_path / "en-de.tsv", "source\ttext_deu\none\teins\n")
    columns = {"target": "text_{lang}"}
    assert pairs(tmp_path / "en-{lang}.tsv", "de", columns=columns) == [("one", "eins")]


def test_one_column_per_language(tmp_path: Path) -> None:
    path = write(tmp_path / "wide.tsv", "en\tcy\tfi\none\tun\tyksi\n")
    columns = {"source": "en", "target": "{lang}"}
    assert source(path, columns=columns).languages() == {"en", "cy", "fi"}
    assert pairs(path, "cy", columns=columns) == [("one", "un")]


def test_one_file_per_language(tmp_path: Path) -> None:
    write(tmp_path / "en-pt_br.tsv", "source\ttarget\none\tum\n")
    write(tmp_path / "notes.txt", "")
    assert source(tmp_path / "en-{lang}.tsv").languages() == {"pt_br"}
    assert pairs(tmp_path / "en-{lang}.tsv", "pt-BR") == [("one", "um")]
    assert pairs(tmp_path / "en-{lang}.tsv", "fi") == []


def test_files_with_posix_modifiers(tmp_path: Path) -> None:
    write(tmp_path / "sr.tsv", "source\ttarget\none\tједан\n")
    write(tmp_path / "sr@latin.tsv", "source\ttarget\none\tjedan\n")
    assert pairs(tmp_path / "{lang}.tsv", "sr-Latn") == [("one", "jedan")]
    assert pairs(tmp_path / "{lang}.tsv", "sr") == [("one", "један")]


def test_a_relative_is_doubtful(tmp_path: Path) -> None:
    write(tmp_path / "pt_BR.tsv", "source\ttarget\none\tum\n")
    assert source(tmp_path / "{lang}.tsv").doubt("pt-PT") == "pt_BR is read for pt-PT"
    assert source(tmp_path / "{lang}.tsv").doubt("pt-BR") is None
    assert pairs(tmp_path / "{lang}.tsv", "pt", others={"pt", "pt-BR"}) == []


def test_a_file_that_does_not_name_its_language(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "source\ttarget\none\tyksi\n")
    assert source(path).languages() == {"*"}
    assert list(source(path).pairs("fi")) == [("one", "yksi", "a.tsv:2")]
    assert set(source(path).inputs("fi")) == {"a.tsv"}


def test_aligned_files(tmp_path: Path) -> None:
    write(tmp_path / "a.en", "one\ntwo\n")
    write(tmp_path / "a.fi", "yksi\nkaksi\n")
    target = tmp_path / "a.{lang}"
    assert pairs(tmp_path / "a.en", "fi", target_path=target) == [("one", "yksi"), ("two", "kaksi")]
    assert pairs(tmp_path / "a.en", "cy", target_path=target) == []
    assert set(source(tmp_path / "a.en", target_path=target).inputs("fi")) == {"a.en", "a.fi"}


def test_tmx(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", TMX)
    assert source(path).languages() == {"en-US", "cy", "fi"}
    assert pairs(path, "cy") == [("Red", "Coch"), ("Milk", "Llaeth")]
    assert pairs(path, "fi") == [("Red", "Punainen")]
    assert pairs(path, "de") == []


def test_a_catalog(tmp_path: Path) -> None:
    path = write(tmp_path / "a.po", 'msgid "Open"\nmsgstr "Agor"\n')
    assert pairs(path, "cy") == [("Open", "Agor")]


def test_a_glob_reads_all_its_files(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write(tmp_path / f"{name}.tsv", f"source\ttarget\n{name}\tx{name}\n")
    assert pairs(tmp_path / "*.tsv", "fi") == [("a", "xa"), ("b", "xb")]


def test_a_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    path = write(tmp_path / "a[1].tsv", "source\ttarget\none\tyksi\n")
    assert pairs(path, "fi") == [("one", "yksi")]


def test_cells_that_are_not_text(tmp_path: Path) -> None:
    rows = [{"source": "one", "target": None}, {"source": "two", "target": 3}]
    path = write(tmp_path / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    read = source(path).pairs("fi")
    assert next(read)[:2] == ("one", "")
    with pytest.raises(Malformed, match=r"a\.jsonl:2: target: expected text, got int"):
        next(read)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no.tsv", "no such file"),
        ("*.csv", "no file matches"),
        ("missing/{lang}.tsv", "no such directory"),
    ],
)
def test_missing_files(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        pairs(tmp_path / name, "fi")


@pytest.mark.parametrize(
    "name", ["{lang}/a.tsv", "{lang}-{lang}.tsv", "{lang}/x/{lang}.*.tsv", "**/{lang}_all.tsv"]
)
def test_where_lang_may_occur(tmp_path: Path, name: str) -> None:
    for language in ("fi", "pt_BR"):
        file = tmp_path / name.replace("{lang}", language).replace("**", "a/b").replace("*", "1")
        file.parent.mkdir(parents=True, exist_ok=True)
        write(file, f"source\ttarget\none\t{language}\n")
    write(tmp_path / "fi-cy.tsv", "source\ttarget\none\tmixed\n")
    assert source(tmp_path / name).languages() == {"fi", "pt_BR"}
    assert pairs(tmp_path / name, "fi") == [("one", "fi")]
    assert pairs(tmp_path / name, "pt-BR") == [("one", "pt_BR")]
    assert pairs(tmp_path / name, "cy") == []


def test_several_files_of_one_language(tmp_path: Path) -> None:
    for number in (2, 1):
        write(tmp_path / f"fi.{number}.tsv", f"source\ttarget\none\tyksi {number}\n")
    assert pairs(tmp_path / "{lang}.*.tsv", "fi") == [("one", "yksi 1"), ("one", "yksi 2")]
    settings = {"target_path": tmp_path / "{lang}.*.tsv"}
    with pytest.raises(ConfigError, match=r"for fi, got fi\.1\.tsv, fi\.2\.tsv"):
        pairs(tmp_path / "fi.1.tsv", "fi", **settings)


def test_a_directory_per_language(tmp_path: Path) -> None:
    for language, text in (("en", "one"), ("fi", "yksi")):
        (tmp_path / language).mkdir()
        write(tmp_path / language / "a.txt", f"{text}\n")
    target = tmp_path / "{lang}/a.txt"
    assert pairs(tmp_path / "en" / "a.txt", "fi", target_path=target) == [("one", "yksi")]


def test_columns_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "fin;yksi;one\nest;üks;one\n")
    columns = {"source": 3, "target": 2, "language": 1}
    assert source(path, columns=columns).languages() == {"fin", "est"}
    assert pairs(path, "et", columns=columns) == [("one", "üks")]


def test_nested_fields(tmp_path: Path) -> None:
    row = {"translation": {"en": "one", "fi": "yksi", "cy": "un"}, "id": 1}
    path = write(tmp_path / "a.jsonl", json.dumps(row) + "\n")
    columns = {"source": "translation.en", "target": "translation.{lang}"}
    assert source(path, columns=columns).languages() == {"en", "fi", "cy"}
    assert pairs(path, "cy", columns=columns) == [("one", "un")]


def test_a_row_with_a_zero_byte_is_counted(tmp_path: Path) -> None:
    for name, mark in (("a.tsv", "\t"), ("a.csv", ",")):
        rows = ["source,target", "one,yk\0si", "two,kaksi", ""]
        path = write(tmp_path / name, "\n".join(rows).replace(",", mark))
        reader = source(path)
        assert [pair[:2] for pair in reader.pairs("fi")] == [("two", "kaksi")]
        assert reader.skipped.counts == {"control character": 1}


def test_a_unit_whose_language_cannot_be_read_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tmx", TMX.replace('"fi"', '"Suomi (FI)"'))
    reader = source(path)
    assert [pair[:2] for pair in reader.pairs("cy")] == [("Red", "Coch"), ("Milk", "Llaeth")]
    assert reader.skipped.counts == {}
    write(path, path.read_text().replace('"en-US"', '"English (US)"', 1))
    reader = source(path)
    assert [pair[:2] for pair in reader.pairs("cy")] == [("Milk", "Llaeth")]
    assert reader.skipped.counts == {"unreadable language code": 1}


def test_min_state(tmp_path: Path) -> None:
    unit = '<trans-unit><source>{0}</source><target state="{0}">x{0}</target></trans-unit>'
    body = "".join(unit.format(state) for state in ("new", "translated", "final"))
    text = f'<xliff><file source-language="en" target-language="fi">{body}</file></xliff>'
    path = write(tmp_path / "a.xlf", text)
    for min_state, states in {
        "any": ["new", "translated", "final"],
        "translated": ["translated", "final"],
        "final": ["final"],
    }.items():
        assert [pair[0] for pair in pairs(path, "fi", min_state=min_state)] == states


def test_an_unknown_format(tmp_path: Path) -> None:
    path = write(tmp_path / "a.doc", "x")
    with pytest.raises(ConfigError, match=r"got \.doc\n.*\.tsv, .*\.zip.*`target_path`"):
        pairs(path, "fi")


def test_a_corpus_without_a_path(tmp_path: Path) -> None:
    corpus = LocalCorpus(kind="local")
    with pytest.raises(ConfigError, match="needs a path or a url"):
        LocalSource(corpus, Downloads(tmp_path), "en").languages()


def test_an_address_is_fetched(tmp_path: Path) -> None:
    address = write(tmp_path / "here.tsv", "source\ttarget\na\tb\n").as_uri()
    corpus = LocalCorpus(kind="local", url=address)
    lock = Lockfile(tmp_path / "alignment.lock")
    online = LocalSource(corpus, Downloads(tmp_path / "cache", lock), "en")
    assert [pair[:2] for pair in online.pairs("fi")] == [("a", "b")]
    assert [entry.size for entry in lock.entries()] == [18]
    offline = LocalSource(corpus, Downloads(tmp_path / "cache", offline=True), "en")
    assert [pair[:2] for pair in offline.pairs("fi")] == [("a", "b")]


def test_an_address_that_is_gone(tmp_path: Path) -> None:
    corpus = LocalCorpus(kind="local", url=(tmp_path / "gone.tsv").as_uri())
    with pytest.raises(Unavailable, match=r"gone\.tsv: cannot be read"):
        list(LocalSource(corpus, Downloads(tmp_path / "cache"), "en").pairs("fi"))
    offline = Downloads(tmp_path / "cache", offline=True)
    with pytest.raises(Unavailable, match="not in the cache, and this run is offline"):
        list(LocalSource(corpus, offline, "en").pairs("fi"))
